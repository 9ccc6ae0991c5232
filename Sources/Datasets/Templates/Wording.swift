import Basics
import Text

/// One way of putting a record into words: a Jinja template that renders to `prompt ||| target`.
///
/// Rendering follows promptsource (Bach et al., 2022, `promptsource/templates.py`): the text is split at `|||`, both
/// parts are stripped, a `|||` inside the data does not split, and `answer_choices` (itself Jinja, split at `|||`) is
/// a list that the template can use. Where promptsource draws at random, with the filter `choice`, the record and the
/// seed decide here.
public struct Wording: Sendable {
  /// What a file says about a wording besides its texts; kept and written back.
  public struct Metadata: Sendable, Equatable {
    /// The line of the file where the wording begins.
    public var line: Int
    /// promptsource's identifier, a UUID.
    public var id: String?
    /// Where the wording comes from.
    public var reference: String?
    /// Languages of the prompt, as codes of ISO 639.
    public var languages: [String] = []
    /// The metrics that suit this wording, in the file's own names; empty where those of the task do.
    public var metrics: [String] = []
    /// Whether this is the task that the data set was made for.
    public var isOriginalTask: Bool?
    /// Whether the prompt lists the answers to choose from.
    public var hasChoicesInPrompt: Bool?

    public init(line: Int) { self.line = line }
  }

  public let name: String
  /// The Jinja source.
  public let promptAndTarget: String
  /// The Jinja source of the answers, parted by `|||`; nil where the task has no fixed answers.
  public let answerChoices: String?
  public let metadata: Metadata
  /// The fields that the wording mentions, in the order of the template file.
  public let fields: [String]
  /// Those of `fields` that may be missing or empty because the wording asks for them with `{% if field %}`.
  public let optionalFields: [String]
  /// Those of `fields` that the target mentions.
  public let targetFields: [String]

  /// Fields that appear as a bare `{{ field }}`, where only a text or a number makes sense.
  let printedFields: [String]
  private let template: JinjaTemplate
  private let choicesTemplate: JinjaTemplate?
  private let usesChoices: Bool
  /// The answers where they are the same for every record.
  private let fixedChoices: JSON?

  static let separator = "|||"
  static let ownVariables = ["answer_choices"]

  /// - Parameter known: the fields that the template file declares; any other variable is an error.
  /// - Throws: `TuneError.usage`, which begins with `place`, for a syntax error, a missing `|||` or an unknown field.
  init(
    name: String, promptAndTarget: String, answerChoices: String?, known: [String],
    metadata: Metadata = Metadata(line: 1), place: String
  ) throws {
    self.name = name
    self.metadata = metadata
    self.promptAndTarget = promptAndTarget
    self.answerChoices = answerChoices
    let parts = promptAndTarget.split(onBytes: Self.separator)
    guard parts.count > 1 else {
      throw TuneError.usage(
        "\(place): prompt_and_target has no '|||'; expected '|||' between the prompt and the target")
    }
    template = try Self.compile(promptAndTarget, place: "\(place): prompt_and_target")
    choicesTemplate = try answerChoices.map { try Self.compile($0, place: "\(place): answer_choices") }
    fixedChoices = choicesTemplate.flatMap { $0.referencedNames.isEmpty ? Self.fixedChoices($0) : nil }
    usesChoices = template.referencedNames.contains("answer_choices")
    let names = template.referencedNames.union(choicesTemplate?.referencedNames ?? [])
    try Self.check(names, known: known, place: place)
    fields = known.filter { names.contains($0) }
    let source = TemplateSource(promptAndTarget)
    let tested = source.testedNames + TemplateSource(answerChoices ?? "").testedNames
    optionalFields = fields.filter { tested.containsSame(as: $0) }
    printedFields = fields.filter { source.printedNames.containsSame(as: $0) }
    let targetNames = parts.last.flatMap { try? JinjaTemplate($0, name: name, options: .plain) }?.referencedNames ?? []
    targetFields = fields.filter { targetNames.contains($0) }
  }

  /// Whether the wording has answers, and they are the same for every record.
  public var hasFixedChoices: Bool { choicesTemplate?.referencedNames.isEmpty ?? false }

  /// Renders a record's fields to the prompt and the target, both stripped.
  ///
  /// - Parameter draw: the seed of what the template draws at random.
  /// - Throws: `RenderingFailure` when the template fails on these fields or does not render to two parts.
  public func render(_ fields: JSONObject, draw: UInt64) throws -> (prompt: String, target: String) {
    let placeholder = Self.placeholder(for: fields)
    do {
      let environment = JinjaEnvironment(seed: draw)
      var variables = placeholder.map { fields.protected(with: $0) } ?? fields
      if usesChoices { variables["answer_choices"] = try choices(variables, environment) }
      let parts = try template.render(variables, environment: environment).splitAtBars()
      guard parts.count == 2 else {
        throw RenderingFailure(reason: "renders to \(parts.count) parts; expected prompt ||| target")
      }
      return (Self.restored(parts[0], placeholder), Self.restored(parts[1], placeholder))
    } catch let error as TuneError {
      throw RenderingFailure(reason: error.message)
    }
  }

