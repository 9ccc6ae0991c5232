import Basics
import Foundation
import Models
import Testing
import Text

/// A family of chat models, as a tokenizer of bytes with its marks, and the template of a real model.
struct ChatFamily: CustomTestStringConvertible {
  let name: String
  /// In ../shared/data/chat-templates.
  let template: String
  var begin: String?
  let endOfText: String
  /// The mark that ends an answer.
  let end: String
  var marks: [String] = []
  /// Whether the tokenizer puts the beginning-of-text token before a text.
  var addsBegin = false

  var testDescription: String { name }

  static let all = [
    ChatFamily(
      name: "Llama 3", template: "llama.cpp/meta-llama-Llama-3.1-8B-Instruct.jinja", begin: "<|begin_of_text|>",
      endOfText: "<|end_of_text|>", end: "<|eot_id|>", marks: ["<|start_header_id|>", "<|end_header_id|>"],
      addsBegin: true),
    ChatFamily(
      name: "Llama 2", template: "chujiezheng/chat_templates/llama-2-chat.jinja", begin: "<s>", endOfText: "</s>",
      end: "</s>", addsBegin: true),
    ChatFamily(
      name: "Zephyr", template: "chujiezheng/chat_templates/zephyr.jinja", begin: "<s>", endOfText: "</s>", end: "</s>",
      addsBegin: true),
    ChatFamily(
      name: "Mistral", template: "llama.cpp/mistralai-Mistral-Nemo-Instruct-2407.jinja", begin: "<s>",
      endOfText: "</s>", end: "</s>", marks: ["[INST]", "[/INST]"], addsBegin: true),
    ChatFamily(
      name: "Gemma", template: "trl/gemma.jinja", begin: "<bos>", endOfText: "<eos>", end: "<end_of_turn>",
      marks: ["<start_of_turn>"], addsBegin: true),
    ChatFamily(
      name: "Gemma 2", template: "llama.cpp/google-gemma-2-2b-it.jinja", begin: "<bos>", endOfText: "<eos>",
      end: "<end_of_turn>", marks: ["<start_of_turn>"], addsBegin: true),
    ChatFamily(
      name: "Gemma 3", template: "trl/gemma3.jinja", begin: "<bos>", endOfText: "<eos>", end: "<end_of_turn>",
      marks: ["<start_of_turn>"], addsBegin: true),
    ChatFamily(
      name: "Qwen2.5", template: "llama.cpp/Qwen-Qwen2.5-7B-Instruct.jinja", endOfText: "<|endoftext|>",
      end: "<|im_end|>", marks: ["<|im_start|>"]),
    ChatFamily(
      name: "Qwen3", template: "trl/qwen3.jinja", endOfText: "<|endoftext|>", end: "<|im_end|>",
      marks: ["<|im_start|>"]),
    ChatFamily(
      name: "SmolLM2", template: "smollm2/chat_template.jinja", begin: "<|im_start|>", endOfText: "<|endoftext|>",
      end: "<|im_end|>"),
    ChatFamily(
      name: "SmolLM3", template: "onnxruntime-extensions/v5/smollm3/chat_template.jinja", endOfText: "<|endoftext|>",
      end: "<|im_end|>", marks: ["<|im_start|>"]),
    ChatFamily(
      name: "Phi-3", template: "axolotl/phi_3.jinja", begin: "<s>", endOfText: "<|endoftext|>", end: "<|end|>",
      marks: ["<|user|>", "<|assistant|>", "<|system|>"]),
    ChatFamily(
      name: "Granite", template: "chujiezheng/chat_templates/granite-3.0-instruct.jinja", endOfText: "<|end_of_text|>",
      end: "<|end_of_text|>", marks: ["<|start_of_role|>", "<|end_of_role|>"]),
    ChatFamily(
      name: "Cohere", template: "trl/cohere.jinja", begin: "<BOS_TOKEN>", endOfText: "<EOS_TOKEN>",
      end: "<|END_OF_TURN_TOKEN|>",
      marks: ["<|START_OF_TURN_TOKEN|>", "<|USER_TOKEN|>", "<|CHATBOT_TOKEN|>", "<|SYSTEM_TOKEN|>"], addsBegin: true),
  ]

  /// The folder of the templates; nil where it is absent.
  static let templates: String? = {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().path + "/../../../shared"
    let folder = (ProcessInfo.processInfo.environment["TUNE_SHARED"] ?? root) + "/data/chat-templates"
    return FileManager.default.fileExists(atPath: folder) ? folder : nil
  }()

