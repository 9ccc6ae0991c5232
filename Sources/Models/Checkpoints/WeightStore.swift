import Basics

/// Named tensors of one checkpoint, mapped into memory and read on demand.
///
/// Bytes stay mapped as long as the store, or any tensor taken from it, lives.
public protocol WeightStore: AnyObject {
  /// The file or folder, for error messages.
  var path: String { get }
  /// All tensors in the order of the file.
  var tensorNames: [String] { get }
  /// The tensor of exactly this name, or nil.
  func tensor(_ name: String) -> StoredTensor?
}

extension WeightStore {
  /// Expands a tensor to float32 in parallel; `output` holds `tensor.elementCount` values, row by row.
  ///
  /// - Throws: `TuneError` when the tensor's format holds no weights (integers, booleans, 8-bit floats).
  public func read(_ tensor: StoredTensor, into output: UnsafeMutablePointer<Float>) throws {
    guard tensor.format.isExpandable else {
      throw TuneError.data(
        "\(path): tensor '\(tensor.name)' is stored as \(tensor.format.rawValue), which cannot be read as weights; "
          + "expected \(StorageFormat.allCases.filter(\.isExpandable).map(\.rawValue).joined(separator: ", "))")
    }
    // Ranges of about 16 thousand values: smaller ones cost more to hand out than to expand.
    parallelRanges(tensor.rowCount, grain: max(1, 16_384 / max(1, tensor.rowLength))) { rows in
      tensor.read(rows: rows, into: output + rows.lowerBound * tensor.rowLength)
    }
  }

  /// The stored values themselves when they are aligned float32 in the right order: no copy. Nil otherwise.
  ///
  /// The pointer is valid as long as the store or the tensor lives.
  public func float32View(_ tensor: StoredTensor) -> UnsafePointer<Float>? {
    guard tensor.format == .f32, tensor.rowOrder == .asStored, let start = tensor.bytes.baseAddress,
      Int(bitPattern: start).isMultiple(of: MemoryLayout<Float>.alignment)
    else { return nil }
    return start.assumingMemoryBound(to: Float.self)
  }

  /// - Throws: `TuneError` naming the tensor and the place of its first NaN or infinite value.
  public func requireFinite(_ tensor: StoredTensor, _ values: UnsafePointer<Float>) throws {
    guard let index = firstNonFinite(values, count: tensor.elementCount) else { return }
    throw nonFinite(tensor, values[index], at: index)
  }

  func nonFinite(_ tensor: StoredTensor, _ value: Float, at index: Int) -> TuneError {
    .data(
      "\(path): tensor '\(tensor.name)' holds \(value) at index \(index); weights must be finite; "
        + "fetch the file again or use an earlier checkpoint")
  }
}

/// A tensor in its storage format; it keeps the mapping it points into alive.
public struct StoredTensor {
  public let name: String
  /// Outermost dimension first: a linear layer's weight is [output, input].
  public let shape: [Int]
  public let format: StorageFormat
  /// The stored blocks, in the row order of the file (see `rowOrder`).
  public let bytes: UnsafeRawBufferPointer
  /// How rows of `shape` lie in `bytes`.
  public let rowOrder: RowOrder
  /// Whether rows and columns are exchanged against the checkpoint that this tensor stands for: a GGUF file has GPT-2's
  /// matrices as [out, in].
  public let isExchanged: Bool
  let owner: AnyObject?

  /// - Precondition: `bytes.count` is what `shape` takes in `format`.
  init(
    name: String, shape: [Int], format: StorageFormat, bytes: UnsafeRawBufferPointer, rowOrder: RowOrder = .asStored,
    isExchanged: Bool = false, owner: AnyObject?
  ) {
    precondition(bytes.count == format.byteCount(of: shape), "\(bytes.count) bytes for \(shape) \(format)")
    self.name = name
    self.shape = shape
    self.format = format
    self.bytes = bytes
    self.rowOrder = rowOrder
    self.isExchanged = isExchanged
    self.owner = owner
  }

  public var elementCount: Int { shape.reduce(1, *) }
  /// Rows are what lies outside the last dimension. A reordered vector has rows of one value.
  public var rowCount: Int { rowLength == 0 ? 0 : elementCount / rowLength }
  /// Values a row.
  public var rowLength: Int { shape.count == 1 && rowOrder != .asStored ? 1 : shape.last ?? 1 }
  /// Bytes a row.
  public var rowBytes: Int { rowLength / format.blockSize * format.blockBytes }

  /// Expands some rows to float32 on this thread: `rows.count * rowLength` values.
  ///
  /// - Precondition: `format.isExpandable`.
  public func read(rows: Range<Int>, into output: UnsafeMutablePointer<Float>) {
    precondition(rows.lowerBound >= 0 && rows.upperBound <= rowCount, "rows \(rows) of \(rowCount)")
    guard let start = bytes.baseAddress, !rows.isEmpty else { return }
    let blocks = rowLength / format.blockSize
    if rowOrder == .asStored {
      let expanded = format.expand(start + rows.lowerBound * rowBytes, into: output, blocks: rows.count * blocks)
      precondition(expanded, "\(format) is not expandable")
      return
    }
    for (index, row) in rows.enumerated() {
      let source = start + rowOrder.storedRow(of: row, rowCount: rowCount) * rowBytes
      let expanded = format.expand(source, into: output + index * rowLength, blocks: blocks)
      precondition(expanded, "\(format) is not expandable")
    }
  }

  /// Copies some rows in their storage format, put in the order of `shape`: `rows.count * rowBytes` bytes.
  public func copy(rows: Range<Int>, into output: UnsafeMutableRawPointer) {
    precondition(rows.lowerBound >= 0 && rows.upperBound <= rowCount, "rows \(rows) of \(rowCount)")
    guard let start = bytes.baseAddress else { return }
    for (index, row) in rows.enumerated() {
      let source = start + rowOrder.storedRow(of: row, rowCount: rowCount) * rowBytes
      (output + index * rowBytes).copyMemory(from: source, byteCount: rowBytes)
    }
  }
}

/// The order of a tensor's rows in its file.
public enum RowOrder: Sendable, Equatable {
  /// Row r lies at place r.
  case asStored
  /// Within each head the two halves that rotary embedding pairs are interleaved: the rows 0, d/2, 1, d/2 + 1, … of a
  /// head of d rows. GGUF files of the llama architecture store query and key weights so.
  case rotaryInterleaved(heads: Int)

  /// Where row `row` lies in the file.
  func storedRow(of row: Int, rowCount: Int) -> Int {
    guard case .rotaryInterleaved(let heads) = self else { return row }
    let headRows = rowCount / heads
    let (head, inner) = row.quotientAndRemainder(dividingBy: headRows)
    let (half, pair) = inner.quotientAndRemainder(dividingBy: headRows / 2)
    return head * headRows + 2 * pair + half
  }
}
