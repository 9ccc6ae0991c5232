import Basics
import Foundation
import Yams

/// A file of tasks: one as lm-evaluation-harness has it, or several documents behind one another.
struct TaskFile {
  private static let maximumLength = 1 << 20
  private static let maximumDepth = 32

  /// The documents in order, without what they include.
  let documents: [JSON]
  let origin: String

  /// - Throws: `TuneError.usage` for what is no YAML, and for tags such as `!function` that need Python.
  init(text: String, origin: String) throws {
    self.origin = origin
    guard text.utf8.count <= Self.maximumLength else {
      throw TuneError.usage("\(origin): the task file is longer than 1 MB")
    }
    do {
      documents = try Yams.compose_all(yaml: text).map { try Self.json($0, origin, depth: 0) }
    } catch let error as YamlError {
      throw TuneError.usage("\(origin): not valid YAML: \(Self.oneLine(error))")
    }
    guard documents.allSatisfy({ $0.objectValue != nil }), !documents.isEmpty else {
      throw TuneError.usage("\(origin): expected keys with values, such as 'task: my_task'")
    }
  }

  init(path: String) throws {
    let file = try MappedFile(path)
    guard file.bytes.count <= Self.maximumLength else {
      throw TuneError.usage("\(path): the task file is longer than 1 MB")
    }
    guard let text = file.withBytes({ String(validating: $0, as: UTF8.self) }) else {
      throw TuneError.usage("\(path): is not UTF-8 text")
    }
    try self.init(text: text, origin: path)
  }

  /// Python functions of the harness's own task files that are part of tune.
  private static let functions = [
    "utils.MultiChoiceRegexFilter": "bbh_multi_choice_regex", "utils.NumberParseRegexFilter": "bbh_number_regex",
    "utils.MapRegexFilter": "bbh_map_regex", "utils.WordSortFilter": "bbh_word_sort",
    "utils.filter_multiple_choice": "filter_multiple_choice", "utils.process_docs_gen": "truthfulqa_gen",
    "utils.process_results_gen": "truthfulqa_gen", "utils.process_results_mc2": "truthfulqa_mc2",
  ]

  private static func json(_ node: Node, _ origin: String, depth: Int) throws -> JSON {
    guard depth <= maximumDepth else {
      throw TuneError.usage("\(origin): the YAML is nested deeper than \(maximumDepth) levels")
    }
    let line = node.mark.map { ":\($0.line)" } ?? ""
    let tag = node.tag.description
    if tag.hasPrefix("!") {
      let what = node.scalar?.string ?? ""
      if tag == "!function", let known = functions[what] { return .string(known) }
      throw TuneError.usage(
        "\(origin)\(line): \(tag) \(what): Python functions cannot be run; state it in Jinja instead")
    }
    switch node {
    case .mapping(let mapping):
      var object = JSONObject()
      for (key, value) in mapping {
        guard let name = key.scalar?.string else { throw TuneError.usage("\(origin)\(line): a key is no text") }
        object[name] = try json(value, origin, depth: depth + 1)
      }
      return .object(object)
    case .sequence(let sequence): return .array(try sequence.map { try json($0, origin, depth: depth + 1) })
    case .scalar(let scalar): return value(node, scalar.string)
    case .alias: throw TuneError.usage("\(origin)\(line): an alias without its anchor")
    }
  }

  private static func value(_ node: Node, _ text: String) -> JSON {
    // Text in quotes stays text.
    guard node.scalar?.style == .plain else { return .string(text) }
    switch node.tag {
    case Tag(.null): return .null
    case Tag(.bool): return node.bool.map { .bool($0) } ?? .string(text)
    case Tag(.int): return node.int.map { .integer($0) } ?? .string(text)
    case Tag(.float): return node.float.map { .number($0) } ?? .string(text)
    default: return .string(text)
    }
  }

  private static func oneLine(_ error: YamlError) -> String {
    switch error {
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
      .composer(_, let problem, let mark, _):
      "line \(mark.line): \(problem)"
    case .duplicatedKeysInMapping(let duplicates, _): "the key '\(duplicates.first?.description ?? "")' appears twice"
    default: "unreadable"
    }
  }
}

/// Tasks and groups by name: those inside the program, and the user's own files.
public struct TaskLibrary: Sendable {
  public private(set) var tasks: [BenchmarkTask] = []
  public private(set) var groups: [TaskGroup] = []

