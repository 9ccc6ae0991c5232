import Adapters
import ArgumentParser
import Basics
import Foundation
import Models
import Text

/// A way of tuning, as `--method` names it.
enum TuningMethod: String, CaseIterable, ExpressibleByArgument {
  case full, lora, dora, adalora, ia3, vera
  case trainableTokens = "trainable-tokens"
  case promptTuning = "prompt-tuning"
  case pTuning = "p-tuning"
  case prefixTuning = "prefix-tuning"
  case adaptionPrompt = "adaption-prompt"
  case bottleneck, bitfit, norms
  case lastLayers = "last-layers"
  case head, embeddings, parameters

  /// The method that an adapter on a model is of.
  init(of adapter: AttachedAdapter) {
    self =
      switch adapter.peftType {
      case AdaLoRA.peftType: .adalora
      case TrainableTokens.peftType: .trainableTokens
      case IA3.peftType: .ia3
      case VeRA.peftType: .vera
      case PromptTuning.peftType: .promptTuning
      case PTuning.peftType: .pTuning
      case PrefixTuning.peftType: .prefixTuning
      case AdaptionPrompt.peftType: .adaptionPrompt
      case BottleneckAdapter.peftType: .bottleneck
      case LNTuning.peftType: .norms
      case Selective.peftType: .parameters
      default: adapter.settings["use_dora"] == true ? .dora : .lora
      }
  }

  /// Whether it trains matrices of the model itself, which must then be float32.
  var trainsMatrices: Bool { [.full, .lastLayers, .head, .embeddings, .parameters].contains(self) }
  /// Whether an adapter of this method is one of another's: the file of a selective method does not tell them apart.
  func includes(_ other: TuningMethod) -> Bool {
    self == other || (self == .parameters && [.bitfit, .lastLayers, .head, .embeddings].contains(other))
  }
  /// Whether it has virtual tokens.
  var isPrompt: Bool { [.promptTuning, .pTuning, .prefixTuning].contains(self) }
  /// Whether it has a rank.
  var isLowRank: Bool { [.lora, .dora, .vera].contains(self) }

  /// The default learning rate for a model of some width.
  ///
  /// Full fine-tuning falls with the width, and LoRA's is ten times larger. Source: Schulman et al., "LoRA Without Regret",
  /// 2025: 5e-5 * 10 * (2000 / hiddenSize)^0.781 for the Llama family. The fewer numbers are trained, the larger the steps
  /// that they need: last layers, bottlenecks, norms, (IA)³ and virtual tokens are near the better of two rates three to ten
  /// times apart, in 20 to 40 steps of SmolLM2 on DialogSum; biases go with norms, VeRA is not measured, and the rate of
  /// adaption prompts is Zhang et al.'s, 2023.
  func learningRate(hiddenSize: Int) -> Double {
    let scale = pow(2000 / Double(hiddenSize), 0.781)
    let rate =
      switch self {
      case .full, .head, .embeddings, .parameters: 5e-5 * scale
      case .lastLayers: 2e-4 * scale
      case .lora, .dora, .adalora, .trainableTokens: 5e-4 * scale
      case .bottleneck: 1e-3 * scale
      case .bitfit, .norms: 2.5e-3 * scale
      case .vera: 5e-3 * scale
      case .ia3: 1.5e-2 * scale
      case .promptTuning, .prefixTuning: 5e-2
      case .pTuning: 1e-3
      case .adaptionPrompt: 9e-3
      }
    return Double(String(format: "%.1e", rate)) ?? rate  // two digits, so that it can be typed
  }
}

/// Which parameters are trained.
struct MethodOptions: ParsableArguments {
  @Option(help: ArgumentHelp("How to tune.", valueName: "name"))
  var method: TuningMethod?

  @Flag(help: "Train a LoRA adapter (the default).")
  var lora = false

  @Flag(help: "Train every weight.")
  var full = false

  @Flag(help: "Train a DoRA adapter: LoRA with a trained magnitude for each output.")
  var dora = false

