import Basics
import Models
import Tensors

/// Adaption prompts: in the last layers every token attends also to trained rows of the layer, through a trained gate
/// that starts closed (LLaMA-Adapter).
///
/// Source: Zhang et al., "LLaMA-Adapter: Efficient Fine-tuning of Language Models with Zero-init Attention", 2023; names,
/// initialisation and arithmetic are PEFT's, which has the method for Llama, Mistral and GPT-2.
public struct AdaptionPrompt: PEFTMethod, Equatable {
  public static let peftType = "ADAPTION_PROMPT"

  /// Rows in each layer.
  public var adapterLength = 10
  /// How many of the last layers have them; nil for all but two, as in the paper, and at least one.
  public var adapterLayers: Int?
  /// The attention's name in its block; nil for the family's.
  private var targetModule: String?
  public var modulesToSave: [String]? { [] }

  public init(adapterLength: Int = 10, adapterLayers: Int? = nil) {
    self.adapterLength = adapterLength
    self.adapterLayers = adapterLayers
  }

  public init(_ configuration: AdapterConfiguration) throws {
    adapterLength = try configuration.rank("adapter_len")
    adapterLayers = try configuration.rank("adapter_layers")
    targetModule = configuration.json["target_modules"]?.stringValue
  }

  /// The families that have it, and what they call their attention. PEFT has the first three; the others, which have
  /// Llama's layers, do as Llama does.
  private static let modules = [
    "gpt2": "attn", "llama": "self_attn", "mistral": "self_attn",
    "smollm3": "self_attn", "qwen2": "self_attn", "qwen3": "self_attn", "gemma": "self_attn", "gemma2": "self_attn",
    "gemma3_text": "self_attn", "phi3": "self_attn",
  ]

  private func layerCount(of model: any LanguageModel) -> Int { adapterLayers ?? max(1, model.attentions.count - 2) }

  public func parts(
    on model: any LanguageModel, from source: TensorSource, dropout: DropoutSource
  ) throws -> [any AdapterPart] {
    let type = model.config.text("model_type") ?? ""
    guard let module = Self.modules[type], !model.attentions.isEmpty else {
      throw TuneError.usage(
        "adaption prompts are not defined for \(model.traits.architecture); use a model of type "
          + Self.modules.keys.sorted().joined(separator: ", "))
    }
    guard targetModule == nil || targetModule == module else {
      throw TuneError.usage("target_modules is '\(targetModule ?? "")'; the attention of \(type) is called '\(module)'")
    }
    let layers = layerCount(of: model), all = model.attentions.count, width = model.dimensions.hiddenSize
    guard (1...all).contains(layers) else {
      throw TuneError.usage("--adapter-layers: \(layers) is out of range; the model has \(all) layers")
    }
    guard adapterLength >= 1, adapterLength <= model.dimensions.maxPositions else {
      throw TuneError.usage(
        "--adapter-len: \(adapterLength) is out of range; use 1 to \(model.dimensions.maxPositions), the model's context"
      )
    }
    return try model.attentions.suffix(layers).map { attention in
      func parameter(_ name: String, _ shape: [Int], _ initial: InitialValues) throws -> Parameter {
        let name = "\(peftPrefix)\(modulePaths(of: attention.output.name)[0]).\(name)"
        return Parameter(name, try source.tensor(name, shape, initial), isTrainable: true)
      }
      return AdaptionPromptLayer(
        model, attention, isProjected: type != "gpt2",
        prompt: try parameter("adaption_prompt", [1, adapterLength, width], .normal(deviation: 1)),
        gate: try parameter("adaption_gate", [1], .zeros))
    }
  }

  public func settings(on model: any LanguageModel) throws -> JSONObject {
    [
      "adapter_len": .integer(adapterLength), "adapter_layers": .integer(layerCount(of: model)),
      "target_modules": Self.modules[model.config.text("model_type") ?? ""].map { .string($0) } ?? .null,
    ]
  }

  public func summary(on model: any LanguageModel) -> String {
    "adaption prompts of \(adapterLength) in the last \(layerCount(of: model)) layers"
  }
}

/// An adaption prompt on one layer's attention.
final class AdaptionPromptLayer: AdapterPart, AttentionAdapter {
  private unowned let model: any LanguageModel
  private unowned let attention: SelfAttention
  /// Whether the layer's output projection mixes what the heads read in the prompt; GPT-2's does not.
  private let isProjected: Bool
  /// [1, rows, hidden]
  private let prompt: Parameter
  /// [1]
  private let gate: Parameter

  init(
    _ model: any LanguageModel, _ attention: SelfAttention, isProjected: Bool, prompt: Parameter, gate: Parameter
  ) {
    self.model = model
    self.attention = attention
    self.isProjected = isProjected
    self.prompt = prompt
    self.gate = gate
  }

  var parameters: [Parameter] { [gate, prompt] }
  var tensors: [(name: String, parameter: Parameter)] { parameters.map { ($0.name, $0) } }

  func output(_ y: Tensor, query: Tensor, of attention: SelfAttention) -> Tensor {
    let read = scaled(attention.attention(of: query, toRows: recordedValue(of: prompt)), by: gate)
    // With a bias of the projection, which PEFT adds once more.
    return add(y, isProjected ? attention.output(read) : read)
  }

  func putOn() {
    attention.adapters.append(self)
    model.hooks.parameters += parameters
  }

  func takeOff() {
    attention.adapters.removeAll { $0 === self }
    model.hooks.parameters.removeAll { parameter in parameters.contains { $0 === parameter } }
  }

  var isInert: Bool { isZero(gate) && !(isProjected && attention.output.bias != nil) }
  var mergedParameters: [Parameter]? { nil }
  func merged(_ parameter: Parameter, _ value: Tensor) -> Tensor { value }
}
