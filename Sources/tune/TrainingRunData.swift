import Basics
import Datasets
import Training

/// What a run learns and is measured on, and what is told of it.
struct TrainingRunData {
  let training: TrainingData
  private let options: DataOptions
  private let locations: [DataLocation]
  /// What was read of each data.
  private let sets: [ExampleSet]
  private let validationSets: [ExampleSet]

  /// - Throws: `TuneError` when data cannot be used, have tokens that the model lacks, or have no such tasks.
  ///
  /// - Parameter seed: chooses the examples of `--data-fraction`.
  init(_ options: DataOptions, _ locations: [DataLocation], for loaded: LoadedModel, seed: UInt64) throws {
    self.options = options
    self.locations = locations
    var sets: [ExampleSet] = [], validationSets: [ExampleSet] = []
    var tasks = TaskNames()
    let names = DataLocation.taskNames(locations)
    switch options.objective {
    case .supervised:
      let reader = Self.exampleReader(loaded, options, limit: options.limit)
      let validationReader = Self.exampleReader(loaded, options, limitPerTask: options.evalLimit)
      for (location, name) in zip(locations, names) {
        sets.append(try reader.read(file: location.requiredFile(for: .train), task: name, tasks: &tasks))
        guard location.isFolder, let file = location.file(for: .validation) else { continue }
        validationSets.append(try validationReader.read(file: file, task: name, tasks: &tasks))
      }
    case .lm:
      let reader = try Self.documentReader(loaded, options)
      for (location, name) in zip(locations, names) {
        let (set, validation) = try reader.read(location, task: name, tasks: &tasks)
        sets.append(set)
        if !validation.examples.isEmpty { validationSets.append(validation) }
      }
    }
    if let fraction = options.dataFraction { sets = sets.map { $0.subset(fraction: fraction, seed: seed) } }
    for set in sets + validationSets { try loaded.checkVocabulary(of: set) }
    var data = TrainingData(
      sets.flatMap { $0.examples }, validation: validationSets.flatMap { $0.examples }, tasks: tasks.names)
    try Self.holdOut(options, tasks, of: &data)
    training = data
    self.sets = sets
    self.validationSets = validationSets
  }

  /// Examples beside those of the run: what is replayed, or what weights are held for. Texts are cut into windows.
  static func examples(
    of location: DataLocation, flag: String, _ options: DataOptions, limit: Int?, for loaded: LoadedModel
  ) throws -> ExampleSet {
    var options = options, set: ExampleSet
    options.limit = limit
    if options.objective == .lm || location.path.hasSuffix(".txt") {
      options.texts.validationSplit = 0
      var tasks = TaskNames()
      set = try documentReader(loaded, options, flag: flag).read(location, task: location.name, tasks: &tasks).0
      if let limit { set.examples = Array(set.examples.prefix(limit)) }
    } else {
      set = try exampleReader(loaded, options, limit: limit).read(file: location.requiredFile(for: .train))
    }
    try loaded.checkVocabulary(of: set)
    return set
  }

  private static func exampleReader(
    _ loaded: LoadedModel, _ data: DataOptions, limit: Int? = nil, limitPerTask: Int? = nil
  ) -> ExampleReader {
    let options = ExampleOptions(
      maxLength: min(data.maxLength ?? .max, loaded.model.maxTokens), overlong: data.overlong,
      trainOnPrompt: data.trainOnPrompt, limit: limit, limitPerTask: limitPerTask, labels: loaded.model.traits.labels)
    return ExampleReader(encoding: loaded.encoding, conversations: loaded.conversations, options: options)
  }

  private static func documentReader(
    _ loaded: LoadedModel, _ data: DataOptions, flag: String = "--objective lm"
  ) throws -> DocumentReader {
    try loaded.requireDecoder(for: flag)
    var options = DocumentOptions(windowLength: min(data.maxLength ?? 1024, loaded.model.maxTokens))
    options.packs = data.texts.packing ?? true
    options.unit = data.texts.documentsBy ?? .file
    options.limit = data.limit
    options.validationLimit = data.evalLimit
    options.validationShare = data.texts.validationSplit ?? options.validationShare
    return DocumentReader(encoding: loaded.encoding, conversations: loaded.conversations, options: options)
  }

