import Basics

/// The files of one source: their columns, which are looked at before anything else, and their chunks.
final class SourceFiles {
  private let source: PreparationOptions.Source
  /// Standard input can be read once only: what was looked at waits here.
  private var standardInput: PeekedChunks?
  /// The first records of the files; known once the columns are.
  private(set) var samples: [JSONObject] = []

  init(_ source: PreparationOptions.Source) { self.source = source }

  var readsStandardInput: Bool { source.inputs.contains("-") }

  /// The columns of the first records of every file, in the order they appear.
  ///
  /// - Throws: `TuneError` when a file cannot be read, or parallel files and their names differ in number.
  func columns() throws -> [String] {
    if let fields = source.parallelFields {
      guard source.inputs.count == fields.count, fields.count > 1 else {
        throw TuneError.usage(
          "--parallel \(fields.joined(separator: ",")): names \(fields.count) fields for \(source.inputs.count) files; "
            + "expected two or more files and a name for each, as in: tune prepare train.en train.de --parallel en,de")
      }
      return fields
    }
    return try source.inputs.flatMap { try names(of: $0) }.unique
  }

  private func names(of path: String) throws -> [String] {
    let chunks = try PeekedChunks(RecordChunker(path, format: source.format))
    if path == "-" { standardInput = chunks }
    samples += chunks.samples
    return chunks.columns
  }

  /// Gives the chunks of one file after the other to `body`, with the file's name, until it returns false.
  func forEach(_ body: (_ path: String, any ChunkSource) throws -> Bool) throws {
    if let fields = source.parallelFields {
      let chunks = try ParallelText(source.inputs, fields: fields)
      _ = try body(source.inputs.joined(separator: " + "), chunks)
      return
    }
    for path in source.inputs {
      let chunks: any ChunkSource =
        if path == "-", let standardInput { standardInput } else { try RecordChunker(path, format: source.format) }
      guard try body(path, chunks) else { return }
    }
  }
}

/// Chunks of which the first has been looked at.
private final class PeekedChunks: ChunkSource {
  let columns: [String]
  let samples: [JSONObject]
  let formatName: String
  private let chunker: RecordChunker
  private var first: RecordChunk?

  /// So many records tell the columns of a file without a header line.
  private static let sampled = 100

  init(_ chunker: RecordChunker) throws {
    self.chunker = chunker
    formatName = chunker.formatName
    first = try chunker.next()
    samples = (first?.parse() ?? []).prefix(Self.sampled).compactMap {
      if case .record(let record) = $0 { record.fields } else { nil }
    }
    columns = chunker.header ?? samples.flatMap { $0.keys }.unique
  }

  func next() throws -> RecordChunk? {
    guard let chunk = first else { return try chunker.next() }
    first = nil
    return chunk
  }
}
