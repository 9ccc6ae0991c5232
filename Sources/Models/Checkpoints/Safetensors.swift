import Basics
import Foundation

/// One safetensors file, mapped into memory: 8 bytes of header length, a JSON header, the tensors' bytes.
///
/// Source: https://huggingface.co/docs/safetensors, with the checks of its reference implementation.
public final class Safetensors: WeightStore {
  /// A longer header is refused, as the reference implementation does.
  static let maximumHeaderLength = 100_000_000

  public let path: String
  /// Tensors in the order of the header.
  public let tensorNames: [String]
  /// The header's `__metadata__`.
  public let metadata: [String: String]
  private let tensors: [String: StoredTensor]

  /// - Throws: `TuneError` when the file is missing, incomplete or damaged.
  public convenience init(_ path: String) throws {
    let file = try MappedFile(path)
    try self.init(bytes: file.bytes, owner: file, name: path)
  }

  /// Reads a file that is already in memory, such as one embedded in the program.
  ///
  /// - Parameters:
  ///   - owner: keeps `bytes` alive; nil when they live for ever.
  ///   - name: stands for the path in error messages.
  public init(bytes: UnsafeRawBufferPointer, owner: AnyObject?, name: String) throws {
    path = name
    let headerLength = try Self.headerLength(of: bytes, path: name)
    let header = try Self.header(in: UnsafeRawBufferPointer(rebasing: bytes[8..<(8 + headerLength)]), path: name)
    let data = UnsafeRawBufferPointer(rebasing: bytes[(8 + headerLength)...])

    var metadata: [String: String] = [:]
    var entries: [SafetensorsEntry] = []
    var seen = Set<String>()
    for member in header {
      guard seen.insert(member.key).inserted else {
        throw TuneError.data("\(name): tensor '\(member.key)' is listed twice; the file is damaged")
      }
      if member.key == "__metadata__" {
        for entry in member.value.objectValue ?? [:] { metadata[entry.key] = entry.value.stringValue }
      } else {
        entries.append(try SafetensorsEntry(name: member.key, member.value, path: name))
      }
    }
    try Self.checkLayout(entries, dataStart: 8 + headerLength, fileLength: bytes.count, path: name)

    self.metadata = metadata
    tensorNames = entries.map(\.name)
    tensors = Dictionary(
      uniqueKeysWithValues: entries.map { entry in
        let slice = UnsafeRawBufferPointer(rebasing: data[entry.begin..<entry.end])
        return (
          entry.name,
          StoredTensor(name: entry.name, shape: entry.shape, format: entry.format, bytes: slice, owner: owner)
        )
      })
  }

  public func tensor(_ name: String) -> StoredTensor? { tensors[name] }

  private static func headerLength(of bytes: UnsafeRawBufferPointer, path: String) throws -> Int {
    if bytes.starts(with: Array("version https://git-lfs".utf8)) {
      throw TuneError.data("\(path): is a Git LFS pointer, not the weights; fetch them with 'git lfs pull'")
    }
    guard bytes.count >= 8 else {
      throw TuneError.data("\(path): the file has \(bytes.count) bytes, too few for safetensors; fetch it again")
    }
    let length = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
    guard length <= UInt64(maximumHeaderLength) else {
      throw TuneError.data(
        "\(path): not a safetensors file: its first 8 bytes give a header of \(length) bytes; "
          + "expected at most \(maximumHeaderLength)")
    }
    guard Int(length) <= bytes.count - 8 else {
      throw TuneError.data(
        "\(path): the header ends at byte \(Int(length) + 8) but the file has \(bytes.count); "
          + "the download is incomplete; fetch it again")
    }
    return Int(length)
  }

  private static func header(in bytes: UnsafeRawBufferPointer, path: String) throws -> JSONObject {
    guard bytes.first == UInt8(ascii: "{") else {
      throw TuneError.data("\(path): not a safetensors file: its header does not begin with '{'")
    }
    do {
      // The first byte makes it an object.
      return try JSON(parsing: bytes).objectValue ?? [:]
    } catch {
      throw TuneError.data("\(path): the safetensors header is not valid JSON at \(error); fetch the file again")
    }
  }

  /// The tensors must fill the file from `dataStart` to its end without gap or overlap.
  private static func checkLayout(
    _ entries: [SafetensorsEntry], dataStart: Int, fileLength: Int, path: String
  ) throws {
    var end = 0
    var neighbour = "the header"
    for entry in entries.sorted(by: { ($0.begin, $0.end) < ($1.begin, $1.end) }) {
      guard entry.begin == end else {
        let what = entry.begin < end ? "overlaps" : "leaves a gap after"
        throw TuneError.data("\(path): tensor '\(entry.name)' \(what) \(neighbour); the file is damaged")
      }
      end = entry.end
      neighbour = "tensor '\(entry.name)'"
    }
    let dataLength = fileLength - dataStart
    guard end <= dataLength else {
      throw TuneError.data(
        "\(path): \(neighbour) ends at byte \(UInt(end) + UInt(dataStart)) but the file has "
          + "\(fileLength); the download is incomplete; fetch it again")
    }
    guard end == dataLength else {
      throw TuneError.data(
        "\(path): \(dataLength - end) bytes follow \(neighbour), the last one; the file is damaged; fetch it again")
    }
  }
}

/// One tensor's line in the header, checked in itself.
private struct SafetensorsEntry {
  let name: String
  let format: StorageFormat
  let shape: [Int]
  /// The tensor's bytes are `begin..<end` of what follows the header.
  let begin: Int
  let end: Int

  init(name: String, _ value: JSON, path: String) throws {
    let place = "\(path): tensor '\(name)'"
    guard let type = value["dtype"]?.stringValue else {
      throw TuneError.data("\(place) has no dtype; the file is damaged")
    }
    guard let format = StorageFormat(rawValue: type), format.blockSize == 1 else {
      let known = StorageFormat.allCases.filter { $0.blockSize == 1 }.map(\.rawValue)
      throw TuneError.data("\(place) has dtype \(type); expected one of \(known.joined(separator: ", "))")
    }
    guard let shape = value["shape"]?.arrayValue?.map(\.intValue), !shape.contains(where: { ($0 ?? -1) < 0 }) else {
      throw TuneError.data("\(place) has no valid shape; the file is damaged")
    }
    guard let offsets = value["data_offsets"]?.arrayValue, offsets.count == 2, let begin = offsets[0].intValue,
      let end = offsets[1].intValue, begin >= 0, begin <= end
    else {
      throw TuneError.data("\(place) has no valid data_offsets; the file is damaged")
    }
    self.name = name
    self.format = format
    self.shape = shape.compactMap { $0 }
    self.begin = begin
    self.end = end
    guard format.byteCount(of: self.shape) == end - begin else {
      throw TuneError.data(
        "\(place) of shape \(self.shape) in \(type) does not fit its \(end - begin) bytes; the file is damaged")
    }
  }
}
