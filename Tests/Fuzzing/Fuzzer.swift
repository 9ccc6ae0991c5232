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

  /// - Parameters:
  ///   - fileName: the name under which inputs are written; its extension is what a reader sees.
  ///   - corpus: valid inputs.
  ///   - tokens: pieces that mean something to the reader.
  public init(fileName: String, corpus: [[UInt8]], tokens: [String]) {
    self.fileName = fileName
    mutator = Mutator(corpus: corpus, tokens: tokens.map { Array($0.utf8) })
  }

  /// - Parameters:
  ///   - inputs: how many to try where no time is given.
  ///   - share: the part of `TUNE_FUZZ_SECONDS` that is this fuzzer's.
  ///   - check: throws when the input's bytes, which are also in the file at the path, are not handled as they should.
  /// - Throws: `FuzzFailure` for the first input whose check throws.
  public func run(inputs: Int, share: Double = 1, _ check: ([UInt8], String) throws -> Void) throws {
    let environment = ProcessInfo.processInfo.environment
    if let path = environment["TUNE_FUZZ_INPUT"] {
      if URL(fileURLWithPath: path).lastPathComponent == fileName {
        let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
        let watchdog = Watchdog(path: path)
        defer { watchdog.stop() }
        _ = try watchdog.watch { try check(bytes, path) }
      }
      return
    }
    let seconds = environment["TUNE_FUZZ_SECONDS"].flatMap { Double($0) }
    let seed = environment["TUNE_FUZZ_SEED"].flatMap { UInt64($0) } ?? (seconds == nil ? 1 : .random(in: 0...(1 << 32)))
    let folder = try environment["TUNE_FUZZ_FOLDER"] ?? Self.temporaryFolder()
    let isTemporary = environment["TUNE_FUZZ_FOLDER"] == nil
    var session = FuzzSession(path: "\(folder)/\(fileName)", seed: seed, isPatient: seconds == nil)
    if seconds != nil { print("\(fileName): seed \(seed)") }
    try session.run(mutator, inputs: seconds == nil ? inputs : .max, seconds: (seconds ?? .infinity) * share, check)
    if seconds != nil { print("\(fileName): \(session.summary)") }
    unlink(session.path)
    if isTemporary { rmdir(folder) }
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
  private var random: SeededRandom
  private let watchdog: Watchdog
  private var tried = 0
  private var slowest = 0.0

  init(path: String, seed: UInt64, isPatient: Bool) {
    self.path = path
    self.seed = seed
    random = SeededRandom(seed: seed, stream: "fuzz")
    watchdog = Watchdog(path: path, seed: seed, isPatient: isPatient)
  }

  var summary: String { "\(tried) inputs, the slowest \(Int(slowest * 1000)) ms" }

  mutating func run(
    _ mutator: Mutator, inputs: Int, seconds: Double, _ check: ([UInt8], String) throws -> Void
  ) throws {
    defer { watchdog.stop() }
    let end = Date().addingTimeInterval(min(seconds, 1e9))
    while tried < inputs, Date() < end {
      let bytes = mutator.damaged(&random)
      try write(bytes)
      do {
        slowest = max(slowest, try watchdog.watch { try check(bytes, path) })
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
