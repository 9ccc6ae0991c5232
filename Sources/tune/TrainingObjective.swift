import Adapters
import Basics
import Datasets
import Foundation
import Models
import Training

/// What `tune train` minimises, as its flags say: the objective, what is replayed, and what holds weights.
struct TrainingObjective {
  let objective: any Objective
  /// Examples that are mixed in, and where they are from.
  let replay: ExampleSet?
  let replayRatio: Double
  private let retention: RetentionOptions
  private let regularizers: ObjectiveOptions
  private let importantExamples: ExampleSet?
  /// The weights of a model beside the trained one.
  private let referenceBytes: Int

  /// - Throws: `TuneError.usage` for a teacher of another vocabulary.
  init(_ command: Tune.Train, _ loaded: LoadedModel, _ data: TrainingData, console: Console) throws {
    retention = command.retention
    regularizers = command.objective
    func read(_ path: String?, flag: String, _ limit: Int?) throws -> ExampleSet? {
      try path.map {
        try TrainingRunData.examples(of: DataLocation($0), flag: flag, command.data, limit: limit, for: loaded)
      }
    }
    replay = try read(retention.replay, flag: "--replay", nil)
    replayRatio = retention.replayRatio ?? 0.1
    importantExamples = try read(retention.ewc, flag: "--ewc", retention.ewcExamples ?? 64)
    let longest = (data.examples + (replay?.examples ?? [])).lazy.map { $0.tokens.count }.max() ?? 0
    let reference = try Self.reference(command, loaded, longest: longest, console: console)
    referenceBytes = reference.map { $0.parameters.reduce(0) { $0 + $1.byteCount } } ?? 0
    objective = Self.objective(command, loaded, reference)
  }

  /// The other model whose probabilities are followed; nil for none, and where the model without its adapter is it.
  private static func reference(
    _ command: Tune.Train, _ loaded: LoadedModel, longest: Int, console: Console
  ) throws -> (any LanguageModel)? {
    if let name = command.objective.teacherModel {
      return try teacher(name, of: loaded, longest: longest, console: console)
    }
    guard command.retention.klWeight != nil, loaded.adapter == nil else { return nil }
    return try LoadedModel(command.modelOptions.model, labels: loaded.model.traits.labels, console: console).model
  }

  private static func objective(
    _ command: Tune.Train, _ loaded: LoadedModel, _ reference: (any LanguageModel)?
  ) -> any Objective {
    if command.objective.teacherModel != nil, let reference {
      let weight = command.objective.distillationWeight ?? 0.5
      return Distillation(
        .model(reference), for: loaded.model, hardWeight: 1 - weight, softWeight: weight,
        temperature: command.objective.distillationTemperature ?? 2)
    }
    guard let weight = command.retention.klWeight else { return SupervisedFineTuning() }
    let base = loaded.adapter.map { Distillation.Reference.base($0) } ?? reference.map { .model($0) }
    return base.map { Distillation($0, for: loaded.model, hardWeight: 1, softWeight: weight) }
      ?? SupervisedFineTuning()
  }

  private static func teacher(
    _ name: String, of loaded: LoadedModel, longest: Int, console: Console
  ) throws -> any LanguageModel {
    let teacher = try LoadedModel(name, flag: "--teacher-model", console: console)
    guard teacher.tokenizer.hasSameTokens(as: loaded.tokenizer) else {
      throw TuneError.usage(
        "--teacher-model \(name): its tokenizer (\(grouped(teacher.tokenizer.vocabularySize)) tokens) is not that of "
          + "\(loaded.name) (\(grouped(loaded.tokenizer.vocabularySize))), so their probabilities cannot be compared; "
          + "choose a teacher of the same family")
    }
    guard (teacher.model.traits.decoderStartID == nil) == (loaded.model.traits.decoderStartID == nil) else {
      throw TuneError.usage(
        "--teacher-model \(name): is a \(teacher.model.traits.architecture), which reads texts in another way than a "
          + "\(loaded.model.traits.architecture); choose a teacher of the same family")
    }
    guard teacher.model.traits.labels == loaded.model.traits.labels else {
      throw TuneError.usage(
        "--teacher-model \(name): its classes are \(classes(of: teacher)), not \(classes(of: loaded)) in this order; "
          + "choose a teacher of the same classes")
    }
    guard longest <= teacher.model.maxTokens else {
      throw TuneError.usage(
        "--teacher-model \(name): reads \(grouped(teacher.model.maxTokens)) tokens, but an example has "
          + "\(grouped(longest)); use --max-length with --overlong drop or truncate-prompt")
    }
    return teacher.model
  }

