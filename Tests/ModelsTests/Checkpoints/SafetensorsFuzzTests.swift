import Basics
import Foundation
import Fuzzing
import Testing

@testable import Models

/// Damaged safetensors files and indexes, a few hundred in every run of the suite and for minutes in `make fuzz`:
/// reading ends soon and in little memory, with tensors that can be read, or a `TuneError`.
@Suite(.serialized) struct SafetensorsFuzzTests {
  private static let memory = FuzzMemory(perByte: 32, fixed: 1 << 16)
  private static let tokens = [
    "\"dtype\":", "\"F16\"", "\"BF16\"", "\"F64\"", "\"I8\"", "\"F8_E4M3\"", "\"shape\":", "[]", "[0]", "[1,1,1,1]",
    "\"data_offsets\":", "[0,0]", "__metadata__", "{", "}", ",", "null", "\"\\u0000\"", "é",
  ]
  private static let names = ["plain.safetensors", "rounding.safetensors", "quantized.safetensors"]

  /// Headers whose length fits, with as many bytes behind as their offsets say.
  @Test func header() throws {
    let headers = try Self.names.map { name in
      let bytes = try CheckpointFixtures.bytes(name)
      let length = bytes[..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
      return Array(bytes[8..<8 + length])
    }
    try Fuzzer(
      fileName: "header.safetensors", corpus: headers, tokens: Self.tokens, form: .json, memory: Self.memory,
      wrap: Self.file
    )
    .runReader(inputs: 300, share: 0.5) { bytes, _ in try Self.read(bytes) }
  }

  @Test func wholeFile() throws {
    try Fuzzer(
      fileName: "model.safetensors", corpus: try Self.names.map { try CheckpointFixtures.bytes($0) },
      tokens: Self.tokens, form: .binary, memory: Self.memory
    )
    .runReader(inputs: 300, share: 0.2) { bytes, _ in try Self.read(bytes) }
  }

  @Test func index() throws {
    let folder = try TemporaryFolder()
    try folder.write("{}", "config.json")
    for name in ["plain", "rounding"] { try folder.copy("\(name).safetensors", as: "\(name).safetensors") }
    let index = #"""
      {"metadata": {"total_size": 1000}, "weight_map": {"single": "plain.safetensors", "half": "plain.safetensors",
      "brain": "plain.safetensors"}}
      """#
    let tokens = [
      "\"rounding.safetensors\"", "\"index.json\"", "\"config.json\"", "\"../plain.safetensors\"", "\".\"",
      "weight_map",
      "\\u0000", "{", "}", ",", ":", "\"single\"",
    ]
    let path = "\(folder.path)/model.safetensors.index.json"
    try Fuzzer(
      fileName: "index.json", corpus: [Array(index.utf8)], tokens: tokens, form: .json, memory: Self.memory
    )
    .runReader(inputs: 300, share: 0.3) { bytes, input in
      unlink(path)
      symlink(input, path)
      let store = try ModelFiles.open(folder.path).weights
      for name in store.tensorNames { try Self.expand(name, of: store) }
    }
  }

  private static func file(header: [UInt8]) -> [UInt8] {
    let members = (try? JSON(parsing: header))?.objectValue?.entries ?? []
    let ends = members.compactMap { $0.value["data_offsets"]?.arrayValue?.last?.intValue }
    let size = ends.filter { (0...1 << 17).contains($0) }.max() ?? 0
    let length = (0..<8).map { UInt8(truncatingIfNeeded: header.count >> (8 * $0)) }
    return length + header + [UInt8](repeating: 0x3C, count: size)
  }

  private static func read(_ bytes: [UInt8]) throws {
    try bytes.withUnsafeBytes { bytes in
      let store = try Safetensors(bytes: bytes, owner: nil, name: "fuzz")
      for name in store.tensorNames { try expand(name, of: store) }
    }
  }

  private static func expand(_ name: String, of store: any WeightStore) throws {
    guard let tensor = store.tensor(name), tensor.format.isExpandable else { return }
    var values = [Float](repeating: .nan, count: tensor.elementCount)
    try store.read(tensor, into: &values)
  }
}
