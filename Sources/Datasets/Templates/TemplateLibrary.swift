import Basics
import Foundation

/// The template files that a name can mean, and the choice of one by the columns of the data.
public struct TemplateLibrary: Sendable {
  public let tasks: [TaskTemplate]

  /// - Parameter texts: embedded template files as origin and YAML text, in order of preference.
  /// - Throws: `TuneError.usage` when one is not valid or two have the same name.
  public init(texts: [(origin: String, yaml: String)]) throws {
    try self.init(tasks: texts.map { try TaskTemplate(yaml: $0.yaml, origin: $0.origin) })
  }

  /// Reads every `.yaml` and `.yml` file of the folders, in the order of names.
  public init(folders: [String]) throws {
    var tasks: [TaskTemplate] = []
    for folder in folders {
      guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else {
        throw TuneError.usage("\(folder): cannot be read; expected a folder of template files")
      }
      for name in names.sorted() where name.hasSuffix(".yaml") || name.hasSuffix(".yml") {
        tasks.append(try TaskTemplate(contentsOf: folder + "/" + name))
      }
    }
    try self.init(tasks: tasks)
  }

  public init(tasks: [TaskTemplate]) throws {
    for (index, task) in tasks.enumerated() {
      if let earlier = tasks[..<index].first(where: { $0.name.isSame(as: task.name) }) {
        throw TuneError.usage(
          "\(task.origin): the name '\(task.name)' is taken by \(earlier.origin); choose another name")
      }
    }
    self.tasks = tasks
  }

  public var names: [String] { tasks.map { $0.name } }

  /// A template file by name or path, with all its wordings or, as `review-rating/how-happy`, with one.
  ///
  /// - Throws: `TuneError.usage` with the nearest name when there is none.
  public func selection(named name: String) throws -> TemplateSelection {
    if let task = tasks.first(where: { $0.name.isSame(as: name) }) {
      return TemplateSelection(task: task, wordings: task.wordings)
    }
    if name.hasSuffix(".yaml") || name.hasSuffix(".yml") {
      let task = try TaskTemplate(contentsOf: name)
      return TemplateSelection(task: task, wordings: task.wordings)
    }
    if let slash = name.lastIndex(of: "/") {
      let taskName = String(name[..<slash]), wordingName = String(name[name.index(after: slash)...])
      let task = try tasks.first { $0.name.isSame(as: taskName) } ?? pathTask(taskName)
      if let task {
        if let wording = task.wordings.first(where: { $0.name.isSame(as: wordingName) }) {
          return TemplateSelection(task: task, wordings: [wording])
        }
        throw unknown(wordingName, among: task.wordings.map { $0.name }, what: "template '\(task.name)' has no wording")
      }
    }
    throw unknown(name, among: names, what: "there is no template")
  }

  private func pathTask(_ path: String) throws -> TaskTemplate? {
    path.hasSuffix(".yaml") || path.hasSuffix(".yml") ? try TaskTemplate(contentsOf: path) : nil
  }

  private func unknown(_ name: String, among known: [String], what: String) -> TuneError {
    let hint = nearest(name, among: known).map { "did you mean '\($0)'? " } ?? ""
    return .usage("\(what) '\(name)'; \(hint)known: \(known.joined(separator: ", "))")
  }

  /// The template file whose fields match the columns best, and the others that fit.
  ///
  /// A file fits when at least one of its wordings finds a column for every field that it needs. Best is the one with
  /// the largest share of usable wordings, then the most columns of exactly a field's name, then the most columns.
  /// - Throws: `TuneError.usage` with the columns found and the fields known when none fits.
  public func bestMatch(columns: [String], chosen: [String: String] = [:]) throws -> TemplateMatch {
    let fitting = tasks.compactMap { task -> (match: TemplateSelection, rank: [Int])? in
      let selection = TemplateSelection(task: task, wordings: task.wordings, columns: columns, chosen: chosen)
      guard !selection.wordings.isEmpty else { return nil }
      let exact = selection.mapping.pairs.count { $0.field.isSame(as: $0.column) }
      let share = selection.wordings.count * 1000 / task.wordings.count
      return (selection, [share, exact, selection.mapping.pairs.count])
    }
    guard var best = fitting.first else { throw noneFits(columns) }
    for candidate in fitting.dropFirst() where best.rank.lexicographicallyPrecedes(candidate.rank) { best = candidate }
    let others = fitting.map { $0.match.task.name }.filter { !$0.isSame(as: best.match.task.name) }
    return TemplateMatch(selection: best.match, alternatives: others)
  }

  private func noneFits(_ columns: [String]) -> TuneError {
    let known = tasks.map { "\($0.name) (\($0.fieldNames.joined(separator: ", ")))" }.joined(separator: "; ")
    return .usage(
      "no template fits the columns \(columns.joined(separator: ", ")); known templates and their fields: "
        + "\(known.isEmpty ? "none" : known); rename the columns, or write a template file and pass it with "
        + "--template, or use the columns prompt and completion")
  }
}

/// A template file with the wordings to use and the columns that its fields come from.
public struct TemplateSelection: Sendable {
  public let task: TaskTemplate
  /// The wordings whose needed fields all have a column.
  public private(set) var wordings: [Wording]
  public private(set) var mapping = ColumnMapping(fields: [], columns: [])
  /// Wordings left out, and the fields they lack.
  public private(set) var unusable: [(wording: String, missing: [String])] = []

  init(task: TaskTemplate, wordings: [Wording]) {
    self.task = task
    self.wordings = wordings
  }

  init(task: TaskTemplate, wordings: [Wording], columns: [String], chosen: [String: String]) {
    self.task = task
    let mapping = ColumnMapping(fields: task.fieldNames, columns: columns, chosen: chosen)
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
