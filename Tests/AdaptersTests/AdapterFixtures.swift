import Basics
import Foundation
import Models
import Tensors
import Testing

@testable import Adapters

/// A tiny Llama of Tests/Fixtures/llama with an adapter that PEFT made and what PEFT computes with it.
struct AdapterFixture {
  static let names = ["tied/lora_qv", "untied/lora_all"]

  let adapterName: String
  let folder: String
  let golden: JSON
  let tensors: Safetensors
  let model: any LanguageModel
  private let all: JSON

  /// - Parameter name: the model's folder and the adapter's.
  init(_ name: String) throws {
    let parts = name.split(separator: "/").map { String($0) }
    let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    let modelFolder = tests.appendingPathComponent("Fixtures/llama/\(parts[0])").path
    adapterName = parts[1]
    folder = "\(modelFolder)/\(parts[1])"
    all = try JSON(contentsOf: "\(modelFolder)/golden.json")
    golden = try #require(all["adapters"]?[parts[1]])
    tensors = try Safetensors("\(modelFolder)/golden.safetensors")
    model = try loadModel(ModelFiles.open(modelFolder))
  }

  func sequences(_ key: String) throws -> [[Int32]] {
    try #require(all["sequences"]?.arrayValue).map { sequence in
      try #require(sequence[key]?.arrayValue).compactMap { $0.intValue.map { Int32($0) } }
    }
  }

  func values(_ name: String) throws -> [Float] {
    let stored = try #require(tensors.tensor(name), "no golden named \(name)")
    var values = [Float](repeating: .nan, count: stored.elementCount)
    try tensors.read(stored, into: &values)
    return values
  }

  func greedy(_ key: String) throws -> [Int] {
    try #require(golden["greedy"]?[key]?.arrayValue).compactMap { $0.intValue }
  }

  /// The loss of all sequences in one batch: the mean over their trained tokens.
  func loss() throws -> CrossEntropy {
    // A label stands at its own token, which the row before it predicts.
    let labels = try sequences("labels").flatMap { $0.dropFirst() + [-100] }
    let rows = labels.indices.filter { labels[$0] != -100 }
    let batch = TokenBatch(try sequences("input_ids"))
    return headCrossEntropy(
      model.hiddenStates(batch, caches: nil, rows: rows.map { Int32($0) }), head: model.head,
      targets: rows.map { labels[$0] }, scale: 1 / Float(rows.count))
  }
}

extension LanguageModel {
  /// The logits of every token of one sequence.
  func allLogits(_ ids: [Int32]) -> [Float] {
    Recording.off { logits(hiddenStates(TokenBatch([ids]), caches: nil), head: head).values }
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

/// The `TuneError` that `body` throws.
func failure(_ body: () throws -> Void) throws -> TuneError {
  do {
    try body()
  } catch let error as TuneError {
    return error
  }
  Issue.record("expected an error")
  return .runtime("")
}

/// A folder that is removed when the value goes away.
final class TemporaryFolder {
  let path = FileManager.default.temporaryDirectory.path + "/adapters-\(UUID().uuidString)"

  init() throws { try createFolder(path) }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}
