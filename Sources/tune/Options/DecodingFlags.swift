import ArgumentParser
import Models

/// How text is written, named as in transformers' generation configuration: the most likely tokens, drawn ones, or the
/// best of several beams.
struct DecodingFlags: ParsableArguments {
  @OptionGroup var sampling: SamplingFlags

  @Option(
    help: ArgumentHelp("Follow so many ways to go on and take the best text; 1 is no beam search.", valueName: "count"))
  var numBeams = 1

  @Option(
    help: ArgumentHelp(
      "With --num-beams: divide a text's score by its length to this power; more favours long texts.",
      valueName: "power"))
  var lengthPenalty = 1.0

  @Option(
    help: ArgumentHelp(
      "With --num-beams: end at as many texts as beams (true), when a better one is unlikely (false), or impossible "
        + "(never).", valueName: "when"))
  var earlyStopping = "false"

  @Option(help: ArgumentHelp("No run of so many tokens comes twice; 0 is no limit.", valueName: "count"))
  var noRepeatNgramSize = 0

  @Option(
    help: ArgumentHelp(
      "Make tokens that came already less likely: their scores are divided by it; 1 changes nothing.",
      valueName: "value"))
  var repetitionPenalty = 1.0

  @Option(help: ArgumentHelp("Do not end before so many tokens.", valueName: "count"))
  var minNewTokens = 0

  func validate() throws {
    try numBeams.requirePositive("--num-beams")
    guard ending != nil else {
      throw ValidationError("--early-stopping: '\(earlyStopping)' is unknown; use true, false or never")
    }
    guard noRepeatNgramSize >= 0 else {
      throw ValidationError("--no-repeat-ngram-size: \(noRepeatNgramSize) is negative; use 0 for no limit, or more")
    }
    guard repetitionPenalty > 0, repetitionPenalty.isFinite else {
      throw ValidationError("--repetition-penalty: \(repetitionPenalty) is out of range; use more than 0, such as 1.2")
    }
    guard minNewTokens >= 0 else {
      throw ValidationError("--min-new-tokens: \(minNewTokens) is negative; use 0 or more")
    }
    guard lengthPenalty.isFinite else {
      throw ValidationError("--length-penalty: \(lengthPenalty) is no finite number; use 1, or less for short texts")
    }
    guard numBeams > 1 else {
      if lengthPenalty != 1 || earlyStopping != "false" {
        throw ValidationError("--length-penalty and --early-stopping belong to --num-beams; add it")
      }
      return
    }
    if sampling.temperature > 0 {
      throw ValidationError("--num-beams and --temperature exclude each other; choose one")
    }
  }

  private var ending: BeamSearchOptions.EarlyStopping? {
    switch earlyStopping {
    case "true": .always
    case "false": .byHeuristic
    case "never": .never
    default: nil
    }
  }

  /// Nil where one way alone is followed.
  var beams: BeamSearchOptions? {
    guard numBeams > 1 else { return nil }
    return BeamSearchOptions(
      numBeams: numBeams, lengthPenalty: lengthPenalty, earlyStopping: ending ?? .byHeuristic)
  }

  var rules: LogitRules {
    LogitRules(
      noRepeatNgramSize: noRepeatNgramSize, repetitionPenalty: repetitionPenalty, minNewTokens: minNewTokens)
  }

  /// Everything that changes what is written, in a few words.
  var summary: String {
    let sampled =
      sampling.temperature > 0
      ? "temperature \(sampling.temperature)" + (sampling.topK > 0 ? ", top-k \(sampling.topK)" : "")
        + (sampling.topP < 1 ? ", top-p \(sampling.topP)" : "") + ", seed \(sampling.seed)" : "greedy"
    var parts = [numBeams > 1 ? "\(numBeams) beams" : sampled]
    if noRepeatNgramSize > 0 { parts.append("no \(noRepeatNgramSize)-gram twice") }
    if repetitionPenalty != 1 { parts.append("repetition penalty \(repetitionPenalty)") }
    if minNewTokens > 0 { parts.append("≥ \(minNewTokens) new tokens") }
    return parts.joined(separator: ", ")
  }
}
