import Basics
import Foundation

extension Tokenizer {
  private static let specialKeys = ["bos_token", "eos_token", "pad_token", "unk_token"]

  /// Whether a folder has a file that `init(folder:)` reads.
  public static func isIn(folder: String) -> Bool {
    ["tokenizer.json", sentencePieceName].contains { FileManager.default.fileExists(atPath: "\(folder)/\($0)") }
  }

  private static let sentencePieceName = "tokenizer.model"

  /// Reads a Hugging Face folder: tokenizer.json or, where there is none, tokenizer.model; and, where present,
  /// tokenizer_config.json, special_tokens_map.json (for tokens that the configuration does not name) and chat templates:
  /// chat_template.jinja with additional_chat_templates/, or else the configuration's, or else that of
  /// chat_template.json.
  ///
  /// - Throws: `TuneError.data` when both are missing, or the file is damaged or of an unsupported kind.
  public init(folder: String) throws {
    let path = folder + "/tokenizer.json"
    guard Self.isIn(folder: folder) else {
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
    let own = configuration?["chat_template"].flatMap { $0.isNull ? nil : $0 }
    // chat_template.json is a processor's, which transformers' AutoTokenizer does not read.
    if let templates = try ChatTemplateSources(filesIn: folder)?.json ?? own
      ?? json("chat_template.json")?["chat_template"]
    {
      var object = configuration?.objectValue ?? JSONObject()
      object["chat_template"] = templates
      configuration = .object(object)
    }
    guard FileManager.default.fileExists(atPath: path) else {
      let model = "\(folder)/\(Self.sentencePieceName)"
      let bytes = try MappedFile(model).withBytes { Array($0) }
      try self.init(sentencePiece: bytes, configuration: configuration, name: model)
      return
    }
    try self.init(jsonFile: try JSON(contentsOf: path), configuration: configuration, name: path)
  }

  /// Writes tokenizer.json, tokenizer_config.json and the chat templates as files, as transformers' `save_pretrained`
  /// does; what was read is written again unchanged.
  public func write(toFolder folder: String) throws {
    var settings = configuration?.objectValue ?? JSONObject()
    if settings["tokenizer_class"] == nil { settings["tokenizer_class"] = "PreTrainedTokenizerFast" }
    if settings["clean_up_tokenization_spaces"] == nil { settings["clean_up_tokenization_spaces"] = false }
    let areFiles = chatTemplates?.areFileNames ?? true
    settings["chat_template"] = areFiles ? nil : chatTemplates?.json
    try AtomicFile.write(file.text(.pretty) + "\n", to: folder + "/tokenizer.json")
    try AtomicFile.write(JSON.object(settings).text(.pretty) + "\n", to: folder + "/tokenizer_config.json")
    if areFiles { try chatTemplates?.write(toFolder: folder) }
  }
}
