import Basics
import Foundation

extension Tokenizer {
  private static let specialKeys = ["bos_token", "eos_token", "pad_token", "unk_token"]

  /// Reads a Hugging Face folder: tokenizer.json and, where present, tokenizer_config.json, special_tokens_map.json
  /// (for tokens that the configuration does not name) and chat_template.jinja (which wins over the configuration's).
  ///
  /// - Throws: `TuneError.data` when tokenizer.json is missing, damaged or of an unsupported kind.
  public init(folder: String) throws {
    let path = folder + "/tokenizer.json"
    guard FileManager.default.fileExists(atPath: path) else {
      throw TuneError.data(
        "\(folder): has no tokenizer.json; expected one; save the tokenizer with transformers' save_pretrained, "
          + "which writes it")
    }
    func json(_ file: String) throws -> JSON? {
      let path = "\(folder)/\(file)"
      return FileManager.default.fileExists(atPath: path) ? try JSON(contentsOf: path) : nil
    }
    var configuration = try json("tokenizer_config.json")
    if let map = try json("special_tokens_map.json")?.objectValue {
      var object = configuration?.objectValue ?? JSONObject()
      for key in Self.specialKeys where object[key] == nil { object[key] = map[key] }
      configuration = .object(object)
    }
    let template = "\(folder)/chat_template.jinja"
    if FileManager.default.fileExists(atPath: template) {
      let file = try MappedFile(template)
      guard let text = String(validating: file.bytes, as: UTF8.self) else {
        throw TuneError.data("\(template): is not valid UTF-8; save the file as UTF-8")
      }
      var object = configuration?.objectValue ?? JSONObject()
      object["chat_template"] = .string(text)
      configuration = .object(object)
    }
    try self.init(jsonFile: try JSON(contentsOf: path), configuration: configuration, name: path)
  }

  /// Writes tokenizer.json, tokenizer_config.json and, if there is a template, chat_template.jinja, which transformers'
  /// `AutoTokenizer` reads; what was read is written again unchanged.
  public func write(toFolder folder: String) throws {
    var settings = configuration?.objectValue ?? JSONObject()
    if settings["tokenizer_class"] == nil { settings["tokenizer_class"] = "PreTrainedTokenizerFast" }
    if settings["clean_up_tokenization_spaces"] == nil { settings["clean_up_tokenization_spaces"] = false }
    // Several named templates stay in the configuration; one goes to its file.
    if settings["chat_template"]?.arrayValue == nil { settings["chat_template"] = nil }
    try AtomicFile.write(file.text(.pretty) + "\n", to: folder + "/tokenizer.json")
    try AtomicFile.write(JSON.object(settings).text(.pretty) + "\n", to: folder + "/tokenizer_config.json")
    if let chatTemplate { try AtomicFile.write(chatTemplate, to: folder + "/chat_template.jinja") }
  }
}
