import Basics

/// Streams the records of one data file, plain, gzip or zstandard, in constant memory.
///
///     let reader = try RecordReader("reviews.csv.gz")
///     while let outcome = try reader.next() { … }
public final class RecordReader {
  private let chunker: RecordChunker
  private var outcomes: [RecordOutcome] = []
  private var position = 0

  /// Opens a file, or standard input for the path `-`; the format is found by extension and content unless given.
  ///
  /// - Throws: `TuneError` when the file is missing, empty, in no known format, or its header line is unusable.
  public init(_ path: String, format: RecordFormat? = nil) throws {
    chunker = try RecordChunker(path, format: format)
  }

  public var path: String { chunker.path }
  public var format: RecordFormat { chunker.format }

  /// The columns that a header line names; nil for the other formats.
  public var header: [String]? { chunker.header }

  /// The next record or rejection in file order, nil at the end.
  ///
  /// - Throws: `TuneError` only when the file cannot be read further.
  public func next() throws -> RecordOutcome? {
    while position == outcomes.count {
      guard let chunk = try chunker.next() else { return nil }
      outcomes = chunk.parse()
      position = 0
    }
    defer { position += 1 }
    return outcomes[position]
  }
}
