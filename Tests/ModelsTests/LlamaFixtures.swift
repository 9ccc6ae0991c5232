import Basics
import Foundation
import Tensors
import Testing

@testable import Models

/// A tiny Llama of Tests/Fixtures/llama and what transformers computes with it.
struct LlamaFixture {
  static let names = ["tied", "untied"]

  let name: String
  let folder: String
  let json: JSON
  let tensors: Safetensors
  let model: any LanguageModel

  init(_ name: String) throws {
    self.name = name
    folder = Self.path(name)
    json = try JSON(contentsOf: "\(folder)/golden.json")
    tensors = try Safetensors("\(folder)/golden.safetensors")
    model = try loadModel(ModelFiles.open(folder))
  }

  static func path(_ name: String) -> String {
    let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    return tests.appendingPathComponent("Fixtures/llama/\(name)").path
  }

  func sequences(_ key: String) throws -> [[Int32]] {
    try #require(json["sequences"]?.arrayValue).map { sequence in
      try #require(sequence[key]?.arrayValue).compactMap { $0.intValue.map { Int32($0) } }
    }
  }

  func greedy(_ key: String) throws -> [Int] {
    try #require(json["greedy"]?[key]?.arrayValue).compactMap { $0.intValue }
  }

  /// The loss of all sequences in one batch: the mean over their trained tokens.
  func loss() throws -> CrossEntropy {
    let batch = TokenBatch(try sequences("input_ids"))
    // A label stands at its own token, which the row before it predicts.
    let labels = try sequences("labels").flatMap { $0.dropFirst() + [-100] }
    let rows = labels.indices.filter { labels[$0] != -100 }
    return headCrossEntropy(
      model.hiddenStates(batch, caches: nil, rows: rows.map { Int32($0) }), head: model.head,
      targets: rows.map { labels[$0] }, scale: 1 / Float(rows.count))
  }
}

extension LanguageModel {
  /// The logits of every token of a batch, [tokens, vocabulary].
  func allLogits(_ sequences: [[Int32]]) -> Tensor {
    Recording.off { logits(hiddenStates(TokenBatch(sequences), caches: nil), head: head) }
  }
}

/// The largest difference of two lists relative to the largest expected magnitude.
func relativeDifference(_ found: [Float], _ expected: [Float]) -> Float {
  precondition(found.count == expected.count, "\(found.count) values, expected \(expected.count)")
  let magnitude = expected.reduce(1e-12) { max($0, abs($1)) }
  var largest: Float = 0
  // Not `max`, which would hide NaN.
  for (found, expected) in zip(found, expected) where !(abs(found - expected) / magnitude <= largest) {
    largest = abs(found - expected) / magnitude
  }
  return largest
}

/// A copy of a tiny Llama whose configuration and tensors a test may spoil.
final class SpoiledModel {
  let folder: TemporaryFolder
  var config: JSONObject
  private(set) var order: [String]
  private var tensors: [String: Tensor] = [:]

  init(_ name: String = "untied") throws {
    folder = try TemporaryFolder()
    config = try JSON(contentsOf: "\(LlamaFixture.path(name))/config.json").objectValue ?? [:]
    let store = try Safetensors("\(LlamaFixture.path(name))/model.safetensors")
    order = store.tensorNames
    for name in order {
      let stored = try #require(store.tensor(name))
      tensors[name] = Tensor(try store.values(name), shape: stored.shape)
    }
  }

  subscript(name: String) -> Tensor? {
    get { tensors[name] }
    set {
      if tensors[name] == nil { order.append(name) }
      if newValue == nil { order.removeAll { $0 == name } }
      tensors[name] = newValue
    }
  }

  /// Writes the folder and loads it.
  func load() throws -> any LanguageModel {
    try folder.write(JSON.object(config).text(), "config.json")
    let descriptions = order.map { TensorDescription(name: $0, shape: tensors[$0]?.shape ?? [], format: .f32) }
    try SafetensorsWriter.write(descriptions, to: "\(folder.path)/model.safetensors") { description in
      UnsafePointer(try #require(self.tensors[description.name]).pointer)
    }
    return try loadModel(ModelFiles.open(folder.path))
  }

  /// The error of loading it.
  func failure() throws -> TuneError {
    do {
      _ = try load()
    } catch let error as TuneError {
      return error
    }
    Issue.record("expected an error")
    return .runtime("")
  }
}
