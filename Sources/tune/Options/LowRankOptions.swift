import Adapters
import ArgumentParser
import Basics

extension LoRA.InitialWeights: ExpressibleByArgument {}
extension LoRA.TrainedBiases: ExpressibleByArgument {}

/// What LoRA and its relatives have beside rank, alpha and targets, and how AdaLoRA cuts ranks.
struct LowRankOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "LoRA: what A and B start as. pissa and olora take strong directions out of the base and train those; the saved "
        + "adapter is then plain LoRA of twice the rank (default: true).", valueName: "name"))
  var initLoraWeights: LoRA.InitialWeights?

  @Option(
    help: ArgumentHelp("LoRA, DoRA: train biases of the base too: all, or those of adapted layers.", valueName: "which")
  )
  var bias: LoRA.TrainedBiases?

  @Flag(help: "LoRA: train a bias behind B.")
  var loraBias = false

  @Option(
    help: ArgumentHelp(
      "LoRA, DoRA, trainable-tokens: train the embeddings of these tokens; ids separated by commas.",
      valueName: "ids"))
  var trainableTokenIndices: String?

  @Option(help: ArgumentHelp("AdaLoRA: the rank of each layer at first (default: 12).", valueName: "r"))
  var initR: Int?

  @Option(help: ArgumentHelp("AdaLoRA: the mean rank in the end (default: 8).", valueName: "r"))
  var targetR: Int?

  @Option(help: ArgumentHelp("AdaLoRA: steps before ranks are cut (default: a tenth of all).", valueName: "steps"))
  var tinit: Int?

  @Option(
    help: ArgumentHelp("AdaLoRA: steps after ranks have been cut (default: three tenths of all).", valueName: "steps"))
  var tfinal: Int?

  @Option(help: ArgumentHelp("AdaLoRA: steps from cut to cut (default: a hundredth of all).", valueName: "steps"))
  var deltaT: Int?

  @Option(help: ArgumentHelp("AdaLoRA: the weight of orthogonality in the loss (default: 0.5).", valueName: "weight"))
  var orthRegWeight: Double?

  @Option(help: ArgumentHelp("AdaLoRA: the decay of mean importances (default: 0.85).", valueName: "rate"))
  var beta1: Double?

  @Option(help: ArgumentHelp("AdaLoRA: the decay of mean uncertainties (default: 0.85).", valueName: "rate"))
  var beta2: Double?

  func validate() throws {
    try initR?.requirePositive("--init-r")
    try targetR?.requirePositive("--target-r")
    try tinit?.requirePositive("--tinit", atLeast: 0)
    try tfinal?.requirePositive("--tfinal", atLeast: 0)
    try deltaT?.requirePositive("--delta-t")
    try orthRegWeight?.requireNotNegative("--orth-reg-weight")
    _ = try tokens
  }

  /// Flags, whether they are given, and whether the method has them.
  func belongings(_ chosen: TuningMethod) -> [(String, Bool, Bool)] {
    let isLoRA = chosen == .lora || chosen == .dora, isAdaptive = chosen == .adalora
    return [
      ("--init-lora-weights", initLoraWeights != nil, chosen == .lora), ("--bias", bias != nil, isLoRA),
      ("--lora-bias", loraBias, chosen == .lora),
      ("--trainable-token-indices", trainableTokenIndices != nil, isLoRA || chosen == .trainableTokens),
      ("--init-r", initR != nil, isAdaptive), ("--target-r", targetR != nil, isAdaptive),
      ("--tinit", tinit != nil, isAdaptive), ("--tfinal", tfinal != nil, isAdaptive),
      ("--delta-t", deltaT != nil, isAdaptive), ("--orth-reg-weight", orthRegWeight != nil, isAdaptive),
      ("--beta1", beta1 != nil, isAdaptive), ("--beta2", beta2 != nil, isAdaptive),
    ]
  }

  private var tokens: [Int] {
    get throws {
      try (trainableTokenIndices ?? "").split(separator: ",").map { part in
        guard let id = Int(part.trimmingCharacters(in: .whitespaces)), id >= 0 else {
          throw ValidationError(
            "--trainable-token-indices: '\(part)' is no id of a token; expected ids such as 5,6 (see tune tokenize)")
        }
        return id
      }
    }
  }

  func apply(to lora: inout LoRA) throws {
    lora.initialWeights = initLoraWeights ?? .uniform
    lora.biases = bias ?? .none
    lora.usesLoRABias = loraBias
    lora.trainableTokens = try tokens
  }

  func adaLoRA() -> AdaLoRA {
    var method = AdaLoRA(initRank: initR ?? 12, targetRank: targetR ?? min(8, initR ?? 12))
    (method.initialSteps, method.finalSteps, method.stepInterval) = (tinit, tfinal, deltaT)
    method.orthogonalityWeight = orthRegWeight ?? method.orthogonalityWeight
    method.importanceDecay = beta1 ?? method.importanceDecay
    method.uncertaintyDecay = beta2 ?? method.uncertaintyDecay
    return method
  }

  func trainableTokens() throws -> TrainableTokens {
    let tokens = try tokens
    guard !tokens.isEmpty else {
      throw TuneError.usage(
        "--method trainable-tokens needs --trainable-token-indices, for example 5,6; tune tokenize shows the ids of a text"
      )
    }
    return TrainableTokens(tokens)
  }
}
