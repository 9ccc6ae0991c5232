import Basics
import Text

/// One way of putting a record into words: a Jinja template that renders to `prompt ||| target`.
///
/// Rendering follows promptsource (Bach et al., 2022, `promptsource/templates.py`): the text is split at `|||`, both
/// parts are stripped, a `|||` inside the data does not split, and `answer_choices` (itself Jinja, split at `|||`) is
/// a list that the template can use. Where promptsource draws at random, with the filter `choice`, the record and the
/// seed decide here.
public struct Wording: Sendable {
  public let name: String
  /// The Jinja source.
  public let promptAndTarget: String
  /// The Jinja source of the answers, parted by `|||`; nil where the task has no fixed answers.
  public let answerChoices: String?
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

  static let separator = "|||"
  static let ownVariables = ["answer_choices"]

  /// - Parameter known: the fields that the template file declares; any other variable is an error.
  /// - Throws: `TuneError.usage`, which begins with `place`, for a syntax error, a missing `|||` or an unknown field.
  init(name: String, promptAndTarget: String, answerChoices: String?, known: [String], place: String) throws {
    self.name = name
    self.promptAndTarget = promptAndTarget
    self.answerChoices = answerChoices
    let parts = promptAndTarget.split(onBytes: Self.separator)
    guard parts.count > 1 else {
      throw TuneError.usage(
        "\(place): prompt_and_target has no '|||'; expected '|||' between the prompt and the target")
    }
    template = try Self.compile(promptAndTarget, place: "\(place): prompt_and_target")
    choicesTemplate = try answerChoices.map { try Self.compile($0, place: "\(place): answer_choices") }
    let names = template.referencedNames.union(choicesTemplate?.referencedNames ?? [])
    try Self.check(names, known: known, place: place)
    fields = known.filter { names.contains($0) }
    let source = TemplateSource(promptAndTarget)
    optionalFields = fields.filter { source.testedNames.containsSame(as: $0) }
    printedFields = fields.filter { source.printedNames.containsSame(as: $0) }
    let targetNames = parts.last.flatMap { try? JinjaTemplate($0, name: name, options: .plain) }?.referencedNames ?? []
    targetFields = fields.filter { targetNames.contains($0) }
  }

  /// Renders a record's fields to the prompt and the target, both stripped.
  ///
  /// - Parameter draw: the seed of what the template draws at random.
  /// - Throws: `RenderingFailure` when the template fails on these fields or does not render to two parts.
  func render(_ fields: JSONObject, draw: UInt64) throws -> (prompt: String, target: String) {
    let placeholder = Self.placeholder(for: fields)
    let environment = JinjaEnvironment(seed: draw)
    var variables = JSONObject(
      entries: fields.map { JSONObject.Entry(key: $0.key, value: $0.value.protected(with: placeholder)) })
    do {
      if let choicesTemplate {
        let choices = try choicesTemplate.render(variables, environment: environment)
          .split(onBytes: Self.separator).map { $0.strippedAsInPython }
        variables["answer_choices"] = .array(choices.map { .string($0) })
      }
      let parts = try template.render(variables, environment: environment).split(onBytes: Self.separator)
      guard parts.count == 2 else {
        throw RenderingFailure(reason: "renders to \(parts.count) parts; expected prompt ||| target")
      }
      let restored = parts.map { $0.replacing(bytesOf: placeholder, with: Self.separator).strippedAsInPython }
      return (restored[0], restored[1])
    } catch let error as TuneError {
      throw RenderingFailure(reason: error.message)
    }
  }

  /// Private-use characters that stand for `|||` in the data while it is rendered; as long as the separator.
  private static func placeholder(for fields: JSONObject) -> String {
    let standard = "\u{F8FF}\u{F8FE}\u{F8FF}"
    let text = JSON.object(fields).text(.compact)
    guard text.contains(bytesOf: separator), text.contains(bytesOf: standard) else { return standard }
    let free = (UInt32(0xE000)...0xF8FF).lazy.compactMap { Unicode.Scalar($0) }.map { scalar in
      String(String.UnicodeScalarView([scalar, scalar, scalar]))
    }
    return free.first { !text.contains(bytesOf: $0) } ?? standard
  }

  private static func compile(_ source: String, place: String) throws -> JinjaTemplate {
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
struct RenderingFailure: Error { let reason: String }

extension JSON {
  /// The value with every `|||` in its texts replaced.
  fileprivate func protected(with placeholder: String) -> JSON {
    switch self {
    case .string(let text):
      text.contains(bytesOf: Wording.separator)
        ? .string(text.replacing(bytesOf: Wording.separator, with: placeholder)) : self
    case .array(let elements): .array(elements.map { $0.protected(with: placeholder) })
    case .object(let object):
      .object(
        JSONObject(
          entries: object.map { JSONObject.Entry(key: $0.key, value: $0.value.protected(with: placeholder)) }))
    default: self
    }
  }
}
