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

  init(task: TaskTemplate, wordings: [Wording], columns: [String], chosen: [String: String]) {
    self.task = task
    let mapping = ColumnMapping(fields: task.fields, columns: columns, chosen: chosen)
    self.mapping = mapping
    self.wordings = []
    for wording in wordings {
      let missing = wording.fields.filter {
        mapping.column(for: $0) == nil && !wording.optionalFields.containsSame(as: $0)
      }
      if missing.isEmpty { self.wordings.append(wording) } else { unusable.append((wording.name, missing)) }
    }
  }

  /// The same selection for data with these columns.
  ///
  /// - Throws: `TuneError.usage` when no wording finds its columns.
  func mapped(to columns: [String], chosen: [String: String]) throws -> TemplateSelection {
    let selection = TemplateSelection(task: task, wordings: wordings, columns: columns, chosen: chosen)
    if selection.wordings.isEmpty,
      let missing = selection.unusable.min(by: { $0.missing.count < $1.missing.count })?.missing
    {
      throw TuneError.usage(
        "template '\(task.name)' needs \(missing.joined(separator: ", ")), which no column of the input is named like; "
          + "the columns are \(columns.joined(separator: ", ")); rename a column or choose another template")
    }
    return selection
  }
}

/// The outcome of choosing a template file by columns.
public struct TemplateMatch: Sendable {
  public let selection: TemplateSelection
  /// The names of the other files that fit as well.
  public let alternatives: [String]
}
