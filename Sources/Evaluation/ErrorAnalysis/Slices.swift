import Basics

/// The scores of a part of the items, such as those of one task, or the longest prompts.
public struct Slice: Sendable {
  /// What the parts differ in: "task", "label", "prompt length".
  public let kind: String
  public let name: String
  public let items: [Int]
  public let base: Double
  public let tuned: Double?
}

/// Cuts items into parts and scores each.
public struct Slicing: Sendable {
  /// A part with fewer items says nothing.
  public static let fewestItems = 5
  /// Of texts that name kinds: more different ones are no kinds.
  private static let mostKinds = 40

  private let metric: any Metric
  private let base: [[Double]]
  private let tuned: [[Double]]?

  /// - Parameters:
  ///   - base: the metric's counts of each item.
  ///   - tuned: those of the tuned model; nil where the base is alone.
  public init(_ metric: any Metric, base: [[Double]], tuned: [[Double]]?) {
    self.metric = metric
    self.base = base
    self.tuned = tuned
  }

  /// The scores of all items.
  public var whole: (base: Double, tuned: Double?) { (metric.corpusScore(base), tuned.map { metric.corpusScore($0) }) }

  /// The parts by a name of each item, in the order in which names come first; none where all have the same.
  public func slices(by kind: String, names: [String]) -> [Slice] {
    var order: [String] = [], members: [String: [Int]] = [:]
    for (index, name) in names.enumerated() {
      if members[name] == nil { order.append(name) }
      members[name, default: []].append(index)
    }
    guard (2...Self.mostKinds).contains(order.count) else { return [] }
    return order.compactMap { slice(kind, $0, members[$0] ?? []) }
  }

  /// Four parts of equal size by a number of each item, the smallest first.
  public func quarters(by kind: String, unit: String, values: [Int]) -> [Slice] {
    let order = values.indices.sorted { (values[$0], $0) < (values[$1], $1) }
    guard order.count >= 4 * Self.fewestItems, let least = order.first, let most = order.last,
      values[least] < values[most]
    else { return [] }
    return (0..<4).compactMap { quarter in
      let part = order[(quarter * order.count / 4)..<((quarter + 1) * order.count / 4)]
      guard let first = part.first, let last = part.last else { return nil }
      return slice(kind, "\(values[first])–\(values[last]) \(unit)", part.sorted())
    }
  }

  private func slice(_ kind: String, _ name: String, _ items: [Int]) -> Slice? {
    guard items.count >= Self.fewestItems else { return nil }
    return Slice(
      kind: kind, name: name, items: items, base: metric.corpusScore(items.map { base[$0] }),
      tuned: tuned.map { tuned in metric.corpusScore(items.map { tuned[$0] }) })
  }
}
