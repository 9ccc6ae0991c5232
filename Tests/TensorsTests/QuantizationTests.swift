import Basics
import CKernels
import Foundation
import Testing

@testable import Tensors

/// Matrices quantised while loading have the bits of bitsandbytes: Tests/Fixtures/quantization/make_quantization.py.
@Suite struct QuantizationTests {
  private static let golden = Result { try SafetensorsGolden("quantization/quantization") }

  private static func source(_ name: String) throws -> QuantizationSource {
    source(try golden.get().tensor(name))
  }

  private static func source(_ values: Tensor) -> QuantizationSource { QuantizationSource(Parameter("source", values)) }

  @Test(arguments: ["blocks", "odd"], FourBitCode.allCases)
  func fourBitCodesAndScalesHaveTheBitsOfTheReference(name: String, code: FourBitCode) throws {
    let golden = try Self.golden.get()
    let found = FourBitMatrix(try Self.source(name), code, nestsScales: false)
    #expect(Array(found.codes) == (try golden.bytes("\(name).\(code).codes")))
    guard case .plain(let scales) = found.scales else { return #expect(Bool(false), "scales are nested") }
    #expect(bits(scales.values) == bits(try golden.tensor("\(name).\(code).scales").values))
  }

  @Test(arguments: ["blocks", "odd"], FourBitCode.allCases)
  func nestedScalesHaveTheBitsOfTheReference(name: String, code: FourBitCode) throws {
    let golden = try Self.golden.get(), prefix = "\(name).\(code)"
    let scales = try golden.tensor("\(prefix).scales"), offset = try golden.tensor("\(prefix).nested.offset").values[0]
    let found = NestedScales(scales, offset: offset)
    #expect(Array(found.codes) == (try golden.bytes("\(prefix).nested.codes")))
    #expect(bits(found.outer.values) == bits(try golden.tensor("\(prefix).nested.scales").values))
    // torch sums in float32, in an order of its own.
    #expect(abs(NestedScales(scales).offset - offset) <= offset.ulp)
  }

  @Test(arguments: FourBitCode.allCases) func expandedValuesHaveTheBitsOfTheReference(code: FourBitCode) throws {
    let golden = try Self.golden.get()
    let nested = CompactMatrix(quantizing: try Self.source("blocks"), .fourBit(code, nestsScales: true))
    #expect(bits(nested.expanded().values) == bits(try golden.tensor("blocks.\(code).nested.values").values))
    let plain = CompactMatrix(quantizing: try Self.source("odd"), .fourBit(code, nestsScales: false))
    #expect(bits(plain.expanded().values) == bits(try golden.tensor("odd.\(code).values").values))
  }

  @Test func codesOfScalesAreTheReferences() throws {
    #expect(bits(dynamicCode()) == bits(try Self.golden.get().tensor("dynamic").values))
  }

  @Test(arguments: ["blocks", "odd"]) func eightBitsHaveTheBitsOfTheReference(name: String) throws {
    let golden = try Self.golden.get(), values = try Self.source(name), found = Int8Matrix(values)
    #expect(found.codes.map { UInt8(bitPattern: $0) } == (try golden.bytes("\(name).int8.codes")))
    #expect(bits(found.scales.values) == bits(try golden.tensor("\(name).int8.scales").values))
    let expanded = CompactMatrix(quantizing: values, .eightBit).expanded()
    #expect(bits(expanded.values) == bits(try golden.tensor("\(name).int8.values").values))
  }

  /// Any row range expands as the whole does, wherever blocks begin and end, and whoever expands.
  @Test(arguments: [(1, 1), (3, 5), (9, 64), (7, 96), (5, 130), (300, 33)])
  func rowsExpandAsTheWholeDoes(rows: Int, columns: Int) {
    let values = randomTensor([rows, columns], "rows")
    for quantization in Self.all {
      let matrix = CompactMatrix(quantizing: Self.source(values), quantization), whole = matrix.expanded().values
      for first in Set([0, 1, rows / 2, rows - 1]) where first < rows {
        let count = min(4, rows - first)
        var part = [Float](repeating: .nan, count: count * columns)
        matrix.expand(first..<first + count, into: &part)
        #expect(bits(part) == bits(Array(whole[first * columns..<(first + count) * columns])))
      }
    }
  }

  /// Half the widest gap between values of the code, and what rounding of the scale adds.
  @Test func errorsStayWithinTheCodes() {
    let rows = 96, columns = 320
    let values = randomTensor([rows, columns], "errors", deviation: 0.05)
    let found = Self.all.map { CompactMatrix(quantizing: Self.source(values), $0).expanded().values }
    for block in 0..<rows * columns / 64 {
      let range = block * 64..<(block + 1) * 64
      let largest = values.values[range].map { abs($0) }.max() ?? 0
      for (quantization, found) in zip(Self.all, found) {
        guard case .fourBit(let code, let nestsScales) = quantization else { continue }
        let gap: Float = code == .nf4 ? 0.1520 : 0.1667  // -1 to -0.696, 2/3 to 1
        let worst = range.map { abs(found[$0] - values.values[$0]) }.max() ?? .infinity
        #expect(worst <= largest * (nestsScales ? gap + 0.03 : gap + 1e-6))
      }
    }
    for row in 0..<rows {
      let range = row * columns..<(row + 1) * columns, largest = values.values[range].map { abs($0) }.max() ?? 0
      #expect(range.allSatisfy { abs((found.last ?? [])[$0] - values.values[$0]) <= largest / 253 })
    }
  }

  @Test func zerosAndTinyRowsStayFinite() {
    for values in [[Float](repeating: 0, count: 130), [Float](repeating: 1e-41, count: 130)] {
      for quantization in Self.all {
        let found = CompactMatrix(quantizing: Self.source(Tensor(values, shape: [2, 65])), quantization).expanded()
          .values
        #expect(found.allSatisfy { abs($0) <= 1e-38 })
      }
    }
  }

  /// A weight in 16 bits or quantised is read by tiles; they cut blocks nowhere.
  @Test(arguments: [(700, 45), (65, 576), (3, 20000)]) func tilesGiveWhatTheWholeGives(rows: Int, columns: Int) {
    let stored = randomParameter([rows, columns], "tiles", trains: false).quantized(.eightBit)
    let whole = Parameter("whole", stored.value)
    for quantization in Self.all {
      #expect(bits(stored.quantized(quantization).value.values) == bits(whole.quantized(quantization).value.values))
    }
  }

  @Test func sizesAreThoseOfTheFormats() {
    let weight = randomParameter([256, 512], "sizes", trains: false), count = 256 * 512
    func bytes(_ quantization: WeightQuantization) -> Int { weight.quantized(quantization).byteCount }
    #expect(weight.byteCount == 4 * count)
    #expect(bytes(.fourBit(.nf4, nestsScales: false)) == count / 2 + count / 64 * 4)
    #expect(bytes(.fourBit(.nf4, nestsScales: true)) == count / 2 + count / 64 + count / 64 / 256 * 4 + 4)
    #expect(bytes(.eightBit) == count + 256 * 4)
  }

  static let all: [WeightQuantization] = [
    .fourBit(.nf4, nestsScales: true), .fourBit(.nf4, nestsScales: false), .fourBit(.fp4, nestsScales: true), .eightBit,
  ]
}