  /// The answers that a record allows, in the order of the file; empty where the wording has no fixed answers.
  ///
  /// - Throws: `RenderingFailure` when `answer_choices` fails on these fields.
  public func choices(of fields: JSONObject, draw: UInt64) throws -> [String] {
    let placeholder = Self.placeholder(for: fields)
    let variables = placeholder.map { fields.protected(with: $0) } ?? fields
    do {
      let choices = try choices(variables, JinjaEnvironment(seed: draw)).arrayValue ?? []
      return choices.map { Self.restored($0.stringValue ?? "", placeholder) }
    } catch let error as TuneError {
      throw RenderingFailure(reason: error.message)
    }
  }

  private func choices(_ variables: JSONObject, _ environment: JinjaEnvironment) throws -> JSON {
    if let fixedChoices { return fixedChoices }
    guard let choicesTemplate else { return .null }
    return Self.choices(in: try choicesTemplate.render(variables, environment: environment))
  }

  private static func choices(in text: String) -> JSON {
    .array(text.splitAtBars().map { .string($0.strippedAsInPython) })
  }

  /// The answers of a template without variables; nil where it draws at random or fails, which rendering then tells.
  private static func fixedChoices(_ template: JinjaTemplate) -> JSON? {
    let texts = (0..<2).map { try? template.render([:], environment: JinjaEnvironment(seed: $0)) }
    guard let first = texts[0], let second = texts[1], first.isSame(as: second) else { return nil }
    return choices(in: first)
  }

  private static func restored(_ text: String, _ placeholder: String?) -> String {
    guard let placeholder else { return text.strippedQuickly() }
    return text.replacing(bytesOf: placeholder, with: separator).strippedAsInPython
  }

  /// Private-use characters that stand for `|||` in the data while it is rendered, as long as the separator; nil when
  /// the data have no `|||`.
  private static func placeholder(for fields: JSONObject) -> String? {
    guard fields.entries.contains(where: { $0.value.containsBars }) else { return nil }
    let text = JSON.object(fields).text(.compact)
    let standard: [Unicode.Scalar] = ["\u{F8FF}", "\u{F8FE}", "\u{F8FF}"]
    let others = (UInt32(0xE000)...0xF8FF).lazy.compactMap { Unicode.Scalar($0) }.map { [$0, $0, $0] }
    let texts = ([standard] + others).lazy.map { String(String.UnicodeScalarView($0)) }
    return texts.first { !text.contains(bytesOf: $0) } ?? texts[0]
  }

  static func compile(_ source: String, place: String) throws -> JinjaTemplate {
    do {
      return try JinjaTemplate(source, name: place, options: .plain)
    } catch let error as TuneError {
      throw TuneError.usage(error.message)
    }
  }

  private static func check(_ names: Set<String>, known: [String], place: String) throws {
    let allowed = known + ownVariables
    for name in names.sorted() where !allowed.containsSame(as: name) && !jinjaGlobals.contains(name) {
      let hint = nearest(name, among: allowed).map { "did you mean '\($0)'?" } ?? "declare it under fields"
      throw TuneError.usage(
        "\(place): the template uses '\(name)', which is none of its fields (\(known.joined(separator: ", "))); \(hint)"
      )
    }
  }

  private static let jinjaGlobals: Set<String> = [
    "range", "dict", "namespace", "cycler", "joiner", "lipsum", "loop", "raise_exception", "strftime_now", "zip",
  ]
}

/// Why a wording could not be rendered for one record.
public struct RenderingFailure: Error, Sendable { public let reason: String }

extension JSONObject {
  /// The object with every `|||` in its texts replaced.
  fileprivate func protected(with placeholder: String) -> JSONObject {
    JSONObject(entries: map { Entry(key: $0.key, value: $0.value.protected(with: placeholder)) })
  }
}

extension JSON {
  fileprivate func protected(with placeholder: String) -> JSON {
    switch self {
    case .string(let text): .string(text.replacing(bytesOf: Wording.separator, with: placeholder))
    case .array(let elements): .array(elements.map { $0.protected(with: placeholder) })
    case .object(let object): .object(object.protected(with: placeholder))
    default: self
    }
  }

  /// Whether any text inside holds `|||`.
  fileprivate var containsBars: Bool {
    switch self {
    case .string(let text): text.containsBars()
    case .array(let elements): elements.contains { $0.containsBars }
    case .object(let object): object.entries.contains { $0.value.containsBars }
    default: false
    }
  }
}

// Rendering is the hot path of a preparation: these work on whole buffers.
extension String {
  fileprivate func containsBars() -> Bool { withBytes { Self.bars(in: $0, from: 0) != nil } }

  /// The parts between `|||`, as `split(onBytes:)` gives them.
  fileprivate func splitAtBars() -> [String] {
    var parts: [String] = []
    var start = 0
    while true {
      let place = withBytes { Self.bars(in: $0, from: start) }
      let end = place.map { utf8.index(utf8.startIndex, offsetBy: $0) } ?? endIndex
      parts.append(String(self[utf8.index(utf8.startIndex, offsetBy: start)..<end]))
      guard let place else { return parts }
      start = place + Wording.separator.utf8.count
    }
  }

  private static func bars(in bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int? {
    var place = start
    while let bar = bytes.firstIndex(of: UInt8(ascii: "|"), in: place..<bytes.count) {
      if bytes.starts(with: "|||", at: bar) { return bar }
      place = bar + 1
    }
    return nil
  }

  /// `strippedAsInPython`, without a copy where neither end is white space.
  fileprivate func strippedQuickly() -> String {
    guard let first = utf8.first, let last = utf8.last else { return self }
    return (0x21..<0x7F).contains(first) && (0x21..<0x7F).contains(last) ? self : strippedAsInPython
  }
}
