import Basics
import Evaluation
import Foundation

/// Holds scores against the gates of a command, and tells CI.
struct GateCheck {
  private let options: GateOptions
  private let results: [GateResult]

  /// - Parameter result: what became of one gate.
  init(_ options: GateOptions, _ result: (ScoreGate) throws -> GateResult) throws {
    self.options = options
    results = try options.gates.map(result)
  }

  /// For a command's JSON; nil without gates.
  var json: JSON? { results.isEmpty ? nil : .array(results.map { $0.json }) }

  /// Writes the files that are asked for, tells which gates are passed, and ends with an error where one is not.
  ///
  /// - Parameter scores: a table in Markdown, for the step summary.
  /// - Throws: `TuneError` of kind gate naming all that are not passed.
  func finish(suite: String, scores: String, console: Console) throws {
    if let path = options.junit { try AtomicFile.write(junit(suite).text, to: path) }
    if let path = options.stepSummary { try append(summary(suite, scores), to: path) }
    for result in results where result.passed { console.line("gate passed: \(result.gate.text) (\(result.finding))") }
    let failures = results.compactMap { $0.failure }
    guard !failures.isEmpty else { return }
    throw TuneError(.gate, failures.map { "gate failed: \($0)" }.joined(separator: "\n      "))
  }

  private func junit(_ suite: String) -> JUnitReport {
    JUnitReport(suites: [
      (suite, results.map { JUnitReport.Case(name: $0.gate.text, failure: $0.failure, output: $0.finding) })
    ])
  }

  private func summary(_ suite: String, _ scores: String) -> String {
    var lines = ["### \(suite)", "", scores]
    if !results.isEmpty { lines += ["", "| | gate | found |", "|---|---|---|"] }
    lines += results.map {
      "| \($0.passed ? "✅" : "❌") | \(MarkdownTable.escaped($0.gate.text)) | \(MarkdownTable.escaped($0.finding)) |"
    }
    return lines.joined(separator: "\n") + "\n\n"
  }

  /// Several steps share a summary, so it is added to.
  private func append(_ text: String, to path: String) throws {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw TuneError.runtime("\(path): cannot be written (\(String(cString: strerror(errno)))); name another file")
    }
    let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    do {
      try file.write(contentsOf: Data(text.utf8))
      try file.close()
    } catch {
      throw TuneError.runtime("\(path): cannot be written; is the disk full?")
    }
  }
}
