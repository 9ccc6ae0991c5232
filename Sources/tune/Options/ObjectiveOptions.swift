import ArgumentParser
import Basics

/// What is learnt beside the targets, and what regularises it.
struct ObjectiveOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Distillation: learn this model's probabilities too; it must have the same tokenizer.", valueName: "path|org/name"
    ))
  var teacherModel: String?

  @Option(help: ArgumentHelp("With --teacher-model: its share of the loss (default: 0.5).", valueName: "share"))
  var distillationWeight: Double?

  @Option(
    help: ArgumentHelp(
      "With --teacher-model: divides both models' logits; above 1 small probabilities count more (default: 2).",
      valueName: "temperature"))
  var distillationTemperature: Double?

  @Option(help: ArgumentHelp("NEFTune: noise on the embeddings of training texts, such as 5.", valueName: "alpha"))
  var neftuneNoiseAlpha: Double?

  @Option(
    help: ArgumentHelp(
      "Adversarial training: a second pass with each text's embeddings moved so far against the model, such as 0.5.",
      valueName: "distance"))
  var adversarialEpsilon: Double?

  func validate() throws {
    try neftuneNoiseAlpha?.requirePositive("--neftune-noise-alpha")
    try adversarialEpsilon?.requirePositive("--adversarial-epsilon")
    try distillationTemperature?.requirePositive("--distillation-temperature")
    if let distillationWeight, !(distillationWeight > 0 && distillationWeight <= 1) {
      throw ValidationError(
        "--distillation-weight: \(distillationWeight) is out of range; use more than 0 and at most 1")
    }
    if teacherModel == nil, distillationWeight != nil || distillationTemperature != nil {
      throw ValidationError(
        "\(distillationWeight != nil ? "--distillation-weight" : "--distillation-temperature") needs --teacher-model")
    }
  }
}

/// What keeps a model from forgetting what it knew.
struct RetentionOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Mix in examples of this prepared folder or JSONL file, so that they are not forgotten.", valueName: "path"))
  var replay: String?

  @Option(help: ArgumentHelp("With --replay: their share of every step (default: 0.1).", valueName: "share"))
  var replayRatio: Double?

  @Option(
    help: ArgumentHelp(
      "Add so many times the divergence (KL) of the base model's probabilities from the tuned ones', such as 0.5.",
      valueName: "weight"))
  var klWeight: Double?

  @Option(
    help: ArgumentHelp(
      "L2-SP: add half so many times the squared distance of what is trained from where it started, such as 0.3.",
      valueName: "weight"))
  var l2SpWeight: Double?

  @Option(
    help: ArgumentHelp(
      "Elastic weight consolidation: hold weights that the examples of this prepared folder or JSONL file depend on.",
      valueName: "path"))
  var ewc: String?

  @Option(help: ArgumentHelp("With --ewc: how strongly (default: 500).", valueName: "weight"))
  var ewcWeight: Double?
  /// The default is that of Documentation/forgetting.md: a third less of general text is lost, and the task still learned.
  var elasticWeight: Double { ewcWeight ?? 500 }

  @Option(
    help: ArgumentHelp(
      "With --ewc: examples that the Fisher information is estimated on (default: 64).", valueName: "count"))
  var ewcExamples: Int?

  func validate() throws {
    if let replayRatio, !(replayRatio > 0 && replayRatio < 1) {
      throw ValidationError("--replay-ratio: \(replayRatio) is out of range; use more than 0 and less than 1")
    }
    if replay == nil && replayRatio != nil { throw ValidationError("--replay-ratio needs --replay") }
    if ewc == nil, ewcWeight != nil || ewcExamples != nil {
      throw ValidationError("\(ewcWeight != nil ? "--ewc-weight" : "--ewc-examples") needs --ewc")
    }
    if ewc != nil && l2SpWeight != nil {
      throw ValidationError("--ewc and --l2-sp-weight exclude each other: both hold the weights; choose one")
    }
    try klWeight?.requirePositive("--kl-weight")
    try l2SpWeight?.requirePositive("--l2-sp-weight")
    try ewcWeight?.requirePositive("--ewc-weight")
    try ewcExamples?.requirePositive("--ewc-examples")
  }
}
