import Basics

/// A template file with the wordings to use and the columns that its fields come from.
public struct TemplateSelection: Sendable {
  public let task: TaskTemplate
  /// The wordings whose needed fields all have a column.
  public private(set) var wordings: [Wording]
  public private(set) var mapping = ColumnMapping()
  /// Wordings left out, and the fields they lack.
  public private(set) var unusable: [(wording: String, missing: [String])] = []

  init(task: TaskTemplate, wordings: [Wording]) {
    self.task = task
    self.wordings = wordings
  }

  /// - Parameter mapping: the columns of the fields; wordings that need a field without one are `unusable`.
  init(task: TaskTemplate, wordings: [Wording], mapping: ColumnMapping) {
    self.task = task
    self.mapping = mapping
    self.wordings = []
    for wording in wordings {
      let missing = wording.fields.filter {
        mapping.column(for: $0) == nil && !wording.optionalFields.containsSame(as: $0)
      }
      if missing.isEmpty { self.wordings.append(wording) } else { unusable.append((wording.name, missing)) }
    }
  }

  /// The same selection for data with these columns; wordings that lack one are in `unusable`, perhaps all of them.
  public func fitted(to columns: [String]) -> TemplateSelection {
    fitted(to: columns, chosen: [:])
  }

  private func fitted(to columns: [String], chosen: [String: String]) -> TemplateSelection {
    let mapping = ColumnMapping(fields: task.fields, columns: DataColumns(columns), chosen: chosen)
    return TemplateSelection(task: task, wordings: wordings, mapping: mapping)
  }

  /// The template's fields as a record has them, blank and null ones left out.
  ///
  /// A number without a fraction becomes an integer: a rating stored as 5.0 reads "5".
  public func values(of record: JSONObject) -> JSONObject { PlannedSelection(self).fill(from: record).values }

  /// What a wording makes of a record.
  ///
  /// - Throws: `RenderingFailure` when a field that the wording needs is missing, or the template fails.
  public func render(
    _ wording: Wording, _ record: JSONObject, draw: UInt64 = 0
  ) throws -> (prompt: String, target: String) {
    let values = values(of: record)
    let missing = wording.fields.filter { values[$0] == nil && !wording.optionalFields.containsSame(as: $0) }
    guard missing.isEmpty else { throw RenderingFailure(reason: "no value for \(missing.joined(separator: ", "))") }
    return try wording.render(values, draw: draw)
  }

  /// The same selection for data with these columns.
  ///
  /// - Throws: `TuneError.usage` when no wording finds its columns.
  func mapped(to columns: [String], chosen: [String: String]) throws -> TemplateSelection {
    let selection = fitted(to: columns, chosen: chosen)
    if selection.wordings.isEmpty,
      let missing = selection.unusable.min(by: { $0.missing.count < $1.missing.count })?.missing
    {
      throw TuneError.usage(
        "template '\(task.name)' needs \(missing.joined(separator: ", ")), which no column of the input is named like; "
          + "the columns are \(columns.listed); rename a column or choose another template")
    }
    return selection
  }
}
