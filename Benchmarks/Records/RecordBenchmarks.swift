import Basics
import Datasets
import Foundation

/// Reads data files and tells how fast they are cut into chunks, and the chunks are parsed, on one thread.
///
///     record-benchmarks FILE…
@main
struct RecordBenchmarks {
  static func main() {
    do {
      guard CommandLine.arguments.count > 1 else {
        throw TuneError.usage("no file; expected record-benchmarks FILE…")
      }
      for path in CommandLine.arguments.dropFirst() { try measure(path) }
    } catch {
      FileHandle.standardError.write(Data("error: \(error)\n".utf8))
      exit((error as? TuneError)?.exitCode ?? 1)
    }
  }

  private static func measure(_ path: String) throws {
    let expected = try recordCount(path)
    var cutting = Duration.zero, parsing = Duration.zero
    var bytes = 0, records = 0
    let clock = ContinuousClock()
    let chunker = try RecordChunker(path)
    while true {
      var next: RecordChunk?
      cutting += try clock.measure { next = try chunker.next() }
      guard let chunk = next else { break }
      bytes += chunk.byteCount
      parsing += clock.measure { records += chunk.parse().count { $0.isRecord } }
    }
    guard records == expected else {
      throw TuneError.runtime("\(path): the chunks have \(records) records, the reader finds \(expected)")
    }
    func speed(_ time: Duration) -> String { String(format: "%.0f MB/s", Double(bytes) / 1e6 / (time / .seconds(1))) }
    print("\(path): \(records) records, \(bytes) bytes; cut at \(speed(cutting)), parsed at \(speed(parsing))")
  }

  private static func recordCount(_ path: String) throws -> Int {
    let reader = try RecordReader(path)
    var count = 0
    while let outcome = try reader.next() { count += outcome.isRecord ? 1 : 0 }
    return count
  }
}

extension RecordOutcome {
  fileprivate var isRecord: Bool { if case .record = self { true } else { false } }
}
