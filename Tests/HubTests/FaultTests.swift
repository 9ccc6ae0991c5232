import Basics
import Foundation
import HubServer
import Testing

@testable import Hub

/// Networks and servers that misbehave.
@Suite struct FaultTests {
  private let weights = "model.safetensors"

  @Test func aCutConnectionGoesOnWhereItStopped() throws {
    let fixture = try HubFixture()
    fixture.server.fail(weights, .cut(100_000), .cut(150_000))
    let snapshot = try fixture.pull()
    try fixture.expectWhole(snapshot)
    let ranges = fixture.server.requests(for: weights).map { $0.headers["range"] }
    #expect(ranges == [nil, "bytes=100000-", "bytes=250000-"])
    #expect(snapshot.fetchedBytes == snapshot.files.reduce(0) { $0 + $1.size })
  }

  /// Connections that break anywhere, even before the first byte, and servers that know no ranges.
  @Test func anyCutsGiveTheSameBytes() throws {
    var random = SeededRandom(seed: 3, stream: "cuts")
    for round in 0..<12 {
      let size = 1 + random.integer(below: 5_000_000)
      let fixture = try HubFixture(.model(weights: Repository.bytes(size, seed: UInt64(round))))
      fixture.settings.attempts = 6
      for _ in 0..<random.integer(below: 5) {
        fixture.server.fail(weights, .cut(random.integer(below: size)))
        if random.integer(below: 4) == 0 { fixture.server.fail(weights, .ignoredRange) }
      }
      try fixture.expectWhole(try fixture.pull())
    }
  }

  @Test func anEarlierPartIsUsed() throws {
    let fixture = try HubFixture()
    let file = try #require(fixture.server["org/name"]?.files[weights])
    // As huggingface_hub names them today and as it did before.
    try fixture.write(Array(file.bytes.prefix(1000)), "blobs/\(file.etag).incomplete")
    try fixture.write(Array(file.bytes.prefix(70_000)), "blobs/\(file.etag).0a1b2c3d.incomplete")
    let announced = HubFile(path: weights, size: file.size, blobID: file.blobID, sha256: file.sha256)
    let download = SnapshotDownload(
      settings: fixture.settings, cache: HubCache(folder: fixture.cache), reference: try HubReference("org/name"),
      content: .model)
    #expect(download.neededBytes([announced]) == file.size - 70_000)
    let snapshot = try fixture.pull()
    #expect(download.neededBytes([announced]) == 0)
    #expect(fixture.server.requests(for: weights).map { $0.headers["range"] } == ["bytes=70000-"])
    #expect(try fixture.bytes("blobs/\(file.etag)") == file.bytes)
    #expect(snapshot.fetchedBytes == snapshot.files.reduce(0) { $0 + $1.size } - 70_000)
  }

  @Test func aFailedDownloadIsGoneOnWith() throws {
    let fixture = try HubFixture()
    fixture.server.fail(weights, .cut(90_000), .cut(0), .cut(0))
    let error = try fixture.failure()
    #expect(error.kind == .runtime && error.message.contains("what was fetched is kept"), "\(error)")
    #expect(fixture.names("refs").isEmpty)
    try fixture.expectWhole(try fixture.pull())
    #expect(fixture.server.requests(for: weights).last?.headers["range"] == "bytes=90000-")
  }

  @Test func aWrongEarlierPartIsThrownAway() throws {
    for part in [
      [UInt8](repeating: 7, count: 70_000), [UInt8](repeating: 7, count: 300_000),
      [UInt8](repeating: 7, count: 400_000),
    ] {
      let fixture = try HubFixture()
      let file = try #require(fixture.server["org/name"]?.files[weights])
      try fixture.write(part, "blobs/\(file.etag).0a1b2c3d.incomplete")
      try fixture.expectWhole(try fixture.pull())
      #expect(fixture.server.requests(for: weights).last?.headers["range"] == nil)
    }
  }

  @Test(arguments: [("model.safetensors", "SHA-256"), ("config.json", "git SHA-1")])
  func aWrongDigestIsRefused(name: String, kind: String) throws {
    let fixture = try HubFixture()
    // With its slash: generation_config.json ends alike.
    fixture.server.fail("/\(name)", .wrongByte)
    let error = try fixture.failure()
    #expect(error.kind == .data && error.message.contains("\(name) came with the \(kind)"), "\(error)")
    let file = try #require(fixture.server["org/name"]?.files[name])
    #expect(!fixture.names("blobs").contains { $0.hasPrefix(file.etag) })
    #expect(!fixture.names("snapshots/\(HubFixture.commit)").contains(name) && fixture.names("refs").isEmpty)
    try fixture.expectWhole(try fixture.pull())
  }

  @Test func theTokenStaysWithItsHost() throws {
    let fixture = try HubFixture(environment: ["HF_TOKEN": "hf_secret"])
    var repository = try #require(fixture.server["org/name"])
    repository.token = "hf_secret"
    fixture.server["org/name"] = repository
    let content = try HubServer(["org/name": repository])
    defer { content.stop() }
    fixture.server.fail(weights, .redirect(content.endpoint), .redirect(content.endpoint))
    content.fail(weights, .cut(1000))
    try fixture.expectWhole(try fixture.pull())
    #expect(fixture.server.requests.allSatisfy { $0.headers["authorization"] == "Bearer hf_secret" })
    #expect(content.requests.count == 2 && content.requests.allSatisfy { $0.headers["authorization"] == nil })
    #expect(content.requests.last?.headers["range"] == "bytes=1000-")
  }

