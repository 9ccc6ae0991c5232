import Basics
import CKernels
import Foundation
import Testing

@testable import Models

@Suite struct SafetensorsWriterTests {
  /// numpy rounds to float16 and gguf-py to bfloat16; NaN may differ in its payload only.
  @Test(arguments: [("half", StorageFormat.f16), ("brain", .bf16)])
  func roundingAgreesWithTheReferences(name: String, format: StorageFormat) throws {
    let golden = try Safetensors(CheckpointFixtures.path("rounding.safetensors"))
    let values = try golden.values("values")
    var rounded = [UInt16](repeating: 0, count: values.count)
    format == .f16 ? round_to_f16(values, &rounded, values.count) : round_to_bf16(values, &rounded, values.count)
    let expected = try #require(golden.tensor(name)).bytes
    for (index, value) in values.enumerated() where !value.isNaN {
      let bits = expected.loadUnaligned(fromByteOffset: index * 2, as: UInt16.self)
      #expect(rounded[index] == bits, "\(value) gave \(rounded[index]), expected \(bits)")
    }
    var restored = [Float](repeating: 0, count: values.count)
    #expect(rounded.withUnsafeBytes { format.expand($0.baseAddress!, into: &restored, blocks: values.count) })
    #expect(zip(values, restored).allSatisfy { $0.isNaN == $1.isNaN })
  }

  @Test func writtenFilesReadBackInOrder() throws {
    let folder = try TemporaryFolder()
    let path = "\(folder.path)/out.safetensors"
    let tensors = [
      TensorDescription(name: "z", shape: [2, 3], format: .f32),
      TensorDescription(name: "a", shape: [3], format: .bf16),
      TensorDescription(name: "m", shape: [1, 2], format: .f16),
      TensorDescription(name: "e", shape: [0], format: .f32),
    ]
    let values: [Float] = [1, -2.5, 3, 0.25, 5, 6]
    try values.withUnsafeBufferPointer { values in
      try SafetensorsWriter.write(tensors, to: path) { _ in values.baseAddress! }
    }
    let file = try Safetensors(path)
    #expect(file.tensorNames == ["z", "a", "m", "e"])
    #expect(file.metadata == ["format": "pt"])
    #expect(try file.values("z") == values)
    #expect(try file.values("a") == [1, -2.5, 3])
    #expect(try file.values("m") == [1, -2.5])
    let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    #expect(bytes[0].isMultiple(of: 8))
    #expect(String(decoding: bytes[8..<44], as: UTF8.self) == #"{"__metadata__":{"format":"pt"},"z":"#)
  }

  /// Reproduces a file of the reference implementation byte for byte.
  @Test func theReferenceWritesTheSameBytes() throws {
    let folder = try TemporaryFolder()
    let path = "\(folder.path)/same.safetensors"
    let original = try Safetensors(CheckpointFixtures.path("quants-expected.safetensors"))
    let tensors = original.tensorNames.compactMap { original.tensor($0) }
    let descriptions = tensors.map { TensorDescription(name: $0.name, shape: $0.shape, format: $0.format) }
    try SafetensorsWriter.write(descriptions, to: path) { description in
      let tensor = try #require(original.tensor(description.name))
      return try #require(original.float32View(tensor))
    }
    let written = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    #expect(try written == CheckpointFixtures.bytes("quants-expected.safetensors"))
  }

  @Test func largeModelsAreSharded() throws {
    let folder = try TemporaryFolder()
    let tensors = (0..<5).map { TensorDescription(name: "t\($0)", shape: [10], format: .f32) }
    var values: [Float] = []
    let files = try withUnsafeTemporaryAllocation(of: Float.self, capacity: 10) { buffer in
      try SafetensorsWriter.writeModel(tensors, toFolder: folder.path, maximumShardBytes: 80) { tensor in
        buffer.initialize(repeating: Float(tensor.name.dropFirst()) ?? -1)
        values.append(buffer[0])
        return UnsafePointer(buffer.baseAddress!)
      }
    }
    #expect(files.count == 4 && files[0] == "model-00001-of-00003.safetensors")
    #expect(values == [0, 1, 2, 3, 4])
    let index = try JSON(contentsOf: "\(folder.path)/model.safetensors.index.json")
    #expect(index["metadata"]?["total_size"] == 200)
    let model = try ShardedSafetensors(index: "\(folder.path)/model.safetensors.index.json")
    #expect(model.tensorNames == ["t0", "t1", "t2", "t3", "t4"])
    #expect(try model.values("t3") == [Float](repeating: 3, count: 10))
  }

  /// The same tensors in the same files as huggingface_hub puts them.
  @Test func shardBoundariesEqualTheReference() throws {
    let path = CheckpointFixtures.path("../merging/shards.json")
    for golden in try #require(try JSON(contentsOf: path).arrayValue) {
      let sizes = try #require(golden["values"]?.arrayValue).compactMap { $0.intValue }
      let tensors = sizes.enumerated().map { TensorDescription(name: "t\($0)", shape: [$1], format: .f32) }
      let folder = try TemporaryFolder()
      let values = [Float](repeating: 1, count: 16)
      let files = try values.withUnsafeBufferPointer { values in
        try SafetensorsWriter.writeModel(
          tensors, toFolder: folder.path, maximumShardBytes: golden["maximum_bytes"]?.intValue ?? 0
        ) { _ in values.baseAddress! }
      }
      let expected = try #require(golden["files"]?.objectValue)
      #expect(files.filter { $0 != "model.safetensors.index.json" } == expected.keys)
      for entry in expected {
        let names = entry.value.arrayValue?.compactMap { $0.intValue }.map { "t\($0)" }
        #expect(try Safetensors("\(folder.path)/\(entry.key)").tensorNames == names)
      }
      guard files.count > 1 else { continue }
      let index = try JSON(contentsOf: "\(folder.path)/model.safetensors.index.json")
      #expect(index["metadata"]?["total_parameters"]?.intValue == sizes.reduce(0, +))
      #expect(index["weight_map"]?.objectValue?.keys.count == sizes.count)
    }
  }

  @Test func smallModelsAreOneFile() throws {
    let folder = try TemporaryFolder()
    let value: [Float] = [1]
    let files = try value.withUnsafeBufferPointer { value in
      try SafetensorsWriter.writeModel(
        [TensorDescription(name: "t", shape: [1], format: .f32)], toFolder: folder.path, maximumShardBytes: 1
      ) { _ in value.baseAddress! }
    }
    #expect(files == ["model.safetensors"])
  }
}