  @Flag(help: "Train (IA)³: one number for each key, value and inner state.")
  var ia3 = false

  @Option(help: ArgumentHelp("Train so many virtual tokens before the prompt.", valueName: "count"))
  var promptTuning: Int?

  @Option(help: ArgumentHelp("Train so many virtual keys and values in every layer.", valueName: "count"))
  var prefixTuning: Int?

  @Option(help: ArgumentHelp("Train so many layers before the output.", valueName: "count"))
  var lastLayers: Int?

  @Option(
    help: ArgumentHelp(
      "Train the parameters or modules with these names, separated by commas, or that match an expression.",
      valueName: "names"))
  var trainableParameters: String?

  @Option(help: ArgumentHelp("LoRA, DoRA, VeRA: the inner size r (default: 8; VeRA 256).", valueName: "r"))
  var rank: Int?

  @Option(help: ArgumentHelp("LoRA: the update is scaled by alpha / r (default: twice the rank).", valueName: "alpha"))
  var loraAlpha: Double?

  @Option(help: ArgumentHelp("LoRA: dropout on the adapter's input.", valueName: "probability"))
  var loraDropout: Double?

  @Flag(help: "LoRA: scale by alpha / sqrt(r).")
  var useRslora = false

  @OptionGroup var lowRank: LowRankOptions

  @Option(
    help: ArgumentHelp(
      "Layer names separated by commas, a regular expression, or all-linear (default: the family's, as q_proj,v_proj).",
      valueName: "layers"))
  var targetModules: String?

  @Option(help: ArgumentHelp("Of the targets, layers that get no adapter.", valueName: "layers"))
  var excludeModules: String?

  @Option(help: ArgumentHelp("Adapters in these blocks alone: numbers separated by commas.", valueName: "numbers"))
  var layersToTransform: String?

  @Option(help: ArgumentHelp("Prompt, prefix and P-tuning: how many (default: 20).", valueName: "count"))
  var numVirtualTokens: Int?

  @Option(
    help: ArgumentHelp(
      "Prompt and prefix tuning: begin as what the model makes of this text (default: of tokens drawn by chance).",
      valueName: "text"))
  var promptTuningInitText: String?

  @Flag(help: "Prefix tuning: let a network make the prefix in training.")
  var prefixProjection = false

  @Option(
    help: ArgumentHelp(
      "P-tuning: the network that makes virtual tokens, MLP or LSTM (default: MLP).", valueName: "name"))
  var encoderReparameterizationType: PTuning.Encoder?

  @Option(help: ArgumentHelp("Adaption prompts: rows in each layer (default: 10).", valueName: "count"))
  var adapterLen: Int?

  @Option(
    help: ArgumentHelp("Adaption prompts: in so many of the last layers (default: all but two).", valueName: "count"))
  var adapterLayers: Int?

  @Option(help: ArgumentHelp("Bottleneck adapters: the inner size (default: 64).", valueName: "size"))
  var bottleneckSize: Int?

  @Option(help: ArgumentHelp("Bottleneck adapters: houlsby or pfeiffer (default: houlsby).", valueName: "name"))
  var bottleneckPlacement: String?

  @Option(
    help: ArgumentHelp(
      "Start from this PEFT or MLX adapter instead of a new one: a folder, or org/name.", valueName: "path"))
  var initAdapter: String?

  @Flag(help: "With --full: start from new random weights; --model names a folder with config.json and a tokenizer.")
  var fromScratch = false

  @Option(help: ArgumentHelp("With --full: how weights are saved: float32, bfloat16 or float16.", valueName: "dtype"))
  var saveDtype = "float32"

