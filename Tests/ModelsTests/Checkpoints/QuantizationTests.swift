import Basics
import Foundation
import Testing

@testable import Models

@Suite struct QuantizationTests {
  private static let formats: [StorageFormat] = [.q8_0, .q4_0, .q5_0, .q5_1, .q4_K, .q5_K, .q6_K]

  private static func encoded(_ values: [Float], _ format: StorageFormat) throws -> [UInt8] {
    let blocks = values.count / format.blockSize
    var bytes = [UInt8](repeating: 0xAA, count: blocks * format.blockBytes)
    let encode = try #require(format.encoder)
    encode(values, &bytes, blocks)
    return bytes
  }

  @Test(arguments: formats) func blocksHaveTheBitsOfGGML(format: StorageFormat) throws {
    let file = try Safetensors(CheckpointFixtures.path("quantized.safetensors"))
    let expected = try #require(file.tensor(format.rawValue))
    #expect(try Self.encoded(file.values("values"), format) == Array(expected.bytes))
  }

  /// Half a step of the grid that the block's extremes span, with the rounding of scales and minima to 6 or 8 bits.
  @Test(arguments: zip(formats, [1 / 254.0, 1 / 8.0, 1 / 16.0, 1 / 62.0, 0.09, 0.05, 0.04] as [Float]))
  func roundTripsStayWithinTheFormatsError(format: StorageFormat, bound: Float) throws {
    var random = SeededRandom(seed: 5, stream: "quantization")
    let values = (0..<256 * 64).map { _ in Float(random.normal()) }
    let bytes = try Self.encoded(values, format)
    var expanded = [Float](repeating: .nan, count: values.count)
    let isExpanded = bytes.withUnsafeBytes { source in
      format.expand(source.baseAddress!, into: &expanded, blocks: values.count / format.blockSize)
    }
    #expect(isExpanded)
    for start in stride(from: 0, to: values.count, by: format.blockSize) {
      let block = start..<start + format.blockSize
      // The scale is itself rounded to float16, one part in 2,048.
      let largest = values[block].map { abs($0) }.max() ?? 0
      let spread = format == .q5_1 ? (values[block].max() ?? 0) - (values[block].min() ?? 0) : largest
      for index in block {
        #expect(abs(values[index] - expanded[index]) <= spread * bound + largest / 1024, "\(format) \(index)")
      }
    }
  }

  @Test func mixturesGiveTheFormatsOfLlamaCpp() {
    func format(_ name: String, _ columns: Int, _ type: GGUFFileType, isHead: Bool = false) -> StorageFormat {
      type.format(of: name, shape: [64, columns], layerCount: 18, isHead: isHead)
    }
    // Of gemma-3-270m in Q4_K_M as published: 18 layers, hidden 640, a head size of 256, an inner size of 2048.
    #expect(format("token_embd.weight", 640, .q4_K_M, isHead: true) == .q8_0)
    #expect(format("blk.0.attn_q.weight", 640, .q4_K_M) == .q5_0)
    #expect(format("blk.0.attn_v.weight", 640, .q4_K_M) == .q8_0)
    #expect(format("blk.2.attn_v.weight", 640, .q4_K_M) == .q5_0)
    #expect(format("blk.0.attn_output.weight", 1024, .q4_K_M) == .q4_K)
    let fine = (0..<18).filter { format("blk.\($0).ffn_down.weight", 2048, .q4_K_M) == .q6_K }
    #expect(fine == [0, 1, 4, 7, 10, 13, 15, 16, 17])
    #expect(format("blk.3.attn_qkv.weight", 768, .q4_K_M) == .q5_K)
    #expect(format("output.weight", 512, .q4_0, isHead: true) == .q6_K)
    #expect(format("blk.3.ffn_up.weight", 512, .q4_0) == .q4_0)
    #expect(format("blk.3.ffn_up.weight", 24, .q8_0) == .f16)
    #expect(format("position_embd.weight", 768, .q8_0) == .f32)
    #expect(GGUFFileType.q8_0.format(of: "output_norm.weight", shape: [64], layerCount: 2, isHead: false) == .f32)
  }
}
