import ArgumentParser
import Basics
import Datasets

extension Tune.Templates {
  struct Convert: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Turn a template file into promptsource's format or into ours.",
      discussion: """
        Examples:
          tune templates convert promptsource/ag_news/templates.yaml --to tune --output ag-news.yaml
          tune templates convert mine.yaml --to promptsource
        """)

    @Argument(help: "A template file in either format.")
    var file: String

    @Option(help: ArgumentHelp("The format to write: tune or promptsource.", valueName: "format"))
    var to: String

    @Option(help: ArgumentHelp("The file to write (default: standard output).", valueName: "file"))
    var output: String?

    func run() throws {
      guard let format = TaskTemplate.Format(rawValue: to) else {
        throw TuneError.usage("--to: '\(to)' is no format of templates; use tune or promptsource")
      }
      let text = try TaskTemplate(contentsOf: file).text(in: format)
      guard let output else { return Console(isJSON: false, isQuiet: false).answer(text, terminator: "") }
      try AtomicFile.write(text, to: output)
    }
  }
}
