import Basics
import Foundation
import Fuzzing
import Models
import Testing
import Text

@testable import tune

/// Damaged files beside the weights of a model: generation_config.json, and the tokenizer in a GGUF file. Some in every
/// run of the suite and for minutes in `make fuzz`: reading ends soon and in little memory.
@Suite(.serialized) struct ModelFileFuzzTests {
  @Test func generationConfig() throws {
    let workspace = try Workspace()
    for name in ["config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"] {
      symlink("\(Workspace.model)/\(name)", workspace.file(name))
    }
    let model = try LoadedModel(workspace.path)
    let path = workspace.file("generation_config.json")
    let seed = #"{"bos_token_id": 1, "eos_token_id": [2, 7, 9], "do_sample": true, "temperature": 0.6, "top_p": 0.9}"#
    let tokens = ["\"eos_token_id\":", "[", "]", "{", "}", ",", "null", "1e9", "-1", "\"a\""]
    try Fuzzer(
      fileName: "generation_config.json", corpus: [Array(seed.utf8)], tokens: tokens, form: .json,
      memory: FuzzMemory(perByte: 64, fixed: 1 << 17)
    )
    .runReader(inputs: 200, share: 0.2) { _, input in
      unlink(path)
      symlink(input, path)
      _ = model.stopIDs
    }
  }

  @Test func tokenizerOfGGUF() throws {
    let workspace = try Workspace()
    let path = workspace.file("tokenizer.gguf")
    let corpus = try Self.tokenizers.map { metadata in
      try GGUFWriter.write(metadata, [], to: path) { _ in preconditionFailure("there are no tensors") }
      return Array(try Data(contentsOf: URL(fileURLWithPath: path)))
    }
    let tokens = [
      "gpt2", "llama", "t5", "bert", "llama-bpe", "qwen2", "falcon", "\u{3}\0\0\0", "\u{4}\0\0\0",
      "\u{8}\0\0\0\0\0\0\0", "▁", "<0x0A>", "Ġ", " ", "tokenizer.ggml.", "add_bos_token",
    ]
    try Fuzzer(
      fileName: "tokenizer.gguf", corpus: corpus, tokens: tokens, form: .binary,
      memory: FuzzMemory(perByte: 128, fixed: 1 << 17)
    )
    .runReader(inputs: 300, share: 0.8) { bytes, _ in
      let vocabulary = try bytes.withUnsafeBytes { bytes in
        try GGUFVocabulary(try GGUFFile(bytes: bytes, owner: nil, name: "fuzz"))
      }
      let tokenizer = try Tokenizer(gguf: vocabulary, name: "fuzz")
      for text in ["", " a  the <s> bread\n\t12é🙂 they've ▁x", "\u{FFFD}\0\r\n中文 e\u{301}"] {
        _ = tokenizer.decode(tokenizer.encode(text, addSpecialTokens: true))
      }
    }
  }

  /// A small tokenizer of each kind that GGUF files hold.
  private static let tokenizers: [[GGUFEntry]] = {
    func entries(_ model: String, _ tokens: [String], types: [Int32], _ others: [GGUFEntry]) -> [GGUFEntry] {
      [
        GGUFEntry("tokenizer.ggml.model", .string(model)), GGUFEntry("tokenizer.ggml.tokens", .strings(tokens)),
        GGUFEntry("tokenizer.ggml.token_type", .int32s(types)),
      ] + others
    }
    let pieces = ["<unk>", "<s>", "</s>", "<0x0A>", "  ", "▁", "t", "h", "e", "th", "▁th", "the", "▁the"]
    let scores: [Float] = [0, 0, 0, 0, 0, -9, -8, -7, -6, -3, -2, -4, -1]
    let types: [Int32] = [2, 3, 3, 6, 4, 1, 1, 1, 1, 1, 1, 1, 1]
    let ids = [
      GGUFEntry("tokenizer.ggml.bos_token_id", .uint32(1)), GGUFEntry("tokenizer.ggml.eos_token_id", .uint32(2)),
      GGUFEntry("tokenizer.ggml.unknown_token_id", .uint32(0)), GGUFEntry("tokenizer.ggml.add_bos_token", .bool(true)),
      GGUFEntry("tokenizer.ggml.scores", .float32s(scores)), GGUFEntry("tokenizer.ggml.add_space_prefix", .bool(true)),
    ]
    return [
      entries(
        "gpt2", ["t", "h", "e", "Ġ", "th", "Ġth", "<s>"], types: [1, 1, 1, 1, 1, 1, 3],
        [
          GGUFEntry("tokenizer.ggml.pre", .string("llama-bpe")),
          GGUFEntry("tokenizer.ggml.merges", .strings(["t h", "Ġ th"])),
          GGUFEntry("tokenizer.ggml.bos_token_id", .uint32(6)),
          GGUFEntry("tokenizer.chat_template", .string("{{ x }}")),
        ]),
      entries("llama", pieces, types: types, ids),
      entries("t5", pieces, types: types, ids + [GGUFEntry("tokenizer.ggml.remove_extra_whitespaces", .bool(true))]),
      entries("bert", ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "▁the", "th", "▁a"], types: [3, 2, 3, 3, 1, 1, 1], []),
    ]
  }()
}
