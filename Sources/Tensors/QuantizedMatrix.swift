import Basics
import CKernels

/// A matrix that was quantised here, with the memory it lies in.
protocol QuantizedMatrix: AnyObject {
  var format: tune_format { get }
  /// A `tune_four_bit_matrix` or `tune_int8_matrix`, valid as long as the object lives.
  var description: UnsafeRawPointer { get }
  var byteCount: Int { get }
  /// Expands rows of the description: first row, count, columns.
  var expander: (UnsafeRawPointer?, UnsafeMutablePointer<Float>?, Int, Int, Int) -> Void { get }
}

extension CompactMatrix {
  /// Quantises a matrix of finite values on all threads.
  convenience init(quantizing source: QuantizationSource, _ quantization: WeightQuantization) {
    let (rows, columns) = (source.rows, source.columns)
    switch quantization {
    case .fourBit(let code, let nestsScales):
      self.init(FourBitMatrix(source, code, nestsScales: nestsScales), rows: rows, columns: columns)
    case .eightBit: self.init(Int8Matrix(source), rows: rows, columns: columns)
    }
  }
}

/// A matrix to quantise: read where it lies, or expanded by tiles, so that it never exists whole as float32.
struct QuantizationSource {
  let rows: Int
  let columns: Int
  private let storage: Parameter.Storage

  init(_ weight: Parameter) {
    precondition(weight.shape.count == 2, "\(weight.name) \(weight.shape) is no matrix")
    rows = weight.shape[0]
    columns = weight.shape[1]
    storage = weight.storage
  }

  /// Runs `body` with the values of tiles of whole rows on all threads; a tile begins at a multiple of `block` values.
  func forEachTile(block: Int, _ body: (_ rows: Range<Int>, UnsafePointer<Float>) -> Void) {
    // So many rows are whole blocks, wherever the columns end.
    let grain = block >> min(block.trailingZeroBitCount, columns.trailingZeroBitCount)
    let tileRows = max(1, Self.tileElements / max(1, columns) / grain) * grain
    parallelFor((rows + tileRows - 1) / tileRows) { tile in
      let range = tile * tileRows..<min(rows, (tile + 1) * tileRows)
      switch storage {
      case .float32(let tensor): body(range, tensor.pointer + range.lowerBound * columns)
      case .compact(let matrix):
        withUnsafeTemporaryAllocation(of: Float.self, capacity: range.count * columns) { values in
          guard let start = values.baseAddress else { return }
          matrix.expand(range, into: start)
          body(range, start)
        }
      }
    }
  }

  /// 64 KiB.
  private static let tileElements = 1 << 14
}

/// Codes of four bits, and scales of blocks of 64 that take no notice of rows.
final class FourBitMatrix: QuantizedMatrix {
  /// (values + 1) / 2 bytes.
  let codes: UnsafeMutableBufferPointer<UInt8>
  let scales: FourBitScales
  private let values: Tensor
  private let matrix = UnsafeMutablePointer<tune_four_bit_matrix>.allocate(capacity: 1)

  init(_ source: QuantizationSource, _ code: FourBitCode, nestsScales: Bool) {
    let count = source.rows * source.columns, blockSize = Int(TUNE_FOUR_BIT_BLOCK),
      blocks = (count + blockSize - 1) / blockSize
    codes = .allocate(capacity: (count + 1) / 2)
    values = Tensor(code.values, shape: [16])
    let order = code.order, magnitudes = Tensor(shape: [blocks])
    let bounds = roundingBounds(order.map { code.values[Int($0)] })
    nonisolated(unsafe) let (target, largest) = (codes, magnitudes)
    source.forEachTile(block: blockSize) { rows, values in
      let start = rows.lowerBound * source.columns
      quantize_four_bit(
        values, rows.count * source.columns, bounds, order, target.baseAddress.map { $0 + start / 2 },
        largest.pointer + start / blockSize)
    }
    scales = nestsScales ? .nested(NestedScales(magnitudes)) : .plain(magnitudes)
    matrix.initialize(to: scales.description(codes: codes, values: values))
  }

