import ArgumentParser
import Basics
import Datasets

extension Tune.Templates {
  struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "A template's fields with their meaning, and the source of its wordings.",
      discussion: """
        Examples:
          tune templates show review-rating
          tune templates show review-rating/how-happy
          tune templates show promptsource/ag_news/templates.yaml/classify
        """)

    @Argument(help: "A template by name, name/wording, or file.")
    var template: String

    @OptionGroup var output: JSONOption

    func run() throws {
      let selection = try EmbeddedFiles.templates().selection(named: template)
      let console = output.console
      for wording in selection.wordings { console.json(Self.json(selection.task, wording)) }
      if !output.json { Self.show(selection, console) }
    }

    private static func show(_ selection: TemplateSelection, _ console: Console) {
      let task = selection.task
      console.line("\(task.name): \(task.task)")
      let facts = [
        ("category", task.category?.rawValue ?? ""), ("kind", task.kind?.rawValue ?? ""),
        ("data sets", task.datasets.joined(separator: ", ")), ("metrics", task.metrics.joined(separator: ", ")),
        ("file", task.origin),
      ]
      for (label, text) in facts where !text.isEmpty { console.line("  \(label): \(text)") }
      console.line("fields:")
      for field in task.fields {
        console.line("  \(field.name): \(field.explanation)")
        let names = field.columns.map { $0.name }
        if !names.isEmpty { console.line("    also called: \(names.joined(separator: ", "))") }
        if !field.values.isEmpty { console.line("    values: \(field.values.joined(separator: ", "))") }
        if let text = field.contains { console.line("    contains: \(text)") }
      }
      for wording in selection.wordings {
        console.line("\n--- \(wording.name)")
        if let choices = wording.answerChoices { console.line("answers: \(choices)") }
        console.line(wording.promptAndTarget)
      }
    }

    private static func json(_ task: TaskTemplate, _ wording: Wording) -> JSON {
      let fields = task.fields.filter { wording.fields.contains($0.name) }
      let metrics = wording.metadata.metrics.isEmpty ? task.metrics : wording.metadata.metrics
      return [
        "template": .string(task.name), "wording": .string(wording.name),
        "fields": .object(
          JSONObject(entries: fields.map { JSONObject.Entry(key: $0.name, value: .string($0.explanation)) })),
        "optional_fields": .strings(wording.optionalFields), "metrics": .strings(metrics),
        "answer_choices": wording.answerChoices.map { .string($0) } ?? .null,
        "prompt_and_target": .string(wording.promptAndTarget),
      ]
    }
  }
}
