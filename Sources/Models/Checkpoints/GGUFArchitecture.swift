import Basics

/// One architecture of GGUF files beside the Hugging Face family that it stores: the names of tensors and settings, and
/// what the converter of llama.cpp does to the weights.
///
/// Source: `convert_hf_to_gguf.py`, `gguf-py/gguf/tensor_mapping.py` and `src/llama-model.cpp` of llama.cpp.
struct GGUFArchitecture: Sendable {
  /// `general.architecture`.
  let name: String
  /// The `model_type` values of config.json that are written as it; the first is read from it.
  let modelTypes: [String]
  /// The class of Hugging Face transformers.
  let className: String
  /// Numbers of config.json and of the metadata that are the same.
  let settings: [Setting]
  /// What the architecture does without saying so, under the names of config.json.
  let constants: JSONObject
  /// Tensors outside the layers: the name in the file, and the module or weight.
  let outerNames: [Name]
  /// Modules of a layer.
  let layerNames: [Name]
  /// What goes before the number of a layer in Hugging Face's names.
  var layerPrefix = "model.layers."
  /// Within each head of queries and keys, the halves that rotary positions pair are interleaved.
  var interleavesHeads = false
  /// Norms have the weight plus one, where Hugging Face has the weight and adds one in computing.
  var addsOneToNorms = false
  /// Layers have their matrices as [out, in], where Hugging Face has [in, out].
  var exchangesMatrices = false
  /// Modules of which llama.cpp reads a bias.
  var biasedNames: [String] = []
  /// Every layer but each `windowPeriod`-th attends to a sliding window; nil where this is no trait of the family.
  var windowPeriod: Int?
  /// A sliding window, where there is one, is in every layer.
  var slidesInEveryLayer = false
  /// Rotary positions may turn a part of each head.
  var turnsPartOfHead = false
  var hasRotaryPositions = true
  /// Scores are scaled by the square root of the head size, but in models of this many layers by that of the hidden
  /// size a head; nil where the family has no such setting.
  var layersWithHiddenScale: Int?

  /// A number that both sides have.
  struct Setting: Sendable {
    let key: String
    /// After the architecture's name and a dot.
    let stored: String
    var isCount = true
    /// What a file without it means; nil where a file must have it.
    var fallback: Double?
  }

  struct Name: Sendable {
    let stored: String
    let name: String

    init(_ stored: String, _ name: String) { (self.stored, self.name) = (stored, name) }
  }

  static func named(_ name: String) -> GGUFArchitecture? { all.first { $0.name == name } }

  /// - Parameter type: the `model_type` of a config.json.
  static func of(modelType type: String) -> GGUFArchitecture? { all.first { $0.modelTypes.contains(type) } }
}

extension GGUFArchitecture {
  static let all = [llama, qwen2, qwen3, gemma, gemma2, gemma3, phi3, gpt2]

  private static let llama = GGUFArchitecture(
    name: "llama", modelTypes: ["llama", "mistral"], className: "LlamaForCausalLM", settings: llamaSettings,
    constants: ["hidden_act": "silu"], outerNames: llamaOuterNames, layerNames: attentionNames + gatedUnitNames,
    interleavesHeads: true,
    biasedNames: ["attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"])

  private static let qwen2 = GGUFArchitecture(
    name: "qwen2", modelTypes: ["qwen2"], className: "Qwen2ForCausalLM", settings: llamaSettings,
    constants: ["hidden_act": "silu", "use_sliding_window": false], outerNames: llamaOuterNames,
    layerNames: attentionNames + gatedUnitNames, biasedNames: ["attn_q", "attn_k", "attn_v"])

  private static let qwen3 = GGUFArchitecture(
    name: "qwen3", modelTypes: ["qwen3"], className: "Qwen3ForCausalLM", settings: llamaSettings,
    constants: ["hidden_act": "silu", "use_sliding_window": false], outerNames: llamaOuterNames,
    layerNames: attentionNames + headNormNames + gatedUnitNames)

  private static let gemma = GGUFArchitecture(
    name: "gemma", modelTypes: ["gemma"], className: "GemmaForCausalLM", settings: llamaSettings,
    constants: ["hidden_act": "gelu_pytorch_tanh", "hidden_activation": "gelu_pytorch_tanh"],
    outerNames: llamaOuterNames, layerNames: attentionNames + gatedUnitNames, addsOneToNorms: true)

  private static let gemma2 = GGUFArchitecture(
    name: "gemma2", modelTypes: ["gemma2"], className: "Gemma2ForCausalLM",
    settings: llamaSettings + [
      Setting(key: "sliding_window", stored: "attention.sliding_window", fallback: 4096),
      Setting(key: "attn_logit_softcapping", stored: "attn_logit_softcapping", isCount: false, fallback: 50),
      Setting(key: "final_logit_softcapping", stored: "final_logit_softcapping", isCount: false, fallback: 30),
    ],
    constants: ["hidden_activation": "gelu_pytorch_tanh"], outerNames: llamaOuterNames,
    layerNames: attentionNames + outputNormNames, addsOneToNorms: true, windowPeriod: 2,
    layersWithHiddenScale: 46)

  private static let gemma3 = GGUFArchitecture(
    name: "gemma3", modelTypes: ["gemma3_text"], className: "Gemma3ForCausalLM",
    settings: llamaSettings + [
      Setting(key: "sliding_window", stored: "attention.sliding_window"),
      Setting(key: "rope_local_base_freq", stored: "rope.freq_base_swa", isCount: false, fallback: 10_000),
    ],
    constants: ["hidden_activation": "gelu_pytorch_tanh", "use_bidirectional_attention": false],
    outerNames: llamaOuterNames, layerNames: attentionNames + headNormNames + outputNormNames, addsOneToNorms: true,
    windowPeriod: 6, layersWithHiddenScale: 62)

