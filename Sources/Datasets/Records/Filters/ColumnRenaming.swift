import Basics

/// New names for columns, as `review_body=reviewText` gives them: the new name, then the one in the file.
public struct ColumnRenaming: Sendable, Equatable {
  /// The new names and the names in the file.
  public let pairs: [(new: String, old: String)]

  /// - Parameter arguments: `new=old` each.
  /// - Throws: `TuneError.usage` for an argument without `=` or a name, and for a name that is given twice.
  public init(_ arguments: [String]) throws {
    var pairs: [(new: String, old: String)] = []
    for argument in arguments {
      let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      guard parts.count == 2, !parts[0].isBlank, !parts[1].isBlank else {
        throw TuneError.usage("'\(argument)': expected NEW=OLD, as in review_body=reviewText")
      }
      if pairs.contains(where: { $0.new.isSame(as: parts[0]) || $0.old.isSame(as: parts[1]) }) {
        throw TuneError.usage("'\(argument)': a column is renamed twice; give each name once")
      }
      pairs.append((parts[0], parts[1]))
    }
    self.pairs = pairs
  }

  /// The record with the columns renamed in their places. A column that had a new name already is replaced.
  public func callAsFunction(_ record: JSONObject) -> JSONObject {
    guard !pairs.isEmpty else { return record }
    let renamed = pairs.filter { record[$0.old] != nil }
    return JSONObject(
      entries: record.entries.compactMap { entry in
        if let pair = renamed.first(where: { $0.old.isSame(as: entry.key) }) {
          return JSONObject.Entry(key: pair.new, value: entry.value)
        }
        return renamed.contains { $0.new.isSame(as: entry.key) } ? nil : entry
      })
  }

  public static func == (a: ColumnRenaming, b: ColumnRenaming) -> Bool {
    a.pairs.elementsEqual(b.pairs) { $0.new.isSame(as: $1.new) && $0.old.isSame(as: $1.old) }
  }
}
