import Basics
import Datasets
import Evaluation
import Foundation

/// What `tune eval` looks for in answers, beside their scores.
struct ErrorAnalysis {
  private let checks: [any AnswerCheck]

  /// - Throws: `TuneError` for a list of words that cannot be read.
  init(_ options: ErrorOptions) throws {
    let system = FileManager.default.fileExists(atPath: ErrorOptions.systemWords) ? ErrorOptions.systemWords : nil
    guard let path = options.wordList ?? system else {
      checks = answerChecks
      return
    }
    var words: Set<String> = []
    let reader = try LineReader(path)
    while let line = try reader.next() {
      words.insert(String(decoding: line, as: UTF8.self).trimmingCharacters(in: .whitespaces).lowercased())
    }
    words.remove("")
    guard !words.isEmpty else { throw TuneError.data("\(path): holds no word; expected one a line") }
    checks = answerChecks + [Misspellings(words: words)]
  }

  /// What is wrong with the answers of base and tuned model.
  ///
  /// - Parameters:
  ///   - metric: that parts of the items are compared by.
  ///   - place: the metric's among the counts.
  func report(
    _ metric: any Metric, at place: Int, _ prompts: [PromptExample], tasks: [String], base: Contestant,
    tuned: Contestant?
  ) -> ErrorReport {
    let slicing = Slicing(
      metric, base: base.answers.counts[place], tuned: tuned?.answers.counts[place])
    let references = prompts.map { $0.reference ?? "" }
    var slices: [Slice] = []
    if tasks.count > 1 { slices += slicing.slices(by: "task", names: prompts.map { tasks[$0.task] }) }
    if prompts.allSatisfy({ $0.template != nil }) {
      slices += slicing.slices(by: "template", names: prompts.map { $0.template ?? "" })
    }
    if MetricChoice.areLabels(references) { slices += slicing.slices(by: "label", names: references) }
    slices += slicing.quarters(by: "prompt length", unit: "tokens", values: prompts.map { $0.tokens.count })
    slices += slicing.quarters(by: "reference length", unit: "words", values: references.map { $0.spacedWordCount })
    return ErrorReport(
      metric: metric,
      faults: FaultTable(
        checks: checks, base: base.answers.items(prompts), tuned: tuned.map { $0.answers.items(prompts) }),
      slices: slices,
      whole: (base: slicing.whole.base, tuned: slicing.whole.tuned),
      baseLosses: base.tokenLosses, tunedLosses: tuned?.tokenLosses)
  }
}

extension String {
  /// The number of words that white space parts.
  var spacedWordCount: Int { split(whereSeparator: \.isWhitespace).count }
}

/// What is wrong with answers, and what to do about it: evaluate, collect, train again.
struct ErrorReport {
  let metric: any Metric
  let faults: FaultTable
  let slices: [Slice]
  /// The metric's score on all items.
  let whole: (base: Double, tuned: Double?)
  let baseLosses: TokenLosses?
  let tunedLosses: TokenLosses?

  private static let mostAdvice = 3
  private static let mostTokens = 20

  // MARK: For people

  func show(_ console: Console) {
    let found = faults.rows.filter { $0.baseCount > 0 || ($0.tunedCount ?? 0) > 0 }
    if !found.isEmpty {
      let hasTuned = found.contains { $0.tuned != nil }
      var table = [["errors", "base"] + (hasTuned ? ["tuned", "new", "gone"] : [])]
      for row in found {
        var line = [row.check.title, share(row.baseCount, row.base.count)]
        if let count = row.tunedCount {
          line += [share(count, row.base.count), grouped(row.appeared), grouped(row.vanished)]
        }
        table.append(line)
      }
      console.line()
      for line in columns(table) { console.line(line) }
    }
    let advice = advice
    guard !advice.isEmpty else { return }
    console.line()
    for line in advice { console.line("→ \(line)") }
  }

  private func share(_ count: Int, _ all: Int) -> String {
    guard count > 0 else { return "0" }
    let percent = Double(count) * 100 / Double(max(1, all))
    return "\(grouped(count)) (\(percent < 1 ? "< 1" : fixed(percent, 0)) %)"
  }

  /// At most three sentences: what is wrong most often, and which part of the data is the weakest.
  var advice: [String] {
    var lines = faults.advice().prefix(weakest == nil ? Self.mostAdvice : Self.mostAdvice - 1).map { row, count in
      "\(row.check.title), \(grouped(count)) answer\(count == 1 ? "" : "s"): \(row.check.advice)"
    }
    if let weakest {
      let own = score(weakest.tuned ?? weakest.base), all = score(whole.tuned ?? whole.base)
      lines.append(
        "weakest part: \(weakest.kind) \(weakest.name), \(metric.name) \(own) where all have \(all): collect more such "
          + "examples and train again.")
    }
    return Array(lines)
  }

  /// The part that is furthest behind the whole, where that is a tenth of the whole or more.
  private var weakest: Slice? {
    let all = whole.tuned ?? whole.base, sign = metric.lowerIsBetter ? -1.0 : 1
    func lag(_ slice: Slice) -> Double { sign * (all - (slice.tuned ?? slice.base)) }
    // The first of equal ones.
    let worst = slices.reduce(nil as Slice?) { best, slice in best.map { lag($0) >= lag(slice) } == true ? best : slice
    }
    return worst.flatMap { lag($0) > abs(all) * 0.1 ? $0 : nil }
  }

  private func score(_ value: Double) -> String { fixed(value, metric.maximum > 1 ? 2 : 4) }

  // MARK: For files

  var json: JSON {
    var object: JSONObject = [
      "metric": .string(metric.name),
      "faults": .array(faults.rows.map { describe($0) }),
      "slices": .array(slices.map { describe($0) }),
      "advice": .array(advice.map { .string($0) }),
    ]
    if let losses = tunedLosses ?? baseLosses {
      object["token_losses"] = [
        "examples": .integer(losses.examples),
        "worst": .array(losses.worst(Self.mostTokens).map { describe($0.token, $0.count) }),
      ]
    }
    return .object(object)
  }

  private func describe(_ row: FaultTable.Row) -> JSON {
    [
      "name": .string(row.check.name), "title": .string(row.check.title), "advice": .string(row.check.advice),
      "base": .integer(row.baseCount), "tuned": row.tunedCount.map { .integer($0) } ?? .null,
      "appeared": .integer(row.appeared), "vanished": .integer(row.vanished),
    ]
  }

  private func describe(_ slice: Slice) -> JSON {
    [
      "kind": .string(slice.kind), "name": .string(slice.name), "examples": .integer(slice.items.count),
      "base": .number(slice.base), "tuned": slice.tuned.map { .number($0) } ?? .null,
    ]
  }

  private func describe(_ token: String, _ count: Int) -> JSON {
    [
      "token": .string(token), "count": .integer(count),
      "base": baseLosses?.mean(of: token).map { .number($0) } ?? .null,
      "tuned": tunedLosses?.mean(of: token).map { .number($0) } ?? .null,
    ]
  }
}
