import Basics

/// The page for people: Markdown with a picture of the lengths beside it.
extension DataCard {
  /// Writes `dataset.md` and its picture into a folder.
  func write(to folder: String) throws {
    try AtomicFile.write(LengthPicture(panels: panels).svg, to: "\(folder)/dataset.svg")
    try AtomicFile.write(page, to: "\(folder)/dataset.md")
  }

  /// One panel for tokens where they were counted, else one each for prompts and completions in characters.
  private var panels: [LengthPicture.Panel] {
    if let tokens = report.tokens {
      return [
        .init(
          title: "Examples by length in tokens of \(tokens.model)", histogram: tokens.histogram,
          mark: tokens.maxLength.map { ($0, "--max-length") })
      ]
    }
    let prompt = LengthBins(summing: report.tasks.map { $0.characters.prompt })
    let completion = LengthBins(summing: report.tasks.map { $0.characters.completion })
    return [
      .init(title: "Examples by length of the prompt in characters", histogram: prompt, mark: nil),
      .init(title: "Examples by length of the completion in characters", histogram: completion, mark: nil),
    ]
  }

  var page: String {
    var lines = ["# Data card", ""]
    lines += table(
      ["split", "examples", "file"],
      report.files.map { file in
        [file.split.rawValue, grouped(file.examples), "`\(file.path.split(separator: "/").last ?? "")`"]
      })
    lines += [splitSentence, "", "## Sources", ""]
    lines += table(
      ["file", "format", "licence", "SHA-256"],
      report.tasks.flatMap { task in
        task.sources.map { ["`\($0.path)`", $0.format, task.license ?? "not stated", "`\($0.sha256.prefix(16))…`"] }
      })
    lines += ["## Records", "", recordsSentence, ""]
    lines += generationLines + taskLines + templateLines + labelLines + findingLines
    lines += ["## Lengths", "", "![Lengths](dataset.svg)", ""]
    lines += lengthLines
    return lines.joined(separator: "\n") + "\n"
  }

  private var splitSentence: String {
    let shares = SplitName.allCases.map { percent(options.fractions[$0]) }.joined(separator: ", ")
    let leakage =
      options.groupColumn.map { "records of one `\(escaped($0))` are in one split" }
      ?? "equal records are in one split"
    return "Split by a hash of each record, seed \(options.seed), shares \(shares): \(leakage)."
  }

  private var recordsSentence: String {
    var parts = ["\(grouped(report.recordsRead)) read", "\(grouped(report.recordsAccepted)) used"]
    if report.recordsFiltered > 0 { parts.append("\(grouped(report.recordsFiltered)) filtered out") }
    if report.rejectedCount > 0 { parts.append("\(grouped(report.rejectedCount)) rejected (`rejected.jsonl`)") }
    parts.append("\(grouped(report.duplicatesDropped)) exact duplicates dropped")
    if report.cleaning.looksForNearDuplicates {
      parts.append("\(grouped(report.cleaning.nearDuplicatesDropped)) near duplicates dropped")
    } else {
      parts.append("near duplicates not looked for")
    }
    if !options.cleaning.decontaminationFiles.isEmpty {
      parts.append("\(grouped(report.cleaning.contaminatedDropped)) dropped for text shared with a benchmark")
    }
    return parts.joined(separator: " · ") + "."
  }

  private var generationLines: [String] {
    guard let generation = report.generation, let asked = options.generation else { return [] }
    let rejected = generation.reasons.isEmpty ? "none was rejected" : "rejected: \(generation.reasons)"
    return [
      "## Generated records", "",
      "\(grouped(generation.written)) of the training records were written by the model `\(generation.model)` in the style "
        + "of the others (`\(GeneratedRecords.fileName)`); their examples say `\"generated\": true`. It was asked for "
        + "\(grouped(generation.asked)), was shown \(asked.shownRecords) given training records a time, and wrote "
        + "\(grouped(generation.attempts)) texts at temperature \(asked.temperature) and top-p \(asked.topP); \(rejected).",
      "",
    ]
  }

  private var taskLines: [String] {
    guard report.isMixture else { return [] }
    return ["## Tasks", ""]
      + table(
        ["task", "records", "in training", "validation", "test", "tokens"],
        report.tasks.map { task in
          [
            escaped(task.name) + (task.isHeldOut ? " (held out)" : ""), grouped(task.recordsAccepted),
            "\(grouped(task.splits[.train] ?? 0)) of \(grouped(task.available))",
            grouped(task.splits[.validation] ?? 0),
            grouped(task.splits[.test] ?? 0), task.tokenCount > 0 ? grouped(task.tokenCount) : "–",
          ]
        })
  }

  private var templateLines: [String] {
    let used = report.exampleCounts.filter { $0.count > 0 }
    guard !used.isEmpty else { return [] }
    return ["## Templates", ""] + choiceLines
      + table(["wording", "examples"], used.map { [$0.template, grouped($0.count)] })
  }