  private static let phi3 = GGUFArchitecture(
    name: "phi3", modelTypes: ["phi3"], className: "Phi3ForCausalLM",
    settings: llamaSettings, constants: ["hidden_act": "silu"], outerNames: llamaOuterNames,
    layerNames: [
      Name("attn_norm", "input_layernorm"), Name("attn_qkv", "self_attn.qkv_proj"),
      Name("attn_output", "self_attn.o_proj"), Name("ffn_norm", "post_attention_layernorm"),
      Name("ffn_up", "mlp.gate_up_proj"), Name("ffn_down", "mlp.down_proj"),
    ], slidesInEveryLayer: true, turnsPartOfHead: true)

  private static let gpt2 = GGUFArchitecture(
    name: "gpt2", modelTypes: ["gpt2"], className: "GPT2LMHeadModel",
    settings: [
      Setting(key: "n_positions", stored: "context_length"), Setting(key: "n_embd", stored: "embedding_length"),
      Setting(key: "n_layer", stored: "block_count"), Setting(key: "n_inner", stored: "feed_forward_length"),
      Setting(key: "n_head", stored: "attention.head_count"),
      Setting(key: "layer_norm_epsilon", stored: "attention.layer_norm_epsilon", isCount: false),
    ],
    constants: ["activation_function": "gelu_new"],
    outerNames: [
      Name("token_embd", "transformer.wte"), Name("position_embd", "transformer.wpe"),
      Name("output_norm", "transformer.ln_f"), Name("output", "lm_head"),
    ],
    layerNames: [
      Name("attn_norm", "ln_1"), Name("attn_qkv", "attn.c_attn"), Name("attn_output", "attn.c_proj"),
      Name("ffn_norm", "ln_2"), Name("ffn_up", "mlp.c_fc"), Name("ffn_down", "mlp.c_proj"),
    ],
    layerPrefix: "transformer.h.", exchangesMatrices: true,
    biasedNames: [
      "attn_norm", "attn_qkv", "attn_output", "ffn_norm", "ffn_up", "ffn_down", "output_norm",
    ], hasRotaryPositions: false)

  private static let llamaSettings = [
    Setting(key: "max_position_embeddings", stored: "context_length"),
    Setting(key: "hidden_size", stored: "embedding_length"),
    Setting(key: "num_hidden_layers", stored: "block_count"),
    Setting(key: "intermediate_size", stored: "feed_forward_length"),
    Setting(key: "num_attention_heads", stored: "attention.head_count"),
    Setting(key: "rms_norm_eps", stored: "attention.layer_norm_rms_epsilon", isCount: false),
  ]

  private static let llamaOuterNames = [
    Name("token_embd", "model.embed_tokens"), Name("output_norm", "model.norm"), Name("output", "lm_head"),
  ]

  private static let attentionNames = [
    Name("attn_norm", "input_layernorm"), Name("attn_q", "self_attn.q_proj"), Name("attn_k", "self_attn.k_proj"),
    Name("attn_v", "self_attn.v_proj"), Name("attn_output", "self_attn.o_proj"),
  ]

  private static let headNormNames = [
    Name("attn_q_norm", "self_attn.q_norm"), Name("attn_k_norm", "self_attn.k_norm"),
  ]

  private static let gatedUnitNames = [
    Name("ffn_norm", "post_attention_layernorm"), Name("ffn_gate", "mlp.gate_proj"), Name("ffn_up", "mlp.up_proj"),
    Name("ffn_down", "mlp.down_proj"),
  ]

  /// A gated unit between two norms, after a norm on the output of attention.
  private static let outputNormNames = [
    Name("post_attention_norm", "post_attention_layernorm"), Name("ffn_norm", "pre_feedforward_layernorm"),
    Name("ffn_gate", "mlp.gate_proj"), Name("ffn_up", "mlp.up_proj"), Name("ffn_down", "mlp.down_proj"),
    Name("post_ffw_norm", "post_feedforward_layernorm"),
  ]
}

extension GGUFArchitecture {
  /// The Hugging Face name of a tensor: of llama, `blk.3.attn_q.weight` is `model.layers.3.self_attn.q_proj.weight`.
  func name(of stored: String) -> String? {
    let parts = stored.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    guard let kind = parts.last, kind == "weight" || kind == "bias" else { return nil }
    if parts.count == 2 {
      return outerNames.first { $0.stored == parts[0] }.map { "\($0.name).\(kind)" }
    }
    guard parts.count == 4, parts[0] == "blk", let layer = Int(parts[1]), layer >= 0, String(layer) == parts[1],
      let module = layerNames.first(where: { $0.stored == parts[2] })?.name
    else { return nil }
    return "\(layerPrefix)\(layer).\(module).\(kind)"
  }

  /// The name in GGUF files of a Hugging Face tensor; nil for what such files do not have.
  func storedName(of name: String) -> String? {
    guard let dot = name.lastIndex(of: ".") else { return nil }
    let module = String(name[..<dot]), kind = name[dot...]
    if let outer = outerNames.first(where: { $0.name == module }) { return outer.stored + kind }
    guard module.hasPrefix(layerPrefix) else { return nil }
    let parts = module.dropFirst(layerPrefix.count).split(separator: ".", maxSplits: 1)
    guard parts.count == 2, let layer = Int(parts[0]),
      let inner = layerNames.first(where: { $0.name == parts[1] })?.stored
    else { return nil }
    return "blk.\(layer).\(inner)\(kind)"
  }
}
