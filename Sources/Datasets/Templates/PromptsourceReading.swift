import Basics
import Text

// The files of promptsource: `promptsource/templates.py` of version 0.2 (Bach et al., 2022) writes them.
extension TaskTemplate {
  /// The fields of a file are the variables of its texts: promptsource declares none.
  static func promptsource(_ top: YAMLMapping) throws -> Content {
    try top.allow(["dataset", "subset", "templates"])
    let dataset = try top.string("dataset"), subset = try top.optionalString("subset")
    let entries = try top.mapping("templates").members().map { try $0.mapping() }
    var names: [String] = []
    for entry in entries {
      for name in try variables(of: entry) where !names.containsSame(as: name) { names.append(name) }
    }
    let wordings = try entries.map { try promptsourceWording($0, known: names) }
    var metrics: [String] = []
    for wording in wordings {
      for name in wording.metadata.metrics.compactMap({ MetricNames.own($0) }) where !metrics.contains(name) {
        metrics.append(name)
      }
    }
    let whole = [dataset, subset].compactMap { $0 }.joined(separator: "/")
    return Content(
      mapping: top, name: whole, task: "Prompts of promptsource for \(whole).", dataset: dataset, subset: subset,
      fields: names.map { Field(name: $0, explanation: "The column \($0) of \(whole).") }, metrics: metrics,
      wordings: wordings)
  }

  /// The variables in the order of the text, so that files with the same texts declare the same fields.
  private static func variables(of entry: YAMLMapping) throws -> [String] {
    let name = try entry.string("name"), place = "\(entry.place): \(name)"
    let texts = try [entry.string("jinja"), entry.optionalString("answer_choices") ?? ""]
    return try texts.flatMap { text in
      try Wording.compile(text, place: place).referencedNames
        .filter { !Wording.ownVariables.contains($0) }
        .map { (name: $0, place: text.split(onBytes: $0)[0].utf8.count) }
        .sorted { ($0.place, $0.name) < ($1.place, $1.name) }.map { $0.name }
    }
  }

  private static func promptsourceWording(_ entry: YAMLMapping, known: [String]) throws -> Wording {
    // `task_template` is a flag of an early version of promptsource's editor, without a meaning since.
    try entry.allow(["name", "jinja", "answer_choices", "id", "reference", "metadata", "task_template"])
    var metadata = Wording.Metadata(line: entry.line)
    metadata.id = try entry.optionalString("id")
    metadata.reference = try entry.optionalString("reference")
    if let about = try entry.optionalMapping("metadata") {
      try about.allow(["choices_in_prompt", "languages", "metrics", "original_task"])
      metadata.languages = try about.optionalStrings("languages")
      metadata.metrics = try about.optionalStrings("metrics")
      metadata.isOriginalTask = try about.optionalBool("original_task")
      metadata.hasChoicesInPrompt = try about.optionalBool("choices_in_prompt")
    }
    let name = try entry.string("name")
    return try Wording(
      name: name, promptAndTarget: try entry.string("jinja"),
      answerChoices: try entry.optionalString("answer_choices"), known: known, metadata: metadata,
      place: "\(entry.place): \(name)")
  }
}

/// The names of metrics here and in promptsource.
enum MetricNames {
  private static let pairs: [(own: String, theirs: String)] = [
    ("accuracy", "Accuracy"), ("rouge", "ROUGE"), ("bleu", "BLEU"), ("squad", "Squad"),
  ]

  /// Our name; nil for a metric that we do not have.
  static func own(_ theirs: String) -> String? { pairs.first { $0.theirs == theirs }?.own }

  /// promptsource's name, or the name as it is.
  static func promptsource(_ own: String) -> String { pairs.first { $0.own == own }?.theirs ?? own }
}
