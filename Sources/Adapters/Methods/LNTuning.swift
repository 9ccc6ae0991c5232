import Basics
import Models
import Tensors

/// Norm tuning: only the weights and biases of the layers' norms are trained.
///
/// Source: Zhao et al., "Tuning LayerNorm in Attention", 2023; names and defaults are PEFT's.
public struct LNTuning: PEFTMethod, Equatable {
  public static let peftType = "LN_TUNING"

  /// The norms; nil for those of the model's family.
  public var targetModules: TargetModules?
  public var modulesToSave: [String]?

  public init(targetModules: TargetModules? = nil) { self.targetModules = targetModules }

  public init(_ configuration: AdapterConfiguration) throws {
    targetModules = try configuration.targetModules()
    modulesToSave = try configuration.modulesToSave()
    try configuration.refuse(["exclude_modules"])
  }

  private static let defaults: [String: [String]] = [
    "gpt2": ["ln_1", "ln_2", "ln_f"], "t5": ["layer_norm", "final_layer_norm"],
    "mt5": ["layer_norm", "final_layer_norm"],
    "qwen2": ["post_attention_layernorm"], "qwen3": ["post_attention_layernorm"],
    "gemma2": [
      "input_layernorm", "post_attention_layernorm", "pre_feedforward_layernorm", "post_feedforward_layernorm", "norm",
    ],
    "gemma3_text": [
      "input_layernorm", "post_attention_layernorm", "pre_feedforward_layernorm", "post_feedforward_layernorm", "norm",
    ],
    "opt": ["self_attn_layer_norm", "final_layer_norm"],
    "gpt_neox": ["input_layernorm", "post_attention_layernorm", "final_layer_norm"],
    "bert": ["LayerNorm"], "roberta": ["LayerNorm"], "distilbert": ["sa_layer_norm", "output_layer_norm"],
  ]

  private func targets(of model: any LanguageModel) -> TargetModules {
    let type = model.config.text("model_type") ?? ""
    return targetModules
      ?? .suffixes(Self.defaults[type] ?? ["input_layernorm", "post_attention_layernorm", "norm"])
  }

  public func parts(
    on model: any LanguageModel, from source: TensorSource, dropout: DropoutSource
  ) throws -> [any AdapterPart] {
    // A vector that belongs to no linear layer is a norm's.
    let ofLayers = Set(model.linears.flatMap { $0.parameters }.map { ObjectIdentifier($0) })
    let vectors = model.parameters.filter { $0.shape.count == 1 && !ofLayers.contains(ObjectIdentifier($0)) }
    let modules = vectors.compactMap { modulePaths(of: $0.name).first.map { String($0) } }
    let selected = Set(try targets(of: model).select(names: modules, flag: "--target-modules"))
    let chosen = zip(modules, vectors).filter { selected.contains($0.0) }
    return [
      try WholeParameters(
        chosen.map { module, parameter in
          ("\(peftPrefix)\(module).ln_tuning_layers.\(parameter.name.dropFirst(module.count + 1))", parameter)
        },
        values: { name, shape in source.isFile ? try source.tensor(name, shape, .zeros) : nil })
    ]
  }

  public func settings(on model: any LanguageModel) throws -> JSONObject {
    ["target_modules": targets(of: model).listed, "exclude_modules": .null]
  }

  public func summary(on model: any LanguageModel) -> String { "norms (\(targets(of: model)))" }
}
