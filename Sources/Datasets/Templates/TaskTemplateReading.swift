import Basics

// Our own format of template files.
extension TaskTemplate {
  static func own(_ top: YAMLMapping) throws -> Content {
    try top.allow([
      "name", "task", "category", "kind", "datasets", "dataset", "subset", "fields", "metrics", "answer_choices",
      "templates",
    ])
    let name = try top.string("name"), task = try top.string("task")
    let fields = try top.mapping("fields").members().map { try field($0) }
    let names = fields.map { $0.name }
    guard !names.isEmpty else { throw top.error("fields", "no field is declared; expected {column: explanation}") }
    if let reserved = names.first(where: { Wording.ownVariables.contains($0) }) {
      throw top.error("fields", "'\(reserved)' is a variable that the templates already have; choose another name")
    }
    let choices = try top.optionalString("answer_choices")
    return Content(
      mapping: top, name: name, task: task,
      category: try top.optionalCase("category"), kind: try top.optionalCase("kind"),
      datasets: try top.optionalStrings("datasets"), dataset: try top.optionalString("dataset"),
      subset: try top.optionalString("subset"), fields: fields, metrics: try top.optionalStrings("metrics"),
      answerChoices: choices,
      wordings: try top.mappings("templates").map { try wording($0, known: names, standardChoices: choices) })
  }

  /// `name: "explanation"` or `name: {about: "explanation", columns: [other, {name: title, beside: [asin]}],
  /// values: [0, 1], contains: "####"}`.
  private static func field(_ member: YAMLMapping.Member) throws -> Field {
    if let explanation = member.text { return Field(name: member.key, explanation: explanation) }
    let mapping = try member.mapping()
    try mapping.allow(["about", "columns", "values", "contains"])
    let columns = try mapping.optionalElements("columns").map { element in
      if let name = element.text { return ColumnName(name) }
      let column = try element.mapping()
      try column.allow(["name", "unless", "beside"])
      return ColumnName(
        try column.string("name"), unless: try column.optionalStrings("unless"),
        beside: try column.optionalStrings("beside"))
    }
    return Field(
      name: member.key, explanation: try mapping.string("about"), columns: columns,
      values: try mapping.optionalStrings("values").map { $0.lowercased() },
      contains: try mapping.optionalString("contains"))
  }

  private static func wording(
    _ mapping: YAMLMapping, known: [String], standardChoices: String?
  ) throws -> Wording {
    try mapping.allow([
      "name", "prompt_and_target", "answer_choices", "id", "reference", "languages", "original_task",
      "choices_in_prompt", "metrics",
    ])
    var metadata = Wording.Metadata(line: mapping.line)
    metadata.id = try mapping.optionalString("id")
    metadata.reference = try mapping.optionalString("reference")
    metadata.languages = try mapping.optionalStrings("languages")
    metadata.metrics = try mapping.optionalStrings("metrics")
    metadata.isOriginalTask = try mapping.optionalBool("original_task")
    metadata.hasChoicesInPrompt = try mapping.optionalBool("choices_in_prompt")
    let name = try mapping.string("name")
    return try Wording(
      name: name, promptAndTarget: try mapping.string("prompt_and_target"),
      answerChoices: try mapping.optionalString("answer_choices") ?? standardChoices, known: known,
      metadata: metadata, place: "\(mapping.place): \(name)")
  }
}