  /// By way of GGUF's `add_bos_token`.
  func tokenizer(addsBegin: Bool, template: String? = nil) throws -> Tokenizer {
    let bytes = Self.byteTokens
    let special = Set([begin, endOfText, end].compactMap { $0 } + marks).sorted()
    func id(_ token: String?) -> Int? { token.flatMap { special.firstIndex(of: $0) }.map { bytes.count + $0 } }
    let source = try template ?? String(contentsOfFile: "\(Self.templates ?? "")/\(self.template)", encoding: .utf8)
    let vocabulary = GGUFVocabulary(
      tokens: bytes + special, tokenTypes: bytes.map { _ in 1 } + special.map { _ in 3 }, merges: [], model: "gpt2",
      preTokenizer: "gpt-2", bosID: id(begin), eosID: id(endOfText), addBOS: addsBegin, chatTemplate: source)
    return try Tokenizer(gguf: vocabulary, name: name)
  }

  /// GPT-2's characters for the 256 bytes.
  private static let byteTokens: [String] = {
    let plain = Array(0x21...0x7E) + Array(0xA1...0xAC) + Array(0xAE...0xFF)
    var next: UInt32 = 0x100
    return (0..<256).map { byte in
      if plain.contains(byte) { return String(Unicode.Scalar(UInt8(byte))) }
      defer { next += 1 }
      return Unicode.Scalar(next).map { String($0) } ?? ""
    }
  }()
}

/// A model that writes a fixed text whatever it reads: each token decides the next.
enum ScriptedModel {
  /// Writes a Llama whose answer to anything is `script`, of different tokens, and then its last token for ever.
  static func write(_ script: [Int], _ tokenizer: Tokenizer, to folder: String) throws {
    try createFolder(folder)
    try tokenizer.write(toFolder: folder)
    let width = (tokenizer.vocabularySize + 1) / 2 * 2
    let config: JSON = [
      "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": .integer(width),
      "intermediate_size": 2, "num_hidden_layers": 1, "num_attention_heads": 1, "num_key_value_heads": 1,
      "head_dim": 2, "vocab_size": .integer(width), "max_position_embeddings": 4096, "rms_norm_eps": 1e-5,
      "rope_theta": 10000.0, "tie_word_embeddings": false,
    ]
    try AtomicFile.write(config.text() + "\n", to: "\(folder)/config.json")
    var head = [Float](repeating: 0, count: width * width)
    for token in 0..<width {
      let place = script.firstIndex(of: token).map { min($0 + 1, script.count - 1) } ?? 0
      head[script[place] * width + token] = 1
    }
    let identity = (0..<(width * width)).map { Float($0 / width == $0 % width ? 1 : 0) }
    let layer = "model.layers.0"
    var tensors: [(name: String, shape: [Int], values: [Float])] = [
      ("lm_head.weight", [width, width], head), ("model.embed_tokens.weight", [width, width], identity),
    ]
    for norm in ["model.norm", "\(layer).input_layernorm", "\(layer).post_attention_layernorm"] {
      tensors.append(("\(norm).weight", [width], [Float](repeating: 1, count: width)))
    }
    for (part, shape) in [
      ("self_attn.q_proj", [2, width]), ("self_attn.k_proj", [2, width]), ("self_attn.v_proj", [2, width]),
      ("self_attn.o_proj", [width, 2]), ("mlp.gate_proj", [2, width]), ("mlp.up_proj", [2, width]),
      ("mlp.down_proj", [width, 2]),
    ] {
      tensors.append(("\(layer).\(part).weight", shape, [Float](repeating: 0, count: shape.reduce(1, *))))
    }
    try safetensors(tensors).write(to: URL(fileURLWithPath: "\(folder)/model.safetensors"))
  }

  private static func safetensors(_ tensors: [(name: String, shape: [Int], values: [Float])]) -> Data {
    var header: JSONObject = [:], body = Data()
    for tensor in tensors {
      let start = body.count
      tensor.values.withUnsafeBytes { body.append(contentsOf: $0) }
      header[tensor.name] = [
        "dtype": "F32", "shape": .array(tensor.shape.map { .integer($0) }),
        "data_offsets": [.integer(start), .integer(body.count)],
      ]
    }
    let text = Data(JSON.object(header).text().utf8)
    var length = UInt64(text.count).littleEndian
    return Data(bytes: &length, count: 8) + text + body
  }
}
