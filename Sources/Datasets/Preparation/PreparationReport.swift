import Basics

/// Everything that `tune prepare` did, for printing; `dataset.json` holds the lasting part of it.
public struct PreparationReport: Sendable {
  public struct Source: Sendable, Equatable {
    public let path: String
    /// "csv", "tsv", "json", "jsonl" or "text".
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
    /// Whether the answers are labels as the data have them.
    let learnsBareLabels: Bool
    /// Wordings that lack a column, and the fields they lack.
    public let unusable: [(wording: String, missing: [String])]
  }

  /// One task: the whole preparation, or a source of a mixture.
  public struct Task: Sendable {
    public var name = ""
    public var sources: [Source] = []
    /// The columns seen in the first records.
    public var columns: [String] = []
    /// Set when the records need no template.
    public var shape: RecordShape?
    public var templates: [TemplateUse] = []
    /// Other template files that fit, the best first; empty when the user chose.
    public var alternatives: [String] = []
    /// Why this template or shape, in a sentence.
    public var reason = ""
    public var isHeldOut = false
    public var license: String?
    public var recordsRead = 0
    public var recordsAccepted = 0
    public var recordsFiltered = 0
    public var rejectedCount = 0
    /// Examples that could be taken, in training; more than were taken where a mixture takes a part.
    public var available = 0
    /// Examples by template, as "file/wording", in the order of the template files; zero counts included.
    public var exampleCounts: [(template: String, count: Int)] = []
    /// Examples by split.
    public var splits: [SplitName: Int] = [:]
    /// Short targets and how often they occur, most frequent first; nil where the targets are no set of labels.
    public var labels: [(label: String, count: Int)]?
    public var tokenCount = 0
    public var trainedTokenCount = 0
    /// Lengths in Unicode scalars.
    public var characters = (prompt: LengthBins(), completion: LengthBins())
  }

  public struct PreparedFile: Sendable, Equatable {
    public let path: String
    public let split: SplitName
    public let examples: Int
    public let sha256: String
  }

  public var tasks: [Task] = []
  public var duplicatesDropped = 0
  /// Wordings that some records could not fill, when all were wanted.
  public var wordingsLeftOut = 0
  /// The first rejections in file order.
  public var rejections: [Rejection] = []
  public var cleaning = CleaningReport()
  /// What became of the records that a model was asked for; nil where it was asked for none.
  public var generation: GenerationReport?
  public var promptLengths = LengthSummary()
  public var completionLengths = LengthSummary()
  public var tokens: TokenSummary?

  /// The folder of the files; nothing was written there when `isCheckOnly`.
  public var folder = ""
  public var files: [PreparedFile] = []
  /// The file of all rejections, when there are any and they were written.
  public var rejectedPath: String?
  public var isCheckOnly = false
  public var isMixture = false
  /// Things to know that are no errors, each a sentence.
  public var warnings: [String] = []

  public var recordsRead: Int { tasks.reduce(0) { $0 + $1.recordsRead } }
  public var recordsAccepted: Int { tasks.reduce(0) { $0 + $1.recordsAccepted } }
  public var recordsFiltered: Int { tasks.reduce(0) { $0 + $1.recordsFiltered } }
  public var rejectedCount: Int { tasks.reduce(0) { $0 + $1.rejectedCount } }
  public var sources: [Source] { tasks.flatMap { $0.sources } }
  public var templates: [TemplateUse] { tasks.flatMap { $0.templates } }
  public var exampleCounts: [(template: String, count: Int)] { tasks.flatMap { $0.exampleCounts } }

  public func examples(in split: SplitName) -> Int { tasks.reduce(0) { $0 + ($1.splits[split] ?? 0) } }
}

/// What the examples are in the tokens of a model.
public struct TokenSummary: Sendable {
  /// The model whose tokenizer counted.
  public var model: String
  public var lengths: LengthSummary
  public var histogram: LengthBins
  public var total: Int
  public var trained: Int
  /// The limit, and how many examples pass it.
  public var maxLength: Int?
  public var overMaxLength: Int
  /// The share of a window of `maxLength` tokens that packing whole examples into it fills; nil without a limit.
  public var packingEfficiency: Double?
}

/// Lengths: the middle, the 95th percentile by nearest rank, the largest.
public struct LengthSummary: Sendable, Equatable {
  public var p50 = 0
  public var p95 = 0
  public var max = 0

  public init(p50: Int = 0, p95: Int = 0, max: Int = 0) { (self.p50, self.p95, self.max) = (p50, p95, max) }

  var json: JSON { ["p50": .integer(p50), "p95": .integer(p95), "max": .integer(max)] }
}

/// Counts of lengths in equal bins from zero.
public struct LengthBins: Sendable, Equatable {
  public var binWidth = 1
  public var counts: [Int] = []

  var json: JSON {
    ["bin_width": .integer(binWidth), "counts": .array(counts.map { .integer($0) })]
  }
}

/// Counts lengths so that exact percentiles need memory only for the different ones.
struct LengthCounter: Sendable {
  private var counts: [Int: Int] = [:]
  private var total = 0

  mutating func add(_ length: Int) {
    counts[length, default: 0] += 1
    total += 1
  }

  mutating func add(_ other: LengthCounter) {
    counts.merge(other.counts) { $0 + $1 }
    total += other.total
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

  /// At most `bins` bins whose width is 1, 2 or 5 times a power of ten.
  func histogram(bins: Int = 32) -> LengthBins {
    let longest = counts.keys.max() ?? 0
    var width = 1
    var steps = [2, 5, 10].makeIterator(), decade = 1
    while width * bins <= longest {
      guard let step = steps.next() else {
        decade *= 10
        steps = [2, 5, 10].makeIterator()
        continue
      }
      width = step * decade
    }
    var histogram = LengthBins(binWidth: width, counts: [Int](repeating: 0, count: longest / width + 1))
    for (length, count) in counts { histogram.counts[length / width] += count }
    return histogram
  }

  /// How full windows of `size` tokens get when examples are put into them whole, longest first into the first that has
  /// room (first-fit decreasing); longer examples fill a window each.
  func packingEfficiency(window size: Int) -> Double {
    guard size > 0, total > 0 else { return 0 }
    // Windows by the room they have left.
    var windows = [Int](repeating: 0, count: size + 1)
    var used = 0, count = 0
    for (length, repeated) in counts.sorted(by: { $0.key > $1.key }) {
      let length = min(length, size)
      for _ in 0..<repeated {
        used += length
        // The fullest window that has room, so that large rooms are kept.
        if let room = (length...size).first(where: { windows[$0] > 0 }) {
          windows[room] -= 1
          windows[room - length] += 1
        } else {
          count += 1
          windows[size - length] += 1
        }
      }
    }
    return Double(used) / Double(count * size)
  }
}
