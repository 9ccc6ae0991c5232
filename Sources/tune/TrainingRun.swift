import Adapters
import Basics
import Datasets
import Foundation
import Models
import Training

/// How a fully tuned model's weights are saved.
enum SavedFormat: String {
  case float32, bfloat16, float16

  var storage: StorageFormat {
    switch self {
    case .float32: .f32
    case .bfloat16: .bf16
    case .float16: .f16
    }
  }
}

/// `tune train`: resolves every choice, prints and saves it, trains, and saves the result.
struct TrainingRun {
  private let command: Tune.Train
  private let method: TuningMethod
  private let console: Console
  private let loaded: LoadedModel
  private let data: TrainingRunData
  private let options: TrainerOptions
  private let objective: TrainingObjective
  private let forecast: MemoryForecast

  init(command: Tune.Train, console: Console) throws {
    self.command = command
    self.console = console
    let locations = try command.data.locations()
    let model = command.modelOptions.model
    let initAdapter = try command.method.initAdapter.map {
      try HubModels.adapter($0, flag: "--init-adapter", console: console)
    }
    let labels =
      try initAdapter.flatMap { try ClassLabels.known(model, tuned: $0, console: console) }
      ?? command.data.newLabels(for: model, in: locations, console: console)
    var loaded = try LoadedModel(
      model, newWeightsSeed: command.method.fromScratch ? command.loop.seed : nil, labels: labels,
      quantization: command.quantization.value, console: console)
    try loaded.useChatTemplate(command.modelOptions.chatTemplate)
    // Before the data are read: virtual tokens take room in the context.
    if let folder = initAdapter {
      try loaded.attach(folder)
      let found = loaded.adapter.map { TuningMethod(of: $0) } ?? .lora
      method = command.method.isChosen ? command.method.chosen : found
      guard found.includes(method) else {
        throw TuneError.usage(
          "--init-adapter \(folder): is of method \(found.rawValue), not \(command.method.chosen.rawValue); leave the "
            + "method out, or start from another adapter")
      }
    } else if let adapter = try command.method.adapter(tokenizer: loaded.tokenizer) {
      method = command.method.chosen
      loaded.attach(try adapter.attach(to: loaded.model, seed: command.loop.seed))
    } else {
      method = .full
      for parameter in loaded.model.parameters { parameter.isTrainable = true }
    }
    if method == .adalora && command.loop.layerwiseUpdates {
      throw TuneError.usage(
        "--layerwise-updates frees each gradient at once, and AdaLoRA weighs ranks by them afterwards; leave it out")
    }
    data = try TrainingRunData(command.data, locations, for: loaded, seed: command.loop.seed)
    loaded.model.checkpointsActivations = command.loop.activationCheckpointing
    self.loaded = loaded
    objective = try TrainingObjective(command, loaded, data.training, console: console)
    var options = command.loop.resolved(
      exampleCount: data.exampleCount(replayRatio: objective.replay == nil ? nil : objective.replayRatio),
      validationCount: data.training.validation.count,
      full: method == .full,
      defaultLearningRate: method.learningRate(hiddenSize: loaded.model.dimensions.hiddenSize))
    command.data.apply(to: &options)
    options.neftuneNoiseAlpha = command.objective.neftuneNoiseAlpha
    options.adversarialEpsilon = command.objective.adversarialEpsilon
    self.options = options
    forecast = MemoryForecast(
      loaded.model, options, data.training.examples + (objective.replay?.examples ?? []),
      heldBytes: objective.heldBytes(loaded.model))
    if !command.loop.ignoreMemory { try forecast.check(isFull: method == .full) }
    // Before anything is written: a schedule may not fit.
    try loaded.adapter?.begin(totalSteps: options.totalSteps(trainingData))
  }

  /// Trains and saves. An interrupted run saves what it has and says so.
  func execute() throws -> TrainingSummary {
    printChoices()
    let folder = try RunFolder(parent: parent, name: name)
    try folder.write(description(), status: "running")
    Interrupt.install()
    let reporter = TrainingReporter(console: console, options: options, total: totalSteps)
    let summary: TrainingSummary
    do {
      let report = command.loop.profile ? ProfileReport(console) : nil
      summary = try report?.measuring { try train(reporter, folder) } ?? train(reporter, folder)
      reporter.finish()
      report?.print()
      try save(to: folder)
    } catch {
      reporter.finish()
      try folder.write(description(), status: "failed")
      throw error
    }
    try folder.write(
      description(summary, reporter.taskLosses), status: summary.wasInterrupted ? "interrupted" : "complete")
    printResult(summary, reporter, folder)
    return summary
  }

  private func train(_ reporter: TrainingReporter, _ folder: RunFolder) throws -> TrainingSummary {
    let trainer = Trainer(
      loaded.model, adapter: loaded.adapter, objective: objective.objective,
      penalty: objective.penalty(loaded.model, console: console), options: options)
    let board = try command.reporting.tensorBoard(run: folder.path)
    return try trainer.train(trainingData, shouldStop: { Interrupt.isRequested }) { event in
      let line = reporter.handle(event)
      try folder.append(line)
      try board?.add(line)
    }
  }

  private var trainingData: TrainingData {
    var training = data.training
    // Of no task of the run.
    training.replay = (objective.replay?.examples ?? []).map { example in
      var example = example
      example.task = -1
      return example
    }
    training.replayRatio = objective.replayRatio
    return training
  }

