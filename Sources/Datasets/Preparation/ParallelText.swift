import Basics

/// Where a source's chunks come from.
protocol ChunkSource: AnyObject {
  var formatName: String { get }
  /// The next chunk, nil at the end.
  func next() throws -> RecordChunk?
}

extension RecordChunker: ChunkSource {
  var formatName: String { format.name }
}

/// Text files whose lines belong together, as translation data are published: line n of every file is record n, with a
/// field a file.
final class ParallelText: ChunkSource {
  let formatName = "parallel text"
  private let fields: [String]
  private let files: [LineReader]
  private var line = 1
  private var isFinished = false

  private static let chunkBytes = 1 << 18

  /// - Throws: `TuneError.data` when a file cannot be opened.
  init(_ paths: [String], fields: [String]) throws {
    self.fields = fields
    files = try paths.map { try LineReader($0) }
  }

  func next() throws -> RecordChunk? {
    guard !isFinished else { return nil }
    var bytes: [UInt8] = []
    let firstLine = line
    while bytes.count < Self.chunkBytes, let texts = try nextLines() {
      let record = JSONObject(
        entries: zip(fields, texts).map { .init(key: $0, value: .string(String(decoding: $1, as: UTF8.self))) })
      JSON.object(record).append(to: &bytes)
      bytes.append(UInt8(ascii: "\n"))
      line += 1
    }
    guard line > firstLine else { return nil }
    return RecordChunk(
      file: files[0].path, firstLine: firstLine, bytes: bytes, layout: .jsonLines(terminator: UInt8(ascii: "\n")),
      fault: nil)
  }

  private func nextLines() throws -> [[UInt8]]? {
    let lines = try files.map { try $0.next() }
    let ended = lines.indices.filter { lines[$0] == nil }
    if ended.count == files.count {
      isFinished = true
      return nil
    }
    if let short = ended.first {
      throw TuneError.data(
        "\(files[short].path): ends after \(line - 1) lines, before the others; parallel files need as many lines each")
    }
    return lines.compactMap { $0 }
  }
}
