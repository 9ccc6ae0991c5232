import Basics

/// Streams the records of one data file, plain or gzip, in constant memory.
///
///     let reader = try RecordReader("reviews.csv.gz")
///     while let outcome = try reader.next() { … }
public final class RecordReader {
  public let path: String
  public let format: RecordFormat
  private let source: any RecordSource

  /// Opens a file; the format is found by extension and content unless given.
  ///
  /// - Throws: `TuneError` when the file is missing, empty, in no known format, or its header line is unusable.
  public init(_ path: String, format: RecordFormat? = nil) throws {
    self.path = path
    self.format = try format ?? RecordFormat.detect(path)
    switch self.format {
    case .delimited(let delimiter): source = try DelimitedReader(path, delimiter: delimiter)
    case .jsonLines: source = try JSONLinesReader(path)
    case .jsonArray: source = try JSONArrayReader(path)
    }
  }

  /// The columns that a header line names; nil for JSON.
  public var header: [String]? { (source as? DelimitedReader)?.header }

  /// The next record or rejection in file order, nil at the end.
  ///
  /// - Throws: `TuneError` only when the file cannot be read further.
  public func next() throws -> RecordOutcome? { try source.next() }
}
