import Basics

/// How records are cleaned and checked before they are split.
public struct CleaningOptions: Sendable {
  /// Drops records whose texts are at least this similar (Jaccard, word shingles) to an earlier one's; nil keeps them.
  public var nearDuplicateThreshold: Double?
  /// Benchmark files; records that share 13 words in a row with them are dropped.
  public var decontaminationFiles: [String] = []
  /// What to look for in the texts; findings are reported, nothing is dropped for them.
  public var checks: [FindingKind] = FindingKind.standard
  /// Personal and secret data to replace by a mark such as `<email>`.
  public var redacts: [FindingKind] = []
  /// Correct words, one a line, for the rate of misspellings.
  public var wordList: WordList?
  /// The languages that are expected; others are found.
  public var languages: Set<Language> = []
  /// Findings are an error.
  public var isStrict = false

  public init() {}
}

extension FindingKind {
  /// Those that say something about most data without being told more.
  public static let standard = allCases.filter { ![.url, .language, .misspelling].contains($0) }
}

/// What cleaning learnt of one record, on any thread.
struct RecordCleaning: Sendable {
  var signature: MinHash.Signature?
  var contamination: Contamination.Match?
  var findings: [Finding] = []
}

/// Redacts and checks the texts of records; runs on many threads at once.
struct RecordCleaner: Sendable {
  private let checks: TextChecks?
  private let redactor: Redactor?
  private let minHash: MinHash?
  private let contamination: Contamination?
  private let comparesPreferences: Bool

  /// - Parameter comparesTexts: near duplicates are looked for, if not among the given records.
  /// - Throws: `TuneError` for kinds that cannot be redacted and for benchmark files that cannot be read.
  init(_ options: CleaningOptions, comparesTexts: Bool = false) throws {
    checks =
      options.checks.isEmpty
      ? nil : TextChecks(kinds: options.checks, words: options.wordList, languages: options.languages)
    redactor = options.redacts.isEmpty ? nil : Redactor(options.redacts)
    minHash = options.nearDuplicateThreshold != nil || comparesTexts ? try MinHash() : nil
    contamination =
      options.decontaminationFiles.isEmpty ? nil : try Self.benchmarks(options.decontaminationFiles)
    comparesPreferences = options.checks.contains(.equalPreference)
  }

  /// The record with personal and secret data replaced in all its texts.
  func redacted(_ fields: JSONObject) -> JSONObject {
    guard let redactor else { return fields }
    return JSONObject(entries: fields.map { .init(key: $0.key, value: redactor.redacted($0.value)) })
  }

  func check(_ texts: [UsedText]) -> RecordCleaning {
    var cleaning = RecordCleaning()
    if let checks {
      for text in texts { cleaning.findings += checks.check(text.text, field: text.field, role: text.role) }
      if comparesPreferences, let chosen = texts.first(where: { $0.field == "chosen" }),
        let rejected = texts.first(where: { $0.field == "rejected" }),
        let finding = PreferenceCheck.check(chosen: chosen.text, rejected: rejected.text, field: rejected.field)
      {
        cleaning.findings.append(finding)
      }
    }
    if let minHash { cleaning.signature = minHash.signature(of: texts.map { $0.text }.joined(separator: "\n")) }
    if let contamination {
      for text in texts where cleaning.contamination == nil {
        cleaning.contamination = contamination.find(in: text.text)
      }
    }
    return cleaning
  }

  /// Every text of every record of the files.
  private static func benchmarks(_ paths: [String]) throws -> Contamination {
    var contamination = try Contamination()
    for path in paths {
      let reader = try RecordReader(path)
      while let outcome = try reader.next() {
        guard case .record(let record) = outcome else { continue }
        for text in record.fields.flatMap({ $0.value.texts }) {
          try contamination.add(text, from: .init(file: path, line: record.line))
        }
      }
    }
    return contamination
  }
}

/// What cleaning found in all records.
public struct CleaningReport: Sendable {
  /// Whether near duplicates were looked for.
  public var looksForNearDuplicates = false
  public var nearDuplicatesDropped = 0
  /// Records dropped because they share text with a benchmark, and the first few of them.
  public var contaminatedDropped = 0
  public var contaminated: [(place: String, match: Contamination.Match)] = []
  /// How many records each kind was found in.
  public var counts: [FindingKind: Int] = [:]
  /// The first findings in file order.
  public var first: [PlacedFinding] = []
  /// The file of all findings, when there are any and they were written.
  public var path: String?

  public var total: Int { counts.values.reduce(0, +) }
}

/// A finding with the record that it is in.
public struct PlacedFinding: Sendable, CustomStringConvertible {
  public let file: String
  /// 0 for what was found in the whole set.
  public let line: Int
  public let finding: Finding

  /// `file:line: field: kind: excerpt; suggestion`
  public var description: String {
    let place = line > 0 ? "\(file):\(line)" : file
    return "\(place): \(finding.field): \(finding.kind.rawValue): \(finding.excerpt); \(finding.suggestion)"
  }

  /// The finding as a line of `findings.jsonl`.
  var json: JSON {
    [
      "file": .string(file), "line": .integer(line), "field": .string(finding.field),
      "kind": .string(finding.kind.rawValue), "excerpt": .string(finding.excerpt),
      "suggestion": .string(finding.suggestion),
    ]
  }
}

extension Redactor {
  fileprivate func redacted(_ value: JSON) -> JSON {
    switch value {
    case .string(let text): .string(redact(text).text)
    case .array(let elements): .array(elements.map { redacted($0) })
    case .object(let object):
      .object(JSONObject(entries: object.map { .init(key: $0.key, value: redacted($0.value)) }))
    default: value
    }
  }
}

extension JSON {
  /// All texts in the value.
  fileprivate var texts: [String] {
    switch self {
    case .string(let text): [text]
    case .array(let elements): elements.flatMap { $0.texts }
    case .object(let object): object.flatMap { $0.value.texts }
    default: []
    }
  }
}
