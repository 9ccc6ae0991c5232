import Basics

/// How many records a model is asked to write in the style of the given ones, and how.
public struct GenerationOptions: Sendable, Equatable {
  /// The records wanted.
  public var count: Int
  /// Given records that each prompt shows.
  public var shownRecords: Int
  /// As the generator samples; kept for the data card.
  public var temperature: Double
  public var topP: Double

  public init(count: Int, shownRecords: Int = 3, temperature: Double = 0.8, topP: Double = 0.95) {
    self.count = count
    self.shownRecords = shownRecords
    self.temperature = temperature
    self.topP = topP
  }
}

/// Why a text that a model wrote is not used.
public enum GenerationFault: String, Sendable, CaseIterable {
  /// It ran into the limit of tokens.
  case unfinished
  /// It is no record of the form, or its template cannot use it.
  case malformed
  /// It does not meet `--where`.
  case filtered
  /// It equals a given record, or one written before.
  case duplicate
  case nearDuplicate = "near-duplicate"
  /// It shares text with a benchmark.
  case contaminated
  /// It repeats itself, or its characters are damaged.
  case degenerate
}

/// What came of the records that a model was asked for.
public struct GenerationReport: Sendable {
  public let model: String
  public let asked: Int
  /// Texts that were looked at: those used and those not.
  public var attempts = 0
  public var written = 0
  public var rejected: [GenerationFault: Int] = [:]
  /// The first texts that were not used, each with its reason.
  public var firstRejections: [String] = []
  /// The file of the records themselves; nil where nothing was written.
  public var path: String?

  /// "3 malformed, 2 duplicate", in the order of the kinds.
  public var reasons: String {
    GenerationFault.allCases.compactMap { fault in rejected[fault].map { "\($0) \(fault.rawValue)" } }
      .joined(separator: ", ")
  }

  /// The counts as the data card and scripts read them.
  public var json: JSON {
    [
      "model": .string(model), "asked": .integer(asked), "written": .integer(written), "attempts": .integer(attempts),
      "rejected": .object(
        JSONObject(
          entries: GenerationFault.allCases.compactMap { fault in
            rejected[fault].map { .init(key: fault.rawValue, value: .integer($0)) }
          })),
    ]
  }
}
