import Basics
import Foundation

/// A GGUF file, mapped into memory: metadata, then tensor descriptions, then the tensors' bytes.
///
/// As a `WeightStore` it has the file's own tensor names; `GGUFCheckpoint` gives those of Hugging Face. Shapes are reversed
/// to have the outermost dimension first.
///
/// Source: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md, versions 2 and 3, little-endian.
public final class GGUFFile: WeightStore {
  public let path: String
  /// All key-value pairs, such as `general.architecture` and `tokenizer.ggml.tokens`.
  public let metadata: [String: GGUFValue]
  public let tensorNames: [String]
  private let tensors: [String: StoredTensor]

  /// - Throws: `TuneError` when the file is missing, incomplete or damaged, or holds an unsupported tensor type.
  public convenience init(_ path: String) throws {
    let file = try MappedFile(path)
    try self.init(bytes: file.bytes, owner: file, name: path)
  }

  /// Reads a file that is already in memory; `owner` keeps `bytes` alive and `name` stands for the path in errors.
  public init(bytes: UnsafeRawBufferPointer, owner: AnyObject?, name: String) throws {
    path = name
    var cursor = GGUFCursor(bytes: bytes, path: name)
    try Self.readVersion(&cursor)
    let tensorCount = try cursor.size("the number of tensors")
    let valueCount = try cursor.size("the number of metadata values")

    var metadata: [String: GGUFValue] = [:]
    for _ in 0..<valueCount {
      let key = try cursor.string("a key")
      let type = try cursor.integer(UInt32.self)
      guard metadata.updateValue(try cursor.value(type: type, key: key), forKey: key) == nil else {
        throw cursor.damaged("'\(key)' is given twice")
      }
    }
    if let parts = metadata["split.count"]?.integerValue, parts > 1 {
      throw TuneError.data("\(name): is one of \(parts) parts; join them with 'llama-gguf-split --merge'")
    }
    let alignment = metadata["general.alignment"]?.integerValue ?? 32
    guard alignment > 0, alignment <= 1 << 20, alignment.nonzeroBitCount == 1 else {
      throw cursor.damaged("general.alignment is \(alignment)")
    }

    var entries: [GGUFTensorEntry] = []
    for _ in 0..<tensorCount { entries.append(try GGUFTensorEntry(&cursor, alignment: alignment)) }
    let dataStart = (cursor.position + alignment - 1) / alignment * alignment
    try Self.checkLayout(entries, dataStart: dataStart, fileLength: bytes.count, path: name)

    var tensors: [String: StoredTensor] = [:]
    for entry in entries {
      // An empty tensor may stand at the very end, beyond the padding that a file may lack.
      let start = entry.byteCount == 0 ? 0 : dataStart + entry.offset
      let slice = UnsafeRawBufferPointer(rebasing: bytes[start..<(start + entry.byteCount)])
      let tensor = StoredTensor(
        name: entry.name, shape: entry.shape, format: entry.format, bytes: slice, owner: owner)
      guard tensors.updateValue(tensor, forKey: entry.name) == nil else {
        throw cursor.damaged("tensor '\(entry.name)' is listed twice")
      }
    }
    self.metadata = metadata
    self.tensors = tensors
    tensorNames = entries.map(\.name)
  }

  public func tensor(_ name: String) -> StoredTensor? { tensors[name] }

  /// `general.architecture`, such as "llama".
  public var architecture: String? { metadata["general.architecture"]?.stringValue }

  /// True when `bytes` begin as a GGUF file does.
  public static func isGGUF(_ bytes: UnsafeRawBufferPointer) -> Bool { bytes.starts(with: Array("GGUF".utf8)) }

  private static func readVersion(_ cursor: inout GGUFCursor) throws {
    guard isGGUF(cursor.bytes) else {
      throw TuneError.data("\(cursor.path): not a GGUF file: it does not begin with 'GGUF'")
    }
    _ = try cursor.integer(UInt32.self)
    let version = try cursor.integer(UInt32.self)
    guard (2...3).contains(version) else {
      let found = version.byteSwapped <= 3 ? "is big-endian" : "has GGUF version \(version)"
      throw TuneError.data("\(cursor.path): \(found); expected version 2 or 3, little-endian; convert the model again")
    }
  }

  /// Tensors must lie inside the file and not overlap; padding between them is free.
  private static func checkLayout(_ entries: [GGUFTensorEntry], dataStart: Int, fileLength: Int, path: String) throws {
    var end = 0
    var neighbour = ""
    for entry in entries.filter({ $0.byteCount > 0 }).sorted(by: { $0.offset < $1.offset }) {
      guard entry.offset >= end else {
        throw TuneError.data("\(path): tensor '\(entry.name)' overlaps '\(neighbour)'; the file is damaged")
      }
      let (entryEnd, overflow) = entry.offset.addingReportingOverflow(entry.byteCount)
      guard !overflow, entryEnd <= fileLength - dataStart else {
        throw TuneError.data(
          "\(path): tensor '\(entry.name)' takes \(entry.byteCount) bytes from \(entry.offset) after byte \(dataStart) "
            + "but the file has \(fileLength); the download is incomplete; fetch it again")
      }
      end = entryEnd
      neighbour = entry.name
    }
  }
}

/// One tensor's description, checked in itself.
private struct GGUFTensorEntry {
  private static let maximumDimensions: UInt32 = 4

  let name: String
  let shape: [Int]
  let format: StorageFormat
  /// From the start of the data section.
  let offset: Int
  let byteCount: Int

  init(_ cursor: inout GGUFCursor, alignment: Int) throws {
    name = try cursor.string("a tensor name")
    let dimensionCount = try cursor.integer(UInt32.self)
    guard dimensionCount <= Self.maximumDimensions else {
      throw cursor.damaged("tensor '\(name)' has \(dimensionCount) dimensions")
    }
    var dimensions: [Int] = []
    for _ in 0..<dimensionCount { dimensions.append(try cursor.size("a dimension of tensor '\(name)'")) }
    shape = dimensions.reversed()
    let type = try cursor.integer(UInt32.self)
    guard let format = StorageFormat.ggufTypes[type] else {
      let supported = StorageFormat.ggufTypes.sorted { $0.key < $1.key }.map(\.value.rawValue).joined(separator: ", ")
      throw TuneError.data(
        "\(cursor.path): tensor '\(name)' has type \(Self.unsupported[type] ?? "number \(type)"); "
          + "supported are \(supported); convert the model to one of them")
    }
    self.format = format
    guard let byteCount = format.byteCount(of: shape) else {
      throw cursor.damaged("tensor '\(name)' has shape \(shape), which \(format.rawValue) cannot store")
    }
    self.byteCount = byteCount
    offset = try cursor.size("the offset of tensor '\(name)'")
    guard offset.isMultiple(of: alignment) else {
      throw cursor.damaged("tensor '\(name)' lies at offset \(offset), no multiple of \(alignment)")
    }
  }

  /// Types that exist but are not read, for the error message.
  private static let unsupported: [UInt32: String] = [
    9: "Q8_1", 15: "Q8_K", 16: "IQ2_XXS", 17: "IQ2_XS", 18: "IQ3_XXS", 19: "IQ1_S", 21: "IQ3_S", 22: "IQ2_S",
    23: "IQ4_XS", 29: "IQ1_M", 34: "TQ1_0", 35: "TQ2_0", 39: "MXFP4",
  ]
}
