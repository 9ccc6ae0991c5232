import Basics
import CKernels

/// A frozen weight matrix in few bytes, [rows, columns]: in the format of its checkpoint, 16-bit floats or quantised
/// blocks, or quantised while it was loaded (`WeightQuantization`).
///
/// Products expand it panel by panel, so it never exists whole as float32. The bytes may be mapped from a file.
public final class CompactMatrix {
  /// Expands `blocks` blocks to float32; the source needs no alignment.
  public typealias Expander = (UnsafeRawPointer?, UnsafeMutablePointer<Float>?, Int) -> Void

  public let rows: Int
  public let columns: Int
  /// Bytes of the matrix, in memory or mapped.
  public let byteCount: Int
  let format: tune_format
  /// What `tune_few_rows` reads: the stored rows, or the description of a matrix.
  let weights: UnsafeRawPointer
  private let owner: AnyObject
  private let expandRows: (Range<Int>, UnsafeMutablePointer<Float>) -> Void

  /// - Parameters:
  ///   - bytes: the rows one behind the other, kept alive by `owner`.
  ///   - blockSize: values a block; `columns` is a multiple of it.
  public init(
    rows: Int, columns: Int, format: tune_format, bytes: UnsafeRawPointer, owner: AnyObject, blockSize: Int,
    blockBytes: Int, expander: @escaping Expander
  ) {
    precondition(columns % blockSize == 0, "rows of \(columns) in blocks of \(blockSize)")
    let blocksPerRow = columns / blockSize, rowBytes = blocksPerRow * blockBytes
    self.rows = rows
    self.columns = columns
    self.format = format
    self.owner = owner
    weights = bytes
    byteCount = rows * rowBytes
    expandRows = { range, output in
      expander(bytes + range.lowerBound * rowBytes, output, range.count * blocksPerRow)
    }
  }

  /// A matrix that was quantised here.
  init(_ matrix: some QuantizedMatrix, rows: Int, columns: Int) {
    self.rows = rows
    self.columns = columns
    format = matrix.format
    owner = matrix
    weights = matrix.description
    byteCount = matrix.byteCount
    expandRows = { [description = matrix.description, expander = matrix.expander] range, output in
      expander(description, output, range.lowerBound, range.count, columns)
    }
  }

  /// Expands some rows on this thread.
  func expand(_ range: Range<Int>, into output: UnsafeMutablePointer<Float>) { expandRows(range, output) }

  /// Expands some rows on all threads.
  func expandInParallel(_ range: Range<Int>, into output: UnsafeMutablePointer<Float>) {
    profiled("expand") {
      parallelRanges(range.count, grain: max(1, elementGrain / columns)) { part in
        expand(
          range.lowerBound + part.lowerBound..<range.lowerBound + part.upperBound,
          into: output + part.lowerBound * columns)
      }
    }
  }

  /// The whole matrix as float32.
  func expanded() -> Tensor {
    let tensor = Tensor(shape: [rows, columns])
    expandInParallel(0..<rows, into: tensor.pointer)
    return tensor
  }
}
