import Basics

/// How records are shown to a model and read back: a line `column: value` for every column, in a fixed order.
///
/// A value may go on over further lines; it ends where the next column begins. Values that are no texts are written as
/// JSON. Blank values are left out.
struct RecordForm: Sendable {
  struct Column: Sendable {
    let name: String
    /// Whether its values are texts; others are read as JSON.
    let isText: Bool
    fileprivate let mark: [UInt8]
  }

  private(set) var columns: [Column]

  /// The line between two records.
  static let separator = "###"

  /// - Parameter samples: some records, which tell the columns of texts from others.
  init(columns names: [String], samples: [JSONObject]) {
    columns = names.map { name in
      let value = samples.lazy.compactMap { $0[name] }.first { !$0.isNull }
      return Column(name: name, isText: value.map { $0.stringValue != nil } ?? true, mark: Array("\(name):".utf8))
    }
  }

  /// The same columns in another order, these first.
  func ordered(first names: [String]) -> RecordForm {
    var form = self
    form.columns =
      columns.filter { names.containsSame(as: $0.name) } + columns.filter { !names.containsSame(as: $0.name) }
    return form
  }

  /// The part of a record that is shown.
  func part(of record: JSONObject) -> JSONObject {
    JSONObject(
      entries: columns.compactMap { column in
        guard let value = record[column.name], !value.isNull else { return nil }
        guard let text = value.stringValue else { return .init(key: column.name, value: value) }
        let stripped = text.strippedAsInPython
        return stripped.isEmpty ? nil : .init(key: column.name, value: .string(stripped))
      })
  }

  /// The lines of a record of which this is the part that is shown; nil where they would not read back as the same.
  func text(of part: JSONObject) -> String? {
    guard !part.isEmpty else { return nil }
    let text = part.map { "\($0.key): \($0.value.stringValue ?? $0.value.text(.compact))" }.joined(separator: "\n")
    guard let readBack = try? record(in: text), readBack.canonicalBytes == part.canonicalBytes else { return nil }
    return text
  }

  /// Reads a record back from its lines; what follows a separator does not belong to it.
  ///
  /// - Throws: `FieldProblem` where the lines are not of this form.
  func record(in text: String) throws(FieldProblem) -> JSONObject {
    var record = JSONObject()
    var open: (column: Column, lines: [String])?
    var next = 0
    for line in Self.lines(of: text) {
      if let place = columns.firstIndex(where: { line.utf8.starts(with: $0.mark) }) {
        let column = columns[place]
        guard place >= next else {
          throw FieldProblem(field: column.name, reason: "stands twice, or after a field that it belongs before")
        }
        if let open { try close(open.column, open.lines, &record) }
        open = (column, [String(decoding: line.utf8.dropFirst(column.mark.count), as: UTF8.self)])
        next = place + 1
      } else if open != nil {
        open?.lines.append(line)
      } else if !line.isBlank {
        throw FieldProblem(field: nil, reason: "begins with '\(Excerpt.clean(line))'; expected 'field: value'")
      }
    }
    if let open { try close(open.column, open.lines, &record) }
    return record
  }

  /// The lines up to a separator.
  private static func lines(of text: String) -> [String] {
    Array(text.split(onBytes: "\n").prefix { !$0.strippedAsInPython.isSame(as: separator) })
  }

  /// The text of an unfinished record with the name of the column that is missing next; nil where none is, or where the
  /// text is not of this form.
  ///
  /// - Parameter required: the columns that a record has to have.
  func continued(_ text: String, required: [String]) -> String? {
    guard let record = try? record(in: text),
      let missing = columns.firstIndex(where: { required.containsSame(as: $0.name) && record[$0.name] == nil }),
      columns[missing...].allSatisfy({ record[$0.name] == nil })
    else { return nil }
    let lines = Self.lines(of: text).joined(separator: "\n").strippedAsInPython
    // Its name stands there already where nothing follows it.
    return lines.utf8.reversed().starts(with: columns[missing].mark.reversed())
      ? nil : "\(lines)\n\(columns[missing].name):"
  }

  private func close(_ column: Column, _ lines: [String], _ record: inout JSONObject) throws(FieldProblem) {
    let text = lines.joined(separator: "\n").strippedAsInPython
    guard !text.isEmpty else { return }
    if column.isText {
      record[column.name] = .string(text)
    } else if let value = try? JSON(parsing: text) {
      if !value.isNull, !(value.stringValue?.isBlank ?? false) { record[column.name] = value }
    } else {
      throw FieldProblem(field: column.name, reason: "'\(Excerpt.clean(text))' is no number, boolean or other JSON")
    }
  }
}

extension PreparationOptions.Source {
  /// The form of the source's records: the columns that `--where` asks for, then those that examples are made of.
  func form(_ plan: RecordPlan, columns names: [String], samples: [JSONObject]) -> RecordForm {
    let asked = (condition?.fieldNames ?? []).filter { names.containsSame(as: $0) }
    let used = plan.usedColumns(among: names, chosen: columns)
    return RecordForm(columns: (asked.filter { !used.containsSame(as: $0) } + used).unique, samples: samples)
  }
}

extension RecordPlan {
  /// The columns that a record needs to become an example: those of the templates' fields, or of the shape.
  ///
  /// - Parameters:
  ///   - columns: those that the records have.
  ///   - chosen: columns by field, as `--map` gives them.
  fileprivate func usedColumns(among columns: [String], chosen: [String: String]) -> [String] {
    switch kind {
    case .templates(let selections): selections.flatMap { $0.mapping.pairs.map { $0.column } }.unique
    case .shape(let shape):
      shape.memberNames.map { chosen[$0] ?? $0 }.filter { columns.containsSame(as: $0) }
    }
  }
}

extension RecordShape {
  /// The members that say something, what is to be learnt last.
  fileprivate var memberNames: [String] {
    switch self {
    case .promptCompletion: ["tools", "prompt", "completion"]
    case .messages: ["tools", "messages"]
    case .shareGPT: ["system", "tools", "conversations"]
    case .alpaca: ["system", "history", "instruction", "input", "output"]
    case .text: ["text"]
    case .promptsource: ["inputs_pretokenized", "targets_pretokenized"]
    case .preference: ["tools", "prompt", "chosen", "rejected"]
    case .shareGPTPreference: ["system", "tools", "conversations", "chosen", "rejected"]
    case .alpacaPreference: ["instruction", "input", "chosen", "rejected"]
    case .openAIPreference: ["input", "preferred_output", "non_preferred_output"]
    case .unpairedPreference: ["prompt", "messages", "conversations", "completion", "label", "kto_tag"]
    }
  }
}
