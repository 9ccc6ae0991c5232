import Basics
import Foundation

/// The chat templates of a model by name.
///
/// Resolved as transformers 5.23 does for a tokenizer (tokenization_utils_base.py, `_from_pretrained` and
/// `get_chat_template`): templates in files of their own replace those of tokenizer_config.json altogether, `tool_use`
/// serves conversations with tools and `default` all others.
public struct ChatTemplateSources: Sendable, Equatable {
  public struct Named: Sendable, Equatable {
    public let name: String
    public let source: String

    public init(name: String, source: String) {
      self.name = name
      self.source = source
    }
  }

  static let defaultName = "default"
  static let toolUseName = "tool_use"
  /// Templates are short; a longer file is something else.
  private static let maximumLength = 1 << 22

  /// In the order of the file, or of the names where they are files.
  public private(set) var named: [Named] = []

  /// The one template of a model.
  public init(_ source: String) { set(Self.defaultName, source) }

  /// - Parameter source: the one called "default".
  init?(_ source: String?, named further: [Named]) {
    if let source { set(Self.defaultName, source) }
    for template in further { set(template.name, template.source) }
    if named.isEmpty { return nil }
  }

  /// - Parameter value: `chat_template` of tokenizer_config.json: a template, a list of `name` and `template`, or an
  ///   object of templates by name.
  init(_ value: FileValue) throws {
    if value.json.arrayValue != nil {
      for entry in try value.array() {
        set(try entry.required("name").string(), try entry.required("template").string())
      }
    } else if let object = value.json.objectValue {
      for key in object.keys { set(key, try value.required(key).string()) }
    } else {
      set(Self.defaultName, try value.string())
    }
  }

  /// - Parameters:
  ///   - value: `chat_template` of tokenizer_config.json, not null.
  ///   - name: how messages call the file.
  /// - Throws: `TuneError.data` for a value that holds no templates.
  public init(_ value: JSON, name: String) throws {
    try self.init(FileValue(value, name: name, path: "chat_template"))
  }

  /// The template of a name; nil where there is none.
  public subscript(name: String) -> String? { named.first { $0.name.isSame(as: name) }?.source }

  public var names: [String] { named.map { $0.name } }

  /// All but the one called "default".
  var furtherTemplates: [Named] { named.filter { !$0.name.isSame(as: Self.defaultName) } }

  /// The value for `chat_template` of a configuration.
  var json: JSON {
    if named.count == 1, let source = self[Self.defaultName] { return .string(source) }
    return .array(named.map { ["name": .string($0.name), "template": .string($0.source)] })
  }

  private mutating func set(_ name: String, _ source: String) {
    let entry = Named(name: name, source: source)
    if let index = named.firstIndex(where: { $0.name.isSame(as: name) }) {
      named[index] = entry
    } else {
      named.append(entry)
    }
  }

  // MARK: Files

  private static let fileName = "chat_template.jinja"
  private static let folderName = "additional_chat_templates"
  private static let suffix = ".jinja"

  /// The templates that a folder has as files: chat_template.jinja, which is called "default", and
  /// additional_chat_templates/NAME.jinja; nil where it has none.
  ///
  /// - Throws: `TuneError.data` for a file that is no text in UTF-8 of at most 4 MB.
  public init?(filesIn folder: String) throws {
    let path = "\(folder)/\(Self.fileName)"
    if FileManager.default.fileExists(atPath: path) { set(Self.defaultName, try Self.text(of: path)) }
    let files = (try? FileManager.default.contentsOfDirectory(atPath: "\(folder)/\(Self.folderName)")) ?? []
    for file in files.sorted() where file.hasSuffix(Self.suffix) {
      set(String(file.dropLast(Self.suffix.count)), try Self.text(of: "\(folder)/\(Self.folderName)/\(file)"))
    }
    if named.isEmpty { return nil }
  }

  /// The template of a file.
  ///
  /// - Throws: `TuneError.data` for a file that is no text in UTF-8 of at most 4 MB.
  public static func text(of path: String) throws -> String {
    let file = try MappedFile(path)
    guard file.bytes.count <= maximumLength, let text = file.withBytes({ String(validating: $0, as: UTF8.self) }) else {
      throw TuneError.data("\(path): expected a template: text in UTF-8 of at most 4 MB")
    }
    return text
  }

  /// Whether every name can be that of a file; names come from files that others wrote.
  var areFileNames: Bool { names.allSatisfy { !$0.isEmpty && !$0.utf8.contains { $0 == 0x2F || $0 == 0 } } }

  func write(toFolder folder: String) throws {
    for template in named {
      if template.name.isSame(as: Self.defaultName) {
        try AtomicFile.write(template.source, to: "\(folder)/\(Self.fileName)")
      } else {
        try createFolder("\(folder)/\(Self.folderName)")
        try AtomicFile.write(template.source, to: "\(folder)/\(Self.folderName)/\(template.name)\(Self.suffix)")
      }
    }
  }
}

extension Tokenizer {
  /// The same tokenizer with this chat template and no other.
  public func with(chatTemplate source: String) -> Tokenizer {
    var tokenizer = self
    tokenizer.chatTemplates = ChatTemplateSources(source)
    return tokenizer
  }
}