  private static func classes(of loaded: LoadedModel) -> String {
    loaded.model.traits.labels.map { $0.prefix(5).joined(separator: ", ") } ?? "none"
  }

  /// What holds the trained weights; estimates the Fisher information where that is asked for.
  func penalty(_ model: any LanguageModel, console: Console) -> WeightPenalty? {
    if let weight = retention.l2SpWeight { return WeightPenalty(weight: weight, model.trainableParameters) }
    guard let examples = importantExamples?.examples else { return nil }
    let progress = Progress(total: examples.count, console: console)
    let importance = FisherInformation.diagonal(model, examples) {
      progress.update($0, label: "Fisher information", details: "")
    }
    progress.finish()
    return WeightPenalty(weight: retention.elasticWeight, model.trainableParameters, importance: importance)
  }

  /// What is held beside the trained model: another model, and copies of what is trained.
  func heldBytes(_ model: any LanguageModel) -> Int {
    let trainedCount = model.trainableParameters.reduce(0) { $0 + $1.count }
    let copies = retention.l2SpWeight != nil ? 1 : importantExamples != nil ? 2 : 0
    return referenceBytes + copies * trainedCount * MemoryLayout<Float>.stride
  }

  /// For people: what is minimised beside the loss of next tokens; nil for nothing.
  var summary: String? {
    var parts: [String] = []
    if let teacher = regularizers.teacherModel {
      let weight = regularizers.distillationWeight ?? 0.5, temperature = regularizers.distillationTemperature ?? 2
      parts.append("distillation from \(teacher) (share \(weight), temperature \(temperature))")
    }
    if let alpha = regularizers.neftuneNoiseAlpha { parts.append("NEFTune noise α=\(alpha)") }
    if let epsilon = regularizers.adversarialEpsilon { parts.append("adversarial moves of \(epsilon)") }
    if let replay {
      parts.append("replays \(grouped(replay.examples.count)) examples of \(replay.path) (share \(replayRatio))")
    }
    if let weight = retention.klWeight { parts.append("\(weight) · KL to the base") }
    if let weight = retention.l2SpWeight { parts.append("L2-SP \(weight)") }
    if let examples = importantExamples {
      parts.append("EWC \(retention.elasticWeight) on \(examples.examples.count) examples of \(examples.path)")
    }
    return parts.isEmpty ? nil : parts.joined(separator: " · ")
  }

  /// For `run.json`.
  var json: JSON {
    var object = objective.json.objectValue ?? JSONObject()
    object["teacher_model"] = regularizers.teacherModel.map { .string($0) } ?? .null
    if let replay {
      object["replay"] = [
        "path": .string(replay.path), "examples": .integer(replay.examples.count), "ratio": .number(replayRatio),
      ]
    }
    object["kl_weight"] = retention.klWeight.map { .number($0) } ?? .null
    object["l2_sp_weight"] = retention.l2SpWeight.map { .number($0) } ?? .null
    if let examples = importantExamples {
      object["ewc"] = [
        "path": .string(examples.path), "examples": .integer(examples.examples.count),
        "weight": .number(retention.elasticWeight),
      ]
    }
    return .object(object)
  }
}