  /// - Parameter texts: task files with their names, such as "arc.yaml".
  /// - Throws: `TuneError.usage` for a file that is no task file.
  public init(texts: [(name: String, text: String)]) throws {
    for (name, text) in texts { try add(TaskFile(text: text, origin: name)) }
  }

  /// Adds a user's file; its tasks replace those of the same name.
  public mutating func add(path: String) throws { try add(TaskFile(path: path)) }

  private mutating func add(_ file: TaskFile) throws {
    var named: [(String, JSON)] = []
    for document in file.documents {
      let whole = try Self.merged(document, file, named: named, depth: 0)
      if let name = document["task"]?.stringValue { named.append((name, whole)) }
      if whole["group"]?.stringValue != nil, whole["task"]?.arrayValue != nil {
        let group = try TaskGroup(whole, origin: file.origin)
        groups.removeAll { $0.name == group.name }
        groups.append(group)
      } else {
        let task = try BenchmarkTask(whole, origin: file.origin)
        tasks.removeAll { $0.name == task.name }
        tasks.append(task)
      }
    }
  }

  /// A document with the keys of what it includes: a task before it in the file, or a file beside it.
  private static func merged(_ document: JSON, _ file: TaskFile, named: [(String, JSON)], depth: Int) throws -> JSON {
    guard let include = document["include"], !include.isNull else { return document }
    guard depth < 8 else { throw TuneError.usage("\(file.origin): includes go deeper than 8 files") }
    var whole = JSONObject()
    for name in include.stringValue.map({ [$0] }) ?? include.arrayValue?.compactMap({ $0.stringValue }) ?? [] {
      let base: JSON
      if let found = named.first(where: { $0.0 == name }) {
        base = found.1
      } else {
        let folder = (file.origin as NSString).deletingLastPathComponent
        let other = try TaskFile(path: folder.isEmpty ? name : "\(folder)/\(name)")
        base = try merged(other.documents[0], other, named: [], depth: depth + 1)
      }
      for member in base.objectValue ?? JSONObject() { whole[member.key] = member.value }
    }
    for member in document.objectValue ?? JSONObject() where member.key != "include" {
      whole[member.key] = member.value
    }
    return .object(whole)
  }

  /// The tasks that names stand for, in order and each once, and the groups among them with their tasks.
  ///
  /// - Throws: `TuneError.usage` for an unknown name, with the nearest known one.
  public func selection(_ names: [String]) throws -> TaskSelection {
    var selection = TaskSelection()
    for name in names { try select(name, &selection, depth: 0) }
    return selection
  }

  private func select(_ name: String, _ selection: inout TaskSelection, depth: Int) throws {
    guard depth < 16 else { throw TuneError.usage("the group '\(name)' contains itself") }
    if let group = groups.first(where: { $0.name == name }) {
      let before = selection.groups.count
      for member in group.members { try select(member, &selection, depth: depth + 1) }
      if !selection.groups.contains(where: { $0.group.name == name }) {
        selection.groups.insert((group, try leaves(of: group, depth: depth)), at: before)
      }
      return
    }
    let found = tasks.filter { $0.name == name || $0.tags.contains(name) }
    guard !found.isEmpty else { throw unknownName(name, kind: "task", known: names, listing: "tune eval --list-tasks") }
    for task in found where !selection.tasks.contains(where: { $0.name == task.name }) { selection.tasks.append(task) }
  }

  private func leaves(of group: TaskGroup, depth: Int) throws -> [String] {
    guard depth < 16 else { throw TuneError.usage("the group '\(group.name)' contains itself") }
    return try group.members.flatMap { member in
      if let inner = groups.first(where: { $0.name == member }) { return try leaves(of: inner, depth: depth + 1) }
      return tasks.filter { $0.name == member || $0.tags.contains(member) }.map { $0.name }
    }
  }

  /// Names of groups, tags and tasks.
  public var names: [String] {
    var tags: [String] = []
    for tag in tasks.flatMap({ $0.tags }) where !tags.contains(tag) { tags.append(tag) }
    return groups.map { $0.name } + tasks.map { $0.name } + tags
  }
}

/// What is to be asked.
public struct TaskSelection: Sendable {
  public var tasks: [BenchmarkTask] = []
  /// Groups, an outer one before those within it, and the names of all their tasks.
  public var groups: [(group: TaskGroup, tasks: [String])] = []
}
