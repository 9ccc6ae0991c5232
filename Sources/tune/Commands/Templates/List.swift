import ArgumentParser
import Basics
import Datasets

extension Tune.Templates {
  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "The catalogue: every template with its task, wordings, fields and metrics.",
      discussion: """
        Examples:
          tune templates list
          tune templates list --category summarization
          tune templates list --dataset samsum --json
          tune templates list mine.yaml
        """)

    @Argument(help: "Template files; the library inside tune if none is named.")
    var files: [String] = []

    @Option(help: "Only templates of this category.")
    var category: String?

    @Option(help: ArgumentHelp("Only templates for this public data set.", valueName: "name"))
    var dataset: String?

    @OptionGroup var output: JSONOption

    func run() throws {
      var tasks = try files.isEmpty ? EmbeddedFiles.templates().tasks : files.map { try TaskTemplate(contentsOf: $0) }
      if let category {
        let known = TaskTemplate.Category.allCases.map { $0.rawValue }
        guard let wanted = TaskTemplate.Category(rawValue: category) else {
          let hint = nearest(category, among: known).map { "did you mean '\($0)'? " } ?? ""
          throw TuneError.usage("--category: '\(category)' is unknown; \(hint)known: \(known.joined(separator: ", "))")
        }
        tasks = tasks.filter { $0.category == wanted }
      }
      if let dataset { tasks = tasks.filter { ($0.datasets + [$0.dataset ?? ""]).contains(dataset) } }
      let console = output.console
      for task in tasks { console.json(Self.json(task)) }
      if !output.json { Self.show(tasks, console) }
    }

    private static func show(_ tasks: [TaskTemplate], _ console: Console) {
      guard !tasks.isEmpty else { return console.line("no template fits; see tune templates list") }
      let categories = tasks.map { $0.category }
      for (index, category) in categories.enumerated() where !categories[..<index].contains(category) {
        if index > 0 { console.line() }
        console.line(category?.rawValue ?? "other")
        for task in tasks where task.category == category { show(task, console) }
      }
    }

    private static func show(_ task: TaskTemplate, _ console: Console) {
      let kind = task.kind.map { " · \($0.rawValue)" } ?? ""
      let metrics = task.metrics.isEmpty ? "" : " · \(task.metrics.joined(separator: ", "))"
      let count = task.wordings.count
      console.line("  \(task.name)\(kind) · \(count) wording\(count == 1 ? "" : "s")\(metrics)")
      console.line("    \(task.task)")
      console.line("    fields: \(task.fieldNames.joined(separator: ", "))")
      if !task.datasets.isEmpty { console.line("    data sets: \(task.datasets.joined(separator: ", "))") }
    }

    private static func json(_ task: TaskTemplate) -> JSON {
      [
        "name": .string(task.name), "task": .string(task.task),
        "category": task.category.map { .string($0.rawValue) } ?? .null,
        "kind": task.kind.map { .string($0.rawValue) } ?? .null, "datasets": .strings(task.datasets),
        "dataset": task.dataset.map { .string($0) } ?? .null, "subset": task.subset.map { .string($0) } ?? .null,
        "wordings": .strings(task.wordings.map { $0.name }), "fields": .strings(task.fieldNames),
        "metrics": .strings(task.metrics), "file": .string(task.origin),
      ]
    }
  }
}

extension JSON {
  static func strings(_ texts: [String]) -> JSON { .array(texts.map { .string($0) }) }
}
