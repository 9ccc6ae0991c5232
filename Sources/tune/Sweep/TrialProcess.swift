import Basics
import Foundation

/// This program run as a child, its output in files.
struct TrialProcess {
  enum End: Equatable {
    case exited(Int32)
    case killed(signal: Int32)
    /// Ended by us, because the sweep was interrupted.
    case interrupted
  }

  let arguments: [String]
  let outputPath: String
  let errorPath: String

  /// Runs to the end. An interrupt of the sweep is passed on once; the child then saves what it has and ends.
  ///
  /// - Parameters:
  ///   - onStart: gets the child's process number.
  ///   - onWait: called again and again until the child ends.
  func run(onStart: (Int32) throws -> Void, onWait: () -> Void) throws -> End {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: try Self.program)
    process.arguments = arguments
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try Self.file(outputPath)
    process.standardError = try Self.file(errorPath)
    do {
      try process.run()
    } catch {
      throw TuneError.runtime("\(try Self.program): cannot be run: \(error.localizedDescription)")
    }
    var isEnding = false
    do {
      try onStart(process.processIdentifier)
    } catch {
      process.terminate()
      process.waitUntilExit()
      throw error
    }
    while process.isRunning {
      if Interrupt.isRequested, !isEnding {
        isEnding = true
        process.interrupt()
      }
      onWait()
      usleep(20_000)
    }
    if isEnding { return .interrupted }
    return process.terminationReason == .uncaughtSignal
      ? .killed(signal: process.terminationStatus) : .exited(process.terminationStatus)
  }

  /// Why the child failed, as it said itself where it did.
  func reason(_ end: End) -> String {
    let lines = ((try? String(contentsOfFile: errorPath, encoding: .utf8)) ?? "").split(separator: "\n")
    if case .killed(let signal) = end { return "killed by signal \(signal)" }
    if let last = lines.last(where: { $0.hasPrefix("tune: ") }) { return String(last.dropFirst("tune: ".count)) }
    if case .exited(let code) = end { return "ended with exit code \(code); see \(errorPath)" }
    return "was interrupted"
  }

  private static func file(_ path: String) throws -> FileHandle {
    guard FileManager.default.createFile(atPath: path, contents: nil), let file = FileHandle(forWritingAtPath: path)
    else { throw TuneError.runtime("\(path): cannot be written") }
    return file
  }

  private static var program: String {
    get throws {
      guard let path = Bundle.main.executablePath else {
        throw TuneError.runtime(
          "the program's own file is not known, so that no trial can be run; start it by its path")
      }
      return path
    }
  }
}
