import Basics
import Text

/// What a task asks of the model.
public enum OutputType: String, Sendable {
  /// How likely one text is behind another.
  case logLikelihood = "loglikelihood"
  /// How likely a whole text is.
  case rolling = "loglikelihood_rolling"
  /// Which of several texts is likeliest behind another.
  case multipleChoice = "multiple_choice"
  /// A text that is written.
  case generate = "generate_until"
}

/// How a text is written: the harness's `generation_kwargs`.
public struct TaskGeneration: Sendable, Equatable {
  /// Texts that end the answer and are not part of it.
  public var until: [String] = ["\n\n"]
  public var maxNewTokens = 256
  public var doSample = false
  public var temperature = 0.0
  public var topP: Double?
  public var topK: Int?
}

/// A task of lm-evaluation-harness, from the declarative part of its YAML files.
///
/// Source: lm-evaluation-harness 0.4.13, `lm_eval/config/task.py` and `lm_eval/api/task.py`.
public struct BenchmarkTask: Sendable {
  public let name: String
  public let alias: String
  public let tags: [String]
  public let version: JSON
  public let outputType: OutputType
  /// Where the records come from on the Hugging Face hub; told to users who lack them.
  public let datasetPath: String?
  public let datasetName: String?
  let datasetFiles: JSON?
  public let trainingSplit: String?
  public let validationSplit: String?
  public let testSplit: String?
  /// The examples of a prompt; nil where the task leaves it to the user.
  public let numFewshot: Int?
  public let generation: TaskGeneration
  public let repeats: Int
  /// Everything as it was read, for results.
  public let configuration: JSON

  let fewshot: FewshotSettings
  let description: TaskField?
  let docToText: TaskField
  let docToTarget: TaskField
  let docToChoice: TaskField?
  let targetDelimiter: String
  let fewshotDelimiter: String
  let genPrefix: TaskField?
  let metrics: [TaskMetric]
  let filters: [FilterPipeline]
  let processDocs: DocumentProcessor?
  let processResults: ResultProcessor?

  /// The split whose records are asked.
  public var evaluationSplit: String? { testSplit ?? validationSplit }

  /// - Parameters:
  ///   - json: the task's keys, included files merged.
  ///   - origin: the file, for errors.
  /// - Throws: `TuneError.usage` for keys that are missing, unknown or need Python, naming them.
  public init(_ json: JSON, origin: String) throws {
    let keys = TaskKeys(json, origin: origin)
    try keys.refuseUnknown()
    configuration = json
    name = try keys.required("task")
    alias = keys.text("task_alias") ?? name
    tags = keys.texts("tag")
    version = json["metadata"]?["version"] ?? .string("Yaml")
    outputType = try keys.outputType()
    datasetPath = keys.text("dataset_path")
    datasetName = keys.text("dataset_name")
    datasetFiles = json["dataset_kwargs"]?["data_files"]
    (trainingSplit, validationSplit) = (keys.text("training_split"), keys.text("validation_split"))
    testSplit = keys.text("test_split")
    numFewshot = json["num_fewshot"]?.intValue
    repeats = json["repeats"]?.intValue ?? 1
    description = try keys.field("description")
    docToText = try keys.field("doc_to_text") ?? TaskField(.string(""), name: "doc_to_text")
    docToTarget = try keys.field("doc_to_target") ?? TaskField(.string(""), name: "doc_to_target")
    docToChoice = try keys.field("doc_to_choice")
    targetDelimiter = keys.text("target_delimiter") ?? " "
    fewshotDelimiter = keys.text("fewshot_delimiter") ?? "\n\n"
    genPrefix = try keys.field("gen_prefix")
    fewshot = try FewshotSettings(keys)
    generation = try keys.generation(delimiter: fewshotDelimiter)
    processDocs = try keys.text("process_docs").map { try DocumentProcessor(name: $0, task: origin) }
    processResults = try keys.text("process_results").map { try ResultProcessor(name: $0, task: origin) }
    let isProcessed = processResults != nil
    metrics =
      try json["metric_list"]?.arrayValue?.map { try TaskMetric($0, task: origin, isProcessed: isProcessed) }
      ?? TaskMetric.defaults(for: outputType)
    filters = try json["filter_list"]?.arrayValue?.map { try FilterPipeline($0, task: origin) } ?? [.none]
    if outputType == .multipleChoice, docToChoice == nil {
      throw TuneError.usage("\(origin): task '\(name)' is multiple_choice and has no doc_to_choice")
    }
    guard evaluationSplit != nil else {
      throw TuneError.usage("\(origin): task '\(name)' names neither a test_split nor a validation_split")
    }
  }
}

