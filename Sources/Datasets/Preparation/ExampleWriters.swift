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

  /// - Parameter line: with its line feed.
  func add(_ line: UnsafeRawBufferPointer) throws {
    hasher.update(line)
    try file?.write(line)
    count += 1
  }

  func add(_ line: String) throws {
    var line = line + "\n"
    try line.withUTF8 { try add(UnsafeRawBufferPointer($0)) }
  }

  var sha256: String { hasher.hexadecimal() }

  func commit() throws { try file?.commit() }
}

/// The files of a prepared folder: one a split, and nested parts of the training split where they are wanted.
final class SplitFiles: ExampleWriter {
  private let splits: [(split: SplitName, sink: LineSink)]
  private let subsets: [(share: Double, sink: LineSink)]
  private let seed: UInt64
  private let statistics: ExampleStatistics

  init(_ options: PreparationOptions, statistics: ExampleStatistics) throws {
    self.statistics = statistics
    seed = options.seed
    let (folder, writes) = (options.output, !options.checkOnly)
    let hasHeldOutTask = options.sources.contains { $0.isHeldOut }
    splits = try SplitName.allCases.filter { options.fractions[$0] > 0 || ($0 == .test && hasHeldOutTask) }.map {
      ($0, try LineSink("\(folder)/\($0.fileName)", writes: writes))
    }
    subsets = try options.subsets.filter { $0 < 1 }.map {
      ($0, try LineSink("\(folder)/\(subsetFileName($0))", writes: writes))
    }
  }

  func write(_ line: UnsafeRawBufferPointer, _ example: PlacedExample) throws {
    guard let sink = splits.first(where: { $0.split == example.split })?.sink else { return }
    try sink.add(line)
    statistics.add(example)
    guard example.split == .train, !subsets.isEmpty else { return }
    // By group where there is one: a part of the data has whole groups.
    let place = unitInterval(streamHash(example.key, "subset", seed: seed))
    for (share, sink) in subsets where place < share { try sink.add(line) }
  }

  func finish() throws -> [PreparationReport.PreparedFile] {
    splits.map { $1.prepared(as: $0) } + subsets.map { $1.prepared(as: .train) }
  }

  func commit() throws {
    for (_, sink) in splits { try sink.commit() }
    for (_, sink) in subsets { try sink.commit() }
  }
}

/// `train-0.1.jsonl`.
func subsetFileName(_ share: Double) -> String { "train-\(share).jsonl" }

extension LineSink {
  fileprivate func prepared(as split: SplitName) -> PreparationReport.PreparedFile {
    PreparationReport.PreparedFile(path: path, split: split, examples: count, sha256: sha256)
  }
}

/// Gathers the examples of all tasks, then takes from each what the mixture wants, in an order that mixes the tasks.
///
/// The lines wait in a file without a name; memory holds some 100 bytes an example.
final class MixtureFiles: ExampleWriter {
  private struct Entry {
    let offset: Int
    let example: PlacedExample
    let rank: UInt64
  }

  private let sampling: MixtureSampling
  private let amounts: [MixtureAmount]
  private let seed: UInt64
  private let files: SplitFiles
  private let spool: UnsafeMutablePointer<FILE>
  private var entries: [Entry] = []
  private var length = 0
  /// What each task has and gives, in training; known after `finish`.
  private(set) var available: [Int] = []
  private(set) var taken: [Int] = []

  init(_ sampling: MixtureSampling, _ options: PreparationOptions, statistics: ExampleStatistics) throws {
    self.sampling = sampling
    amounts = options.sources.map { $0.amount }
    seed = options.seed
    files = try SplitFiles(options, statistics: statistics)
    guard let spool = tmpfile() else {
      throw TuneError.runtime(
        "no temporary file can be made: \(String(cString: strerror(errno))); set TMPDIR to a folder")
    }
    self.spool = spool
  }

  deinit { fclose(spool) }

  func write(_ line: UnsafeRawBufferPointer, _ example: PlacedExample) throws {
    guard fwrite(line.baseAddress, 1, line.count, spool) == line.count else {
      throw TuneError.runtime("the temporary file cannot be written: \(String(cString: strerror(errno)))")
    }
    let rank = streamHash(example.content, "mixture \(example.line.wording ?? 0)", seed: seed)
    entries.append(Entry(offset: length, example: example, rank: rank))
    length += line.count
  }

  func finish() throws -> [PreparationReport.PreparedFile] {
    fflush(spool)
    entries.sort { ($0.rank, $0.offset) < ($1.rank, $1.offset) }
    available = counts(of: .train)
    taken = sampling.counts(of: available, amounts: amounts)
    for split in SplitName.allCases { try write(split) }
    return try files.finish()
  }

  func commit() throws { try files.commit() }

  private func counts(of split: SplitName) -> [Int] {
    var counts = [Int](repeating: 0, count: amounts.count)
    for entry in entries where entry.example.split == split { counts[entry.example.task] += 1 }
    return counts
  }

  /// Validation and test keep the shares that training has, but repeat nothing; a task that training has none of is
  /// kept whole.
  private func write(_ split: SplitName) throws {
    let have = counts(of: split)
    var owed = have
    for task in have.indices where available[task] > 0 {
      let share = Double(taken[task]) / Double(available[task])
      owed[task] = split == .train ? taken[task] : min(have[task], Int((share * Double(have[task])).rounded(.up)))
    }
    for entry in mixed(drawn(from: split, owed)) { try copy(entry) }
  }

  /// The first entries of each task, as many as it owes: all of them once before any is taken again.
  private func drawn(from split: SplitName, _ owed: [Int]) -> [Entry] {
    var owed = owed, drawn: [Entry] = []
    while owed.contains(where: { $0 > 0 }) {
      let before = drawn.count
      for entry in entries where entry.example.split == split && owed[entry.example.task] > 0 {
        drawn.append(entry)
        owed[entry.example.task] -= 1
      }
      if drawn.count == before { break }
    }
    return drawn
  }

  /// An order that does not tell the tasks, nor one round from the next.
  private func mixed(_ drawn: [Entry]) -> [Entry] {
    let places = drawn.enumerated().map { streamHash($1.rank, "order \($0)", seed: seed) }
    return drawn.indices.sorted { places[$0] < places[$1] }.map { drawn[$0] }
  }

  private func copy(_ entry: Entry) throws {
    var line = [UInt8](repeating: 0, count: entry.example.line.range.count)
    let count = pread(fileno(spool), &line, line.count, off_t(entry.offset))
    guard count == line.count else {
      throw TuneError.runtime("the temporary file cannot be read: \(String(cString: strerror(errno)))")
    }
    try line.withUnsafeBytes { try files.write($0, entry.example) }
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
