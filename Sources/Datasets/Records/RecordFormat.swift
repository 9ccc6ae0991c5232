import Basics
import Foundation

/// The layout of a data file; each may be gzip-compressed.
public enum RecordFormat: Sendable, Equatable {
  /// Text with a header line, fields parted by one byte: `,` in CSV, a tab in TSV.
  case delimited(UInt8)
  /// One JSON object a line.
  case jsonLines
  /// One JSON array of objects.
  case jsonArray

  public static let csv = RecordFormat.delimited(UInt8(ascii: ","))
  public static let tsv = RecordFormat.delimited(UInt8(ascii: "\t"))

  /// The name for reports: "csv", "tsv", "jsonl", "json".
  public var name: String {
    switch self {
    case .delimited(UInt8(ascii: "\t")): "tsv"
    case .delimited: "csv"
    case .jsonLines: "jsonl"
    case .jsonArray: "json"
    }
  }

  /// The format of a file by its extension (`.gz` aside), checked against its first bytes; by these alone where the
  /// extension says nothing.
  ///
  /// Files named `.json` often hold one object a line, and CSV files with `;` between fields are common: both are seen.
  /// - Throws: `TuneError` for an empty file, UTF-16 text, binary formats and what is none of the formats.
  public static func detect(_ path: String) throws -> RecordFormat {
    let head = try readHead(path)
    try refuseForeign(head, path: path)
    let text = head.starts(with: byteOrderMark) ? head.dropFirst(3) : head[...]
    let visible = text.lazy.filter { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }
    guard let first = visible.first else { throw TuneError.data("\(path): the file is empty; expected records") }
    let header = text.drop { $0 == 0x0A || $0 == 0x0D }.prefix { $0 != 0x0A && $0 != 0x0D }
    let isArray = first == UInt8(ascii: "[")
    switch fileExtension(path) {
    case "csv":
      let hasComma = header.contains(UInt8(ascii: ","))
      return !hasComma && header.contains(UInt8(ascii: ";")) ? .delimited(UInt8(ascii: ";")) : .csv
    case "tsv", "tab": return .tsv
    case "json": return isArray ? .jsonArray : .jsonLines
    case "jsonl", "ndjson": return isArray && visible.dropFirst().first == UInt8(ascii: "{") ? .jsonArray : .jsonLines
    default: break
    }
    if isArray { return .jsonArray }
    if first == UInt8(ascii: "{") { return .jsonLines }
    if header.contains(UInt8(ascii: "\t")) { return .tsv }
    if header.contains(UInt8(ascii: ",")) { return .csv }
    throw TuneError.data(
      "\(path): the format is not recognised; expected CSV or TSV with a header line, JSON (an array of objects) or "
        + "JSON lines: name the file .csv, .tsv, .json or .jsonl")
  }

  static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

  private static func readHead(_ path: String) throws -> [UInt8] {
    let reader = try ByteReader(path)
    var head = [UInt8](repeating: 0, count: 1 << 16)
    var count = 0
    while count < head.count {
      let read = try head.withUnsafeMutableBytes {
        try reader.read(into: UnsafeMutableRawBufferPointer(rebasing: $0[count...]))
      }
      if read == 0 { break }
      count += read
    }
    return Array(head[..<count])
  }

  private static func refuseForeign(_ head: [UInt8], path: String) throws {
    if head.isEmpty { throw TuneError.data("\(path): the file is empty; expected records") }
    if head.starts(with: [0xFF, 0xFE]) || head.starts(with: [0xFE, 0xFF]) {
      throw TuneError.data("\(path): the text is UTF-16; save it as UTF-8")
    }
    let signatures: [(bytes: [UInt8], name: String)] = [
      (Array("PAR1".utf8), "a Parquet file"), (Array("PK\u{3}\u{4}".utf8), "a zip archive or spreadsheet"),
      ([0x28, 0xB5, 0x2F, 0xFD], "zstandard-compressed"), (Array("BZh".utf8), "bzip2-compressed"),
      ([0xFD, 0x37, 0x7A, 0x58, 0x5A], "xz-compressed"), (Array("ARROW1".utf8), "an Arrow file"),
    ]
    if let found = signatures.first(where: { head.starts(with: $0.bytes) }),
      head.contains(0) || found.name != "bzip2-compressed"
    {
      throw TuneError.data(
        "\(path): is \(found.name); expected CSV, TSV, JSON or JSON lines, plain or gzip: convert it")
    }
  }

  private static func fileExtension(_ path: String) -> String {
    var name = (path as NSString).lastPathComponent.lowercased()
    if name.hasSuffix(".gz") { name.removeLast(3) }
    return (name as NSString).pathExtension
  }
}
