import Basics
import CKernels
import Foundation
import Testing

@testable import Tensors

/// The kernels for few activation rows against double-precision inner products of the expanded weights.
@Suite struct FewRowsTests {
  static let rowCounts = [1, 2, 3, 5, 16, 17]
  static let outputCounts = [1, 7, 63, 65]

  /// Every format at every size, with strides wider than the rows; memory that must not be touched stays intact.
  @Test(arguments: StoredFormat.all)
  func everyFormatEqualsDoublePrecision(format: StoredFormat) {
    for inputs in format.inputCounts {
      let matrix = RandomMatrix(format, outputs: 65, inputs: inputs)
      let xStride = inputs + 3
      let x = randomValues(17 * xStride, "few-rows/x/\(inputs)")
      let reference = matrix.products(x, stride: xStride, rows: 17)
      for rows in Self.rowCounts {
        for outputs in Self.outputCounts {
          // At the end of a page, and so that no address is a multiple of two.
          for gap in [0, 1] {
            let weights = GuardedMemory(Array(matrix.bytes[..<(outputs * matrix.rowBytes)]), gap: gap)
            let found = weights.product(format, x, rows, outputs, inputs, xStride: xStride, outStride: outputs + 5)
            var worst = 0.0
            for row in 0..<rows {
              for output in 0..<outputs {
                let (expected, norm) = reference[row * 65 + output]
                let distance = abs(Double(found[row * outputs + output]) - expected)
                if !(distance <= 3e-6 * norm) { worst = max(worst, norm > 0 ? distance / norm : .infinity) }
              }
            }
            #expect(worst == 0, "\(format.name) \(rows) x \(inputs) by \(outputs), gap \(gap): \(worst) of the norm")
          }
        }
      }
    }
  }

  /// All finite float16 and bfloat16 numbers, each met by a single 1.
  @Test(arguments: [TUNE_F16, TUNE_BF16])
  func everyNumberIsExact(code: tune_format) throws {
    let format = try #require(StoredFormat.all.first { $0.code == code })
    // Bits without sign below infinity.
    let end: UInt16 = code == TUNE_F16 ? 0x7C00 : 0x7F80
    let numbers = (0...UInt16.max).filter { $0 & 0x7FFF < end }
    let bytes = numbers.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }
    let expected = format.expanded(bytes, count: numbers.count)
    let outputs = numbers.count / 8
    #expect(numbers.count % 8 == 0)
    let weights = GuardedMemory(bytes, gap: 0)
    for place in 0..<8 {
      let x = (0..<8).map { $0 == place ? Float(1) : 0 }
      let found = weights.product(format, x, 1, outputs, 8, xStride: 8, outStride: outputs)
      let wrong = (0..<outputs).filter { found[$0] != expected[$0 * 8 + place] }
      #expect(wrong.isEmpty, "\(wrong.count) numbers, the first in row \(wrong.first ?? 0)")
    }
  }
}

/// A storage format as `tune_few_rows` and `dequantize.h` know it.
struct StoredFormat: Sendable, CustomTestStringConvertible {
  let name: String
  let code: tune_format
  /// Values and bytes of a block.
  let values: Int, bytes: Int
  /// Where a block has float16 numbers.
  let halves: [Int]
  /// Nil for float32.
  let expand: (@Sendable (UnsafeRawPointer?, UnsafeMutablePointer<Float>?, Int) -> Void)?

  var testDescription: String { name }

  var inputCounts: [Int] {
    switch values {
    case 1: [1, 7, 63, 65, 576, 1536]
    case 32: [32, 224, 256, 288, 576, 1536]
    default: [256, 768, 1536]
    }
  }

  func expanded(_ stored: [UInt8], count: Int) -> [Float] {
    [Float](unsafeUninitializedCapacity: count) { output, initialized in
      stored.withUnsafeBytes { source in
        if let expand {
          expand(source.baseAddress, output.baseAddress, count / values)
        } else {
          UnsafeMutableRawBufferPointer(output).copyMemory(from: .init(rebasing: source[..<(count * 4)]))
        }
      }
      initialized = count
    }
  }