  private static func holdOut(_ options: DataOptions, _ tasks: TaskNames, of data: inout TrainingData) throws {
    guard !options.heldOutNames.isEmpty else { return }
    var held: Set<Int> = []
    for name in options.heldOutNames {
      guard let number = tasks.number(of: name) else {
        let hint = nearest(name, among: tasks.names).map { "did you mean '\($0)'?" }
        throw TuneError.usage(
          "--held-out-tasks: the data have no task '\(name)'; " + (hint ?? "they have \(shown(tasks.names))"))
      }
      held.insert(number)
    }
    data.holdOut(held, measuring: options.evalLimit)
    guard !data.examples.isEmpty else {
      throw TuneError.usage("--held-out-tasks: holds out all there is to learn; leave a task to train on")
    }
  }

  private static func shown(_ names: [String]) -> String {
    names.prefix(mostShown).joined(separator: ", ") + (names.count > mostShown ? ", …" : "")
  }

  /// So many tasks are shown; `run.json` has all.
  private static let mostShown = 20
}

extension LoadedModel {
  /// - Throws: `TuneError.data` for a token that the model does not have.
  func checkVocabulary(of set: ExampleSet) throws {
    for example in set.examples {
      try model.checkVocabulary(example.tokens.lazy.map { Int($0) }, source: "\(set.path):\(example.line)")
    }
  }

  /// - Throws: `TuneError.usage` for a model that is more than a decoder: it has no probability of a text alone.
  func requireDecoder(for flag: String) throws {
    guard model.traits.decoderStartID != nil || model.traits.labels != nil else { return }
    let kind = model.traits.labels != nil ? "classifies texts" : "reads a prompt with an encoder"
    throw TuneError.usage(
      "\(flag): \(name) (\(model.traits.architecture)) \(kind); expected a decoder-only model such as Llama or GPT-2")
  }
}

extension TrainingRunData {
  /// Examples of an epoch, with those that are replayed among them.
  func exampleCount(replayRatio: Double?) -> Int {
    Int((Double(training.examples.count) / (1 - (replayRatio ?? 0))).rounded(.up))
  }
}

// MARK: What is printed and saved

extension TrainingRunData {
  /// The names of tasks that are measured alone.
  var heldOutNames: Set<String> { Set(training.heldOutTasks.map { training.tasks[$0] }) }

  /// What to do after training.
  var nextCommand: String { options.objective == .lm ? "tune eval --perplexity FILE" : "tune eval --rouge" }

  /// - Parameter options: with how tasks are drawn.
  func show(_ console: Console, _ options: TrainerOptions) {
    let unit = self.options.objective == .lm ? "windows" : "examples"
    for (number, set) in sets.enumerated() {
      let texts = "\(grouped(set.recordsRead)) text\(set.recordsRead == 1 ? "" : "s") · "
      let records = self.options.objective == .lm ? texts : ""
      console.field(
        number == 0 ? "data" : "",
        "\(set.path) · \(records)\(grouped(set.examples.count)) \(unit) · \(grouped(set.tokenCount)) tokens, "
          + "\(grouped(set.trainedTokenCount)) trained")
      if let fraction = self.options.dataFraction { console.field("", "the share \(fraction) of what is there") }
      if set.overlongCount > 0 {
        console.field("", "\(grouped(set.overlongCount)) over the limit: \(self.options.overlong.rawValue)")
      }
      if set.emptyCount > 0 {
        console.field("", "\(grouped(set.emptyCount)) left out because nothing in them is trained")
      }
    }
    for (number, set) in validationSets.enumerated() {
      console.field(
        number == 0 ? "validation" : "", "\(set.path) · \(grouped(set.examples.count)) \(unit)")
    }
    showTasks(console, options)
  }

