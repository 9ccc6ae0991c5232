import Basics
import Foundation
import Testing

@testable import Models

@Suite struct SafetensorsTests {
  @Test func everyFloatFormatIsReadExactly() throws {
    let file = try Safetensors(CheckpointFixtures.path("plain.safetensors"))
    let expected = try Safetensors(CheckpointFixtures.path("plain-expected.safetensors"))
    #expect(file.metadata == ["format": "pt"])
    #expect(Set(file.tensorNames) == Set(expected.tensorNames + ["position_ids"]))
    for name in expected.tensorNames {
      #expect(bits(try file.values(name)) == bits(try expected.values(name)), "\(name)")
      #expect(file.tensor(name)?.shape == expected.tensor(name)?.shape)
    }
    #expect(file.tensor("half")?.format == .f16)
    #expect(file.tensor("empty")?.shape == [0, 4])
    #expect(file.tensor("scalar")?.shape == [])
    #expect(file.tensor("missing") == nil)
  }

  @Test func integersAreListedButNotExpanded() throws {
    let file = try Safetensors(CheckpointFixtures.path("plain.safetensors"))
    #expect(file.tensor("position_ids")?.format == .i64)
    #expect(try message { _ = try file.values("position_ids") }.contains("tensor 'position_ids' is stored as I64"))
  }

  @Test func alignedFloat32IsNotCopied() throws {
    let file = try Safetensors(CheckpointFixtures.path("plain.safetensors"))
    let single = try #require(file.tensor("single"))
    let view = try #require(file.float32View(single))
    #expect(UnsafeRawPointer(view) == single.bytes.baseAddress)
    let half = try #require(file.tensor("half"))
    #expect(file.float32View(half) == nil)
  }

  @Test func misalignedFloat32IsReadByCopy() throws {
    let bytes = Self.file(#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, data: floats([1.5, -2]))
    try ([0] + bytes).withUnsafeBytes { shifted in
      let file = try Safetensors(bytes: UnsafeRawBufferPointer(rebasing: shifted[1...]), owner: nil, name: "memory")
      let tensor = try #require(file.tensor("a"))
      #expect(file.float32View(tensor) == nil)
      #expect(try file.values("a") == [1.5, -2])
    }
  }

  @Test func rowsAreReadAlone() throws {
    let file = try Safetensors(CheckpointFixtures.path("plain.safetensors"))
    let tensor = try #require(file.tensor("half"))
    let all = try file.values("half")
    var rows = [Float](repeating: 0, count: 14)
    tensor.read(rows: 1..<3, into: &rows)
    #expect(rows == Array(all[7..<21]))
  }

  @Test(arguments: [
    ("{", "not valid JSON"),
    ("[]", "does not begin with '{'"),
    (#"{"a":{"shape":[2],"data_offsets":[0,8]}}"#, "has no dtype"),
    (#"{"a":{"dtype":"F4","shape":[2],"data_offsets":[0,8]}}"#, "has dtype F4; expected one of F32, F16"),
    (#"{"a":{"dtype":"Q4_0","shape":[2],"data_offsets":[0,8]}}"#, "has dtype Q4_0"),
    (#"{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}"#, "no valid shape"),
    (#"{"a":{"dtype":"F32","shape":"2","data_offsets":[0,8]}}"#, "no valid shape"),
    (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}"#, "no valid data_offsets"),
    (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0]}}"#, "no valid data_offsets"),
    (#"{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}"#, "does not fit its 8 bytes"),
    (#"{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}}"#, "does not fit its 0 bytes"),
    (#"{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}"#, "the download is incomplete; fetch it again"),
    (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, "4 bytes follow tensor 'a'"),
    (#"{}"#, "8 bytes follow the header"),
    (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#, "leaves a gap after the header"),
    (
      #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#,
      "tensor 'b' overlaps tensor 'a'"
    ),
    (
      #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#,
      "tensor 'a' is listed twice"
    ),
  ])
  func damagedHeadersAreRefused(header: String, expected: String) throws {
    let text = try message { try open(Self.file(header, data: floats([1, 2]))) }
    #expect(text.hasPrefix("memory: ") && text.contains(expected), "\(text)")
  }

  @Test func incompleteFilesAreRefused() throws {
    let bytes = try CheckpointFixtures.bytes("plain.safetensors")
    #expect(try message { try open([]) }.contains("has 0 bytes"))
    #expect(try message { try open(Array(bytes[..<100])) }.contains("but the file has 100; the download is incomplete"))
    #expect(
      try message { try open(bytes.dropLast()) }
        == "memory: tensor 'half' ends at byte 756 but the file has 755; the download is incomplete; fetch it again")
    #expect(try message { try open(Array("version https://git-lfs.github.com".utf8)) }.contains("Git LFS pointer"))
    #expect(try message { try open([UInt8](repeating: 255, count: 40)) }.contains("not a safetensors file"))
  }

  @Test func mutationsNeverCrash() throws {
    let bytes = try CheckpointFixtures.bytes("plain.safetensors")
    let result = try fuzz(bytes, limit: 500, iterations: 3000, stream: "safetensors") {
      try Safetensors(bytes: $0, owner: nil, name: "memory")
    }
    #expect(result.opened > 10 && result.refused > 1000, "\(result)")
  }

  private func open(_ bytes: [UInt8]) throws {
    try bytes.withUnsafeBytes { _ = try Safetensors(bytes: $0, owner: nil, name: "memory") }
  }

  private func floats(_ values: [Float]) -> [UInt8] { values.withUnsafeBytes { Array($0) } }

  private static func file(_ header: String, data: [UInt8]) -> [UInt8] {
    withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) } + Array(header.utf8) + data
  }
}
