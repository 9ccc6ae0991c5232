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

  /// A template file by name or path, with all its wordings or, as `review-rating/how-happy`, with one, which the
  /// identifier that promptsource gives it names as well.
  ///
  /// - Throws: `TuneError.usage` with the nearest name when there is none.
  public func selection(named name: String) throws -> TemplateSelection {
    if let task = try file(named: name) { return TemplateSelection(task: task, wordings: task.wordings) }
    // Names of data sets and wordings have slashes of their own: the longest name of a file counts.
    for slash in name.indices.reversed() where name[slash] == "/" {
      guard let task = try file(named: String(name[..<slash])) else { continue }
      let wanted = String(name[name.index(after: slash)...])
      if let wording = task.wordings.first(where: { $0.name.isSame(as: wanted) || $0.metadata.id == wanted }) {
        return TemplateSelection(task: task, wordings: [wording])
      }
      throw unknown(wanted, among: task.wordings.map { $0.name }, what: "template '\(task.name)' has no wording")
    }
    throw unknown(name, among: names, what: "there is no template")
  }

  /// The template file of a name or path; nil when there is none of the name and it is no path of a YAML file.
  private func file(named name: String) throws -> TaskTemplate? {
    if let task = tasks.first(where: { $0.name.isSame(as: name) }) { return task }
    return name.hasSuffix(".yaml") || name.hasSuffix(".yml") ? try TaskTemplate(contentsOf: name) : nil
  }

  private func unknown(_ name: String, among known: [String], what: String) -> TuneError {
    let hint = nearest(name, among: known).map { "did you mean '\($0)'? " } ?? ""
    return .usage("\(what) '\(name)'; \(hint)known: \(known.joined(separator: ", "))")
  }
}
