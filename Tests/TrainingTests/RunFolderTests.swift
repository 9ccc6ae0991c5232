import Basics
import Foundation
import Testing

@testable import Training

@Suite struct RunFolderTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func makeRun(_ name: String, status: String, age: Double) throws -> RunFolder {
    let run = try RunFolder(parent: folder.path, name: name)
    try run.write(["model": ["name": "base", "path": "models/base"], "data": ["path": "prepared"]], status: status)
    try FileManager.default.setAttributes(
      [.modificationDate: Date(timeIntervalSince1970: 1_000_000 - age)], ofItemAtPath: "\(run.path)/run.json")
    return run
  }

  @Test func takenNamesGetANumber() throws {
    let paths = try (0..<3).map { _ in try RunFolder(parent: folder.path, name: "run").path }
    #expect(paths.map { ($0 as NSString).lastPathComponent } == ["run", "run-2", "run-3"])
  }

  @Test func theNewestCompleteRunIsFound() throws {
    #expect(RunFolder.newest(in: folder.path) == nil)
    #expect(RunFolder.newest(in: "\(folder.path)/missing") == nil)
    _ = try makeRun("a", status: "complete", age: 50)
    _ = try makeRun("b", status: "complete", age: 20)
    _ = try makeRun("c", status: "complete", age: 90)
    for (name, status) in [("d", "running"), ("e", "failed"), ("f", "interrupted")] {
      _ = try makeRun(name, status: status, age: 0)
    }
    _ = try RunFolder(parent: folder.path, name: "empty")
    try AtomicFile.write("{\"status\": \"complete", to: "\(folder.path)/damaged/run.json")
    try AtomicFile.write("no folder", to: "\(folder.path)/file")
    #expect(RunFolder.newest(in: folder.path)?.path == "\(folder.path)/b")
  }

  @Test func aRunDescribesItself() throws {
    let made = try makeRun("run", status: "running", age: 0)
    let running = try Run(made.path)
    #expect(!running.isComplete && running.status == "running" && running.adapter == nil && running.tunedModel == nil)
    try createFolder(made.adapterPath)
    try made.write(
      ["model": ["name": "base", "path": "models/base"], "data": ["path": "prepared"]], status: "complete")
    let run = try Run(made.path)
    #expect(run.isComplete && run.baseModel == "models/base" && run.data == "prepared")
    #expect(run.adapter == made.adapterPath && run.tunedModel == nil)
  }

  @Test func metricsAreThereAtOnce() throws {
    let run = try RunFolder(parent: folder.path, name: "run")
    try run.append(["step": 1, "loss": 0.1])
    try run.append(["step": 2, "loss": 1e-300])
    let lines = try String(contentsOfFile: run.metricsPath, encoding: .utf8).split(separator: "\n")
    #expect(
      try lines.map { try JSON(parsing: String($0)) } == [["step": 1, "loss": 0.1], ["step": 2, "loss": 1e-300]])
  }

  @Test(
    arguments: [
      (nil, "has no run.json"), ("{\"status\": ", "/run.json: not valid JSON"), ("[]", "/run.json: is an array"),
      ("", "/run.json: not valid JSON"), ("{\"a\": \"\u{0}\"}", "not valid JSON"),
    ] as [(String?, String)]) func damagedRunsAreNamed(content: String?, part: String) throws
  {
    let path = "\(folder.path)/run"
    try createFolder(path)
    if let content { try AtomicFile.write(content, to: "\(path)/run.json") }
    let error = try #require(throws: TuneError.self) { try Run(path) }
    #expect(error.kind == .data && error.message.hasPrefix(path))
    #expect(error.message.contains(part) && error.message.contains("name "), "\(error.message)")
  }
}
