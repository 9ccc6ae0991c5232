import Basics
import Foundation

/// Runs a check on damaged copies of valid inputs. Each input is in a file before it is tried, so that one that ends
/// the process (a crash, no memory, a hang) is still there afterwards.
///
/// The environment chooses:
/// - `TUNE_FUZZ_SECONDS`: run so long, with a fresh seed that is printed; otherwise a fixed number of inputs of seed 1
/// - `TUNE_FUZZ_SEED`: that seed
/// - `TUNE_FUZZ_FOLDER`: where the input is written; a failing one stays there
/// - `TUNE_FUZZ_INPUT`: try this file alone, in the fuzzer whose file name it has
public struct Fuzzer {
  private let fileName: String
  private let mutator: Mutator
  private let memory: FuzzMemory?
  private let wrap: ([UInt8]) -> [UInt8]

  /// - Parameters:
  ///   - fileName: the name under which inputs are written; its extension is what a reader sees.
  ///   - corpus: valid inputs.
  ///   - tokens: pieces that mean something to the reader.
  ///   - form: what is known of the inputs.
  ///   - memory: what a check may take; nil for what is not measured.
  ///   - wrap: makes the input of damaged bytes: puts lengths and sums around them that fit.
  public init(
    fileName: String, corpus: [[UInt8]], tokens: [String], form: FuzzForm = .text, memory: FuzzMemory? = nil,
    wrap: @escaping ([UInt8]) -> [UInt8] = { $0 }
  ) {
    self.fileName = fileName
    self.memory = memory
    self.wrap = wrap
    mutator = Mutator(corpus: corpus, tokens: tokens.map { Array($0.utf8) }, form: form)
  }

  /// Damages the inputs of a reader that throws `TuneError` for what it refuses. The corpus itself must be read.
  ///
  /// - Parameters:
  ///   - inputs: how many to try where no time is given.
  ///   - share: the part of `TUNE_FUZZ_SECONDS` that is this fuzzer's.
  ///   - read: reads an input of these bytes, which are also in the file at the path, and uses what it has read.
  /// - Throws: `FuzzFailure` for the first input for which another error is thrown or too much memory is taken.
  public func runReader(inputs: Int, share: Double = 1, _ read: ([UInt8], String) throws -> Void) throws {
    let folder = try Self.temporaryFolder()
    for seed in mutator.corpus {
      let path = "\(folder)/\(fileName)", bytes = wrap(seed)
      try Data(bytes).write(to: URL(fileURLWithPath: path))
      // Also takes what is made once in a process out of the memory of the first damaged input.
      try read(bytes, path)
      unlink(path)
    }
    rmdir(folder)
    var readCount = 0
    try run(inputs: inputs, share: share) { bytes, path in
      do {
        try read(bytes, path)
        readCount += 1
      } catch is TuneError {}
    }
    if ProcessInfo.processInfo.environment["TUNE_FUZZ_SECONDS"] != nil { print("\(fileName): \(readCount) were read") }
  }

  /// - Parameters:
  ///   - inputs: how many to try where no time is given.
  ///   - share: the part of `TUNE_FUZZ_SECONDS` that is this fuzzer's.
  ///   - check: throws when the input's bytes, which are also in the file at the path, are not handled as they should.
  /// - Throws: `FuzzFailure` for the first input whose check throws or takes too much memory.
  public func run(inputs: Int, share: Double = 1, _ check: ([UInt8], String) throws -> Void) throws {
    let environment = ProcessInfo.processInfo.environment
    if let path = environment["TUNE_FUZZ_INPUT"] {
      if URL(fileURLWithPath: path).lastPathComponent == fileName { try runAlone(path, check) }
      return
    }
    let seconds = environment["TUNE_FUZZ_SECONDS"].flatMap { Double($0) }
    let seed = environment["TUNE_FUZZ_SEED"].flatMap { UInt64($0) } ?? (seconds == nil ? 1 : .random(in: 0...(1 << 32)))
    let folder = try environment["TUNE_FUZZ_FOLDER"] ?? Self.temporaryFolder()
    let isTemporary = environment["TUNE_FUZZ_FOLDER"] == nil
    var session = FuzzSession(
      path: "\(folder)/\(fileName)", seed: seed, memory: memory, isPatient: seconds == nil)
    if seconds != nil { print("\(fileName): seed \(seed)") }
    try session.run(inputs: seconds == nil ? inputs : .max, seconds: (seconds ?? .infinity) * share, check) { random in
      wrap(mutator.damaged(&random))
    }
    if seconds != nil { print("\(fileName): \(session.summary)") }
    unlink(session.path)
    if isTemporary { rmdir(folder) }
  }

  private func runAlone(_ path: String, _ check: ([UInt8], String) throws -> Void) throws {
    let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
    let watchdog = Watchdog(path: path)
    defer { watchdog.stop() }
    var peak: Int?
    _ = try watchdog.watch { peak = try FuzzMemory.peak { try check(bytes, path) } }
    if let peak { try memory?.check(peak, of: bytes.count) }
  }

  private static func temporaryFolder() throws -> String {
    let folder = NSTemporaryDirectory() + "tune-fuzz-" + UUID().uuidString
    try createFolder(folder)
    return folder
  }
}

/// Why an input failed, and where it is.
public struct FuzzFailure: Error, CustomStringConvertible {
  public let description: String

  public init(_ description: String) { self.description = description }

  /// Throws the reason unless the condition holds.
  public static func unless(_ condition: Bool, _ reason: @autoclosure () -> String) throws {
    if !condition { throw FuzzFailure(reason()) }
  }
}

/// One run of a fuzzer: its random stream, its file, and what it has seen.
private struct FuzzSession {
  let path: String
  private let seed: UInt64
  private let memory: FuzzMemory?
  private var random: SeededRandom
  private let watchdog: Watchdog
  private var tried = 0
  private var slowest = 0.0
  private var mostMemory = 0.0

  init(path: String, seed: UInt64, memory: FuzzMemory?, isPatient: Bool) {
    self.path = path
    self.seed = seed
    self.memory = memory
    random = SeededRandom(seed: seed, stream: "fuzz")
    watchdog = Watchdog(path: path, seed: seed, isPatient: isPatient)
  }

  var summary: String {
    let share = memory == nil ? "" : ", at most \(Int((mostMemory * 100).rounded(.up))) % of the memory they may take"
    return "\(tried) inputs, the slowest \(Int(slowest * 1000)) ms\(share)"
  }

  mutating func run(
    inputs: Int, seconds: Double, _ check: ([UInt8], String) throws -> Void,
    next: (inout SeededRandom) -> [UInt8]
  ) throws {
    defer { watchdog.stop() }
    let end = Date().addingTimeInterval(min(seconds, 1e9))
    while tried < inputs, Date() < end {
      let bytes = next(&random)
      try write(bytes)
      do {
        var peak: Int?
        slowest = max(slowest, try watchdog.watch { peak = try FuzzMemory.peak { try check(bytes, path) } })
        if let memory, let peak { mostMemory = max(mostMemory, try memory.check(peak, of: bytes.count)) }
      } catch {
        throw FuzzFailure("\(path): \(error) (seed \(seed), input \(tried))")
      }
      tried += 1
    }
  }

  /// Into a new file each time: some file systems wait for the disk when one is overwritten.
  private func write(_ bytes: [UInt8]) throws {
    unlink(path)
    guard let file = fopen(path, "wb") else { throw FuzzFailure("\(path): cannot be written") }
    defer { fclose(file) }
    guard fwrite(bytes, 1, bytes.count, file) == bytes.count else { throw FuzzFailure("\(path): cannot be written") }
  }
}
