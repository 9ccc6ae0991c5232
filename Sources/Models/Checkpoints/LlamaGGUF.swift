import Basics

/// A GGUF file of the llama architecture (Llama, Mistral, SmolLM and their like) seen as a Hugging Face checkpoint: its
/// tensor names, its row order and its `config.json`.
///
/// The converter that writes such files interleaves the rows of query and key weights within each head; tensors given
/// here have the `rowOrder` that undoes it while reading.
public final class LlamaGGUF: WeightStore {
  public let path: String
  public let tensorNames: [String]
  /// What the model's `config.json` would say.
  public let config: JSON
  private let tensors: [String: StoredTensor]

  /// - Throws: `TuneError` when the architecture, a setting or a tensor is not one that a Llama model has.
  public init(_ file: GGUFFile) throws {
    let hyperparameters = try LlamaHyperparameters(file)
    var names: [String] = []
    var tensors: [String: StoredTensor] = [:]
    // The factors of rotary frequencies are no weights: they appear in the configuration.
    for stored in file.tensorNames where stored != LlamaHyperparameters.rotaryFactorsName {
      guard let tensor = file.tensor(stored) else { continue }
      guard let name = Self.name(of: stored) else {
        throw TuneError.data("\(file.path): tensor '\(stored)' is not one of a Llama model")
      }
      let order = try Self.rowOrder(of: tensor, hyperparameters, path: file.path)
      tensors[name] = StoredTensor(
        name: name, shape: tensor.shape, format: tensor.format, bytes: tensor.bytes, rowOrder: order, owner: file)
      names.append(name)
    }
    path = file.path
    tensorNames = names
    self.tensors = tensors
    config = .object(hyperparameters.config)
  }

  public func tensor(_ name: String) -> StoredTensor? { tensors[name] }

  /// The Hugging Face name of a tensor: `blk.3.attn_q.weight` is `model.layers.3.self_attn.q_proj.weight`.
  static func name(of stored: String) -> String? {
    if let name = outerNames[stored] { return name }
    let parts = stored.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 4, parts[0] == "blk", let layer = Int(parts[1]), layer >= 0, String(layer) == parts[1],
      let module = layerNames[parts[2]], parts[3] == "weight" || parts[3] == "bias"
    else { return nil }
    return "model.layers.\(layer).\(module).\(parts[3])"
  }

  private static let outerNames = [
    "token_embd.weight": "model.embed_tokens.weight",
    "output_norm.weight": "model.norm.weight",
    "output.weight": "lm_head.weight",
  ]

  private static let layerNames = [
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
  ]

  private static func rowOrder(
    of tensor: StoredTensor, _ hyperparameters: LlamaHyperparameters, path: String
  ) throws -> RowOrder {
    let heads: Int
    switch tensor.name.split(separator: ".").dropFirst(2).first {
    case "attn_q": heads = hyperparameters.heads
    case "attn_k": heads = hyperparameters.keyValueHeads
    default: return .asStored
    }
    let isMatrix = tensor.shape.count == 2
    let isPlainVector = tensor.shape.count == 1 && tensor.format.blockSize == 1
    guard tensor.shape.first == heads * hyperparameters.headSize, isMatrix || isPlainVector else {
      throw TuneError.data(
        "\(path): tensor '\(tensor.name)' has shape \(tensor.shape) in \(tensor.format.rawValue); "
          + "expected \(heads) heads of \(hyperparameters.headSize) rows")
    }
    return .rotaryInterleaved(heads: heads)
  }
}
