import Basics
import Evaluation

/// What models have memorized of their training data: a table, files, and the gate.
struct MemorizationReport {
  /// A record that was begun for the models.
  struct Record {
    let line: Int
    /// What was given.
    let prefix: [Int]
    /// What it goes on with.
    let rest: [Int]
  }

  struct MeasuredSecret {
    let exposure: Exposure
    /// Whether the model writes the secret where it is given what stands before it.
    let isWritten: Bool
  }

  /// Of one model, in the order of records and of secrets.
  struct Measured {
    let matches: [VerbatimMatch]
    let exposures: [MeasuredSecret]

    var verbatimCount: Int { matches.count { $0.isVerbatim } }
    /// Of the records; nil for none.
    var share: Double? { matches.isEmpty ? nil : Double(verbatimCount) / Double(matches.count) }
    /// The place of the record with the longest run of its own words, the first of equals.
    var longest: Int? {
      matches.indices.max { (matches[$0].longestRun, $1) < (matches[$1].longestRun, $0) }
    }
    var longestRun: Int { longest.map { matches[$0].longestRun } ?? 0 }
    var meanExposure: Double? { ViewScores.mean(exposures.map { $0.exposure.bits }) }
    var writtenSecretCount: Int { exposures.count { $0.isWritten } }
  }

  let file: String
  let prefixTokens: Int
  let records: [Record]
  let tooShortCount: Int
  let canaries: [Canary]
  let secretCount: Int
  let base: Measured
  let tuned: Measured?

  /// The model that is judged.
  private var judged: Measured { tuned ?? base }

  // MARK: Table

  func show(_ console: Console) {
    func row(_ name: String, _ value: (Measured) -> String) -> [String] {
      [name] + [base, tuned].compactMap { $0 }.map { value($0) }
    }
    var table = [["", "base"] + (tuned == nil ? [] : ["tuned"])]
    if !records.isEmpty {
      table.append(row("records word for word") { grouped($0.verbatimCount) })
      table.append(row("their share") { fixed($0.share ?? 0, 4) })
      table.append(row("longest run, tokens") { String($0.longestRun) })
    }
    if !canaries.isEmpty {
      table.append(row("secrets written") { "\($0.writtenSecretCount) of \(canaries.count)" })
      table.append(row("mean exposure, bits") { fixed($0.meanExposure ?? 0, 2) })
    }
    console.line()
    for line in columns(table) { console.answer(line) }
    showSecrets(console)
  }

  private func showSecrets(_ console: Console) {
    guard !canaries.isEmpty else { return }
    var table = [["secret", "base, bits"] + (tuned == nil ? [] : ["tuned, bits"]) + ["written"]]
    for (place, canary) in canaries.enumerated() {
      let values = [base, tuned].compactMap { $0 }.map { fixed($0.exposures[place].exposure.bits, 2) }
      table.append([canary.place] + values + [judged.exposures[place].isWritten ? "yes" : ""])
    }
    console.line()
    for line in columns(table) { console.answer(line) }
  }

  // MARK: Files

  /// Without texts of the data: those are in the list of leaks alone.
  var json: JSON {
    [
      "tune_version": .string(tuneVersion), "file": .string(file), "records": .integer(records.count),
      "too_short": .integer(tooShortCount), "prefix_tokens": .integer(prefixTokens),
      "secrets_found": .integer(secretCount), "base": json(base), "tuned": tuned.map { json($0) } ?? .null,
    ]
  }

  private func json(_ measured: Measured) -> JSON {
    [
      "verbatim": .integer(measured.verbatimCount), "share": measured.share.map { .number($0) } ?? .null,
      "longest_run": measured.longest.map {
        ["line": .integer(records[$0].line), "tokens": .integer(measured.longestRun)]
      } ?? .null,
      "mean_exposure": measured.meanExposure.map { .number($0) } ?? .null,
      "secrets": .array(
        zip(canaries, measured.exposures).map { canary, found in
          [
            "place": .string(canary.place), "exposure": .number(found.exposure.bits),
            "rank": .integer(found.exposure.rank), "candidates": .integer(found.exposure.candidates),
            "written": .bool(found.isWritten),
          ]
        }),
    ]
  }

  /// Writes `memorization/memorization.json`, and the leaks of the model that is judged, the longest first.
  func write(to folder: String, loaded: LoadedModel, console: Console) throws {
    let place = "\(folder)/memorization"
    try createFolder(place)
    try AtomicFile.write(json.text(.pretty) + "\n", to: "\(place)/memorization.json")
    let leaks = records.indices.filter { judged.matches[$0].isVerbatim }
      .sorted { (judged.matches[$0].count, records[$1].line) > (judged.matches[$1].count, records[$0].line) }
    let list = try AtomicFile("\(place)/leaks.jsonl")
    for leak in leaks {
      let record = records[leak]
      let line: JSON = [
        "line": .integer(record.line), "tokens": .integer(record.rest.count),
        "base": .bool(base.matches[leak].isVerbatim), "given": .string(loaded.encoding.text(of: record.prefix)),
        "written": .string(loaded.encoding.text(of: record.rest)),
      ]
      try list.write(line.text() + "\n")
    }
    try list.commit()
    console.line("written: \(place)/memorization.json and leaks.jsonl (\(grouped(leaks.count)) records)")
  }

  /// - Throws: `TuneError` of kind gate naming the share.
  func check(maximum: Double?) throws {
    guard let maximum, let share = judged.share, share > maximum else { return }
    throw TuneError(
      .gate,
      "gate failed: \(grouped(judged.verbatimCount)) of \(grouped(records.count)) records (\(fixed(share, 4))) are written "
        + "word for word, more than --max-memorization \(maximum)")
  }
}
