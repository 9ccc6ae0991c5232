import Basics
import CEmbedded
import Datasets
import Evaluation
import Models
import Text

/// The files inside the binary: the default model, the template library, probes of forgetting, conformance cases.
enum EmbeddedFiles {
  /// What `--model` says for the default model.
  static let modelName = "tune-base"

  /// - Throws: `TuneError.runtime` in a build that was made without the model.
  static func model() throws -> ModelFiles {
    let weights = try file("model.safetensors")
    return ModelFiles(
      path: modelName, config: try json("config.json"),
      weights: try Safetensors(bytes: weights, owner: nil, name: modelName), gguf: nil, folder: nil)
  }

  static func tokenizer() throws -> Tokenizer {
    try Tokenizer(
      jsonFile: try json("tokenizer.json"), configuration: try json("tokenizer_config.json"), name: modelName)
  }

  static func templates() throws -> TemplateLibrary {
    try TemplateLibrary(
      texts: files(tune_embedded_templates).map {
        (String(cString: $0.name), String(decoding: bytes($0), as: UTF8.self))
      }
    )
  }

  /// Passages of many kinds, for `tune eval --forgetting`.
  static func generalTexts() throws -> [String] {
    try probe("general.jsonl").split(separator: "\n").compactMap { try JSON(parsing: String($0))["text"]?.stringValue }
  }

  /// Questions of school with four choices each.
  static func questions() throws -> [MultipleChoiceItem] {
    try MultipleChoiceItem.parse(try probe("questions.jsonl"), path: "questions")
  }

  /// The benchmarks of Tasks/.
  static func tasks() throws -> TaskLibrary {
    try TaskLibrary(
      texts: files(tune_embedded_tasks).map { (String(cString: $0.name), String(decoding: bytes($0), as: UTF8.self)) })
  }

  /// The conformance cases of the metrics, by the names of their files.
  static var conformance: [(name: String, bytes: UnsafeRawBufferPointer)] {
    files(tune_embedded_conformance).map { (String(cString: $0.name), bytes($0)) }
  }

  private static func probe(_ name: String) throws -> String {
    guard let entry = files(tune_embedded_probes).first(where: { String(cString: $0.name) == name }) else {
      throw TuneError.runtime("this build has no \(name)")
    }
    return String(decoding: bytes(entry), as: UTF8.self)
  }

  private static func json(_ name: String) throws -> JSON {
    do {
      return try JSON(parsing: try file(name))
    } catch let error as JSONSyntaxError {
      throw TuneError.runtime("\(modelName)/\(name): not valid JSON at \(error)")
    }
  }

  private static func file(_ name: String) throws -> UnsafeRawBufferPointer {
    guard let entry = files(tune_embedded_model).first(where: { String(cString: $0.name) == name }) else {
      throw TuneError.runtime("this build has no default model; name one with --model, or run make base-model")
    }
    return bytes(entry)
  }

  private static func files(
    _ list: (UnsafeMutablePointer<Int>) -> UnsafePointer<tune_embedded_file>?
  ) -> UnsafeBufferPointer<tune_embedded_file> {
    var count = 0
    let start = list(&count)
    return UnsafeBufferPointer(start: start, count: count)
  }

  private static func bytes(_ entry: tune_embedded_file) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: entry.bytes, count: entry.count)
  }
}
