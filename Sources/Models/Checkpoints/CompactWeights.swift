import Basics
import CKernels
import Foundation
import Synchronization
import Tensors

extension WeightStore {
  /// A matrix of 16-bit floats or quantised blocks that stays in its format; nil for what is better float32.
  ///
  /// The rows stay mapped where the file has them in order; else they are copied in order.
  ///
  /// - Throws: `TuneError.data` naming the place of the first NaN or infinite value.
  func compactMatrix(_ tensor: StoredTensor) throws -> CompactMatrix? {
    guard tensor.shape.count == 2, let compact = tensor.format.compact, let start = tensor.bytes.baseAddress
    else { return nil }
    func matrix(_ bytes: UnsafeRawPointer, owner: AnyObject) -> CompactMatrix {
      CompactMatrix(
        rows: tensor.shape[0], columns: tensor.shape[1], format: compact.format, bytes: bytes, owner: owner,
        blockSize: tensor.format.blockSize, blockBytes: tensor.format.blockBytes, expander: compact.expander)
    }
    try requireFinite(tensor)
    if tensor.rowOrder == .asStored { return matrix(start, owner: self) }
    let ordered = OrderedRows(tensor)
    return matrix(ordered.bytes, owner: ordered)
  }

  /// Checks a tensor of any format tile by tile, without expanding it whole.
  private func requireFinite(_ tensor: StoredTensor) throws {
    let (length, rows) = (tensor.rowLength, tensor.rowCount)
    let tileRows = max(1, 16_384 / max(1, length)), tiles = (rows + tileRows - 1) / tileRows
    let found = Mutex<Int?>(nil)
    parallelFor(tiles) { tile in
      let range = tile * tileRows..<min(rows, (tile + 1) * tileRows)
      let isFinite = withUnsafeTemporaryAllocation(of: Float.self, capacity: range.count * length) { values in
        guard let start = values.baseAddress else { return true }
        tensor.read(rows: range, into: start)
        return first_non_finite(start, values.count) < 0
      }
      if !isFinite { found.withLock { $0 = min($0 ?? .max, range.lowerBound) } }
    }
    guard let row = found.withLock({ $0 }) else { return }
    var values = [Float](repeating: 0, count: min(tileRows, rows - row) * length)
    tensor.read(rows: row..<row + min(tileRows, rows - row), into: &values)
    let index = values.firstIndex { !$0.isFinite } ?? 0
    throw nonFinite(tensor, values[index], at: row * length + index)
  }
}

extension StoredTensor {
  /// Gives back the memory of the pages of a mapped file that are this tensor's alone; they are read again when needed.
  func releasePages() {
    guard let file = owner as? MappedFile, let start = bytes.baseAddress, let first = file.bytes.baseAddress,
      start >= first, start + bytes.count <= first + file.bytes.count
    else { return }
    let page = UInt(getpagesize())
    let lower = (UInt(bitPattern: start) + page - 1) / page * page
    let upper = UInt(bitPattern: start + bytes.count) / page * page
    guard lower < upper, let address = UnsafeMutableRawPointer(bitPattern: lower) else { return }
    // A hint: where the system does not follow it, nothing but memory is lost.
    _ = madvise(address, Int(upper - lower), MADV_DONTNEED)
  }
}

/// A copy of a stored matrix with its rows in the order of its shape.
private final class OrderedRows {
  let bytes: UnsafeMutableRawPointer

  init(_ tensor: StoredTensor) {
    bytes = .allocate(byteCount: tensor.bytes.count, alignment: 64)
    tensor.copy(rows: 0..<tensor.rowCount, into: bytes)
  }

  deinit { bytes.deallocate() }
}