  private func showTasks(_ console: Console, _ options: TrainerOptions) {
    let tasks = self.tasks(options)
    guard tasks.count > 1 else { return }
    var rows = [["", "examples", "tokens", "share of a step"]]
    for task in tasks.prefix(Self.mostShown) {
      let share = task.isHeldOut ? "held out" : "\(fixed(100 * task.share, 1)) %"
      rows.append([task.name, grouped(task.examples), grouped(task.tokens), share])
    }
    let lines = columns(rows)
    console.field("tasks", lines[0])
    for line in lines.dropFirst() { console.field("", line) }
    if tasks.count > Self.mostShown { console.field("", "… and \(tasks.count - Self.mostShown) more") }
  }

  /// A task among what is trained; a held-out one among what is measured.
  private struct Task {
    let name: String
    let isHeldOut: Bool
    var examples = 0
    var tokens = 0
    var trainedTokens = 0
    /// The part of a step's examples, from 0 to 1.
    var share = 0.0
  }

  private func tasks(_ options: TrainerOptions) -> [Task] {
    var tasks = training.tasks.enumerated().map { number, name in
      Task(name: name, isHeldOut: training.heldOutTasks.contains(number))
    }
    let measured = training.validation.filter { training.heldOutTasks.contains($0.task) }
    for example in training.examples + measured {
      tasks[example.task].examples += 1
      tasks[example.task].tokens += example.tokens.count
      tasks[example.task].trainedTokens += example.trainedTokenCount
    }
    let shares = options.taskSampling.shares(tasks.map { $0.isHeldOut ? 0 : $0.examples })
    for number in tasks.indices { tasks[number].share = shares[number] }
    return tasks
  }

  /// For `run.json`.
  func json(_ options: TrainerOptions) -> JSON {
    var object: JSONObject = [
      "path": locations.count == 1 ? .string(locations[0].path) : .null,
      "paths": .array(locations.map { .string($0.path) }),
      "objective": .string(self.options.objective.rawValue),
      "train": together(sets), "validation": together(validationSets),
      "max_length": self.options.maxLength.map { .integer($0) } ?? .null,
      "fraction": self.options.dataFraction.map { .number($0) } ?? .null,
      "overlong": .string(self.options.overlong.rawValue), "train_on_prompt": .bool(self.options.trainOnPrompt),
    ]
    if self.options.objective == .lm { object["packing"] = .bool(self.options.texts.packing ?? true) }
    let tasks = self.tasks(options)
    guard tasks.count > 1 else { return .object(object) }
    object["tasks"] = .array(
      tasks.map { task in
        [
          "name": .string(task.name), "examples": .integer(task.examples), "tokens": .integer(task.tokens),
          "trained_tokens": .integer(task.trainedTokens), "share": .number(task.share),
          "held_out": .bool(task.isHeldOut),
        ]
      })
    return .object(object)
  }

  /// The one set, or the list of them; null for none.
  private func together(_ sets: [ExampleSet]) -> JSON {
    sets.count > 1 ? .array(sets.map { describe($0) }) : sets.first.map { describe($0) } ?? .null
  }

  private func describe(_ set: ExampleSet) -> JSON {
    [
      "path": .string(set.path), "records": .integer(set.recordsRead), "examples": .integer(set.examples.count),
      "tokens": .integer(set.tokenCount), "trained_tokens": .integer(set.trainedTokenCount),
      "overlong": .integer(set.overlongCount), "empty": .integer(set.emptyCount),
    ]
  }
}

/// Rows of cells as lines: the first column from the left, the others from the right.
func columns(_ rows: [[String]]) -> [String] {
  let widths = (rows.first ?? []).indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
  return rows.map { row in
    zip(row, widths).enumerated().map { place, cell in
      let space = String(repeating: " ", count: cell.1 - cell.0.count)
      return place == 0 ? cell.0 + space : space + cell.0
    }.joined(separator: "  ")
  }
}
