import Basics

/// The names of the tasks that examples are of, each with the number that stands for it in `Example.task`.
public struct TaskNames: Sendable, Equatable {
  /// More different names than this name no tasks.
  static let most = 1000

  /// In the order in which they appear.
  public private(set) var names: [String] = []
  /// By bytes: names that only look alike are different.
  private var numbers: [[UInt8]: Int] = [:]

  public init() {}

  /// The number of a task; nil for a name that has not appeared.
  public func number(of name: String) -> Int? { numbers[Array(name.utf8)] }

  /// The number of a task, a new one where its name is new.
  ///
  /// - Throws: `FieldProblem` where there are too many names.
  mutating func insert(_ name: String) throws(FieldProblem) -> Int {
    let bytes = Array(name.utf8)
    if let number = numbers[bytes] { return number }
    guard names.count < Self.most else {
      throw FieldProblem(
        field: "task",
        reason: "more than \(Self.most) different tasks; rename this member where it does not name the example's task")
    }
    names.append(name)
    numbers[bytes] = names.count - 1
    return names.count - 1
  }

  /// The number of a record's task: that which it names, or the given one.
  mutating func insert(of record: JSONObject, otherwise name: String) throws(FieldProblem) -> Int {
    guard let value = record["task"], !value.isNull else { return try insert(name) }
    // On one line and short: it is shown and is part of the names of measures.
    let own = Excerpt.clean((value.stringValue ?? value.text(.compact)).strippedAsInPython)
    return try insert(own.isEmpty ? name : own)
  }
}
