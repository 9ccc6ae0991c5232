import Basics
import Models
import Tensors

/// (IA)³: keys, values and the inner states of the feed-forward are multiplied by trained numbers.
///
/// Source: Liu et al., "Few-Shot Parameter-Efficient Fine-Tuning is Better and Cheaper than In-Context Learning", 2022;
/// names, defaults and initialisation are PEFT's.
public struct IA3: PEFTMethod, Equatable {
  public static let peftType = "IA3"

  /// The layers whose outputs are multiplied; nil for those of the model's family.
  public var targetModules: TargetModules?
  /// Those of the targets whose inputs are multiplied instead; nil for those of the model's family.
  public var feedforwardModules: TargetModules?
  public var modulesToSave: [String]?
  public var selection = LayerSelection()

  public init(targetModules: TargetModules? = nil, feedforwardModules: TargetModules? = nil) {
    self.targetModules = targetModules
    self.feedforwardModules = feedforwardModules
  }

  public init(_ configuration: AdapterConfiguration) throws {
    targetModules = try configuration.targetModules()
    feedforwardModules = try configuration.layerNames("feedforward_modules") ?? .suffixes([])
    modulesToSave = try configuration.modulesToSave()
    selection = try LayerSelection(configuration)
  }

  /// PEFT's targets of a family, and which of them are of the feed-forward.
  private static let defaults: [String: (targets: [String], feedForward: [String])] = [
    "t5": (["k", "v", "wo"], ["wo"]), "mt5": (["k", "v", "wi_1"], ["wi_1"]),
    "gpt2": (["c_attn", "mlp.c_proj"], ["mlp.c_proj"]),
    "gpt_neox": (["query_key_value", "dense_4h_to_h"], ["dense_4h_to_h"]),
    "opt": (["q_proj", "k_proj", "fc2"], ["fc2"]),
    "bert": (["key", "value", "output.dense"], ["output.dense"]),
    "roberta": (["key", "value", "output.dense"], ["output.dense"]),
    "distilbert": (["k_lin", "v_lin", "lin2"], ["lin2"]), "phi3": (["qkv_proj", "down_proj"], ["down_proj"]),
    "qwen2": (["q_proj", "v_proj", "down_proj"], ["down_proj"]),
    "qwen3": (["q_proj", "v_proj", "down_proj"], ["down_proj"]),
    "gemma": (["q_proj", "v_proj", "down_proj"], ["down_proj"]),
    "gemma2": (["q_proj", "v_proj", "down_proj"], ["down_proj"]),
    "gemma3_text": (["q_proj", "v_proj", "down_proj"], ["down_proj"]),
  ]

  private func targets(of model: any LanguageModel) -> (all: TargetModules, feedForward: TargetModules) {
    let type = model.config.text("model_type") ?? ""
    let known = Self.defaults[type] ?? (["k_proj", "v_proj", "down_proj"], ["down_proj"])
    return (targetModules ?? .suffixes(known.targets), feedforwardModules ?? .suffixes(known.feedForward))
  }

  /// Every number starts as 1, so that nothing changes yet.
  public func parts(
    on model: any LanguageModel, from source: TensorSource, dropout: DropoutSource
  ) throws -> [any AdapterPart] {
    let targets = targets(of: model)
    let selected = try selection.select(from: targets.all.select(from: model.linears))
    var ofFeedForward: Set<String> = []
    if targets.feedForward != .suffixes([]) {
      ofFeedForward = Set(try targets.feedForward.select(from: selected, flag: "--feedforward-modules").map { $0.name })
    }
    return try selected.map { linear in
      let scalesInput = ofFeedForward.contains(linear.name)
      let name = "\(peftPrefix)\(linear.name).ia3_l"
      let shape = scalesInput ? [1, linear.inputSize] : [linear.outputSize, 1]
      return IA3Layer(
        linear: linear, scalesInput: scalesInput,
        scale: Parameter(name, try source.tensor(name, shape, .constant(1)), isTrainable: true))
    }
  }

  public func settings(on model: any LanguageModel) throws -> JSONObject {
    let targets = targets(of: model)
    return [
      "target_modules": try targets.all.json(on: model), "feedforward_modules": try targets.feedForward.json(on: model),
      "exclude_modules": selection.excludedJSON, "fan_in_fan_out": .bool(model.traits.storesTransposed),
      "init_ia3_weights": true,
    ]
  }

  public func summary(on model: any LanguageModel) -> String { "(IA)³ on \(targets(of: model).all)" }
}

/// (IA)³ on one linear layer.
final class IA3Layer: LinearPart {
  unowned let linear: Linear
  private let scalesInput: Bool
  /// [out, 1] of the output, or [1, in] of the input
  private let scale: Parameter

  init(linear: Linear, scalesInput: Bool, scale: Parameter) {
    self.linear = linear
    self.scalesInput = scalesInput
    self.scale = scale
  }

  var tensors: [(name: String, parameter: Parameter)] { [(scale.name, scale)] }
  var stacking: Stacking { .product }
  var changesInput: Bool { scalesInput }
  func input(_ x: Tensor) -> Tensor { scalesInput ? scaledColumns(x, by: scale) : x }
  func output(_ y: Tensor, of x: Tensor) -> Tensor { scalesInput ? y : scaledColumns(y, by: scale) }
  var isInert: Bool { scale.value.values.allSatisfy { $0 == 1 } }

  var mergedParameters: [Parameter]? { scalesInput ? [linear.weight] : linear.parameters }

  func merged(_ parameter: Parameter, _ value: Tensor) -> Tensor {
    let merged = Tensor(value.values, shape: value.shape), width = parameter === linear.bias ? 1 : linear.inputSize
    for index in 0..<merged.count {
      merged.pointer[index] *= scale.pointer[scalesInput ? index % width : index / width]
    }
    return merged
  }
}
