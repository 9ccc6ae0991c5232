import ArgumentParser
import Basics
import Evaluation

/// What metrics leave open, named as in the libraries that define them.
struct MetricFlags: ParsableArguments {
  @Flag(help: "ROUGE: compare word stems.")
  var useStemmer = false

  @Flag(help: "BLEU and chrF: compare in lower case.")
  var lowercase = false

  @Option(help: ArgumentHelp("BLEU: cut words by 13a, intl, zh, char or none (default: 13a).", valueName: "name"))
  var tokenize: String?

  @Option(help: ArgumentHelp("BLEU: exp, floor, add-k or none (default: exp).", valueName: "name"))
  var smoothMethod: String?

  @Option(help: ArgumentHelp("BLEU: the value of floor (default: 0.1) or add-k (default: 1).", valueName: "value"))
  var smoothValue: Double?

  @Flag(help: "TER: make punctuation words of its own.")
  var terNormalized = false

  @Flag(help: "TER: leave punctuation out.")
  var terNoPunct = false

  @Flag(help: "TER: with the other two, the same for East Asian texts.")
  var terAsianSupport = false

  @Flag(help: "TER: compare case, too.")
  var terCaseSensitive = false

  @Option(help: ArgumentHelp("exact_match and token_f1: SQuAD's rules of version 1 or 2.", valueName: "version"))
  var squadVersion = 1

  @Flag(help: "WER and its kin: expand contractions, and leave case and what stands in brackets out.")
  var standardizeWords = false

  @Option(help: ArgumentHelp("rougeW: how much unbroken runs weigh.", valueName: "weight"))
  var wlcsWeight = 1.2

  @Option(help: ArgumentHelp("rougeS and rougeSU: the most words between two; -1 for any.", valueName: "count"))
  var skipGap = 4

  @Option(
    help: ArgumentHelp(
      "rouge155-1, …, rougeW, rougeS and rougeSU with several references: average, best or jackknife.",
      valueName: "name"))
  var multiReference = "average"

  @Option(
    help: ArgumentHelp(
      "METEOR: the folder of WordNet's files (default: \(WordNet.debianFolder), where it is there).",
      valueName: "folder"))
  var wordnet: String?

  func validate() throws {
    guard [1, 2].contains(squadVersion) else {
      throw ValidationError("--squad-version: \(squadVersion) is unknown; use 1 or 2")
    }
    guard wlcsWeight >= 1, wlcsWeight <= 10 else {
      throw ValidationError("--wlcs-weight: \(wlcsWeight) is out of range; use 1 to 10, such as 1.2")
    }
    guard skipGap >= -1 else {
      throw ValidationError("--skip-gap: \(skipGap) is out of range; use 0 or more, or -1 for any number")
    }
    guard references != nil else {
      throw ValidationError("--multi-reference: '\(multiReference)' is unknown; use average, best or jackknife")
    }
    if terAsianSupport, !terNormalized, !terNoPunct {
      throw ValidationError("--ter-asian-support belongs to --ter-normalized or --ter-no-punct; add one")
    }
  }

  private var references: OriginalRouge.References? {
    switch multiReference {
    case "average": .average
    case "best": .best
    case "jackknife": .jackknife
    default: nil
    }
  }

  var options: MetricOptions {
    get throws {
      var options = MetricOptions()
      options.usesStemmer = useStemmer
      options.lowercase = lowercase
      options.bleu = BLEU(
        tokenizer: try bleuTokenizer(named: tokenize ?? "13a"), lowercase: lowercase,
        smoothing: try BLEU.Smoothing(name: smoothMethod ?? "exp", value: smoothValue))
      options.tercom = TercomTokenizer(
        isNormalized: terNormalized, dropsPunctuation: terNoPunct, supportsAsian: terAsianSupport,
        isCaseSensitive: terCaseSensitive)
      options.squad = squadVersion == 1 ? .squad1 : .squad2
      options.standardizesWords = standardizeWords
      options.wlcsWeight = wlcsWeight
      options.skipGap = skipGap < 0 ? nil : skipGap
      options.originalReferences = references ?? .average
      if let wordnet { options.wordNetFolder = wordnet }
      return options
    }
  }
}