  /// What decided for the templates of each task, and what else would fit.
  private var choiceLines: [String] {
    report.tasks.filter { !$0.templates.isEmpty }.flatMap { task -> [String] in
      let names = task.templates.map { "`\($0.name)`" }.joined(separator: ", ")
      let others = task.alternatives.map { "`\($0)`" }.joined(separator: ", ")
      return ["\(names): \(task.reason)" + (others.isEmpty ? "." : "; also fits: \(others)."), ""]
    }
  }

  private var labelLines: [String] {
    report.tasks.flatMap { task -> [String] in
      guard let labels = task.labels, labels.count > 1 else { return [] }
      let total = labels.reduce(0) { $0 + $1.count }
      return ["## Labels of \(escaped(task.name))", ""]
        + table(
          ["label", "examples", "share"],
          labels.map { [escaped($0.label), grouped($0.count), percent($0.count, of: total)] })
    }
  }

  private var findingLines: [String] {
    let found = FindingKind.allCases.filter { report.cleaning.counts[$0] != nil }
    guard !found.isEmpty else { return ["## Findings", "", "None.", ""] }
    return ["## Findings", "", "Each of them, with its place, is in `findings.jsonl`.", ""]
      + table(
        ["kind", "count", "what"],
        found.map { [$0.rawValue, grouped(report.cleaning.counts[$0] ?? 0), $0.explanation] })
  }

  private var lengthLines: [String] {
    var rows = [
      ["prompt, characters"] + cells(report.promptLengths),
      ["completion, characters"] + cells(report.completionLengths),
    ]
    if let tokens = report.tokens { rows.append(["example, tokens (\(tokens.model))"] + cells(tokens.lengths)) }
    var lines = table(["", "median", "95th percentile", "longest"], rows)
    if let tokens = report.tokens {
      lines.append("\(grouped(tokens.total)) tokens, \(grouped(tokens.trained)) of them trained.")
      if let maxLength = tokens.maxLength {
        let examples = report.tasks.reduce(0) { $0 + $1.splits.values.reduce(0, +) }
        lines.append(
          "\(grouped(tokens.overMaxLength)) of \(grouped(examples)) examples are longer than \(grouped(maxLength)) tokens; packed "
            + "into windows of that length they fill \(percent(tokens.packingEfficiency ?? 0)).")
      }
      lines.append("")
    }
    return lines
  }

  private func cells(_ lengths: LengthSummary) -> [String] {
    [lengths.p50, lengths.p95, lengths.max].map { grouped($0) }
  }

  /// Columns of numbers are set to the right.
  private func table(_ header: [String], _ rows: [[String]]) -> [String] {
    let rules = header.indices.map { column in
      rows.allSatisfy { $0[column].utf8.first.map { (0x30...0x39).contains($0) } ?? false } ? "---:" : "---"
    }
    let lines = [header, rules] + rows
    // A bar parts cells even inside code.
    return lines.map { cells in
      "| \(cells.map { $0.replacing(bytesOf: "|", with: "\\|") }.joined(separator: " | ")) |"
    } + [""]
  }

  /// A text of the data as Markdown shows it literally.
  private func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      if scalar.value < 0x20 {
        result.unicodeScalars.append(" ")
      } else {
        if "\\`*_[]<>#&~".unicodeScalars.contains(scalar) { result += "\\" }
        result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  private func percent(_ part: Int, of whole: Int) -> String { percent(whole == 0 ? 0 : Double(part) / Double(whole)) }

  private func percent(_ share: Double) -> String { "\((share * 1000).rounded() / 10) %" }
}

/// 1234567 as "1,234,567".
func grouped(_ number: Int) -> String {
  var digits = String(number), parts: [String] = []
  while digits.utf8.count > 3 {
    parts.insert(String(digits.suffix(3)), at: 0)
    digits.removeLast(3)
  }
  return ([digits] + parts).joined(separator: ",")
}

extension LengthBins {
  /// The sum of histograms: the bins of the widest, which the others' bins divide or straddle by their middle.
  init(summing histograms: [LengthBins]) {
    binWidth = histograms.map { $0.binWidth }.max() ?? 1
    for histogram in histograms {
      for (index, number) in histogram.counts.enumerated() {
        let bin = (index * histogram.binWidth + histogram.binWidth / 2) / binWidth
        if bin >= counts.count { counts += [Int](repeating: 0, count: bin + 1 - counts.count) }
        counts[bin] += number
      }
    }
  }

  /// The histogram as one line of bars.
  public var bars: String {
    let levels = Array("▁▂▃▄▅▆▇█"), most = counts.max() ?? 0
    guard most > 0 else { return "" }
    return String(
      counts.map { count in
        // An empty bin is a space: the lowest bar means that something is there.
        count == 0 ? " " : levels[min(7, (count * 8 - 1) / most)]
      })
  }
}
