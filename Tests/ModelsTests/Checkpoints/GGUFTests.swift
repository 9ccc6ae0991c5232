import Basics
import Foundation
import Testing

@testable import Models

@Suite struct GGUFTests {
  @Test(arguments: [
    "F32", "F16", "BF16", "Q8_0", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "IQ4_NL", "Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K",
  ])
  func everyFormatExpandsToTheReferenceBits(name: String) throws {
    let file = try GGUFFile(CheckpointFixtures.path("quants.gguf"))
    let expected = try Safetensors(CheckpointFixtures.path("quants-expected.safetensors"))
    #expect(file.tensor(name)?.format.rawValue == name)
    #expect(file.tensor(name)?.shape == [4, 256])
    #expect(bits(try file.values(name)) == bits(try expected.values(name)))
  }

  @Test func metadataOfEveryTypeIsRead() throws {
    let metadata = try GGUFFile(CheckpointFixtures.path("llama.gguf")).metadata
    #expect(metadata["test.u8"] == .integer(200))
    #expect(metadata["test.i8"] == .integer(-100))
    #expect(metadata["test.u16"] == .integer(60_000))
    #expect(metadata["test.i16"] == .integer(-30_000))
    #expect(metadata["test.i32"] == .integer(-2_000_000_000))
    #expect(metadata["test.u64"] == .integer(1 << 40))
    #expect(metadata["test.i64"] == .integer(-(1 << 40)))
    #expect(metadata["test.f64"] == .number(0.1))
    #expect(metadata["test.bool"] == .bool(true))
    #expect(metadata["test.floats"] == .numbers([0.1, 0.2]))
    #expect(metadata["test.bools"] == .booleans([true, false]))
    #expect(metadata["test.nested"] == .arrays([.integers([1, 2]), .integers([3])]))
    #expect(metadata["tokenizer.ggml.tokens"]?.stringsValue?[39] == "tok39é")
    #expect(metadata["tokenizer.ggml.merges"] == .strings(["t o", "to k"]))
    #expect(metadata["tokenizer.ggml.token_type"]?.integersValue?.count == 40)
    #expect(metadata["tokenizer.chat_template"]?.stringValue == "{{ messages }}")
  }

  @Test func damagedFilesAreRefused() throws {
    let bytes = try CheckpointFixtures.bytes("llama.gguf")
    #expect(try message { try open(Array("GGML".utf8)) }.contains("does not begin with 'GGUF'"))
    #expect(try message { try open(Array(bytes[..<6])) }.contains("the download is incomplete"))
    #expect(try message { try open(Array(bytes[..<2000])) }.contains("the download is incomplete"))
    let cut = try message { try open(bytes.dropLast(100)) }
    #expect(cut.contains("tensor 'output_norm.weight' takes 128 bytes") && cut.contains("incomplete"), "\(cut)")
    let old = patched(bytes, at: 4, [1, 0, 0, 0])
    #expect(try message { try open(old) }.contains("has GGUF version 1; expected version 2"))
    #expect(try message { try open(patched(bytes, at: 4, [0, 0, 0, 3])) }.contains("is big-endian"))
    let huge = [UInt8](repeating: 255, count: 8)
    #expect(try message { try open(patched(bytes, at: 8, huge)) }.contains("number of tensors is 18446744073709551615"))
    let millions: [UInt8] = [0, 0, 0, 0, 0, 1, 0, 0]
    #expect(try message { try open(patched(bytes, at: 8, millions)) }.contains("memory: "))
    #expect(try message { try open(patched(bytes, at: 16, millions)) }.contains("memory: "))
  }

  @Test func versionTwoIsRead() throws {
    let bytes = patched(try CheckpointFixtures.bytes("quants.gguf"), at: 4, [2, 0, 0, 0])
    try open(bytes)
  }

  @Test func unsupportedTypesAreNamed() throws {
    var bytes = try CheckpointFixtures.bytes("quants.gguf")
    let name = Array("IQ4_NL".utf8)
    let place = try #require(bytes.indices.first { bytes[$0...].starts(with: name) })
    // Name, number of dimensions, two dimensions, then the type.
    bytes[place + 6 + 4 + 16] = 19
    let text = try message { try open(bytes) }
    #expect(text.contains("tensor 'IQ4_NL' has type IQ1_S; supported are F32, F16, Q4_0"), "\(text)")
  }

  @Test func mutationsNeverCrash() throws {
    let bytes = try CheckpointFixtures.bytes("llama.gguf")
    let result = try fuzz(bytes, limit: 5000, iterations: 400, stream: "gguf") {
      let file = try GGUFFile(bytes: $0, owner: nil, name: "memory")
      return try GGUFCheckpoint(file)
    }
    #expect(result.opened > 10 && result.refused > 100, "\(result)")
  }

  private func open(_ bytes: [UInt8]) throws {
    try bytes.withUnsafeBytes { _ = try GGUFFile(bytes: $0, owner: nil, name: "memory") }
  }

  private func patched(_ bytes: [UInt8], at place: Int, _ patch: [UInt8]) -> [UInt8] {
    Array(bytes[..<place]) + patch + Array(bytes[(place + patch.count)...])
  }
}
