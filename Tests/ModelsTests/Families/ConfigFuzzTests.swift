import Basics
import Foundation
import Fuzzing
import Tensors
import Testing

@testable import Models

/// Damaged config.json files beside the weights they belong to, some in every run of the suite and for minutes in
/// `make fuzz`: loading ends soon, with a model that can be run, or a `TuneError`; and however large the model that a
/// configuration asks for, the memory taken is bounded by the files.
@Suite(.serialized) struct ConfigFuzzTests {
  private static let tokens = [
    "\"model_type\":", "\"llama\"", "\"gemma3_text\"", "\"phi3\"", "\"t5\"", "\"bert\"", "\"rope_scaling\":",
    "\"rope_parameters\":", "{\"rope_type\": \"yarn\", \"factor\": 4.0}", "{\"rope_type\": \"dynamic\", \"factor\": 1}",
    "\"layer_types\":", "\"sliding_attention\"", "\"full_attention\"", "\"head_dim\":", "\"num_hidden_layers\":",
    "\"sliding_window\":", "null", "true", "-1", "1e9", "2147483648", "{", "}", "[", "]", ",",
  ]

  @Test(arguments: FamilyFixture.all) func family(name: String) throws {
    let fixture = FamilyFixture.path(name)
    let folder = try TemporaryFolder()
    symlink("\(fixture)/model.safetensors", "\(folder.path)/model.safetensors")
    let path = "\(folder.path)/config.json"
    var corpus: [[UInt8]] = []
    for file in ["config.json", "other-config.json"] {
      guard let data = FileManager.default.contents(atPath: "\(fixture)/\(file)") else { continue }
      corpus.append(Array(data))
    }
    // Beside the file itself: the weights, some of them as float32, and one short text's hidden states.
    try Fuzzer(
      fileName: "\(name).config.json", corpus: corpus, tokens: Self.tokens, form: .json,
      memory: FuzzMemory(perByte: 64, fixed: 1 << 18)
    )
    .runReader(inputs: 40, share: 1 / Double(FamilyFixture.all.count)) { _, input in
      unlink(path)
      symlink(input, path)
      try use(try loadModel(try ModelFiles.open(folder.path)))
    }
  }
}

@Suite struct RoBERTaPositionTests {
  /// Found by damaging: positions behind the table's end, which a text of any length would read.
  @Test(arguments: [33, 255, 999, -1, .max]) func paddingBeyondThePositionsIsRefused(padding: Int) throws {
    let files = try ModelFiles.open(FamilyFixture.path("roberta"))
    var config = try #require(files.config.objectValue)
    config["pad_token_id"] = .integer(padding)
    let changed = ModelFiles(path: "m", config: .object(config), weights: files.weights, gguf: nil, folder: nil)
    let text = try message { _ = try loadModel(changed) }
    #expect(text.contains("'pad_token_id' is \(padding)") && text.contains("max_position_embeddings 34"), "\(text)")
  }
}

/// Runs a model on a text of a few tokens.
func use(_ model: any LanguageModel) throws {
  let last = Int32(clamping: model.dimensions.vocabularySize - 1)
  let ids = [0, 1, 2].map { min($0, last) }.prefix(model.dimensions.maxPositions)
  let batch = TokenBatch([Array(ids)])
  let source = model.traits.decoderStartID == nil ? nil : TokenBatch([[last, 0]])
  let logits = Recording.off { model.headLogits(of: model.hiddenStates(batch, source: source, caches: nil)) }
  try FuzzFailure.unless(logits.width == model.head.shape[0], "has \(logits.width) logits for each token")
}
