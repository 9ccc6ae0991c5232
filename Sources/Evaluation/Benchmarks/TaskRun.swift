import Basics

/// Something that a task asks of the model.
public enum TaskRequest: Sendable, Equatable {
  case logLikelihood(context: String, continuation: String)
  case rolling(text: String)
  case generate(context: String, TaskGeneration)

  /// Its arguments as the harness writes them to its samples.
  var json: JSON {
    switch self {
    case .logLikelihood(let context, let continuation):
      ["arg_0": .string(context), "arg_1": .string(continuation)]
    case .rolling(let text): ["arg_0": .string(text)]
    case .generate(let context, let settings):
      [
        "arg_0": .string(context),
        "arg_1": [
          "until": .array(settings.until.map { .string($0) }), "max_gen_toks": .integer(settings.maxNewTokens),
          "do_sample": .bool(settings.doSample), "temperature": .number(settings.temperature),
        ],
      ]
    }
  }
}

/// What the model answered to a request.
public enum TaskResponse: Sendable, Equatable {
  /// The logarithm of the probability, and whether each token is the likeliest.
  case logLikelihood(Double, isGreedy: Bool)
  case rolling(Double)
  /// As many texts as the task repeats its question.
  case generated([String])
}

/// A document with what is asked about it.
public struct TaskSample: Sendable {
  /// The place in the split.
  public let documentID: Int
  let document: TaskDocument
  let target: FieldValue
  public let requests: [TaskRequest]
}

/// A task on its documents: the requests, and the scores of what the model answered.
public struct TaskRun: Sendable {
  public let task: BenchmarkTask
  /// The examples of a prompt.
  public let numFewshot: Int
  /// The documents of the split, of which a limit may leave some out.
  public let documentCount: Int
  public let samples: [TaskSample]
  let hasManyInputs: Bool
  /// The perturbation of its questions.
  public let perturbation: Perturbation?

  /// - Parameters:
  ///   - splits: the documents of each split by the names of the task.
  ///   - limit: takes so many of the first documents; less than 1 is a share of them.
  ///   - perturbation: asks in other words, and only the documents that this changes.
  ///   - perturbationSeed: by which words are drawn.
  /// - Throws: `TuneError.data` for a split that is missing or empty, and for documents without the task's members.
  public init(
    _ task: BenchmarkTask, splits: [String: TaskDocuments], limit: Double? = nil,
    options: TaskPromptOptions = TaskPromptOptions(), perturbation: Perturbation? = nil, perturbationSeed: UInt64 = 0
  ) throws {
    self.task = task
    self.perturbation = perturbation
    let split = task.evaluationSplit ?? ""
    let documents = try Self.documents(task, splits, split)
    guard let first = documents.first else {
      throw TuneError.data("\(task.name): the split '\(split)' is empty; expected a record a line")
    }
    documentCount = documents.count
    let hasChoices = task.docToChoice != nil
    if case .index = try task.docToText.value(of: first, hasChoices: hasChoices), hasChoices {
      hasManyInputs = true
    } else {
      hasManyInputs = false
    }
    var prompt = TaskPrompt(
      task, options, examples: try Self.examples(task, splits, options), hasManyInputs: hasManyInputs)
    numFewshot = prompt.count
    let questions = perturbation.map { [hasManyInputs] in
      PerturbedQuestions($0, of: task, hasManyInputs: hasManyInputs, seed: perturbationSeed)
    }
    var samples: [TaskSample] = []
    for (number, original) in documents.prefix(Self.count(limit, of: documents.count)).enumerated() {
      let document = questions?.document(original) ?? original
      let target = try task.docToTarget.value(of: document, hasChoices: hasChoices, isTarget: true)
      // Examples are drawn for every document, so that each has the same ones in whatever words it is asked.
      let contexts = try prompt.contexts(of: document, original: original)
      if questions != nil, document == original { continue }
      samples.append(
        TaskSample(
          documentID: number, document: document, target: target,
          requests: try Self.requests(task, document, target, contexts, hasManyInputs, options)))
    }
    self.samples = samples
  }

  private static func count(_ limit: Double?, of all: Int) -> Int {
    guard let limit else { return all }
    return limit < 1 ? Int((Double(all) * limit).rounded(.up)) : Int(min(limit, Double(all)))
  }

  private static func documents(
    _ task: BenchmarkTask, _ splits: [String: TaskDocuments], _ split: String
  ) throws -> [TaskDocument] {
    guard let found = splits[split] else {
      throw TuneError.data("\(task.name): there are no records of the split '\(split)'")
    }
    guard let process = task.processDocs else { return found.documents }
    return try found.documents.compactMap { try process.process($0) }
  }

  /// The documents that examples are taken from: those of the task's own split, else of training, validation or test.
  private static func examples(
    _ task: BenchmarkTask, _ splits: [String: TaskDocuments], _ options: TaskPromptOptions
  ) throws -> [TaskDocument] {
    guard task.numFewshot != 0, (options.numFewshot ?? task.numFewshot ?? 0) > 0 else { return [] }
    if let samples = task.fewshot.samples, task.fewshot.split == nil {
      return samples.enumerated().compactMap { index, sample in
        sample.objectValue.map { TaskDocument(json: $0, place: "\(task.name): example \(index + 1)") }
      }
    }
    let split = task.fewshot.split ?? task.trainingSplit ?? task.validationSplit ?? task.testSplit ?? ""
    guard splits[split] != nil else {
      throw TuneError.data(
        "\(task.name): its examples are of the split '\(split)', which has no records here; add its file, or use "
          + "--num-fewshot 0")
    }
    return try documents(task, splits, split)
  }

  private static func requests(
    _ task: BenchmarkTask, _ document: TaskDocument, _ target: FieldValue, _ contexts: [String], _ hasManyInputs: Bool,
    _ options: TaskPromptOptions
  ) throws -> [TaskRequest] {
    switch task.outputType {
    case .logLikelihood:
      return contexts.prefix(1).map { .logLikelihood(context: $0, continuation: target.python) }
    case .rolling: return [.rolling(text: target.python)]
    case .generate: return contexts.prefix(1).map { .generate(context: $0, task.generation) }
    case .multipleChoice:
      let prefix = try task.genPrefix?.text(of: document) ?? ""
      let endsInSpace = prefix.unicodeScalars.last.map { PythonText.isWhitespace($0) } ?? true
      let delimiter = options.chatTemplate == nil || !endsInSpace ? task.targetDelimiter : ""
      var requests: [TaskRequest] = []
      let choices = try task.docToChoice?.choices(of: document) ?? []
      if hasManyInputs {
        requests = contexts.map { .logLikelihood(context: $0, continuation: delimiter + target.python) }
      } else {
        requests = choices.map { .logLikelihood(context: contexts[0], continuation: delimiter + $0) }
      }
      if task.metrics.contains(where: { $0.name == "acc_mutual_info" }) {
        requests += choices.map { .logLikelihood(context: "", continuation: delimiter + $0) }
      }
      return requests
    }
  }
}

/// The records of a split.
public struct TaskDocuments: Sendable {
  let documents: [TaskDocument]

  /// - Parameter place: where a record stands, by its number from 1.
  public init(_ records: [JSONObject], place: (Int) -> String) {
    documents = records.enumerated().map { TaskDocument(json: $0.element, place: place($0.offset + 1)) }
  }

  public var count: Int { documents.count }
}