  static let all = [
    StoredFormat(name: "F32", code: TUNE_F32, values: 1, bytes: 4, halves: [], expand: nil),
    StoredFormat(name: "F16", code: TUNE_F16, values: 1, bytes: 2, halves: [0], expand: dequantize_f16),
    StoredFormat(name: "BF16", code: TUNE_BF16, values: 1, bytes: 2, halves: [], expand: dequantize_bf16),
    StoredFormat(name: "F64", code: TUNE_F64, values: 1, bytes: 8, halves: [], expand: dequantize_f64),
    StoredFormat(name: "Q8_0", code: TUNE_Q8_0, values: 32, bytes: 34, halves: [0], expand: dequantize_q8_0),
    StoredFormat(name: "Q4_0", code: TUNE_Q4_0, values: 32, bytes: 18, halves: [0], expand: dequantize_q4_0),
    StoredFormat(name: "Q4_1", code: TUNE_Q4_1, values: 32, bytes: 20, halves: [0, 2], expand: dequantize_q4_1),
    StoredFormat(name: "Q5_0", code: TUNE_Q5_0, values: 32, bytes: 22, halves: [0], expand: dequantize_q5_0),
    StoredFormat(name: "Q5_1", code: TUNE_Q5_1, values: 32, bytes: 24, halves: [0, 2], expand: dequantize_q5_1),
    StoredFormat(name: "IQ4_NL", code: TUNE_IQ4_NL, values: 32, bytes: 18, halves: [0], expand: dequantize_iq4_nl),
    StoredFormat(name: "Q2_K", code: TUNE_Q2_K, values: 256, bytes: 84, halves: [80, 82], expand: dequantize_q2_K),
    StoredFormat(name: "Q3_K", code: TUNE_Q3_K, values: 256, bytes: 110, halves: [108], expand: dequantize_q3_K),
    StoredFormat(name: "Q4_K", code: TUNE_Q4_K, values: 256, bytes: 144, halves: [0, 2], expand: dequantize_q4_K),
    StoredFormat(name: "Q5_K", code: TUNE_Q5_K, values: 256, bytes: 176, halves: [0, 2], expand: dequantize_q5_K),
    StoredFormat(name: "Q6_K", code: TUNE_Q6_K, values: 256, bytes: 210, halves: [208], expand: dequantize_q6_K),
  ]
}

/// Random stored weights, some rows with subnormal scales.
private struct RandomMatrix {
  let format: StoredFormat
  let outputs: Int, inputs: Int
  var bytes: [UInt8] = []
  var rowBytes: Int { inputs / format.values * format.bytes }

  init(_ format: StoredFormat, outputs: Int, inputs: Int) {
    self.format = format
    self.outputs = outputs
    self.inputs = inputs
    var random = SeededRandom(seed: 42, stream: "few-rows/\(format.name)/\(inputs)")
    for row in 0..<outputs {
      for _ in 0..<(inputs / format.values) {
        var block = (0..<format.bytes).map { _ in UInt8(random.uniform() * 256) }
        switch format.code {
        case TUNE_F32: block = Self.bytes(of: Float(random.normal()))
        case TUNE_F64: block = Self.bytes(of: random.normal())
        case TUNE_BF16: block = Array(Self.bytes(of: Float(random.normal()))[2...])
        default: break
        }
        for place in format.halves {
          // Both signs; magnitudes below 2^-14 in every fourth row and from 2^-10 to 1 in the others.
          let magnitude = row % 4 == 3 ? 1 + random.uniform() * 1022 : 0x1400 + random.uniform() * 0x2800
          block.replaceSubrange(
            place..<place + 2, with: Self.bytes(of: UInt16(magnitude) | (random.uniform() < 0.5 ? 0x8000 : 0)))
        }
        bytes += block
      }
    }
  }

  private static func bytes<Value>(of value: Value) -> [UInt8] { withUnsafeBytes(of: value) { Array($0) } }

