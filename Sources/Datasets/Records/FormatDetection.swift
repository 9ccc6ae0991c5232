import Basics
import Foundation

extension RecordFormat {
  static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

  /// So many bytes of a file tell its format.
  static let headLength = 1 << 16

  /// Extensions, without that of a compression, of the files that a folder is read for.
  static let fileExtensions: Set<String> = ["csv", "tsv", "tab", "json", "jsonl", "ndjson", "txt", "text"]

  /// The format of a file by its extension (that of a compression aside), checked against its first bytes; by these
  /// alone where the extension says nothing.
  ///
  /// Files named `.json` often hold one object a line, and CSV files with `;` or `|` between fields are common: both are
  /// seen. A `.txt` file may be a table or JSON too; what is neither is plain text, a record a line.
  /// - Throws: `TuneError` for an empty file, UTF-16 text, XML, binary formats and what is none of the formats.
  public static func detect(_ path: String) throws -> RecordFormat {
    let reader = try ByteReader(path)
    var source = PendingBytes(reader: reader)
    source.read(upTo: headLength)
    if source.bytes.isEmpty, let failure = source.failure { throw failure }
    return try detect(head: source.bytes, path: path, name: reader.name)
  }

  /// - Parameters:
  ///   - head: the first bytes, unpacked.
  ///   - name: how messages call the file.
  static func detect(head: [UInt8], path: String, name: String) throws -> RecordFormat {
    if head.isEmpty { throw TuneError.data("\(name): the file is empty; expected records") }
    try refuseForeign(head, name: name)
    let text = head.starts(with: byteOrderMark) ? head.dropFirst(3) : head[...]
    let visible = text.lazy.filter { !$0.isJSONSpace }
    guard let first = visible.first else { throw TuneError.data("\(name): the file is empty; expected records") }
    if first == UInt8(ascii: "<") { try refuseMarkup(text, name: name) }
    let header = text.drop { $0 == .lineFeed || $0 == .carriageReturn }.prefix {
      $0 != .lineFeed && $0 != .carriageReturn
    }
    let isArray = first == UInt8(ascii: "[")
    let isObject = first == UInt8(ascii: "{")
    switch fileExtension(path) {
    case "csv": return .delimited(delimiter(ofHeader: header) ?? UInt8(ascii: ","))
    case "tsv", "tab": return .tsv
    case "json": return isArray ? .jsonArray : isInstructionTask(text) ? .instructionTask : .jsonLines
    case "jsonl", "ndjson": return isArray && visible.dropFirst().first == UInt8(ascii: "{") ? .jsonArray : .jsonLines
    case "txt", "text":
      if isArray, visible.dropFirst().first == UInt8(ascii: "{") { return .jsonArray }
      if isObject { return .jsonLines }
      return table(text) ?? .text(.line)
    default: break
    }
    if isArray { return .jsonArray }
    if isObject { return isInstructionTask(text) ? .instructionTask : .jsonLines }
    if let delimiter = delimiter(ofHeader: header) { return .delimited(delimiter) }
    throw TuneError.data(
      "\(name): the format is not recognised; expected CSV or TSV with a header line, JSON (an array of objects), "
        + "JSON lines or plain text: name the file .csv, .tsv, .json, .jsonl or .txt, or say --format to tune prepare")
  }

  /// A tab wins, then whichever of the others is the most frequent outside of quotes; nil where there is none.
  private static func delimiter(ofHeader header: ArraySlice<UInt8>) -> UInt8? {
    var counts: [UInt8: Int] = [:]
    var isQuoted = false
    for byte in header {
      if byte == .quote { isQuoted.toggle() }
      if !isQuoted { counts[byte, default: 0] += 1 }
    }
    let candidates = [UInt8.tab, UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "|")]
    if counts[.tab] != nil { return .tab }
    let best = candidates.max { counts[$0, default: 0] < counts[$1, default: 0] }
    return best.flatMap { counts[$0] == nil ? nil : $0 }
  }

  /// The table that a text file is when its first lines have a tab, or equally many commas; nil for prose.
  private static func table(_ text: ArraySlice<UInt8>) -> RecordFormat? {
    let lines = text.split { $0 == .lineFeed || $0 == .carriageReturn }.prefix(5)
    guard let first = lines.first else { return nil }
    if first.contains(.tab) { return .tsv }
    let commas = lines.map { line in line.count { $0 == UInt8(ascii: ",") } }
    return lines.count > 1 && commas[0] > 0 && commas.allSatisfy { $0 == commas[0] } ? .csv : nil
  }

  /// Whether an object begins that has the members of a task of Natural Instructions and goes on in other lines.
  private static func isInstructionTask(_ text: ArraySlice<UInt8>) -> Bool {
    let firstLine = text.drop { $0.isJSONSpace }.prefix { $0 != .lineFeed }
    guard firstLine.count < 200 || firstLine.count == text.count else { return false }
    let head = String(decoding: text, as: UTF8.self)
    return head.contains(bytesOf: "\"Definition\"")
      && (head.contains(bytesOf: "\"Instances\"") || head.contains(bytesOf: "\"Positive Examples\""))
  }

  static func refuseForeign(_ head: [UInt8], name: String) throws {
    if head.starts(with: [0xFF, 0xFE]) || head.starts(with: [0xFE, 0xFF]) {
      throw TuneError.data("\(name): the text is UTF-16; save it as UTF-8")
    }
    let signatures: [(bytes: [UInt8], kind: String)] = [
      (Array("PAR1".utf8), "a Parquet file"), (Array("PK\u{3}\u{4}".utf8), "a zip archive or spreadsheet"),
      ([0x1F, 0x8B], "compressed twice"), ([0x28, 0xB5, 0x2F, 0xFD], "compressed twice"),
      (Array("BZh".utf8), "bzip2-compressed"), ([0xFD, 0x37, 0x7A, 0x58, 0x5A], "xz-compressed"),
      (Array("ARROW1".utf8), "an Arrow file"), (Array("%PDF-".utf8), "a PDF"),
      ([0xD0, 0xCF, 0x11, 0xE0], "an old Office document"), (Array("SQLite format 3".utf8), "an SQLite database"),
    ]
    guard let found = signatures.first(where: { head.starts(with: $0.bytes) }),
      head.contains(0) || !["bzip2-compressed", "a PDF"].contains(found.kind)
    else { return }
    throw TuneError.data(
      "\(name): is \(found.kind); expected CSV, TSV, JSON, JSON lines or text, plain, gzip or zstandard: convert it")
  }

  private static func refuseMarkup(_ text: ArraySlice<UInt8>, name: String) throws {
    let start = String(decoding: text.drop { $0.isJSONSpace }.prefix(14), as: UTF8.self).lowercased()
    let kinds = [("<?xml", "XML"), ("<!doctype", "HTML or XML"), ("<html", "HTML")]
    guard let found = kinds.first(where: { start.hasPrefix($0.0) }) else { return }
    throw TuneError.data(
      "\(name): is \(found.1); expected CSV, TSV, JSON, JSON lines or text: convert it, or say --format text to tune prepare"
    )
  }

  static func fileExtension(_ path: String) -> String { (unpackedName(path).lowercased() as NSString).pathExtension }

  /// The name of a file without its folder and extensions.
  static func bareName(_ path: String) -> String { (unpackedName(path) as NSString).deletingPathExtension }

  private static func unpackedName(_ path: String) -> String {
    let name = (path as NSString).lastPathComponent
    let isPacked = ["gz", "zst", "zstd", "gzip"].contains((name as NSString).pathExtension.lowercased())
    return isPacked ? (name as NSString).deletingPathExtension : name
  }
}
