import ArgumentParser
import Basics
import Datasets

extension Tune.Templates {
  struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Look for mistakes in templates; exit code 3 when there are any.",
      discussion: """
        Without --data: files that are not valid, empty targets and wordings that say the same. With --data also wordings \
        that render for no record, answers that no record has, and prompts that give the answer away.

        Examples:
          tune templates check
          tune templates check mine.yaml --data reviews.csv
        """)

    @Argument(help: "Templates by name, name/wording, or file; the library inside tune if none is named.")
    var templates: [String] = []

    @Option(help: ArgumentHelp("A data file to render the templates with.", valueName: "file"))
    var data: String?

    @Option(help: ArgumentHelp("Records of the data to look at.", valueName: "count"))
    var rows = 1000

    @OptionGroup var output: JSONOption

    func validate() throws {
      try rows.requirePositive("--rows")
      if data != nil, templates.isEmpty {
        throw ValidationError("--data: name the templates to check with it, for example: mine.yaml --data reviews.csv")
      }
    }

    func run() throws {
      let library = try EmbeddedFiles.templates()
      let sample = try data.map { try SampleRows($0, limit: rows) }
      let console = output.console
      var count = 0, wordings = 0
      for name in templates.isEmpty ? library.names : templates {
        do {
          let selection = try library.selection(named: name)
          wordings += selection.wordings.count
          for finding in TemplateCheck.findings(in: selection, rows: sample) {
            count += 1
            show(finding, console)
          }
        } catch let error as TuneError where error.message.hasPrefix(name.yamlPath ?? "\n") {
          // The file is not valid: its error tells the line, and the other files are looked at as well.
          count += 1
          console.json(["error": .string(error.message)])
          console.line(error.message)
        }
      }
      guard count == 0 else { throw ExitCode(TuneError.Kind.data.rawValue) }
      console.line("\(wordings) wordings, nothing found")
    }

    private func show(_ finding: TemplateFinding, _ console: Console) {
      console.json([
        "file": .string(finding.file), "line": .integer(finding.line), "wording": .string(finding.wording),
        "what": .string(finding.what), "mend": .string(finding.mend),
      ])
      console.line(finding.description)
    }
  }
}

extension String {
  /// The path of the YAML file that a template's name begins with; nil where it names one of the library.
  fileprivate var yamlPath: String? {
    for ending in [".yaml", ".yml"] {
      if hasSuffix(ending) { return self }
      if let range = range(of: ending + "/") { return String(self[..<range.upperBound].dropLast()) }
    }
    return nil
  }
}
