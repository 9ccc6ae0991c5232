import Basics
import Foundation
import Testing

@testable import Models

@Suite struct LlamaGGUFTests {
  @Test func tensorsHaveHuggingFaceNamesAndRowOrder() throws {
    let model = try LlamaGGUF(try GGUFFile(CheckpointFixtures.path("llama.gguf")))
    let expected = try Safetensors(CheckpointFixtures.path("llama-expected.safetensors"))
    #expect(model.tensorNames.sorted() == expected.tensorNames.sorted())
    for name in expected.tensorNames {
      #expect(model.tensor(name)?.shape == expected.tensor(name)?.shape, "\(name)")
      #expect(bits(try model.values(name)) == bits(try expected.values(name)), "\(name)")
    }
  }

  @Test func someRowsAreReadOrCopiedInTheRightOrder() throws {
    let model = try LlamaGGUF(try GGUFFile(CheckpointFixtures.path("llama.gguf")))
    let tensor = try #require(model.tensor("model.layers.1.self_attn.q_proj.weight"))
    #expect(tensor.rowOrder == .rotaryInterleaved(heads: 4))
    #expect(model.float32View(tensor) == nil)
    let all = try model.values(tensor.name)
    var rows = [Float](repeating: 0, count: 5 * 32)
    tensor.read(rows: 6..<11, into: &rows)
    #expect(rows == Array(all[(6 * 32)..<(11 * 32)]))
    var blocks = [UInt8](repeating: 0, count: 5 * tensor.rowBytes)
    tensor.copy(rows: 6..<11, into: &blocks)
    var expanded = [Float](repeating: 0, count: 5 * 32)
    #expect(blocks.withUnsafeBytes { tensor.format.expand($0.baseAddress!, into: &expanded, blocks: 5) })
    #expect(expanded == rows)
  }

  @Test func theConfigurationIsThatOfHuggingFace() throws {
    let config = try LlamaGGUF(try GGUFFile(CheckpointFixtures.path("llama.gguf"))).config
    let expected = try JSON(
      parsing: """
        {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_act": "silu", "hidden_size": 32,
        "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 8,
        "intermediate_size": 64, "vocab_size": 40, "max_position_embeddings": 512, "rms_norm_eps": 1e-5,
        "rope_theta": 500000.0, "attention_bias": true, "mlp_bias": false, "tie_word_embeddings": true,
        "rope_scaling": {"rope_type": "llama3", "factor": 32.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
        "original_max_position_embeddings": 8192},
        "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 3}
        """)
    #expect(config == expected)
  }

  @Test func otherArchitecturesAreNamed() throws {
    let file = try GGUFFile(CheckpointFixtures.path("quants.gguf"))
    let text = try message { _ = try LlamaGGUF(file) }
    #expect(text.contains("has the architecture 'none'; GGUF files of 'llama' are supported"), "\(text)")
  }

  @Test func namesAreMappedExactly() {
    #expect(LlamaGGUF.name(of: "output.weight") == "lm_head.weight")
    #expect(LlamaGGUF.name(of: "blk.12.ffn_norm.weight") == "model.layers.12.post_attention_layernorm.weight")
    for name in ["blk.01.attn_q.weight", "blk.-1.attn_q.weight", "blk.1.attn_q.scale", "blk.1.attn_x.weight", ""] {
      #expect(LlamaGGUF.name(of: name) == nil, "\(name)")
    }
  }

  /// A published model, when TUNE_SMOLLM2 names SmolLM2-135M-Instruct in Q4_1; single values by gguf-py, its rows put back
  /// into the order of Hugging Face.
  @Test(.enabled(if: ProcessInfo.processInfo.environment["TUNE_SMOLLM2"] != nil, "TUNE_SMOLLM2 names no GGUF file"))
  func aPublishedModelIsRead() throws {
    let path = try #require(ProcessInfo.processInfo.environment["TUNE_SMOLLM2"])
    let model = try ModelFiles.open(path)
    #expect(model.weights.tensorNames.count == 272)
    #expect(model.config["rope_theta"] == .number(100_000))
    #expect(model.config["num_key_value_heads"] == 3)
    #expect(model.gguf?.metadata["tokenizer.ggml.tokens"]?.stringsValue?.count == 49_152)
    let expected: [(name: String, row: Int, column: Int, bits: UInt32)] = [
      ("model.embed_tokens.weight", 100, 7, 0xBD05_C800),
      ("model.layers.0.self_attn.q_proj.weight", 40, 5, 0x3E2E_6000),
      ("model.layers.7.self_attn.k_proj.weight", 100, 7, 0xBE32_6C00),
      ("model.layers.29.mlp.down_proj.weight", 40, 5, 0xBDFA_E000),
    ]
    for (name, row, column, bits) in expected {
      let tensor = try #require(model.weights.tensor(name))
      #expect(try model.weights.values(name)[row * tensor.rowLength + column].bitPattern == bits, "\(name)")
    }
    var parameters = 0
    for name in model.weights.tensorNames {
      let tensor = try #require(model.weights.tensor(name))
      parameters += tensor.elementCount
      try model.weights.requireFinite(tensor, try model.weights.values(name))
    }
    #expect(parameters == 134_515_008)
  }
}
