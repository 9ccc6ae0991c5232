import Basics

/// Everything that `tune prepare` did, for printing; `dataset.json` holds the lasting part of it.
public struct PreparationReport: Sendable {
  public struct Source: Sendable, Equatable {
    public let path: String
    /// "csv", "tsv", "json" or "jsonl".
    public let format: String
    public let sha256: String
  }

  /// A template file in use.
  public struct TemplateUse: Sendable {
    public let name: String
    public let task: String
    public let metrics: [String]
    public let sha256: String
    public let mapping: ColumnMapping
    public let wordings: [String]
    /// Wordings that lack a column, and the fields they lack.
    public let unusable: [(wording: String, missing: [String])]
  }

  public struct PreparedFile: Sendable, Equatable {
    public let path: String
    public let split: SplitName
    public let examples: Int
    public let sha256: String
  }

  public var sources: [Source] = []
  /// The columns seen in the first records.
  public var columns: [String] = []
  /// Set when the records need no template.
  public var shape: RecordShape?
  public var templates: [TemplateUse] = []
  /// Other template files that fit the columns; empty when the user chose.
  public var alternatives: [String] = []
  /// Why this template or shape, in a sentence.
  public var reason = ""

  public var recordsRead = 0
  public var recordsAccepted = 0
  public var duplicatesDropped = 0
  public var rejectedCount = 0
  /// The first rejections in file order.
  public var rejections: [Rejection] = []
  /// Wordings that some records could not fill, when all were wanted.
  public var wordingsLeftOut = 0
  /// Examples by template, as "file/wording", in the order of the template files; zero counts included.
  public var exampleCounts: [(template: String, count: Int)] = []
  public var promptLengths = LengthSummary()
  public var completionLengths = LengthSummary()

  /// The folder of the files; nothing was written there when `isCheckOnly`.
  public var folder = ""
  public var files: [PreparedFile] = []
  /// The file of all rejections, when there are any and they were written.
  public var rejectedPath: String?
  public var isCheckOnly = false
  /// Things to know that are no errors, each a sentence.
  public var warnings: [String] = []

  public func examples(in split: SplitName) -> Int { files.first { $0.split == split }?.examples ?? 0 }
}

/// Lengths in characters (Unicode scalars): the middle, the 95th percentile by nearest rank, the largest.
public struct LengthSummary: Sendable, Equatable {
  public var p50 = 0
  public var p95 = 0
  public var max = 0

  public init(p50: Int = 0, p95: Int = 0, max: Int = 0) { (self.p50, self.p95, self.max) = (p50, p95, max) }

  var json: JSON { ["p50": .integer(p50), "p95": .integer(p95), "max": .integer(max)] }
}

/// Counts lengths so that exact percentiles need memory only for the different ones.
struct LengthCounter {
  private var counts: [Int: Int] = [:]
  private var total = 0

  mutating func add(_ length: Int) {
    counts[length, default: 0] += 1
    total += 1
  }

  var summary: LengthSummary {
    let sorted = counts.sorted { $0.key < $1.key }
    func percentile(_ share: Double) -> Int {
      var rank = Int((share * Double(total)).rounded(.up))
      for (length, count) in sorted {
        rank -= count
        if rank <= 0 { return length }
      }
      return sorted.last?.key ?? 0
    }
    return LengthSummary(p50: percentile(0.5), p95: percentile(0.95), max: sorted.last?.key ?? 0)
  }
}
