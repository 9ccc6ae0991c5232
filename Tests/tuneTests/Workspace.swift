import Basics
import Foundation
import Testing

/// The built program, beside the test bundle.
enum Program {
  static let path: String = {
    let bundle = Bundle.allBundles.first { $0.bundlePath.hasSuffix(".xctest") }
    let folder = bundle?.bundleURL ?? Bundle.main.bundleURL.appendingPathComponent("tests")
    let beside = folder.deletingLastPathComponent().appendingPathComponent("tune").path
    guard !FileManager.default.isExecutableFile(atPath: beside) else { return beside }
    return URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent().appendingPathComponent("tune")
      .path
  }()
}

/// What a run of the program left behind.
struct Outcome {
  let code: Int32
  let crashed: Bool
  let output: String
  let errors: String

  var json: JSON { get throws { try JSON(parsing: output) } }
  /// One JSON value a line.
  var jsonLines: [JSON] { get throws { try output.split(separator: "\n").map { try JSON(parsing: String($0)) } } }
  /// The program's error without the remarks that may go before it.
  var failure: String {
    errors.range(of: "tune: ").map { String(errors[$0.lowerBound...]) } ?? ""
  }
}

/// A folder of its own in which the program runs; removed when the value goes away.
final class Workspace {
  let path = FileManager.default.temporaryDirectory.path + "/tune-\(UUID().uuidString)"

  static let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Fixtures").path
  /// A Llama of two layers of width 16 with 300 tokens, trained on texts such as `dialogues`.
  static let model = "\(fixtures)/cli/model"
  /// 60 records with a dialogue and its summary.
  static let dialogues = "\(fixtures)/cli/dialogues.jsonl"

  init() throws { try createFolder(path) }

  /// A workspace in which `tune prepare` has written `prepared/`.
  static func prepared() throws -> Workspace {
    let workspace = try Workspace()
    try workspace.succeed("prepare", dialogues, "--split", "0.6/0.2/0.2", "--quiet")
    return workspace
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func file(_ name: String) -> String { "\(path)/\(name)" }

  func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: file(name)) }

  func write(_ text: String, to name: String) throws { try AtomicFile.write(text, to: file(name)) }

  func write(_ bytes: [UInt8], to name: String) throws { try Data(bytes).write(to: URL(fileURLWithPath: file(name))) }

  func bytes(_ name: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: URL(fileURLWithPath: file(name)))) }

  func text(_ name: String) throws -> String { try String(contentsOfFile: file(name), encoding: .utf8) }

  func lines(_ name: String) throws -> [JSON] {
    try text(name).split(separator: "\n").map { try JSON(parsing: String($0)) }
  }

  /// All files and folders below the workspace.
  func contents() -> [String] {
    let all = FileManager.default.enumerator(atPath: path)?.compactMap { $0 as? String } ?? []
    return all.filter { !$0.hasPrefix(".output") }.sorted()
  }

  /// Starts the program; its output goes to files, so that no pipe can fill up.
  func start(_ arguments: [String], input: String = "", environment: [String: String] = [:]) throws -> Running {
    let id = UUID().uuidString, folder = file(".output")
    try createFolder(folder)
    let names = ["in", "out", "err"].map { "\(folder)/\(id).\($0)" }
    try Data(input.utf8).write(to: URL(fileURLWithPath: names[0]))
    for name in names.dropFirst() { try Data().write(to: URL(fileURLWithPath: name)) }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: Program.path)
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: path)
    let own = ["PATH": "/usr/bin:/bin", "HOME": path, "SWIFT_BACKTRACE": "enable=no"]
    let library = ProcessInfo.processInfo.environment["LD_LIBRARY_PATH"].map { ["LD_LIBRARY_PATH": $0] } ?? [:]
    process.environment = own.merging(library) { $1 }.merging(environment) { $1 }
    process.standardInput = FileHandle(forReadingAtPath: names[0])
    process.standardOutput = FileHandle(forWritingAtPath: names[1])
    process.standardError = FileHandle(forWritingAtPath: names[2])
    try process.run()
    return Running(process: process, output: names[1], errors: names[2])
  }

  @discardableResult
  func run(_ arguments: [String], input: String = "", environment: [String: String] = [:]) throws -> Outcome {
    try start(arguments, input: input, environment: environment).finish()
  }

  @discardableResult
  func run(_ arguments: String..., input: String = "") throws -> Outcome { try run(arguments, input: input) }

  /// Runs the program and expects that it ends well.
  @discardableResult
  func succeed(_ arguments: String..., input: String = "", location: SourceLocation = #_sourceLocation) throws
    -> Outcome
  {
    try succeed(arguments, input: input, location: location)
  }

  @discardableResult
  func succeed(_ arguments: [String], input: String = "", location: SourceLocation = #_sourceLocation) throws
    -> Outcome
  {
    let outcome = try run(arguments, input: input)
    #expect(outcome.code == 0, "tune \(arguments.joined(separator: " ")): \(outcome.errors)", sourceLocation: location)
    return outcome
  }

  /// Runs the program and expects an error: its exit code, one sentence that says all of `parts`, and no crash.
  @discardableResult
  func fail(
    _ arguments: [String], code: Int32, saying parts: [String], input: String = "",
    location: SourceLocation = #_sourceLocation
  ) throws -> Outcome {
    let outcome = try run(arguments, input: input)
    let command = "tune \(arguments.joined(separator: " "))"
    #expect(!outcome.crashed, "\(command): \(outcome.errors)", sourceLocation: location)
    #expect(outcome.code == code, "\(command): \(outcome.errors)", sourceLocation: location)
    let lines = outcome.failure.split(separator: "\n")
    #expect(lines.first?.hasPrefix("tune: ") == true, "\(command): \(outcome.errors)", sourceLocation: location)
    // Further lines are the first records that are wrong.
    #expect(lines.dropFirst().allSatisfy { $0.hasPrefix("  ") }, "\(outcome.failure)", sourceLocation: location)
    let sentence = lines.first.map { String($0) } ?? ""
    #expect(
      !sentence.hasSuffix(".") && sentence.firstMatch(of: /\. [A-Z]/) == nil, "\(sentence)", sourceLocation: location)
    for part in parts {
      #expect(outcome.failure.contains(part), "'\(part)' in: \(outcome.failure)", sourceLocation: location)
    }
    return outcome
  }
}

/// A program that has been started.
struct Running {
  let process: Process
  let output: String
  let errors: String

  func finish() throws -> Outcome {
    process.waitUntilExit()
    defer { for name in [output, errors] { try? FileManager.default.removeItem(atPath: name) } }
    return Outcome(
      code: process.terminationStatus, crashed: process.terminationReason == .uncaughtSignal,
      output: try String(contentsOfFile: output, encoding: .utf8),
      errors: try String(contentsOfFile: errors, encoding: .utf8))
  }
}
