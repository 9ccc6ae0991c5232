import Basics
import Foundation

/// Lines on their way to a file: counted and hashed, and written unless this is a check.
final class LineSink {
  let path: String
  private(set) var count = 0
  private var hasher = SHA256()
  private let file: AtomicFile?

  init(_ path: String, writes: Bool) throws {
    self.path = path
    file = writes ? try AtomicFile(path) : nil
  }

  func add(_ line: String) throws {
    var line = line + "\n"
    try line.withUTF8 { bytes in
      hasher.update(UnsafeRawBufferPointer(bytes))
      try file?.write(UnsafeRawBufferPointer(bytes))
    }
    count += 1
  }

  var sha256: String { hasher.hexadecimal() }

  func commit() throws { try file?.commit() }
}

/// The split files of a prepared folder.
///
/// The first records are held back. When the input is that short, a split that the hashes left empty gets the record
/// whose place is nearest to its share; with more records chance leaves no split empty that matters.
final class PreparedFolder {
  private struct Held {
    let key: String
    let position: Double
    var split: SplitName
    let lines: [String]
  }

  /// From so many records on, each split that has a share gets at least one.
  static let smallestFilled = 10
  private static let maximumHeld = 1000
  private static let maximumHeldBytes = 1 << 23

  let folder: String
  private let splitter: Splitter
  private let sinks: [(split: SplitName, sink: LineSink)]
  private var held: [Held] = []
  private var heldBytes = 0
  private var isStreaming = false

  init(_ folder: String, splitter: Splitter, writes: Bool) throws {
    self.folder = folder
    self.splitter = splitter
    sinks = try SplitName.allCases.filter { splitter.fractions[$0] > 0 }.map {
      ($0, try LineSink("\(folder)/\($0.fileName)", writes: writes))
    }
  }

  /// - Parameter key: the content or group that decides the split.
  func add(_ lines: [String], key: String) throws {
    let position = splitter.position(of: key)
    let record = Held(key: key, position: position, split: splitter.split(at: position), lines: lines)
    if isStreaming {
      try write(record)
      return
    }
    held.append(record)
    heldBytes += lines.reduce(key.utf8.count) { $0 + $1.utf8.count }
    if held.count > Self.maximumHeld || heldBytes > Self.maximumHeldBytes { try release() }
  }

  /// Writes what is held back and returns the files, which `commit` then gives their names.
  func finish() throws -> [PreparationReport.PreparedFile] {
    if !isStreaming, held.count >= Self.smallestFilled { fillEmptySplits() }
    try release()
    return sinks.map { split, sink in
      PreparationReport.PreparedFile(path: sink.path, split: split, examples: sink.count, sha256: sink.sha256)
    }
  }

  func commit() throws { for (_, sink) in sinks { try sink.commit() } }

  private func release() throws {
    isStreaming = true
    for record in held { try write(record) }
    held = []
  }

  private func write(_ record: Held) throws {
    guard let sink = sinks.first(where: { $0.split == record.split })?.sink else { return }
    for line in record.lines { try sink.add(line) }
  }

  private func fillEmptySplits() {
    for (split, _) in sinks where !held.contains(where: { $0.split == split }) {
      var keys: [SplitName: Set<String>] = [:]
      for record in held { keys[record.split, default: []].insert(record.key) }
      let movable = held.filter { (keys[$0.split]?.count ?? 0) > 1 }
      let nearest = movable.min {
        let (a, b) = (splitter.distance(from: $0.position, to: split), splitter.distance(from: $1.position, to: split))
        return (a, $0.position, stableHash($0.key)) < (b, $1.position, stableHash($1.key))
      }
      guard let key = nearest?.key else { continue }
      for index in held.indices where held[index].key.isSame(as: key) { held[index].split = split }
    }
  }
}

/// The SHA-256 of a file's bytes as stored, in hexadecimal, read in chunks.
func fileSHA256(_ path: String) throws -> String {
  guard let handle = fopen(path, "rb") else { throw TuneError.data("\(path): cannot be read") }
  defer { fclose(handle) }
  var hasher = SHA256()
  var chunk = [UInt8](repeating: 0, count: 1 << 18)
  while true {
    let count = fread(&chunk, 1, chunk.count, handle)
    if count == 0 { break }
    chunk.withUnsafeBytes { hasher.update(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
  }
  guard ferror(handle) == 0 else { throw TuneError.data("\(path): reading failed") }
  return hasher.hexadecimal()
}
