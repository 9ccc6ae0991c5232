import Basics
import CKernels

/// A frozen weight matrix in the format of its checkpoint, [rows, columns]: 16-bit floats or quantised blocks.
///
/// Products expand it panel by panel, so it never exists whole as float32. The bytes may be mapped from a file.
public final class CompactMatrix {
  /// Expands `blocks` blocks to float32; the source needs no alignment.
  public typealias Expander = (UnsafeRawPointer?, UnsafeMutablePointer<Float>?, Int) -> Void

  public let rows: Int
  public let columns: Int
  let format: tune_format
  let bytes: UnsafeRawPointer
  let rowBytes: Int
  private let owner: AnyObject
  private let blocksPerRow: Int
  private let expander: Expander

  /// - Parameters:
  ///   - bytes: the rows one behind the other, kept alive by `owner`.
  ///   - blockSize: values a block; `columns` is a multiple of it.
  public init(
    rows: Int, columns: Int, format: tune_format, bytes: UnsafeRawPointer, owner: AnyObject, blockSize: Int,
    blockBytes: Int, expander: @escaping Expander
  ) {
    precondition(columns % blockSize == 0, "rows of \(columns) in blocks of \(blockSize)")
    self.rows = rows
    self.columns = columns
    self.format = format
    self.bytes = bytes
    self.owner = owner
    self.expander = expander
    blocksPerRow = columns / blockSize
    rowBytes = blocksPerRow * blockBytes
  }

  /// Expands some rows on this thread.
  func expand(_ range: Range<Int>, into output: UnsafeMutablePointer<Float>) {
    expander(bytes + range.lowerBound * rowBytes, output, range.count * blocksPerRow)
  }

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
