/// How often each target occurs, to find lopsided labels. Counts stop growing at 1,000 different targets, so that
/// free text costs nothing.
public struct LabelCounts: Sendable {
  private var counts: [[UInt8]: Int] = [:]
  private var others = 0
  private var total = 0

  private static let mostCounted = 1000
  private static let mostLabels = 100
  private static let longestLabel = 100
  private static let fewestTargets = 100
  /// The share above which a label drowns the others.
  public static let largestShare = 0.9
  /// The share below which a label is too rare to be learned.
  public static let smallestShare = 0.01

  public init() {}

  public mutating func add(_ target: String, count: Int = 1) {
    total += count
    let label = Array(target.utf8.prefix(Self.longestLabel + 1))
    if label.count <= Self.longestLabel, counts.count < Self.mostCounted || counts[label] != nil {
      counts[label, default: 0] += count
    } else {
      others += count
    }
  }

  /// Adds the targets that another thread has counted.
  public mutating func merge(_ other: LabelCounts) {
    total += other.total
    others += other.others
    for (label, count) in other.counts {
      if counts.count < Self.mostCounted || counts[label] != nil {
        counts[label, default: 0] += count
      } else {
        others += count
      }
    }
  }

  /// Whether the targets are labels: at least 100 targets, at most 100 different ones, each ten times on average.
  public var areLabels: Bool {
    total >= Self.fewestTargets && counts.count <= Self.mostLabels && counts.count * 10 <= total && others * 20 <= total
  }

  /// The labels that are too frequent or too rare, the most frequent first, at most ten of the rare ones.
  public func findings(field: String) -> [Finding] {
    guard areLabels else { return [] }
    let ranked = counts.sorted { $0.value != $1.value ? $0.value > $1.value : $0.key.lexicographicallyPrecedes($1.key) }
    let frequent = ranked.prefix(1).filter { Double($0.value) > Self.largestShare * Double(total) }
    let rare = ranked.reversed().filter { Double($0.value) < Self.smallestShare * Double(total) }.prefix(10)
    return frequent.map { finding($0, field, "add others or sample fewer of it") }
      + rare.map { finding($0, field, "add examples of it, or merge it with another label") }
  }

  private func finding(_ label: (key: [UInt8], value: Int), _ field: String, _ advice: String) -> Finding {
    Finding(
      .labelImbalance, field: field, excerpt: Excerpt.clean(String(decoding: label.key, as: UTF8.self)),
      suggestion: "\(advice): \(label.value) of \(total) targets have this label")
  }
}

/// Preference data from which nothing can be learned.
public enum PreferenceCheck {
  /// A finding where both answers are the same but for white space around them.
  public static func check(chosen: String, rejected: String, field: String) -> Finding? {
    let stripped = chosen.strippedAsInPython
    guard stripped.isSame(as: rejected.strippedAsInPython) else { return nil }
    return Finding(
      .equalPreference, field: field, excerpt: Excerpt.clean(stripped),
      suggestion: "drop the pair: it prefers an answer to itself")
  }
}
