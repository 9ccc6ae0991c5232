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
  private let tensors: SafetensorsGolden

  init() throws {
    tensors = try SafetensorsGolden("llama/operations")
    settings = try JSON(contentsOf: "\(SafetensorsGolden.fixtures)/llama/operations.json")
  }

  func tensor(_ name: String) throws -> Tensor { try tensors.tensor(name) }

  func integers(_ operation: String, _ key: String) throws -> [Int] {
    try #require(settings[operation]?[key]?.arrayValue).compactMap { $0.intValue }
  }

  func number(_ operation: String, _ key: String) throws -> Double {
    try #require(settings[operation]?[key]?.doubleValue)
  }
}

/// A safetensors file in Tests/Fixtures.
struct SafetensorsGolden: Sendable {
  private let header: JSON
  private let data: [UInt8]

  static let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Fixtures").path

  /// - Parameter name: the path in Tests/Fixtures without the file's ending.
  init(_ name: String) throws {
    let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(Self.fixtures)/\(name).safetensors")))
    let length = Int(bytes.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) })
    header = try JSON(parsing: Array(bytes[8..<8 + length]))
    data = Array(bytes[(8 + length)...])
  }

  func bytes(_ name: String) throws -> [UInt8] {
    let offsets = try #require(header[name]?["data_offsets"]?.arrayValue, "no golden named \(name)")
    let (begin, end) = (try #require(offsets.first?.intValue), try #require(offsets.last?.intValue))
    return Array(data[begin..<end])
  }

  /// A tensor of float32 values.
  func tensor(_ name: String) throws -> Tensor {
    let shape = try #require(header[name]?["shape"]?.arrayValue).compactMap { $0.intValue }
    let values = try bytes(name).withUnsafeBytes { bytes in
      (0..<shape.reduce(1, *)).map { bytes.loadUnaligned(fromByteOffset: $0 * 4, as: Float.self) }
    }
    return Tensor(values, shape: shape)
  }
}