  func validate() throws {
    let named = self.named
    guard named.count <= 1 else {
      let flags = named.map { "--\($0.rawValue)" }.joined(separator: " and ")
      throw ValidationError("\(flags) exclude each other; choose one")
    }
    if chosen == .full && initAdapter != nil {
      throw ValidationError("--init-adapter needs --lora or another method than full")
    }
    if fromScratch && chosen != .full { throw ValidationError("--from-scratch needs --full") }
    if initAdapter != nil, let flag = belongings.first(where: { $0.1 })?.0 {
      throw ValidationError("\(flag): the file of --init-adapter decides it; leave one of them out")
    }
    for (flag, isGiven, fits) in belongings where isGiven && !fits {
      throw ValidationError("\(flag) does not belong to --method \(chosen.rawValue); leave it out")
    }
    try rank?.requirePositive("--rank")
    try loraAlpha?.requirePositive("--lora-alpha")
    try virtualTokenCount.requirePositive("--num-virtual-tokens")
    try adapterLen?.requirePositive("--adapter-len")
    try adapterLayers?.requirePositive("--adapter-layers")
    try bottleneckSize?.requirePositive("--bottleneck-size")
    try lastLayers?.requirePositive("--last-layers")
    if let loraDropout, !(0..<1).contains(loraDropout) {
      throw ValidationError("--lora-dropout: \(loraDropout) is out of range; use 0 or more and less than 1")
    }
    if storageFormat == nil {
      throw ValidationError("--save-dtype: '\(saveDtype)' is unknown; use float32, bfloat16 or float16")
    }
    _ = try blockNumbers
    _ = try placement
  }

  /// The methods that flags name.
  private var named: [TuningMethod] {
    let flags: [(Bool, TuningMethod)] = [
      (lora, .lora), (full, .full), (dora, .dora), (ia3, .ia3), (promptTuning != nil, .promptTuning),
      (prefixTuning != nil, .prefixTuning), (lastLayers != nil, .lastLayers),
      (trainableParameters != nil, .parameters),
    ]
    let short = flags.filter { $0.0 }.map { $0.1 }
    return short + (method.map { short.contains($0) ? [] : [$0] } ?? [])
  }

  var chosen: TuningMethod { named.first ?? .lora }
  /// Whether a flag or `--method` says how to tune.
  var isChosen: Bool { !named.isEmpty }

  /// Whether virtual tokens may begin as a text's; a network makes its own.
  private var takesInitialText: Bool { chosen == .promptTuning || (chosen == .prefixTuning && !prefixProjection) }

  /// Flags, whether they are given, and whether the method has them.
  private var belongings: [(String, Bool, Bool)] {
    let isLoRA = [.lora, .dora].contains(chosen), hasAlpha = isLoRA || chosen == .adalora
    let hasTargets = chosen.isLowRank || [.ia3, .adalora].contains(chosen)
    return lowRank.belongings(chosen) + [
      ("--rank", rank != nil, chosen.isLowRank), ("--lora-alpha", loraAlpha != nil, hasAlpha),
      ("--lora-dropout", loraDropout != nil, hasAlpha), ("--use-rslora", useRslora, isLoRA),
      ("--target-modules", targetModules != nil, hasTargets || chosen == .norms),
      ("--exclude-modules", excludeModules != nil, hasTargets),
      ("--layers-to-transform", layersToTransform != nil, hasTargets),
      ("--num-virtual-tokens", numVirtualTokens != nil, chosen.isPrompt),
      ("--prompt-tuning-init-text", promptTuningInitText != nil, takesInitialText),
      ("--prefix-projection", prefixProjection, chosen == .prefixTuning),
      ("--encoder-reparameterization-type", encoderReparameterizationType != nil, chosen == .pTuning),
      ("--adapter-len", adapterLen != nil, chosen == .adaptionPrompt),
      ("--adapter-layers", adapterLayers != nil, chosen == .adaptionPrompt),
      ("--bottleneck-size", bottleneckSize != nil, chosen == .bottleneck),
      ("--bottleneck-placement", bottleneckPlacement != nil, chosen == .bottleneck),
    ]
  }

  var storageFormat: SavedFormat? { SavedFormat(rawValue: saveDtype) }

  private var virtualTokenCount: Int { promptTuning ?? prefixTuning ?? numVirtualTokens ?? 20 }

