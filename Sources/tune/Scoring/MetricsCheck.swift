import Basics
import Evaluation
import Foundation

/// `tune selftest metrics`.
struct MetricsCheck {
  let files: [String]
  let limit: Int
  let console: Console

  /// What was found of one kind of case.
  private struct Count {
    var cases = 0
    var failed = 0
    /// Needs WordNet's files, which are not there.
    var skipped = 0
    var library = ""
  }

  func execute() throws {
    var counts: [String: Count] = [:], mismatches: [ConformanceMismatch] = []
    let tasks = try EmbeddedFiles.tasks()
    for (path, lines) in try sources() {
      for (number, line) in lines {
        do {
          try check(line, tasks, &counts, &mismatches)
        } catch let error as TuneError {
          throw TuneError(error.kind, "\(path):\(number): \(error.message)")
        }
      }
    }
    show(counts, mismatches)
    let failed = counts.values.reduce(0) { $0 + $1.failed }
    guard failed == 0 else {
      throw TuneError.runtime("\(grouped(failed)) conformance cases differ from the reference libraries")
    }
  }

  /// The cases of each file with their lines.
  private func sources() throws -> [(path: String, lines: [(Int, [UInt8])])] {
    guard !files.isEmpty else {
      return EmbeddedFiles.conformance.map { name, bytes in
        (name, bytes.split(separator: UInt8(ascii: "\n")).enumerated().map { ($0.offset + 1, Array($0.element)) })
      }
    }
    return try files.map { path in
      let reader = try LineReader(path)
      var lines: [(Int, [UInt8])] = []
      while let line = try reader.next() {
        if !line.isEmpty { lines.append((reader.lineNumber, line)) }
      }
      guard !lines.isEmpty else { throw TuneError.data("\(path): holds no case; expected one a line") }
      return (path, lines)
    }
  }

  private func check(
    _ line: [UInt8], _ tasks: TaskLibrary, _ counts: inout [String: Count], _ mismatches: inout [ConformanceMismatch]
  ) throws {
    guard let json = try? JSON(parsing: line) else { throw TuneError.data("is no JSON object") }
    let metric = json["metric"]?.stringValue ?? ""
    var count = counts[metric] ?? Count()
    count.library = json["library"]?.stringValue ?? count.library
    count.cases += 1
    let needsWordNet = json["options"]?["wordnet"] == true || metric == "wordnet_synonym_set"
    if needsWordNet, !FileManager.default.fileExists(atPath: WordNet.debianFolder) {
      count.skipped += 1
    } else {
      let found = try Conformance.check(json, tasks: tasks)
      if !found.isEmpty { count.failed += 1 }
      mismatches += found
    }
    counts[metric] = count
  }

  private func show(_ counts: [String: Count], _ mismatches: [ConformanceMismatch]) {
    var table = [["metric", "cases", "differ", "skipped", "library"]]
    for (metric, count) in counts.sorted(by: { $0.key < $1.key }) {
      table.append(
        [metric, grouped(count.cases), grouped(count.failed), grouped(count.skipped), count.library])
    }
    for line in columns(table) { console.answer(line) }
    for mismatch in mismatches.prefix(limit) {
      console.answer(
        "\(mismatch.id): \(mismatch.field): expected \(mismatch.expected), computed \(mismatch.computed ?? "nothing")")
    }
    if mismatches.count > limit { console.answer("… \(grouped(mismatches.count - limit)) more; --limit shows them") }
    console.line()
    for metric in [BLEU(), ChrF(), ChrF(wordOrder: 2), TranslationEditRate()] as [any SacreBLEUMetric] {
      console.line("\(metric.name): \(metric.signature(references: 1))")
    }
    if counts.values.contains(where: { $0.skipped > 0 }) {
      console.line("skipped: WordNet is not in \(WordNet.debianFolder); install wordnet-base")
    }
    console.json([
      "cases": .integer(counts.values.reduce(0) { $0 + $1.cases }),
      "skipped": .integer(counts.values.reduce(0) { $0 + $1.skipped }),
      "mismatches": .array(
        mismatches.map { mismatch in
          [
            "id": .string(mismatch.id), "metric": .string(mismatch.metric), "field": .string(mismatch.field),
            "expected": .string(mismatch.expected), "computed": mismatch.computed.map { .string($0) } ?? .null,
          ]
        }),
    ])
  }
}
