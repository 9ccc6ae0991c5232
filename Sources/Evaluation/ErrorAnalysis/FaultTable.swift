import Basics

/// How many answers have each fault, of the base and the tuned model on the same items.
public struct FaultTable: Sendable {
  /// One check's findings.
  public struct Row: Sendable {
    public let check: any AnswerCheck
    /// For each item what is wrong; nil where nothing is.
    public let base: [String?]
    /// Nil where the base is alone.
    public let tuned: [String?]?

    public var baseCount: Int { base.count { $0 != nil } }
    public var tunedCount: Int? { tuned?.count { $0 != nil } }
    /// Items that were right before and have the fault now.
    public var appeared: Int { zip(base, tuned ?? []).count { $0 == nil && $1 != nil } }
    public var vanished: Int { zip(base, tuned ?? []).count { $0 != nil && $1 == nil } }
  }

  public let rows: [Row]

  /// - Parameter tuned: for the same prompts in the same order.
  public init(checks: [any AnswerCheck], base: [AnswerItem], tuned: [AnswerItem]?) {
    rows = checks.map { check in
      Row(check: check, base: Self.faults(check, base), tuned: tuned.map { Self.faults(check, $0) })
    }
  }

  private static func faults(_ check: any AnswerCheck, _ items: [AnswerItem]) -> [String?] {
    var found = [String?](repeating: nil, count: items.count)
    found.withUnsafeMutableBufferPointer { buffer in
      let base = buffer.baseAddress
      parallelRanges(items.count, grain: 8) { range in
        for index in range { base?[index] = check.fault(in: items[index]) }
      }
    }
    return found
  }

  /// What is worth doing, the most frequent fault of the tuned model (or of the base alone) first.
  ///
  /// - Parameter share: of the answers that must have a fault for its advice.
  public func advice(fromShare share: Double = 0.05) -> [(row: Row, count: Int)] {
    rows.compactMap { row in
      let faults = row.tuned ?? row.base, count = faults.count { $0 != nil }
      return count > 0 && Double(count) >= share * Double(faults.count) ? (row, count) : nil
    }.sorted { $0.count > $1.count }
  }
}
