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

  init(_ options: CleaningOptions) throws {
    nearDuplicates = try options.nearDuplicateThreshold.map { try NearDuplicates(threshold: $0) }
  }

  mutating func judge(_ record: AcceptedRecord) -> Verdict {
    guard contents.insert(record.content) else { return .duplicate }
    if let match = record.cleaning.contamination { return .contaminated(match) }
    if let signature = record.cleaning.signature, nearDuplicates?.insert(signature) != nil { return .nearDuplicate }
    return .kept
  }
}
