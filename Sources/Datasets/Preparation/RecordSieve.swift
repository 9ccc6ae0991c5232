import Basics

/// Decides, in the order of the input, which records are dropped before the rest is split.
struct RecordSieve {
  enum Verdict {
    case kept
    case duplicate
    case nearDuplicate
    case contaminated(Contamination.Match)
  }

  private var contents = ExactSet()
  private var nearDuplicates: NearDuplicates?
  private let dropsNearDuplicates: Bool

  /// - Parameter generates: records that a model writes will be judged as well.
  init(_ options: CleaningOptions, generates: Bool = false) throws {
    dropsNearDuplicates = options.nearDuplicateThreshold != nil
    let threshold = options.nearDuplicateThreshold ?? (generates ? GeneratedRecords.nearDuplicateThreshold : nil)
    nearDuplicates = try threshold.map { try NearDuplicates(threshold: $0) }
  }

  mutating func judge(_ record: AcceptedRecord) -> Verdict {
    guard contents.insert(record.content) else { return .duplicate }
    if let match = record.cleaning.contamination { return .contaminated(match) }
    guard let signature = record.cleaning.signature else { return .kept }
    guard dropsNearDuplicates else {
      nearDuplicates?.keep(signature)
      return .kept
    }
    return nearDuplicates?.insert(signature) == nil ? .kept : .nearDuplicate
  }

  /// Judges a record that a model wrote by those that were judged before.
  mutating func judgeGenerated(_ record: AcceptedRecord) -> Verdict {
    if contents.contains(record.content) { return .duplicate }
    if let match = record.cleaning.contamination { return .contaminated(match) }
    if let signature = record.cleaning.signature, nearDuplicates?.insert(signature) != nil { return .nearDuplicate }
    _ = contents.insert(record.content)
    return .kept
  }
}
