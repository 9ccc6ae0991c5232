import Basics
import Foundation
import Tensors
import Testing

@testable import Models

/// A tiny model of Tests/Fixtures/families and what transformers computes with it.
struct FamilyFixture {
  static let decoders = [
    "gpt2", "llama-linear", "llama-dynamic", "llama-llama3", "llama-yarn", "mistral", "smollm3", "qwen2",
    "qwen2-sliding", "qwen3", "gemma", "gemma2", "gemma3", "gemma3-linear", "phi3", "gpt_neox",
    "gpt_neox-sequential", "opt",
  ]

  static let encoderDecoders = ["t5", "flan-t5", "mt5"]
  static let classifiers = ["bert", "roberta", "distilbert"]
  static let writers = decoders + encoderDecoders
  static let all = writers + classifiers

  let folder: String
  let json: JSON
  let tensors: Safetensors
  let model: any LanguageModel

  init(_ name: String) throws {
    folder = Self.path(name)
    json = try JSON(contentsOf: "\(folder)/golden.json")
    tensors = try Safetensors("\(folder)/golden.safetensors")
    model = try loadModel(ModelFiles.open(folder))
  }

  static func path(_ name: String) -> String {
    let file = URL(fileURLWithPath: #filePath)
    let tests = file.deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    return tests.appendingPathComponent("Fixtures/families/\(name)").path
  }

  func sequences() throws -> [FamilySequence] {
    try #require(json["sequences"]?.arrayValue).map { try FamilySequence($0) }
  }

  /// What the encoder reads (empty for a decoder alone), the first tokens and those that follow.
  ///
  /// With a cache they are others where rotary scaling depends on the length.
  func greedy(cached: Bool = false) throws -> (source: [Int32], prompt: [Int32], newTokens: [Int32]) {
    let greedy = try #require(json["greedy"])
    let tokens = cached ? greedy["cached"]?["new_tokens"] : nil
    return (
      try greedy["input_ids"].map { try integers($0) } ?? [], try integers(greedy["prompt"]),
      try integers(tokens ?? greedy["new_tokens"])
    )
  }

  /// The loss of all sequences in one batch: the mean over what they train.
  func loss() throws -> CrossEntropy {
    let sequences = try sequences(), batch = TokenBatch(sequences.map { $0.ids })
    var rows: [Int32] = [], targets: [Int32] = []
    for (sequence, start) in zip(sequences, batch.offsets) {
      for (row, target) in sequence.targets {
        rows.append(Int32(start + row))
        targets.append(target)
      }
    }
    let hidden = model.hiddenStates(batch, source: sequences.source, caches: nil, rows: rows)
    return headCrossEntropy(
      hidden, head: model.head, bias: model.headBias, targets: targets, scale: 1 / Float(rows.count),
      softcap: model.traits.logitSoftcap)
  }
}

/// One sequence of a golden, of any kind of model.
struct FamilySequence {
  /// What an encoder reads for a decoder; nil for a model of one part.
  let source: [Int32]?
  /// The tokens whose hidden states give logits.
  let ids: [Int32]
  /// Rows that are trained and what they are to predict.
  let targets: [(row: Int, target: Int32)]

  init(_ json: JSON) throws {
    let input = try integers(json["input_ids"])
    if let label = json["label"]?.intValue {
      (source, ids, targets) = (nil, input, [(0, Int32(label))])
    } else if let decoderInput = json["decoder_input_ids"] {
      (source, ids) = (input, try integers(decoderInput))
      targets = try integers(json["labels"]).enumerated().map { ($0, $1) }
    } else {
      (source, ids) = (nil, input)
      // A label stands at its own token, which the row before it predicts.
      targets = try integers(json["labels"]).dropFirst().enumerated().filter { $1 != -100 }.map { ($0, $1) }
    }
  }
}

extension [FamilySequence] {
  /// What the encoder reads, nil where there is none.
  var source: TokenBatch? {
    let sources = compactMap { $0.source }
    return sources.isEmpty ? nil : TokenBatch(sources)
  }
}

private func integers(_ json: JSON?) throws -> [Int32] {
  try #require(json?.arrayValue).compactMap { $0.intValue.map { Int32($0) } }
}

extension LanguageModel {
  /// The logits of every token of a batch, or of every text of a classifier's.
  func ownLogits(_ sequences: [FamilySequence]) -> Tensor {
    Recording.off {
      headLogits(of: hiddenStates(TokenBatch(sequences.map { $0.ids }), source: sequences.source, caches: nil))
    }
  }
}

extension Parameter {
  /// The gradient as the checkpoint lays the weight out.
  var storedGradient: [Float]? {
    gradient.map { isStoredTransposed ? transposed($0).values : $0.values }
  }
}

/// The largest difference of two lists; NaN counts as infinite.
func largestDifference(_ found: [Float], _ expected: [Float]) -> Float {
  guard found.count == expected.count else { return .infinity }
  return zip(found, expected).reduce(0) { largest, pair in
    let difference = abs(pair.0 - pair.1)
    return difference <= largest ? largest : (difference.isNaN ? .infinity : difference)
  }
}
