import ArgumentParser
import Basics

/// How `tune eval` looks for what is wrong with answers.
struct ErrorOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Words that are spelt right, one a line, to find misspellings (default: \(Self.systemWords), where it is there).",
      valueName: "file"))
  var wordList: String?

  @Option(
    help: ArgumentHelp(
      "Weigh the references of so many examples, to find the tokens that a model expects least; 0 for none.",
      valueName: "count"))
  var tokenLossExamples = 32

  static let systemWords = "/usr/share/dict/words"

  func validate() throws {
    guard tokenLossExamples >= 0 else {
      throw ValidationError("--token-loss-examples: \(tokenLossExamples) is negative; use 0 for none, or more")
    }
  }
}
