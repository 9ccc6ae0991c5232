import ArgumentParser
import Models

/// How text is drawn from a model, for the commands that write.
struct SamplingFlags: ParsableArguments {
  @Option(help: ArgumentHelp("0 takes the most likely token; higher is more varied.", valueName: "value"))
  var temperature = 0.0

  @Option(help: ArgumentHelp("Draw from the k most likely tokens only; 0 is no limit.", valueName: "k"))
  var topK = 0

  @Option(help: ArgumentHelp("Draw from the likeliest tokens that together reach this probability.", valueName: "p"))
  var topP = 1.0

  @Option(help: "The seed of sampling.")
  var seed: UInt64 = 42

  @Option(help: ArgumentHelp("End the text before this string; may be given again.", valueName: "text"))
  var stop: [String] = []

  func validate() throws {
    guard temperature >= 0, temperature.isFinite else {
      throw ValidationError("--temperature: \(temperature) is out of range; use 0 or more")
    }
    guard topP > 0, topP <= 1 else {
      throw ValidationError("--top-p: \(topP) is out of range; use more than 0 and at most 1")
    }
    guard topK >= 0 else { throw ValidationError("--top-k: \(topK) is negative; use 0 for no limit, or more") }
    if stop.contains("") { throw ValidationError("--stop: an empty string would end every text at once") }
  }

  var options: SamplingOptions { SamplingOptions(temperature: temperature, topK: topK, topP: topP, seed: seed) }
}