  private func save(to folder: RunFolder) throws {
    if let adapter = loaded.adapter {
      try loaded.writeAdapter(adapter, to: folder.adapterPath)
      if command.modelOptions.chatTemplate != nil, let template = loaded.tokenizer.chatTemplate {
        try AtomicFile.write(template, to: "\(folder.adapterPath)/chat_template.jinja")
      }
      return
    }
    let format = (command.method.storageFormat ?? .float32).storage
    try loaded.save(to: folder.modelPath, ModelSaving(format))
  }

  private var totalSteps: Int { options.totalSteps(trainingData) }

  private var parent: String {
    command.output.map { parentFolder(of: $0) } ?? Defaults.runs
  }

  private var name: String {
    if let output = command.output { return (output as NSString).lastPathComponent }
    let formatter = DateFormatter()
    formatter.locale = Locale(identifier: "en_US_POSIX")
    formatter.dateFormat = "yyyy-MM-dd"
    return "\(formatter.string(from: Date()))-\(method.rawValue)"
  }
}

// MARK: What is printed and saved

extension TrainingRun {
  private var methodText: String {
    let trained = loaded.model.trainableParameters.reduce(0) { $0 + $1.count }
    let share = 100 * Double(trained) / Double(loaded.model.parameterCount)
    guard let attached = loaded.adapter else {
      return "full fine-tuning · trains all \(grouped(trained)) parameters"
    }
    let bytes = attached.tensors.reduce(0) { $0 + $1.parameter.count * MemoryLayout<Float>.stride }
    return "\(attached.summary) · trains \(grouped(trained)) parameters (\(fixed(share, 2)) %) · adapter "
      + byteText(bytes)
  }

  private func printChoices() {
    console.field("model", loaded.summary)
    console.field("method", methodText)
    data.show(console, options)
    if let summary = objective.summary { console.field("objective", summary) }
    console.field(
      "plan",
      "\(grouped(totalSteps)) steps of \(options.stepSize) · learning rate \(options.learningRate) "
        + "(\(options.schedule.rawValue), \(options.warmupSteps) warm-up steps) · seed \(options.seed) · "
        + "\(Threads.count) thread\(Threads.count == 1 ? "" : "s")")
    console.field("memory", forecast.summary)
    console.line()
  }

  private func printResult(_ summary: TrainingSummary, _ reporter: TrainingReporter, _ folder: RunFolder) {
    if summary.wasInterrupted { console.line("stopped after step \(summary.steps) of \(totalSteps)") }
    let speed = Double(summary.tokens) / max(summary.seconds, 1e-9)
    console.field(
      "trained",
      "\(grouped(summary.steps)) steps in \(duration(summary.seconds)) · \(grouped(Int(speed))) tokens/s · "
        + "peak memory \(byteText(peakMemory()))")
    if let first = summary.firstEvaluationLoss, let last = summary.lastEvaluationLoss {
      console.field("validation", "loss \(fixed(first, 3)) → \(fixed(last, 3))")
    }
    reporter.showTasks(heldOut: data.heldOutNames)
    let result = loaded.adapter == nil ? folder.modelPath : folder.adapterPath
    console.field("saved", result)
    if let path = command.reporting.path(run: folder.path) {
      console.field("curves", "tensorboard --logdir \(path)")
    }
    if !summary.wasInterrupted { console.line("next: \(data.nextCommand)") }
    var object = description(summary, reporter.taskLosses)
    object["run"] = .string(folder.path)
    console.json(.object(object))
  }

  /// The resolved configuration, and after training its results, as `run.json` holds them.
  private func description(_ summary: TrainingSummary? = nil, _ taskLosses: JSON? = nil) -> JSONObject {
    var object: JSONObject = [
      "tune_version": .string(tuneVersion),
      "command": .array(CommandLine.arguments.map { .string($0) }),
      "model": [
        "name": .string(loaded.name), "path": .string(loaded.absolutePath),
        "parameters": .integer(loaded.model.parameterCount), "quantization": command.quantization.json,
        "trainable_parameters": .integer(loaded.model.trainableParameters.reduce(0) { $0 + $1.count }),
      ],
      "method": methodJSON,
      "data": data.json(options),
      "trainer": options.json, "total_steps": .integer(totalSteps),
      "objective": objective.json,
      "activation_checkpointing": .bool(command.loop.activationCheckpointing),
      "threads": .integer(Threads.count),
    ]
    if let summary {
      var result: JSONObject = [
        "steps": .integer(summary.steps), "tokens": .integer(summary.tokens),
        "trained_tokens": .integer(summary.trainedTokens), "seconds": .number(summary.seconds),
        "tokens_per_second": .number(Double(summary.tokens) / max(summary.seconds, 1e-9)),
        "first_eval_loss": summary.firstEvaluationLoss.map { .number($0) } ?? .null,
        "last_eval_loss": summary.lastEvaluationLoss.map { .number($0) } ?? .null,
        "peak_memory_bytes": .integer(peakMemory()),
      ]
      if let taskLosses { result["task_losses"] = taskLosses }
      object["result"] = .object(result)
    }
    return object
  }

  private var methodJSON: JSON {
    guard let attached = loaded.adapter else {
      return ["name": "full", "save_dtype": .string(command.method.saveDtype)]
    }
    var object: JSONObject = ["name": .string(method.rawValue)]
    for entry in attached.settings { object[entry.key] = entry.value }
    object["init_adapter"] = command.method.initAdapter.map { .string($0) } ?? .null
    return .object(object)
  }
}
