import Basics
import Foundation
import Fuzzing
import HubServer
import Testing

@testable import Hub

/// Repositories that are not to be had, and listings that are not to be believed.
@Suite struct RefusalTests {
  @Test func accessIsExplained() throws {
    var repository = Repository.model()
    repository.isGated = true
    let gated = try HubFixture(repository)
    #expect(try gated.failure().message.contains("is gated; accept its terms at \(gated.server.endpoint)/org/name"))
    gated.settings.token = "hf_x"
    #expect(try gated.failure().message.contains("the account of HF_TOKEN is not admitted"))

    repository = .model()
    repository.token = "hf_right"
    let secret = try HubFixture(repository)
    #expect(try secret.failure().message.contains("if it is private, put a token that may read it in HF_TOKEN"))
    secret.settings.token = "hf_wrong"
    let error = try secret.failure()
    #expect(error.kind == .usage && error.message.hasPrefix("HF_TOKEN: ") && !error.message.contains("hf_wrong"))
    secret.settings.token = "hf_right"
    try secret.expectWhole(try secret.pull())
  }

  @Test func unknownRepositoriesHaveNeighbours() throws {
    let fixture = try HubFixture()
    try fixture.pull()
    let error = try fixture.failure("org/nane")
    #expect(error.kind == .data && error.message.contains("has no such model (did you mean 'org/name', which is in"))
    fixture.settings.isOffline = true
    #expect(try fixture.failure("org/nane").message.contains("did you mean 'org/name'?"))
  }

  @Test(arguments: [
    "../evil.gguf", "/etc/evil.gguf", "a/../../evil.gguf", "a\\\\evil.gguf", "a\\u0000.gguf", "a//b.gguf", "./a.gguf",
    "",
    "a/.", "a\\nb.gguf",
  ])
  func namesThatLeaveTheCacheAreRefused(path: String) throws {
    var repository = Repository.model()
    let digest = String(repeating: "a", count: 40)
    repository.listing = #"[{"type": "file", "oid": "\#(digest)", "size": 4, "path": "\#(path)"}]"#
    let fixture = try HubFixture(repository)
    let error = try fixture.failure()
    #expect(error.kind == .data && error.message.contains("which would leave the cache"), "\(error)")
    #expect(!FileManager.default.fileExists(atPath: fixture.cache))
  }

  @Test(arguments: [
    ("{}", "an object instead of a list of files"), ("[", "not JSON"), ("<html>Sign in</html>", "sign-in page"),
    (
      #"[{"type": "file", "path": "a.gguf", "size": -1, "oid": "\#(String(repeating: "a", count: 40))"}]"#,
      "without a size"
    ),
    (
      #"[{"type": "file", "path": "a.gguf", "size": 9000000000000, "oid": "\#(String(repeating: "a", count: 40))"}]"#,
      "without a size"
    ),
    (#"[{"type": "file", "path": "a.gguf", "size": 4, "oid": "../../x"}]"#, "without a size and a digest"),
    (
      #"[{"type": "file", "path": "a.gguf", "size": 4, "oid": "\#(String(repeating: "a", count: 40))", "lfs": {}}]"#,
      "without a size and a digest"
    ),
    (
      #"[{"type": "symlink", "path": "a.gguf", "size": 4, "oid": "\#(String(repeating: "a", count: 40))"}]"#, "is empty"
    ),
    (
      #"[{"type": "file", "path": "a.gguf", "size": 8700000000000, "oid": "\#(String(repeating: "a", count: 40))"}]"#,
      "the disk is full"
    ),
  ]) func listingsAreChecked(listing: String, part: String) throws {
    var repository = Repository.model()
    repository.listing = listing
    let error = try HubFixture(repository).failure()
    #expect(error.message.contains(part), "\(error)")
  }

  @Test func listingsAreBounded() throws {
    for (listing, part) in [
      (String(repeating: "[", count: 100_000), "JSON"), (String(repeating: " ", count: 34 << 20), "more than 32 MB"),
    ] {
      var repository = Repository.model()
      repository.listing = listing
      #expect(try HubFixture(repository).failure().message.contains(part))
    }
  }

  @Test func longListingsHavePages() throws {
    var repository = Repository.model()
    repository.pageSize = 3
    let fixture = try HubFixture(repository)
    try fixture.expectWhole(try fixture.pull())
    #expect(fixture.server.requests.filter { $0.path.contains("/tree/") }.count == 4)
    // Without an end, and of another host.
    repository.nextPage = "/api/models/org/name/tree/\(repository.commit)?recursive=true&cursor=0"
    #expect(try HubFixture(repository).failure().message.contains("without an end"))
    let other = try HubServer(["org/name": .model()])
    defer { other.stop() }
    repository.nextPage = "\(other.endpoint)/api/models/org/name/tree/\(repository.commit)?cursor=1"
    #expect(try HubFixture(repository).failure().message.contains("of another host"))
    #expect(other.requests.isEmpty)
  }

  @Test(arguments: ["../evil.safetensors", "evil.bin", "model-9.safetensors"])
  func indexesNameFilesOfTheRepository(name: String) throws {
    var repository = Repository.model()
    repository.files["model.safetensors"] = nil
    repository.add("model.safetensors.index.json", #"{"weight_map": {"a": "\#(name)"}}"#)
    #expect(
      try HubFixture(repository).failure().message.contains("names '\(name)', which the repository does not have"))
  }

  /// Damaged listings of servers and of the cache: refused or safe, never a crash.
  @Test func damagedListingsAreSafe() throws {
    var listing = HubListing()
    let digest = String(repeating: "0a", count: 20), sha = String(repeating: "1b", count: 32)
    let page =
      #"[{"type": "file", "oid": "\#(digest)", "size": 3, "path": "config.json", "xetHash": "\#(sha)"}, "#
      + #"{"type": "file", "oid": "\#(digest)", "size": 9, "path": "b/m.gguf", "lfs": {"oid": "\#(sha)", "size": 9}}]"#
    try listing.add(page: JSON(parsing: page), source: "x")
    #expect(HubListing(cached: listing.cacheJSON)?.files == listing.files.reversed())
    let corpus = [Array(page.utf8), Array(listing.cacheJSON.text().utf8)]
    let tokens = ["../", "/", "\\\\", "\\u0000", "\"lfs\": null", "-1", "1e99", "\"type\": \"file\"", digest, sha]
    try Fuzzer(fileName: "listing.json", corpus: corpus, tokens: tokens).run(inputs: 4000) { bytes, _ in
      guard let json = try? JSON(parsing: bytes) else { return }
      var server = HubListing()
      try? server.add(page: json, source: "x")
      for file in server.files + (HubListing(cached: json)?.files ?? []) {
        try FuzzFailure.unless(
          isSafePath(file.path) && file.size >= 0 && [40, 64].contains(file.etag.utf8.count), "\(file) was accepted")
      }
    }
  }
}
