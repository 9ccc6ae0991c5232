import Basics

/// The layout of a data file; each may be plain, gzip- or zstandard-compressed.
public enum RecordFormat: Sendable, Equatable {
  /// Text with a header line, fields parted by one byte: `,` in CSV, a tab in TSV.
  case delimited(UInt8)
  /// One JSON object a line.
  case jsonLines
  /// One JSON array of objects.
  case jsonArray
  /// One task of Natural Instructions: a JSON object whose `Instances` are the records.
  case instructionTask
  /// Plain text; the records are `{"text"}`.
  case text(TextUnit)

  /// What one record of plain text is.
  public enum TextUnit: String, Sendable, CaseIterable {
    case line
    /// What is between blank lines.
    case paragraph
    case file
  }

  public static let csv = RecordFormat.delimited(UInt8(ascii: ","))
  public static let tsv = RecordFormat.delimited(.tab)

  /// The names that `--format` takes.
  public static let names = ["csv", "tsv", "jsonl", "json", "text", "text-paragraph", "text-file", "instruction-task"]

  /// The name for reports: "csv", "tsv", "jsonl", "json", "text", "text-paragraph", "text-file", "instruction-task".
  public var name: String {
    switch self {
    case .delimited(.tab): "tsv"
    case .delimited: "csv"
    case .jsonLines: "jsonl"
    case .jsonArray: "json"
    case .instructionTask: "instruction-task"
    case .text(.line): "text"
    case .text(let unit): "text-\(unit.rawValue)"
    }
  }

  /// The format that a user names.
  ///
  /// - Parameters:
  ///   - name: one of `names`; nil means csv, for where only the delimiter is given.
  ///   - delimiter: one ASCII character, "tab" or "\t"; only for csv and tsv.
  /// - Throws: `TuneError.usage` for other names and delimiters.
  public init(named name: String?, delimiter: String? = nil) throws {
    let known: [RecordFormat] = [
      .csv, .tsv, .jsonLines, .jsonArray, .text(.line), .text(.paragraph), .text(.file), .instructionTask,
    ]
    guard let format = known.first(where: { $0.name == name ?? "csv" }) else {
      throw TuneError.usage("--format: \(unknownName(name ?? "", among: Self.names))")
    }
    self = format
    guard let delimiter else { return }
    guard case .delimited = format else {
      throw TuneError.usage(
        "--delimiter: records in \(format.name) have no delimiter; leave it out, or use --format csv")
    }
    self = .delimited(try Self.byte(ofDelimiter: delimiter))
  }

  private static func byte(ofDelimiter text: String) throws -> UInt8 {
    if text == "tab" || text == "\\t" { return .tab }
    let bytes = Array(text.utf8)
    guard bytes.count == 1, bytes[0] < 0x80, ![.quote, .lineFeed, .carriageReturn, 0].contains(bytes[0]) else {
      throw TuneError.usage("--delimiter '\(text)': expected one ASCII character such as ';', or tab")
    }
    return bytes[0]
  }
}

extension RecordFormat {
  /// How the records of a file are found, and what was read from its front for that.
  struct Opening {
    var boundaries: any RecordBoundaries
    var header: [String]?
    /// Lines that were taken away.
    var lineCount = 0
  }

  func opening(_ source: inout PendingBytes, name: String) throws -> Opening {
    let head = source.bytes.prefix(Self.headLength)
    let endsInReturns = !head.contains(.lineFeed) && head.contains(.carriageReturn)
    let terminator = endsInReturns ? UInt8.carriageReturn : .lineFeed
    switch self {
    case .delimited(let delimiter):
      let (layout, lineCount) = try RowLayout.read(
        from: &source, delimiter: delimiter, terminator: terminator, name: name)
      return Opening(boundaries: RowBoundaries(layout), header: layout.header, lineCount: lineCount)
    case .jsonLines:
      return Opening(
        boundaries: LineBoundaries(.line, terminator: terminator, layout: .jsonLines(terminator: terminator)))
    case .jsonArray: return Opening(boundaries: ArrayBoundaries())
    case .instructionTask: return Opening(boundaries: ArrayBoundaries(taskName: Self.bareName(name)))
    case .text(let unit):
      return Opening(
        boundaries: LineBoundaries(unit, terminator: terminator, layout: .text(unit, terminator: terminator)))
    }
  }
}
