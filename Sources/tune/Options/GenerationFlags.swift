import ArgumentParser
import Basics
import Datasets

/// Records that a model writes in the style of the given ones.
struct GenerationFlags: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Let --model write so many more training records in the style of the given ones, none a copy, all marked.",
      valueName: "count"))
  var generate: Int?

  @Option(
    help: ArgumentHelp(
      "The model that writes: a Hugging Face model folder, a .gguf file, or a name in the Hugging Face cache.",
      valueName: "path"))
  var model: String?

  @Option(help: ArgumentHelp("Given records that each prompt shows (default: 3).", valueName: "count"))
  var generateExamples: Int?

  @Option(
    help: ArgumentHelp("0 takes the most likely token; higher is more varied (default: 0.8).", valueName: "value"))
  var temperature: Double?

  @Option(
    help: ArgumentHelp(
      "Draw from the likeliest tokens that together reach this probability (default: 0.95).", valueName: "p"))
  var topP: Double?

  func validate() throws {
    guard let generate else {
      let given = [
        model.map { _ in "--model" }, generateExamples.map { _ in "--generate-examples" },
        temperature.map { _ in "--temperature" }, topP.map { _ in "--top-p" },
      ]
      if let flag = given.compactMap({ $0 }).first { throw ValidationError("\(flag) needs --generate") }
      return
    }
    try generate.requirePositive("--generate")
    guard model != nil else {
      throw ValidationError("--generate needs --model, the model that writes: a model folder or a .gguf file")
    }
    try generateExamples?.requirePositive("--generate-examples")
    if let temperature { try temperature.requireNotNegative("--temperature") }
    if let topP, !(topP > 0 && topP <= 1) {
      throw ValidationError("--top-p: \(topP) is out of range; use more than 0 and at most 1")
    }
  }

  var options: GenerationOptions? {
    guard let generate else { return nil }
    var options = GenerationOptions(count: generate)
    if let generateExamples { options.shownRecords = generateExamples }
    if let temperature { options.temperature = temperature }
    if let topP { options.topP = topP }
    return options
  }

  /// The model, loaded; nil where nothing is to be generated.
  func generator(_ console: Console) throws -> ModelTextGenerator? {
    guard let options else { return nil }
    return ModelTextGenerator(
      try LoadedModel(model, console: console), temperature: options.temperature, topP: options.topP)
  }
}

/// A bar of the records that a model has written.
final class GenerationProgress {
  private let console: Console
  private var bar: Progress?

  init(console: Console) { self.console = console }

  func update(_ report: GenerationReport) {
    let bar = bar ?? Progress(total: report.asked, console: console)
    self.bar = bar
    bar.update(report.written, label: "writing records", details: "\(grouped(report.attempts)) texts tried")
    if report.written == report.asked { finish() }
  }

  func finish() {
    bar?.finish()
    bar = nil
  }
}