  @Test func redirectsEnd() throws {
    let fixture = try HubFixture()
    let circle = (0..<30).map { _ in HubServer.Fault.status(302, ["Location": "/api/models/org/name/revision/main"]) }
    for fault in circle { fixture.server.fail("/revision/", fault) }
    #expect(try fixture.failure().message.contains("in a circle"))
    for location in ["file:///etc/passwd", "ftp://127.0.0.1/", "gopher://x"] {
      let fixture = try HubFixture()
      fixture.server.fail("/revision/", .status(302, ["Location": location]))
      #expect(try fixture.failure().message.contains("sends on to nowhere"), "\(location)")
    }
  }

  @Test func limitsOfTheServerAreKept() throws {
    let fixture = try HubFixture()
    fixture.server.fail("/revision/", .status(429, ["Retry-After": "1"]))
    fixture.server.fail(weights, .status(429, ["RateLimit": "\"api\";r=0;t=1"]), .status(503))
    var remarks: [String] = []
    let start = ContinuousClock.now
    try fixture.expectWhole(try fixture.pull { remarks += $0.remarks })
    #expect(ContinuousClock.now - start >= .seconds(2))
    #expect(remarks.contains { $0.contains("allows no more requests for now; trying again in 1 s") })
    fixture.server.fail("/revision/", .status(429, ["Retry-After": "4000"]))
    let error = try fixture.failure("org/name@other")
    #expect(error.message.contains("wait 4000 s and try again; a token in HF_TOKEN has a higher limit"))
  }

  @Test func triesAreBounded() throws {
    let fixture = try HubFixture()
    for _ in 0..<9 { fixture.server.fail("/revision/", .status(502)) }
    #expect(try fixture.failure().message.contains("answered 502"))
    #expect(fixture.server.requests.count == 3)
    let dead = try HubFixture()
    dead.server.stop()
    let error = try dead.failure()
    #expect(error.kind == .runtime && error.message.contains("no connection to 127.0.0.1; check the network"))
  }

  @Test(.timeLimit(.minutes(3))) func silenceEnds() throws {
    let fixture = try HubFixture()
    fixture.settings.attempts = 2
    fixture.server.fail("/revision/", .silent)
    fixture.server.fail(weights, .stalled(1000))
    try fixture.expectWhole(try fixture.pull())
    #expect(fixture.server.requests(for: weights).map { $0.headers["range"] } == [nil, "bytes=1000-"])
    for _ in 0..<4 { fixture.server.fail("/revision/", .silent) }
    #expect(try fixture.failure("org/name@other").message.contains("127.0.0.1 did not answer in time"))
  }

  /// Slower than the limit on silence in all, but never silent.
  @Test func slowBodiesArrive() throws {
    let fixture = try HubFixture()
    fixture.server.fail(weights, .slow(30_000, seconds: 0.25))
    var reports: [DownloadProgress] = []
    try fixture.expectWhole(try fixture.pull { reports.append($0) })
    #expect(fixture.server.requests(for: weights).count == 1)
    #expect(reports.contains { 0 < $0.bytes && $0.bytes < $0.totalBytes && $0.totalFiles == 7 })
    #expect(zip(reports, reports.dropFirst()).allSatisfy { $0.bytes <= $1.bytes })
  }

  @Test func sizesMustBeAsAnnounced() throws {
    for length in [299_999, 300_001, 1] {
      let fixture = try HubFixture()
      for _ in 0..<5 { fixture.server.fail(weights, .length(length)) }
      let error = try fixture.failure()
      #expect(error.message.contains("has \(length) bytes to come, but 300000 were announced"), "\(error)")
    }
    // Without a length, what is too much is still too much.
    let fixture = try HubFixture()
    let endless = Array("HTTP/1.1 200 OK\r\n\r\n".utf8) + [UInt8](repeating: 1, count: 2_000_000)
    for _ in 0..<5 { fixture.server.fail(weights, .raw(endless)) }
    #expect(try fixture.failure().message.contains("sent more than the 300000 bytes"))
  }

  @Test func answersThatAreNotHTTPEnd() throws {
    let answers = [
      "", "\r\n\r\n", "SSH-2.0-OpenSSH\r\n", "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n", "HTTP/9.9 abc\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\nx",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
      "HTTP/1.1 200 OK\r\n" + String(repeating: "A: \(String(repeating: "b", count: 900))\r\n", count: 400) + "\r\n",
      "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc",
    ]
    for answer in answers {
      let fixture = try HubFixture()
      for _ in 0..<4 { fixture.server.fail("/revision/", .raw(Array(answer.utf8))) }
      let error = try fixture.failure()
      #expect(
        [.runtime, .data].contains(error.kind) && fixture.names("blobs").isEmpty, "\(answer.prefix(40)): \(error)")
      let other = try HubFixture()
      for _ in 0..<4 { other.server.fail("/config.json", .raw(Array(answer.utf8))) }
      #expect([.runtime, .data].contains(try other.failure().kind), "\(answer.prefix(40))")
    }
  }
}
