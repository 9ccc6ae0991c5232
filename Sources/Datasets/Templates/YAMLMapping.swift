import Basics
import Yams

/// A mapping of a YAML file whose accessors check keys and types and whose errors name file and line.
struct YAMLMapping {
  /// Template files are short; a longer one is refused before parsing.
  static let maximumLength = 1 << 18
  private static let maximumNesting = 64

  let origin: String
  let line: Int
  private let entries: [Member]

  /// A value of the file, with its key (or that of the list around it) and the line.
  struct Member {
    let key: String
    let line: Int
    fileprivate let origin: String
    fileprivate let node: Node

    /// The text of a scalar; nil for a list or mapping.
    var text: String? { node.scalar?.string }

    func mapping() throws -> YAMLMapping { try YAMLMapping(node, origin: origin, what: key, line: line) }

    /// Written as nothing, `~` or `null`, without quotes.
    fileprivate var isNull: Bool {
      guard let scalar = node.scalar else { return false }
      return scalar.style == .plain && ["", "~", "null", "Null", "NULL"].contains(scalar.string)
    }
  }

  var place: String { "\(origin):\(line)" }

  init(text: String, origin: String) throws {
    guard text.utf8.count <= Self.maximumLength else {
      throw TuneError.usage("\(origin): the template file is longer than 256 KB")
    }
    guard !Self.nestsTooDeep(text) else {
      throw TuneError.usage("\(origin): the YAML is nested deeper than \(Self.maximumNesting) levels")
    }
    do {
      guard let node = try Yams.compose(yaml: text) else {
        throw TuneError.usage("\(origin): the file is empty; expected name, task, fields, metrics, templates")
      }
      try self.init(node, origin: origin, what: "the file")
    } catch let error as YamlError {
      throw TuneError.usage("\(origin): not valid YAML: \(Self.oneLine(error))")
    }
  }

  private init(_ node: Node, origin: String, what: String, line: Int? = nil) throws {
    let line = line ?? node.mark?.line ?? 1
    self.line = line
    self.origin = origin
    guard let mapping = node.mapping else {
      throw TuneError.usage("\(origin):\(line): \(what) is no mapping; expected lines of 'key: value'")
    }
    var entries: [Member] = []
    for (key, value) in mapping {
      let keyLine = key.mark?.line ?? line
      guard let name = key.scalar?.string else {
        throw TuneError.usage("\(origin):\(keyLine): a key is no text; expected lines of 'key: value'")
      }
      entries.append(Member(key: name, line: keyLine, origin: origin, node: value))
    }
    self.entries = entries
  }

  /// Refuses keys that are not known, with the nearest known one.
  func allow(_ known: [String]) throws {
    for entry in entries where !known.containsSame(as: entry.key) {
      let hint = nearest(entry.key, among: known).map { "did you mean '\($0)'?" }
      throw TuneError.usage(
        "\(origin):\(entry.line): unknown key '\(entry.key)'; " + (hint ?? "expected \(known.joined(separator: ", "))"))
    }
  }

  /// Whether this is a file of promptsource: its templates are a mapping of identifiers, ours a list.
  var isPromptsource: Bool { node("templates")?.mapping != nil }

  func string(_ key: String) throws -> String {
    let text = try optionalString(key) ?? ""
    guard !text.isBlank else { throw error(key, "missing or empty; expected a text") }
    return text
  }

  func optionalString(_ key: String) throws -> String? {
    guard let node = node(key) else { return nil }
    guard let text = node.scalar?.string else { throw error(key, "expected a text") }
    return text
  }

  /// The texts of a list, or a single text as a list of one; empty when the key is missing.
  func optionalStrings(_ key: String) throws -> [String] {
    guard let node = node(key) else { return [] }
    if let text = node.scalar?.string { return text.isEmpty ? [] : [text] }
    let texts = node.sequence?.compactMap { $0.scalar?.string }
    guard let texts, texts.count == node.sequence?.count else { throw error(key, "expected a list of texts") }
    return texts
  }

  func optionalBool(_ key: String) throws -> Bool? {
    guard let node = node(key) else { return nil }
    guard let value = node.bool else { throw error(key, "expected true or false") }
    return value
  }

  /// The case of an enumeration that a text names.
  func optionalCase<Case: RawRepresentable<String> & CaseIterable>(_ key: String) throws -> Case? {
    guard let text = try optionalString(key) else { return nil }
    if let value = Case(rawValue: text) { return value }
    throw error(key, "'\(text)' is unknown; expected \(Case.allCases.map { $0.rawValue }.joined(separator: ", "))")
  }

  func mapping(_ key: String) throws -> YAMLMapping {
    guard let mapping = try optionalMapping(key) else { throw error(key, "missing; expected a mapping") }
    return mapping
  }

  func optionalMapping(_ key: String) throws -> YAMLMapping? {
    guard let member = entries.first(where: { $0.key.isSame(as: key) }), !member.isNull else { return nil }
    return try member.mapping()
  }

  /// The elements of a list, or a single value as a list of one; empty when the key is missing.
  func optionalElements(_ key: String) throws -> [Member] {
    guard let node = node(key) else { return [] }
    let elements = node.sequence.map { Array($0) } ?? [node]
    return elements.map { Member(key: key, line: $0.mark?.line ?? line, origin: origin, node: $0) }
  }

  func mappings(_ key: String) throws -> [YAMLMapping] {
    guard let sequence = node(key)?.sequence else {
      throw error(key, "missing or no list; expected a list of mappings")
    }
    return try sequence.map { try YAMLMapping($0, origin: origin, what: "an element of \(key)") }
  }

  /// All members in the order of the file.
  func members() -> [Member] { entries }

  func error(_ key: String, _ reason: String) -> TuneError {
    let keyLine = entries.first { $0.key.isSame(as: key) }?.line ?? line
    return .usage("\(origin):\(keyLine): \(key): \(reason)")
  }

  /// The value of a key; nil when it is missing or null.
  private func node(_ key: String) -> Node? {
    entries.first { $0.key.isSame(as: key) }.flatMap { $0.isNull ? nil : $0.node }
  }

  /// Whether the YAML could nest deeper than its parser should follow: brackets that stay open, or dashes in a row.
  private static func nestsTooDeep(_ text: String) -> Bool {
    var open = 0, dashes = 0, indentation = 0
    var isAtLineStart = true
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "["), UInt8(ascii: "{"): open += 1
      case UInt8(ascii: "]"), UInt8(ascii: "}"): open = max(0, open - 1)
      default: break
      }
      switch byte {
      case UInt8(ascii: "\n"): (isAtLineStart, indentation, dashes) = (true, 0, 0)
      case UInt8(ascii: " ") where isAtLineStart: indentation += 1
      case UInt8(ascii: "-"), UInt8(ascii: "?"), UInt8(ascii: ":"): dashes += 1
      case UInt8(ascii: " "), UInt8(ascii: "\t"): isAtLineStart = false
      default: (isAtLineStart, dashes) = (false, 0)
      }
      if open > maximumNesting || dashes > 4 * maximumNesting || indentation > 4 * maximumNesting { return true }
    }
    return false
  }

  private static func oneLine(_ error: YamlError) -> String {
    switch error {
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
      .composer(_, let problem, let mark, _):
      "line \(mark.line): \(problem)"
    case .duplicatedKeysInMapping(let duplicates, _): "the key '\(duplicates.first?.description ?? "")' appears twice"
    default: "\(error)".split(separator: "\n").first.map { String($0) } ?? "unreadable"
    }
  }
}
