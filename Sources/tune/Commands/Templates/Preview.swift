import ArgumentParser
import Basics
import Datasets
import Foundation

extension Tune.Templates {
  struct Preview: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "A template over the first records of a file: record, prompt and target.",
      discussion: """
        Side by side on a wide terminal, below each other elsewhere.

        Examples:
          tune templates preview review-rating reviews.csv
          tune templates preview mine.yaml dialogues.jsonl --rows 1 --wording short-summary
        """)

    @Argument(help: "A template by name, name/wording, or file.")
    var template: String

    @Argument(help: "A data file.")
    var data: String

    @Option(help: ArgumentHelp("Records to show.", valueName: "count"))
    var rows = 3

    @Option(help: ArgumentHelp("Only this wording; else the wordings take turns.", valueName: "name"))
    var wording: String?

    @OptionGroup var output: JSONOption

    func validate() throws { try rows.requirePositive("--rows") }

    func run() throws {
      let library = try EmbeddedFiles.templates()
      let name = wording.map { "\(template)/\($0)" } ?? template
      let sample = try SampleRows(data, limit: rows)
      let selection = try library.selection(named: name).fitted(to: sample.columns)
      guard !selection.wordings.isEmpty else {
        let missing = selection.unusable.first?.missing.joined(separator: ", ") ?? ""
        throw TuneError.usage(
          "template '\(name)' needs \(missing), which no column of \(data) is named like; the columns are "
            + sample.columns.joined(separator: ", "))
      }
      let console = output.console
      let width = isatty(STDOUT_FILENO) == 1 ? Terminal.width : nil
      for (index, record) in sample.records.enumerated() {
        let wording = selection.wordings[index % selection.wordings.count]
        do {
          let (prompt, target) = try selection.render(wording, record.fields)
          console.json([
            "line": .integer(record.line), "wording": .string(wording.name), "prompt": .string(prompt),
            "completion": .string(target),
          ])
          guard !output.json else { continue }
          let title = "\(data):\(record.line) · \(wording.name)"
          Self.show(title, record.fields, prompt: prompt, target: target, width: width, console)
        } catch let failure as RenderingFailure {
          console.note("\(data):\(record.line): \(wording.name): \(failure.reason)")
        }
      }
    }

    /// - Parameter width: of the terminal; nil where there is none.
    private static func show(
      _ title: String, _ record: JSONObject, prompt: String, target: String, width: Int?, _ console: Console
    ) {
      let fields = record.map { "\($0.key): \($0.value.stringValue ?? $0.value.text(.compact))" }
      let columns = [fields.joined(separator: "\n"), prompt, target]
      let labels = ["record", "prompt", "target"]
      guard let width else {
        console.line("=== \(TextColumns.printable(title))")
        for (label, text) in zip(labels, columns) { console.line("--- \(label)\n\(TextColumns.printable(text))") }
        return
      }
      let lines = TextColumns(labels: labels, texts: columns, shares: [4, 5, 2], width: width).lines
      for line in TextColumns.wrapped(title, width: width) + lines + [""] { console.line(line) }
    }
  }
}