/// Where a prompt's examples come from.
struct FewshotSettings: Sendable {
  /// Nil for the harness's rule: the training split, else validation, else test.
  let split: String?
  /// The first examples in the order of the file, instead of drawn ones.
  let takesFirst: Bool
  let samples: [JSON]?
  let docToText: TaskField?
  let docToTarget: TaskField?
  let docToChoice: TaskField?
  let targetDelimiter: String?
  let fewshotDelimiter: String?

  init(_ keys: TaskKeys) throws {
    let settings = TaskKeys(keys.json["fewshot_config"] ?? .object([:]), origin: keys.origin)
    split = settings.text("split") ?? keys.text("fewshot_split")
    switch settings.text("sampler") ?? "default" {
    case "default": takesFirst = false
    case "first_n": takesFirst = true
    case let name:
      throw TuneError.usage("\(keys.origin): fewshot_config: the sampler '\(name)' is unknown; use default or first_n")
    }
    samples = settings.json["samples"]?.arrayValue
    docToText = try settings.field("doc_to_text")
    docToTarget = try settings.field("doc_to_target")
    docToChoice = try settings.field("doc_to_choice")
    targetDelimiter = settings.text("target_delimiter")
    fewshotDelimiter = settings.text("fewshot_delimiter")
  }
}

/// The keys of a task file.
struct TaskKeys {
  let json: JSON
  let origin: String

  init(_ json: JSON, origin: String) {
    self.json = json
    self.origin = origin
  }

  private static let known = [
    "task", "task_alias", "tag", "dataset_path", "dataset_name", "dataset_kwargs", "training_split",
    "validation_split", "test_split", "fewshot_split", "process_docs", "doc_to_text", "doc_to_target", "doc_to_choice",
    "process_results", "description", "target_delimiter", "fewshot_delimiter", "fewshot_config", "num_fewshot",
    "metric_list", "output_type", "generation_kwargs", "repeats", "filter_list", "should_decontaminate",
    "doc_to_decontamination_query", "gen_prefix", "metadata", "include", "group", "unsafe_code", "weight_by_size",
  ]

  func refuseUnknown() throws {
    for key in json.objectValue?.keys ?? [] where !Self.known.contains(key) {
      let hint = nearest(key, among: Self.known).map { "did you mean '\($0)'?" }
      throw TuneError.usage("\(origin): the key '\(key)' is not supported; " + (hint ?? "leave it out"))
    }
    if json["unsafe_code"]?.boolValue == true {
      throw TuneError.usage("\(origin): the task runs code that models write, which tune does not")
    }
  }

  func text(_ key: String) -> String? { json[key]?.stringValue }

  func texts(_ key: String) -> [String] {
    text(key).map { [$0] } ?? json[key]?.arrayValue?.compactMap { $0.stringValue } ?? []
  }

  func required(_ key: String) throws -> String {
    guard let text = text(key) else { throw TuneError.usage("\(origin): has no '\(key)'") }
    return text
  }

  func field(_ key: String) throws -> TaskField? {
    guard let value = json[key], !value.isNull else { return nil }
    return try TaskField(value, name: key)
  }

  func outputType() throws -> OutputType {
    let name = text("output_type") ?? OutputType.generate.rawValue
    guard let type = OutputType(rawValue: name) else {
      throw TuneError.usage(
        "\(origin): output_type '\(name)' is unknown; use loglikelihood, loglikelihood_rolling, multiple_choice or "
          + "generate_until")
    }
    return type
  }

  func generation(delimiter: String) throws -> TaskGeneration {
    var generation = TaskGeneration()
    generation.until = [delimiter]
    guard let settings = json["generation_kwargs"] else { return generation }
    if let until = settings["until"] {
      generation.until = until.stringValue.map { [$0] } ?? until.arrayValue?.compactMap { $0.stringValue } ?? []
    }
    generation.maxNewTokens = settings["max_gen_toks"]?.intValue ?? settings["max_tokens"]?.intValue ?? 256
    generation.doSample = settings["do_sample"]?.boolValue ?? false
    generation.temperature = settings["temperature"]?.doubleValue ?? 0
    (generation.topP, generation.topK) = (settings["top_p"]?.doubleValue, settings["top_k"]?.intValue)
    guard generation.maxNewTokens > 0 else {
      throw TuneError.usage("\(origin): max_gen_toks is \(generation.maxNewTokens); it must be positive")
    }
    return generation
  }
}