  /// For each activation row and output the inner product, and the root of the sum of its squared terms.
  func products(_ x: [Float], stride: Int, rows: Int) -> [(Double, Double)] {
    let weights = format.expanded(bytes, count: outputs * inputs)
    return weights.withUnsafeBufferPointer { weights in
      x.withUnsafeBufferPointer { x in
        (0..<rows * outputs).map { index in
          let (row, output) = index.quotientAndRemainder(dividingBy: outputs)
          var sum = 0.0, squares = 0.0, place = 0
          while place < inputs {
            let term = Double(x[row * stride + place]) * Double(weights[output * inputs + place])
            sum += term
            squares += term * term
            place += 1
          }
          return (sum, squares.squareRoot())
        }
      }
    }
  }
}

/// Bytes that end `gap` bytes before a page that cannot be read; those around them are watched.
private final class GuardedMemory {
  private let mapping: UnsafeMutableRawPointer
  private let size: Int
  private let before: Int, count: Int
  private static let pageSize = Int(sysconf(Int32(_SC_PAGESIZE)))
  private static let canary: UInt8 = 0xA5
  /// Bytes that may be read beyond the end: qemu's vfmadd231ss reads 16 for its 4.
  private static let slack = Int(ProcessInfo.processInfo.environment["TUNE_GUARD_SLACK"] ?? "") ?? 0

  var start: UnsafeMutableRawPointer { mapping + Self.pageSize + before }
  var floats: UnsafeMutablePointer<Float> { start.assumingMemoryBound(to: Float.self) }

  init(count: Int, gap: Int) {
    let gap = gap + Self.slack
    // At least one page: emulators refuse to open none.
    let open = max(1, (count + gap + Self.pageSize - 1) / Self.pageSize) * Self.pageSize
    size = open + 2 * Self.pageSize
    mapping = mmap(nil, size, PROT_NONE, MAP_PRIVATE | MAP_ANON, -1, 0)
    precondition(mapping != MAP_FAILED && mprotect(mapping + Self.pageSize, open, PROT_READ | PROT_WRITE) == 0)
    before = open - count - gap
    self.count = count
    memset(mapping + Self.pageSize, Int32(Self.canary), open)
  }

  convenience init(_ bytes: [UInt8], gap: Int) {
    self.init(count: bytes.count, gap: gap)
    bytes.withUnsafeBytes { start.copyMemory(from: $0.baseAddress!, byteCount: $0.count) }
  }

  convenience init(_ values: [Float]) {
    self.init(count: values.count * 4, gap: 0)
    values.withUnsafeBytes { start.copyMemory(from: $0.baseAddress!, byteCount: $0.count) }
  }

  deinit { munmap(mapping, size) }

  /// True when nothing was written before the bytes.
  var isIntact: Bool {
    UnsafeRawBufferPointer(start: mapping + Self.pageSize, count: before).allSatisfy { $0 == Self.canary }
  }

  /// The product of activations with these weights, [rows, outputs]; checks that only the outputs are written.
  func product(
    _ format: StoredFormat, _ x: [Float], _ rows: Int, _ outputs: Int, _ inputs: Int, xStride: Int, outStride: Int
  ) -> [Float] {
    let activations = GuardedMemory(Array(x[..<((rows - 1) * xStride + inputs)]))
    let scratch = GuardedMemory(count: tune_few_rows_scratch(format.code, rows, inputs) * 4, gap: 0)
    let out = GuardedMemory([Float](repeating: -1234, count: (rows - 1) * outStride + outputs))
    tune_few_rows(
      out.floats, outStride, activations.floats, xStride, rows, start, format.code, 0, outputs, inputs, scratch.floats)
    #expect(isIntact && activations.isIntact && scratch.isIntact && out.isIntact)
    var found: [Float] = []
    for row in 0..<rows {
      let values = UnsafeBufferPointer(start: out.floats + row * outStride, count: row + 1 < rows ? outStride : outputs)
      found += values[..<outputs]
      #expect(values[outputs...].allSatisfy { $0 == -1234 })
    }
    return found
  }
}
