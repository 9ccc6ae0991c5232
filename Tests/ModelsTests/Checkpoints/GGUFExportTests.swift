import Basics
import Foundation
import Tensors
import Testing

@testable import Models

@Suite struct GGUFExportTests {
  /// Families that llama.cpp has too.
  private static let families = [
    "llama-linear", "llama-llama3", "llama-yarn", "mistral", "qwen2", "qwen2-sliding", "qwen3", "gemma", "gemma2",
    "gemma3", "gemma3-linear", "phi3", "gpt2",
  ]
  /// What llama.cpp does not compute, replaced by what it does.
  private static let changes: [String: (key: String, value: JSON)] = [
    "mistral": ("sliding_window", 64), "qwen2-sliding": ("sliding_window", 64), "phi3": ("sliding_window", 64),
    "gemma2": ("query_pre_attn_scalar", 6), "gemma3": ("query_pre_attn_scalar", 8),
    "gemma3-linear": ("query_pre_attn_scalar", 8),
  ]

  private func model(_ name: String, _ changes: [(key: String, value: JSON)] = []) throws -> any LanguageModel {
    let files = try ModelFiles.open(FamilyFixture.path(name))
    var config = try #require(files.config.objectValue)
    for change in changes { config[change.key] = change.value }
    return try loadModel(
      ModelFiles(path: files.path, config: .object(config), weights: files.weights, gguf: nil, folder: files.folder))
  }

  private func logits(_ model: any LanguageModel) -> [Float] {
    let tokens: [Int32] = [3, 14, 15, 9, 2, 6, 5, 35, 8, 60, 7]
    return Recording.off {
      let hidden = model.hiddenStates(TokenBatch([tokens]), caches: nil)
      return logits(hidden, head: model.head)
    }
  }

  private func logits(_ hidden: Tensor, head: Parameter) -> [Float] { linear(hidden, head).values }

  /// Names, row orders, norms and settings undo each other: what is read back computes the same bits, except where one
  /// is taken from a norm again.
  @Test(arguments: families) func whatIsWrittenReadsBackAsTheSameModel(name: String) throws {
    let folder = try TemporaryFolder(), path = "\(folder.path)/model.gguf"
    let original = try model(name, Self.changes[name].map { [$0] } ?? [])
    try GGUFExport(original, type: .f32).write(to: path, name: name, tokenizer: [])
    let copy = try loadModel(try ModelFiles.open(path))
    #expect(copy.parameters.map(\.name) == original.parameters.map(\.name))
    for (copy, original) in zip(copy.parameters, original.parameters) {
      #expect(copy.isStoredTransposed == original.isStoredTransposed && copy.shape == original.shape)
      for (found, expected) in zip(copy.value.values, original.value.values) {
        #expect(abs(found - expected) <= 1e-6, "\(copy.name)")
      }
    }
    let found = logits(copy), expected = logits(original)
    #expect(zip(found, expected).allSatisfy { abs($0 - $1) <= 1e-4 * max(1, abs($1)) })
  }

  @Test func aModelFromAGGUFFileIsWrittenAgainUnchanged() throws {
    let folder = try TemporaryFolder()
    let first = "\(folder.path)/first.gguf", second = "\(folder.path)/second.gguf"
    let tokenizer = [GGUFEntry("tokenizer.ggml.eos_token_id", .uint32(2))]
    try GGUFExport(try model("gpt2"), type: .f16).write(to: first, name: "gpt2", tokenizer: tokenizer)
    let copy = try loadModel(try ModelFiles.open(first))
    try GGUFExport(copy, type: .f16).write(to: second, name: "gpt2", tokenizer: tokenizer)
    #expect(try Data(contentsOf: URL(fileURLWithPath: first)) == Data(contentsOf: URL(fileURLWithPath: second)))
  }

  @Test func whatLlamaCppComputesOtherwiseIsRefusedByName() throws {
    let cases: [(name: String, key: String, value: JSON, message: String)] = [
      ("llama-dynamic", "model_type", "llama", "'rope_type' is \"dynamic\""),
      ("smollm3", "model_type", "smollm3", "model_type 'smollm3' cannot be written as GGUF"),
      ("gpt_neox", "model_type", "gpt_neox", "model_type 'gpt_neox' cannot be written as GGUF"),
      ("gemma2", "query_pre_attn_scalar", 10, "'query_pre_attn_scalar' is 10.0, expected 6.0"),
      ("qwen2", "hidden_act", "gelu", "'hidden_act' is \"gelu\", expected \"silu\""),
      ("gpt2", "activation_function", "gelu", "'activation_function' is \"gelu\""),
      ("gpt2", "activation_function", "relu", "'activation_function' is \"relu\""),
    ]
    for (name, key, value, expected) in cases {
      let model = try model(name, [(key, value)])
      let text = try message { _ = try GGUFExport(model, type: .f16) }
      #expect(text.contains(expected), "\(text)")
    }
  }

  @Test func aSlidingWindowBecomesTheContextLength() throws {
    let folder = try TemporaryFolder(), path = "\(folder.path)/model.gguf"
    let export = try GGUFExport(try model("mistral"), type: .f32)
    #expect(export.contextLimit == 4)
    try export.write(to: path, name: "mistral", tokenizer: [])
    #expect(try GGUFFile(path).metadata["llama.context_length"] == .integer(4))
    #expect(try GGUFExport(try model("qwen2"), type: .f32).contextLimit == nil)
  }

  @Test func metadataOfEveryWrittenTypeIsReadBack() throws {
    let folder = try TemporaryFolder(), path = "\(folder.path)/metadata.gguf"
    let entries: [GGUFEntry] = [
      GGUFEntry("a", .uint32(.max)), GGUFEntry("b", .float32(1e-5)), GGUFEntry("c", .bool(true)),
      GGUFEntry("d", .string("é\0x")), GGUFEntry("e", .strings(["", "Ġt"])), GGUFEntry("f", .int32s([-1, 3])),
      GGUFEntry("g", .float32s([-1000.5])), GGUFEntry("h", .strings([])),
    ]
    let values: [Float] = [1, -2, 3]
    try values.withUnsafeBufferPointer { values in
      try GGUFWriter.write(
        entries,
        [
          TensorDescription(name: "x", shape: [3], format: .f32),
          TensorDescription(name: "y", shape: [1, 3], format: .bf16),
        ], to: path
      ) { _ in try #require(values.baseAddress) }
    }
    let file = try GGUFFile(path)
    #expect(
      file.metadata.compactMapValues { GGUFField(copying: $0) }
        == Dictionary(uniqueKeysWithValues: entries.map { ($0.key, $0.value) }))
    #expect(try file.values("x") == [1, -2, 3] && file.values("y") == [1, -2, 3])
    #expect(file.tensor("y")?.shape == [1, 3])
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)).count.isMultiple(of: 32))
  }

  @Test func numbersBeyondHalfPrecisionAreRefusedAndNothingIsLeft() throws {
    let folder = try TemporaryFolder(), path = "\(folder.path)/large.gguf"
    let values: [Float] = [65_504, -70_000]
    let text = try message {
      try values.withUnsafeBufferPointer { values in
        let tensor = TensorDescription(name: "w", shape: [1, 2], format: .f16)
        try GGUFWriter.write([], [tensor], to: path) { _ in try #require(values.baseAddress) }
      }
    }
    #expect(text.contains("tensor 'w' holds -70000.0, beyond the largest number of F16"), "\(text)")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
  }
}
