import Basics
import Foundation
import Fuzzing
import Testing

@testable import Models

/// Damaged GGUF files, a few hundred in every run of the suite and for minutes in `make fuzz`, which bounds the memory:
/// reading ends soon, with a checkpoint whose every tensor can be read, or a `TuneError`.
@Suite(.serialized) struct GGUFFuzzTests {
  @Test func file() throws {
    let folder = try TemporaryFolder()
    var corpus = [try CheckpointFixtures.bytes("llama.gguf")]
    for name in ["gpt2", "qwen3", "gemma"] {
      let path = "\(folder.path)/\(name).gguf"
      let model = try loadModel(try ModelFiles.open(FamilyFixture.path(name)))
      try GGUFExport(model, type: .q8_0).write(to: path, name: name, tokenizer: [])
      corpus.append([UInt8](try Data(contentsOf: URL(fileURLWithPath: path))))
    }
    let tokens = [
      "GGUF", "llama", "gemma3", ".attention.head_count", ".block_count", "blk.0.attn_q.weight", "rope_freqs.weight",
      "\u{4}\0\0\0", "\u{9}\0\0\0", "\u{8}\0\0\0\0\0\0\0", "\u{7F}\u{7F}\u{7F}\u{7F}", "\0\0\0\0\0\0\0\0",
    ]
    try Fuzzer(fileName: "model.gguf", corpus: corpus, tokens: tokens).run(inputs: 300) { bytes, _ in
      try bytes.withUnsafeBytes { bytes in
        do {
          let checkpoint = try GGUFCheckpoint(try GGUFFile(bytes: bytes, owner: nil, name: "fuzz"))
          for name in checkpoint.tensorNames {
            guard let tensor = checkpoint.tensor(name), tensor.format.isExpandable else { continue }
            _ = try checkpoint.values(name)
          }
          _ = try loadModel(
            ModelFiles(path: "fuzz", config: checkpoint.config, weights: checkpoint, gguf: nil, folder: nil))
        } catch is TuneError {}
      }
    }
  }
}