  deinit {
    matrix.deallocate()
    codes.deallocate()
  }

  let format = TUNE_FOUR_BIT
  var description: UnsafeRawPointer { UnsafeRawPointer(matrix) }
  var byteCount: Int { codes.count + scales.byteCount }
  var expander: (UnsafeRawPointer?, UnsafeMutablePointer<Float>?, Int, Int, Int) -> Void { dequantize_four_bit }
}

/// The scales of blocks of four-bit codes: the largest magnitude of each.
enum FourBitScales {
  case plain(Tensor)
  case nested(NestedScales)

  fileprivate var byteCount: Int {
    switch self {
    case .plain(let scales): scales.count * MemoryLayout<Float>.stride
    case .nested(let nested): nested.codes.count + (nested.outer.count + 1) * MemoryLayout<Float>.stride
    }
  }

  fileprivate func description(codes: UnsafeMutableBufferPointer<UInt8>, values: Tensor) -> tune_four_bit_matrix {
    var matrix = tune_four_bit_matrix()
    matrix.codes = UnsafePointer(codes.baseAddress)
    matrix.values = UnsafePointer(values.pointer)
    switch self {
    case .plain(let scales): matrix.scales = UnsafePointer(scales.pointer)
    case .nested(let nested):
      matrix.scale_codes = UnsafePointer(nested.codes.baseAddress)
      matrix.scale_values = UnsafePointer(nested.values.pointer)
      matrix.outer_scales = UnsafePointer(nested.outer.pointer)
      matrix.offset = nested.offset
    }
    return matrix
  }
}

/// Scales quantised themselves (QLoRA's double quantisation): eight bits each, less their mean, in blocks of 256.
final class NestedScales {
  let codes: UnsafeMutableBufferPointer<UInt8>
  /// What the codes stand for.
  let values: Tensor
  let outer: Tensor
  let offset: Float

  /// - Parameter offset: nil for the mean, which is summed in double precision; torch sums in float32 in an order of its
  ///   own, so its last bit may differ.
  init(_ scales: Tensor, offset: Float? = nil) {
    let count = scales.count, blockSize = Int(TUNE_SCALE_BLOCK)
    let sum = UnsafeBufferPointer(start: scales.pointer, count: count).reduce(0) { $0 + Double($1) }
    self.offset = offset ?? Float(sum / Double(max(1, count)))
    codes = .allocate(capacity: count)
    outer = Tensor(shape: [(count + blockSize - 1) / blockSize])
    let code = dynamicCode()
    values = Tensor(code, shape: [code.count])
    quantize_scales(
      scales.pointer, count, self.offset, roundingBounds(code), codes.baseAddress, outer.pointer)
  }

  deinit { codes.deallocate() }
}

/// Integers of eight bits, and a scale for each row.
final class Int8Matrix: QuantizedMatrix {
  let codes: UnsafeMutableBufferPointer<Int8>
  /// The largest magnitude of each row.
  let scales: Tensor
  private let matrix = UnsafeMutablePointer<tune_int8_matrix>.allocate(capacity: 1)

  init(_ source: QuantizationSource) {
    let columns = source.columns
    codes = .allocate(capacity: source.rows * columns)
    scales = Tensor(shape: [source.rows])
    nonisolated(unsafe) let (target, largest) = (codes, scales)
    source.forEachTile(block: 1) { rows, values in
      quantize_int8(
        values, rows.count, columns, target.baseAddress.map { $0 + rows.lowerBound * columns },
        largest.pointer + rows.lowerBound)
    }
    matrix.initialize(
      to: tune_int8_matrix(codes: UnsafePointer(codes.baseAddress), scales: UnsafePointer(scales.pointer)))
  }

  deinit {
    matrix.deallocate()
    codes.deallocate()
  }

  let format = TUNE_INT8
  var description: UnsafeRawPointer { UnsafeRawPointer(matrix) }
  var byteCount: Int { codes.count + scales.count * MemoryLayout<Float>.stride }
  var expander: (UnsafeRawPointer?, UnsafeMutablePointer<Float>?, Int, Int, Int) -> Void { dequantize_int8 }
}
