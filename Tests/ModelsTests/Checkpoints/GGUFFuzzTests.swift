import Basics
import Foundation
import Fuzzing
import Testing

@testable import Models

/// Damaged GGUF files, a few hundred in every run of the suite and for minutes in `make fuzz`: reading ends soon and in
/// little memory, with a model whose every tensor can be read, or a `TuneError`.
@Suite(.serialized) struct GGUFFuzzTests {
  private static let tokens = [
    "GGUF", "llama", "gemma3", ".attention.head_count", ".block_count", "blk.0.attn_q.weight", "rope_freqs.weight",
    "\u{4}\0\0\0", "\u{9}\0\0\0", "\u{8}\0\0\0\0\0\0\0", "\u{7F}\u{7F}\u{7F}\u{7F}", "\0\0\0\0\0\0\0\0",
  ]
  private static let memory = FuzzMemory(perByte: 16, fixed: 1 << 18)

  /// Tensors of every format.
  @Test func tensors() throws {
    let corpus = [try CheckpointFixtures.bytes("llama.gguf"), try CheckpointFixtures.bytes("quants.gguf")]
    try Fuzzer(fileName: "tensors.gguf", corpus: corpus, tokens: Self.tokens, form: .binary, memory: Self.memory)
      .runReader(inputs: 300, share: 0.4) { bytes, _ in
        try bytes.withUnsafeBytes { bytes in
          let file = try GGUFFile(bytes: bytes, owner: nil, name: "fuzz")
          for name in file.tensorNames {
            guard let tensor = file.tensor(name), tensor.format.isExpandable else { continue }
            _ = try file.values(name)
          }
        }
      }
  }

  @Test func models() throws {
    let folder = try TemporaryFolder()
    let corpus = try ["gpt2", "qwen3", "gemma", "llama-llama3", "phi3"].map { name in
      let path = "\(folder.path)/\(name).gguf"
      let model = try loadModel(try ModelFiles.open(FamilyFixture.path(name)))
      try GGUFExport(model, type: .q8_0).write(to: path, name: name, tokenizer: [])
      return [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    }
    try Fuzzer(fileName: "model.gguf", corpus: corpus, tokens: Self.tokens, form: .binary, memory: Self.memory)
      .runReader(inputs: 300, share: 0.6) { bytes, _ in
        try bytes.withUnsafeBytes { bytes in
          let checkpoint = try GGUFCheckpoint(try GGUFFile(bytes: bytes, owner: nil, name: "fuzz"))
          let files = ModelFiles(path: "fuzz", config: checkpoint.config, weights: checkpoint, gguf: nil, folder: nil)
          try use(try loadModel(files))
        }
      }
  }
}