  private var blockNumbers: [Int]? {
    get throws {
      try layersToTransform.map { text in
        try text.split(separator: ",").map { part in
          guard let number = Int(part.trimmingCharacters(in: .whitespaces)), number >= 0 else {
            throw ValidationError(
              "--layers-to-transform: '\(part)' is no number of a block; expected numbers such as 0,1,2")
          }
          return number
        }
      }
    }
  }

  private var placement: BottleneckAdapter.Placement {
    get throws {
      guard let name = bottleneckPlacement else { return .houlsby }
      guard let placement = BottleneckAdapter.Placement(rawValue: name) else {
        throw ValidationError("--bottleneck-placement: '\(name)' is unknown; use houlsby or pfeiffer")
      }
      return placement
    }
  }

  private var selection: LayerSelection {
    get throws {
      var selection = LayerSelection()
      selection.excludedModules = excludeModules.map { TargetModules(parsing: $0) }
      selection.layersToTransform = try blockNumbers
      return selection
    }
  }

  /// The adapter to train; nil for full fine-tuning.
  ///
  /// - Parameter tokenizer: turns the text that virtual tokens begin as into tokens.
  func adapter(tokenizer: Tokenizer) throws -> (any PEFTMethod)? {
    let targets = targetModules.map { TargetModules(parsing: $0) }
    switch chosen {
    case .full: return nil
    case .lora, .dora:
      let rank = rank ?? 8
      var lora = LoRA(
        rank: rank, loraAlpha: loraAlpha ?? Double(2 * rank), loraDropout: loraDropout ?? 0, targetModules: targets)
      (lora.usesDoRA, lora.usesRankStabilizedScaling) = (chosen == .dora, useRslora)
      lora.selection = try selection
      try lowRank.apply(to: &lora)
      return lora
    case .adalora:
      var adalora = lowRank.adaLoRA()
      adalora.loraAlpha = loraAlpha ?? adalora.loraAlpha
      adalora.loraDropout = loraDropout ?? 0
      adalora.targetModules = targets
      adalora.selection = try selection
      return adalora
    case .trainableTokens: return try lowRank.trainableTokens()
    case .ia3:
      var ia3 = IA3(targetModules: targets)
      ia3.selection = try selection
      return ia3
    case .vera:
      var vera = VeRA(rank: rank ?? 256, targetModules: targets)
      vera.selection = try selection
      return vera
    case .promptTuning:
      let initial = promptTuningInitText.map { PromptTuning.Initial.text($0, ids: initialIDs($0, tokenizer)) }
      return PromptTuning(virtualTokenCount: virtualTokenCount, initial: initial ?? .sampleVocabulary)
    case .pTuning:
      return PTuning(
        virtualTokenCount: virtualTokenCount, encoder: encoderReparameterizationType ?? .multilayerPerceptron)
    case .prefixTuning:
      let initial = promptTuningInitText.map { PrefixTuning.Initial.text(ids: initialIDs($0, tokenizer)) }
      return PrefixTuning(
        virtualTokenCount: virtualTokenCount, initial: initial ?? .sampleVocabulary, usesProjection: prefixProjection)
    case .adaptionPrompt: return AdaptionPrompt(adapterLength: adapterLen ?? 10, adapterLayers: adapterLayers)
    case .bottleneck: return BottleneckAdapter(bottleneckSize: bottleneckSize ?? 64, placement: try placement)
    case .bitfit: return Selective(.biases)
    case .norms: return LNTuning(targetModules: targets)
    case .lastLayers: return Selective(.lastLayers(lastLayers ?? 2))
    case .head: return Selective(.head)
    case .embeddings: return Selective(.embeddings)
    case .parameters:
      guard let trainableParameters else {
        throw TuneError.usage("--method parameters needs --trainable-parameters, for example \"lm_head,model.norm\"")
      }
      return Selective(.named(TargetModules(parsing: trainableParameters)))
    }
  }
}

/// The tokens of a text that virtual tokens begin as.
private func initialIDs(_ text: String, _ tokenizer: Tokenizer) -> [Int] {
  tokenizer.encode(text, addSpecialTokens: true)
}

extension PTuning.Encoder: ExpressibleByArgument {}
