import Basics
import Foundation
import HubServer
import Testing

@testable import Hub

/// A hub on the loopback with one model, `org/name`, and an empty cache; both go away with the value.
final class HubFixture {
  let server: HubServer
  let cache = FileManager.default.temporaryDirectory.path + "/hub-\(UUID().uuidString)"
  var settings: HubSettings
  static let commit = Repository().commit

  init(_ repository: Repository = .model(), environment: [String: String] = [:]) throws {
    server = try HubServer(["org/name": repository])
    let own = ["HF_ENDPOINT": server.endpoint, "HF_HUB_CACHE": cache, "HOME": "/nonexistent"]
    settings = try HubSettings(environment: own.merging(environment) { $1 }, userAgent: "tune/test")
    settings.retryDelay = 0.01
    settings.stallSeconds = 1
    settings.attempts = 3
  }

  deinit {
    server.stop()
    try? FileManager.default.removeItem(atPath: cache)
  }

  @discardableResult
  func pull(
    _ name: String = "org/name", content: HubContent = .model, update: Bool = false,
    onProgress: (DownloadProgress) -> Void = { _ in }
  ) throws -> HubSnapshot {
    try Hub(settings).snapshot(of: HubReference(name), content: content, update: update, onProgress: onProgress)
  }

  /// The error that a pull ends with.
  func failure(_ name: String = "org/name", content: HubContent = .model) throws -> TuneError {
    do {
      try pull(name, content: content)
    } catch let error as TuneError {
      return error
    }
    Issue.record("expected an error")
    return .runtime("")
  }

  var folder: String { "\(cache)/models--org--name" }

  func names(_ path: String) -> [String] {
    (try? FileManager.default.contentsOfDirectory(atPath: "\(folder)/\(path)").sorted()) ?? []
  }

  func bytes(_ path: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(path)")))
  }

  func write(_ bytes: [UInt8], _ path: String) throws {
    try createFolder(parentFolder(of: "\(folder)/\(path)"))
    try Data(bytes).write(to: URL(fileURLWithPath: "\(folder)/\(path)"))
  }

  /// That every file of the snapshot is the repository's, and nothing half-done is left.
  func expectWhole(_ snapshot: HubSnapshot, location: SourceLocation = #_sourceLocation) throws {
    let repository = try #require(server["org/name"])
    for file in snapshot.files {
      let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(snapshot.folder)/\(file.path)")))
      #expect(bytes == repository.files[file.path]?.bytes, "\(file.path)", sourceLocation: location)
    }
    #expect(!names("blobs").contains { $0.hasSuffix(".incomplete") }, sourceLocation: location)
  }
}
