import ArgumentParser
import Basics
import Datasets
import Foundation

extension Tune {
  struct Prepare: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Turn raw records into training data with prompt templates.",
      discussion: """
        Reads CSV, TSV, JSON and JSONL, plain or gzip. Without --template the columns decide.

        Examples:
          tune prepare Datasets/dialogues.jsonl
          tune prepare reviews.csv --template review-rating --template review-headline
          tune prepare chats.jsonl --check
        """)

    @Argument(help: "The data files.")
    var inputs: [String] = []

    @Option(
      help: ArgumentHelp("A template by name, name/wording, or YAML file; may be given again.", valueName: "name|file"))
    var template: [String] = []

    @Option(help: ArgumentHelp("The folder to write.", valueName: "folder"))
    var output = Defaults.prepared

    @Option(help: "The seed of splits and wordings.")
    var seed: UInt64 = 42

    @Option(help: ArgumentHelp("Shares of train/validation/test (default: 0.9/0.05/0.05).", valueName: "shares"))
    var split: String?

    @Option(help: ArgumentHelp("Stop after so many accepted records.", valueName: "count"))
    var limit: Int?

    @Option(help: ArgumentHelp("Keep records that share this column's value in one split.", valueName: "column"))
    var groupBy: String?

    @Option(help: ArgumentHelp("Use a column for a template's field; may be given again.", valueName: "field=column"))
    var column: [String] = []

    @Flag(help: "Write an example for every wording of a template instead of one a record.")
    var everyWording = false

    @Flag(help: "Read and report, but write nothing.")
    var check = false

    @OptionGroup var outputOptions: OutputOptions

    func validate() throws {
      try limit?.requirePositive("--limit")
      if inputs.isEmpty || inputs.contains("") {
        throw ValidationError("name a data file, for example: tune prepare Datasets/dialogues.jsonl")
      }
    }

    func run() throws {
      let console = outputOptions.start()
      var options = PreparationOptions(inputs: inputs, templates: template, output: output, seed: seed)
      if let split { options.fractions = try SplitFractions(parsing: split) }
      options.limit = limit
      options.everyTemplate = everyWording
      options.checkOnly = check
      options.groupColumn = groupBy
      options.columns = try chosenColumns()
      let report = try Datasets.prepare(options, library: try EmbeddedFiles.templates())
      PreparationPrinter(report: report, console: console).show()
    }

    private func chosenColumns() throws -> [String: String] {
      var columns: [String: String] = [:]
      for pair in column {
        guard let equals = pair.firstIndex(of: "="), equals != pair.startIndex else {
          throw TuneError.usage("--column: '\(pair)' is not of the form field=column")
        }
        columns[String(pair[..<equals])] = String(pair[pair.index(after: equals)...])
      }
      return columns
    }
  }
}
