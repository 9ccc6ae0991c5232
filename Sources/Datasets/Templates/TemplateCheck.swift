import Basics

/// Something about a wording that its author will want to mend.
public struct TemplateFinding: Sendable, Equatable, CustomStringConvertible {
  public let file: String
  public let line: Int
  public let wording: String
  /// What is wrong, and what mends it.
  public let what: String
  public let mend: String

  /// `file:line: wording: what; mend`
  public var description: String { "\(file):\(line): \(wording): \(what); \(mend)" }
}

/// Looks for mistakes that a template file can have although it is valid.
///
/// Without data: targets without text and wordings that say the same. With data: wordings that render for no record,
/// empty targets, answers that no record has, and targets that the prompt gives away.
public struct TemplateCheck {
  private let selection: TemplateSelection
  private var findings: [TemplateFinding] = []

  /// The findings about a template file, in the order of its wordings.
  ///
  /// - Parameter rows: the records to render; nil checks what needs none.
  public static func findings(in selection: TemplateSelection, rows: SampleRows? = nil) -> [TemplateFinding] {
    var check = TemplateCheck(selection: rows.map { selection.fitted(to: $0.columns) } ?? selection)
    for (index, wording) in selection.wordings.enumerated() {
      check.look(at: wording, earlier: selection.wordings[..<index])
      if let rows, wording.hasTarget { check.look(at: wording, rows) }
    }
    return check.findings
  }

  private init(selection: TemplateSelection) { self.selection = selection }

  private mutating func report(_ wording: Wording, _ what: String, _ mend: String) {
    findings.append(
      TemplateFinding(
        file: selection.task.origin, line: wording.metadata.line, wording: wording.name, what: what, mend: mend))
  }

  // MARK: Without data

  private mutating func look(at wording: Wording, earlier: ArraySlice<Wording>) {
    if !wording.hasTarget {
      report(wording, "the target is empty", "write the answer after '|||'")
    }
    if let other = earlier.first(where: { Self.words($0) == Self.words(wording) }) {
      report(wording, "says the same as '\(other.name)'", "delete one of them or word it differently")
    }
  }

  /// The texts of a wording without differences of white space.
  private static func words(_ wording: Wording) -> [String] {
    (wording.promptAndTarget + " ||| " + (wording.answerChoices ?? "")).split { $0.isWhitespace }.map { String($0) }
  }

  // MARK: With data

  private struct Rendering {
    let line: Int
    let prompt: String
    let target: String
    let choices: [String]
  }

  private mutating func look(at wording: Wording, _ rows: SampleRows) {
    if let missing = selection.unusable.first(where: { $0.wording.isSame(as: wording.name) })?.missing {
      return report(
        wording, "renders for no record: no column of \(rows.path) is named like \(missing.joined(separator: ", "))",
        "rename a column, or add its name to the field's columns (found: \(rows.columns.listed))")
    }
    var firstReason: String?
    let renderings = rows.records.compactMap { record -> Rendering? in
      do {
        let rendered = try selection.render(wording, record.fields)
        let choices = try wording.choices(of: selection.values(of: record.fields), draw: 0)
        return Rendering(line: record.line, prompt: rendered.prompt, target: rendered.target, choices: choices)
      } catch {
        firstReason = firstReason ?? "line \(record.line): \((error as? RenderingFailure)?.reason ?? "\(error)")"
        return nil
      }
    }
    guard !renderings.isEmpty else {
      return report(
        wording, "renders for none of \(rows.records.count) records of \(rows.path) (\(firstReason ?? "none fits"))",
        "mend the template or check it with other data")
    }
    look(at: renderings, of: wording, rows)
  }

  private mutating func look(at renderings: [Rendering], of wording: Wording, _ rows: SampleRows) {
    let empty = renderings.filter { $0.target.isEmpty }
    if let first = empty.first {
      report(
        wording, "the target is empty for \(empty.count) of \(renderings.count) records (\(rows.path):\(first.line))",
        "give every record an answer, or leave such records out with {% if %} around the whole text")
    }
    if wording.hasFixedChoices, let choices = renderings.first?.choices {
      let unused = choices.filter { choice in !renderings.contains { $0.target.isSame(as: choice) } }
      if !unused.isEmpty {
        let list = unused.map { "'\($0)'" }.joined(separator: ", ")
        report(
          wording, "no target of \(renderings.count) records is \(list)",
          "delete it from answer_choices, mend the target, or check with more records")
      }
    }
    checkGivenAway(renderings, of: wording, rows)
  }

  /// Whether the prompts of a task with set answers hold the target word for word, other than in a list of all of them.
  ///
  /// Words of the data can be an answer by chance; a template that gives it away does so for most records. What its own
  /// text says ("from 1 to 5") is the same for every answer.
  private mutating func checkGivenAway(_ renderings: [Rendering], of wording: Wording, _ rows: SampleRows) {
    let category = selection.task.category
    guard wording.answerChoices != nil || category == .classification || category == .inference else { return }
    let source = wording.promptAndTarget.split(onBytes: Wording.separator)[0]
    let givenAway = renderings.filter { rendering in
      let target = rendering.target
      guard !target.isEmpty, Self.count(of: target, in: rendering.prompt) > Self.count(of: target, in: source) else {
        return false
      }
      let others = rendering.choices.filter { !$0.isSame(as: target) }
      return others.isEmpty || !others.allSatisfy { Self.count(of: $0, in: rendering.prompt) > 0 }
    }
    guard givenAway.count * 2 > renderings.count, let first = givenAway.first else { return }
    report(
      wording,
      "the prompt holds the answer '\(first.target)' for \(givenAway.count) of \(renderings.count) records "
        + "(\(rows.path):\(first.line))", "take the answer's field out of the prompt, or list all answers")
  }

  /// How often a text holds another with no letter or digit next to it.
  private static func count(of word: String, in text: String) -> Int {
    guard !word.isEmpty else { return 0 }
    let parts = text.split(onBytes: word)
    return zip(parts, parts.dropFirst()).count { before, after in
      !(before.unicodeScalars.last?.isWordCharacter ?? false) && !(after.unicodeScalars.first?.isWordCharacter ?? false)
    }
  }
}

extension Wording {
  fileprivate var hasTarget: Bool { !(promptAndTarget.split(onBytes: Self.separator).last?.isBlank ?? true) }
}

extension Unicode.Scalar {
  fileprivate var isWordCharacter: Bool { properties.isAlphabetic || properties.numericType != nil }
}
