import Basics
import Foundation
import Testing

@testable import Tensors

/// Normal values of a named stream, the same in every run.
func randomValues(_ count: Int, _ stream: String, deviation: Double = 1) -> [Float] {
  var random = SeededRandom(seed: 42, stream: stream)
  return (0..<count).map { _ in Float(random.normal() * deviation) }
}

func randomTensor(_ shape: [Int], _ stream: String, deviation: Double = 1) -> Tensor {
  Tensor(randomValues(shape.reduce(1, *), stream, deviation: deviation), shape: shape)
}

func randomParameter(_ shape: [Int], _ stream: String, trains: Bool = true) -> Parameter {
  Parameter(stream, randomTensor(shape, stream), isTrainable: trains)
}

func bits(_ values: [Float]) -> [UInt32] { values.map { $0.bitPattern } }

/// The largest difference of two lists, measured in units of the largest expected magnitude where that is above 1.
func difference(_ found: [Float], _ expected: [Double]) -> Double {
  precondition(found.count == expected.count, "\(found.count) values, expected \(expected.count)")
  let magnitude = expected.reduce(1) { max($0, abs($1)) }
  var largest = 0.0
  for (found, expected) in zip(found, expected) {
    let distance = abs(Double(found) - expected) / magnitude
    // Not `max`, which would hide NaN.
    if !(distance <= largest) { largest = distance }
  }
  return largest
}

func difference(_ found: [Float], _ expected: [Float]) -> Double { difference(found, expected.map { Double($0) }) }

/// Catches the gradient of a tracked tensor.
final class GradientCatcher {
  private(set) var values: [Float]?

  func track(_ tensor: Tensor) -> Tensor { tensor.tracked { self.values = $0.values } }
}

/// The golden of single operations: Tests/Fixtures/llama/operations.safetensors and its JSON.
struct OperationGolden {
  let settings: JSON
  private let header: JSON
  private let data: [UInt8]

  init() throws {
    let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    let path = tests.appendingPathComponent("Fixtures/llama/operations").path
    settings = try JSON(contentsOf: "\(path).json")
    let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(path).safetensors")))
    let length = Int(bytes.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) })
    header = try JSON(parsing: Array(bytes[8..<8 + length]))
    data = Array(bytes[(8 + length)...])
  }

  func tensor(_ name: String) throws -> Tensor {
    let entry = try #require(header[name], "no golden named \(name)")
    let shape = try #require(entry["shape"]?.arrayValue).compactMap { $0.intValue }
    let begin = try #require(entry["data_offsets"]?.arrayValue?.first?.intValue)
    let values = data.withUnsafeBytes { bytes in
      (0..<shape.reduce(1, *)).map { bytes.loadUnaligned(fromByteOffset: begin + $0 * 4, as: Float.self) }
    }
    return Tensor(values, shape: shape)
  }

  func integers(_ operation: String, _ key: String) throws -> [Int] {
    try #require(settings[operation]?[key]?.arrayValue).compactMap { $0.intValue }
  }

  func number(_ operation: String, _ key: String) throws -> Double {
    try #require(settings[operation]?[key]?.doubleValue)
  }
}
