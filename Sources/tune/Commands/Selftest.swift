import ArgumentParser
import Basics
import Evaluation
import Foundation

extension Tune {
  struct Selftest: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show that this program computes what the reference libraries do.",
      subcommands: [MetricsSelftest.self])
  }

  struct MetricsSelftest: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "metrics",
      abstract: "Compare the metrics with values of the libraries that define them.",
      discussion: """
        Examples:
          tune selftest metrics
          tune selftest metrics conformance/*.jsonl

        Without files the cases inside tune are taken. A file has one case a line: {"id", "metric", "options",
        "hypotheses", "references", "expected", "library"}. Numbers must agree to 1e-9, texts exactly. The exit code is 1
        when something differs.
        """)

    @Argument(help: ArgumentHelp("Conformance files (default: the cases inside tune).", valueName: "file"))
    var files: [String] = []

    @Option(help: ArgumentHelp("Show at most so many differences.", valueName: "count"))
    var limit = 20

    @OptionGroup var outputOptions: OutputOptions

    func validate() throws { try limit.requirePositive("--limit") }

    func run() throws {
      try MetricsCheck(files: files, limit: limit, console: outputOptions.start()).execute()
    }
  }
}
