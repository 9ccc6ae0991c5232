import Basics
import Foundation
import HubServer
import Testing

@testable import Hub

/// What is fetched, where it is put, and when nothing is asked for.
@Suite struct SnapshotTests {
  private static let used = [
    "additional_chat_templates/tools.jinja", "chat_template.jinja", "config.json", "generation_config.json",
    "model.safetensors", "tokenizer.json", "tokenizer_config.json",
  ]

  @Test func aModelIsLaidOutAsHuggingFaceDoes() throws {
    let fixture = try HubFixture()
    let snapshot = try fixture.pull(), commit = HubFixture.commit
    #expect(snapshot.files.map { $0.path }.sorted() == Self.used && snapshot.commit == commit)
    #expect(snapshot.path == "\(fixture.folder)/snapshots/\(commit)" && snapshot.path == snapshot.folder)
    try fixture.expectWhole(snapshot)
    #expect(try fixture.bytes("refs/main") == Array(commit.utf8))
    let files = try #require(fixture.server["org/name"]).files
    #expect(fixture.names("blobs") == Set(Self.used.compactMap { files[$0]?.etag }).sorted())
    let links = FileManager.default
    let weights = try links.destinationOfSymbolicLink(atPath: "\(snapshot.folder)/model.safetensors")
    #expect(weights == "../../blobs/\(files["model.safetensors"]?.etag ?? "")")
    let template = try links.destinationOfSymbolicLink(
      atPath: "\(snapshot.folder)/additional_chat_templates/tools.jinja")
    #expect(template == "../../../blobs/\(files["additional_chat_templates/tools.jinja"]?.blobID ?? "")")
    let listing = try JSON(contentsOf: "\(fixture.folder)/trees/\(commit).json")
    #expect(listing["format_version"] == 1)
    #expect(listing["files"]?.objectValue?.keys == files.keys.sorted())
    #expect(listing["files"]?["model.safetensors"]?["lfs_size"] == 300_000)
    // Pickles, other formats and texts are not asked for.
    let asked = fixture.server.requests.filter { $0.path.contains("/resolve/") }
    #expect(asked.count == Self.used.count && fixture.server.requests.count == Self.used.count + 2)
  }

  @Test func aWholeCacheAsksForNothing() throws {
    let fixture = try HubFixture()
    let first = try fixture.pull()
    #expect(first.fetchedBytes == first.files.reduce(0) { $0 + $1.size })
    fixture.server.stop()
    let count = fixture.server.requests.count
    for name in ["org/name", "org/name@main", "org/name@\(HubFixture.commit)", "hf://org/name"] {
      let again = try fixture.pull(name)
      #expect(again.path == first.path && again.files == first.files && again.fetchedBytes == 0)
    }
    #expect(fixture.server.requests.count == count)
    // A file that was cut short or is gone is noticed.
    try FileManager.default.removeItem(atPath: "\(first.folder)/config.json")
    #expect(try fixture.failure().kind == .runtime)
  }

  @Test func onlyWhatIsMissingIsFetched() throws {
    let fixture = try HubFixture()
    let first = try fixture.pull()
    let weights = try #require(fixture.server["org/name"]?.files["model.safetensors"])
    let blob = "\(fixture.folder)/blobs/\(weights.etag)"
    #expect(truncate(blob, 1000) == 0)
    try FileManager.default.removeItem(atPath: "\(first.folder)/config.json")
    let count = fixture.server.requests.count
    let again = try fixture.pull()
    // The revision and the weights; the listing is known, and the blob of config.json is here.
    #expect(fixture.server.requests.count == count + 2 && again.fetchedBytes == weights.size)
    try fixture.expectWhole(again)
  }

  @Test func aTokenizerNeedsNoWeights() throws {
    let fixture = try HubFixture()
    let snapshot = try fixture.pull(content: .tokenizer)
    #expect(snapshot.files.map { $0.path }.sorted() == Self.used.filter { $0 != "model.safetensors" })
    fixture.settings.isOffline = true
    #expect(try fixture.pull(content: .tokenizer).path == snapshot.path)
    let error = try fixture.failure()
    #expect(error.message.contains("model.safetensors missing") && error.message.contains("HF_HUB_OFFLINE"))
  }

  @Test func offlineNothingIsAsked() throws {
    let fixture = try HubFixture(environment: ["HF_HUB_OFFLINE": "true"])
    let error = try fixture.failure()
    #expect(error.kind == .data && error.message.contains("org/name: is not in \(fixture.cache)"))
    #expect(fixture.server.requests.isEmpty && !FileManager.default.fileExists(atPath: fixture.cache))
  }

  @Test func updateFollowsTheRevision() throws {
    let fixture = try HubFixture()
    let first = try fixture.pull()
    var repository = try #require(fixture.server["org/name"])
    repository.commit = String(repeating: "ab", count: 20)
    repository.add("config.json", #"{"model_type": "llama", "new": true}"#)
    fixture.server["org/name"] = repository
    #expect(try fixture.pull().commit == first.commit)
    let second = try fixture.pull(update: true)
    #expect(second.commit == repository.commit && second.fetchedBytes == 36)
    try fixture.expectWhole(second)
    #expect(try fixture.pull().commit == second.commit)
    #expect(try fixture.pull("org/name@\(first.commit)").path == first.path)
  }

  /// An update that fails leaves the model usable that was there.
  @Test func aFailedUpdateChangesNothing() throws {
    let fixture = try HubFixture()
    let first = try fixture.pull()
    var repository = try #require(fixture.server["org/name"])
    repository.commit = String(repeating: "ab", count: 20)
    repository.add("model.safetensors", Repository.bytes(5000, seed: 2), isLarge: true)
    fixture.server["org/name"] = repository
    fixture.server.fail("model.safetensors", .wrongByte)
    #expect(throws: TuneError.self) { try fixture.pull(update: true) }
    fixture.settings.isOffline = true
    #expect(
      try fixture.pull()
        == HubSnapshot(
          reference: first.reference, commit: first.commit, folder: first.folder, path: first.path, files: first.files,
          fetchedBytes: 0))
  }

  @Test func revisionsHaveTheirOwnReferences() throws {
    var repository = Repository.model()
    repository.revisions = ["main", "v1.0", "refs/pr/1"]
    let fixture = try HubFixture(repository)
    for revision in ["v1.0", "refs/pr/1"] {
      try fixture.pull("org/name@\(revision)")
      #expect(try fixture.bytes("refs/\(revision)") == Array(HubFixture.commit.utf8))
    }
    #expect(fixture.server.requests.contains { $0.path == "/api/models/org/name/revision/refs%2Fpr%2F1" })
    let error = try fixture.failure("org/name@v1.1")
    #expect(error.message.contains("has no revision 'v1.1'; in the cache are refs/pr/1, v1.0; did you mean 'v1.0'?"))
  }

  @Test func shardsAreThoseOfTheIndex() throws {
    var repository = Repository.model()
    repository.files["model.safetensors"] = nil
    repository.add(
      "model.safetensors.index.json", #"{"weight_map": {"a": "model-1.safetensors", "b": "model-2.safetensors"}}"#)
    for (number, name) in ["model-1", "model-2", "consolidated"].enumerated() {
      repository.add("\(name).safetensors", Repository.bytes(4000, seed: UInt64(number)), isLarge: true)
    }
    let fixture = try HubFixture(repository)
    let snapshot = try fixture.pull(), paths = snapshot.files.map { $0.path }
    #expect(paths.filter { $0.hasSuffix(".safetensors") } == ["model-1.safetensors", "model-2.safetensors"])
    try fixture.expectWhole(snapshot)
    fixture.settings.isOffline = true
    #expect(try fixture.pull().files == snapshot.files)
    #expect(Hub(fixture.settings).cachedModels().map { $0.isComplete } == [true])
    try FileManager.default.removeItem(atPath: "\(snapshot.folder)/model-2.safetensors")
    #expect(try fixture.failure().message.contains("model-2.safetensors missing"))
    #expect(Hub(fixture.settings).cachedModels().map { $0.isComplete } == [false])
  }

  @Test func aGGUFFileIsNamedWhereThereAreSeveral() throws {
    var repository = Repository()
    repository.add("a-Q4_K_M.gguf", Repository.bytes(500), isLarge: true)
    let single = try HubFixture(repository)
    #expect(try single.pull().path.hasSuffix("/\(HubFixture.commit)/a-Q4_K_M.gguf"))
    repository.add("more/b-Q8_0.gguf", Repository.bytes(600), isLarge: true)
    let fixture = try HubFixture(repository)
    let error = try fixture.failure()
    #expect(error.kind == .usage && error.message.contains("(a-Q4_K_M.gguf, more/b-Q8_0.gguf); name one of them"))
    let snapshot = try fixture.pull("org/name/more/b-Q8_0.gguf")
    #expect(snapshot.path == "\(snapshot.folder)/more/b-Q8_0.gguf" && snapshot.files.count == 1)
    try fixture.expectWhole(snapshot)
    #expect(try fixture.failure("org/name/a-Q4_K.gguf").message.contains("did you mean 'a-Q4_K_M.gguf'?"))
    let models = Hub(fixture.settings).cachedModels()
    #expect(models.map { $0.isComplete } == [true] && models.map { $0.size } == [600])
  }

  @Test func picklesAndAdaptersAreRefused() throws {
    var repository = Repository()
    repository.add("pytorch_model.bin", Repository.bytes(10), isLarge: true)
    #expect(try HubFixture(repository).failure().message.contains("only pytorch_model.bin, a Python pickle"))
    repository = Repository()
    repository.add("adapter_config.json", "{}")
    #expect(try HubFixture(repository).failure().message.contains("is an adapter, not a model"))
    #expect(try HubFixture(Repository()).failure().message.contains("it is empty"))
  }

  /// Tools that fetch file by file leave no listing.
  @Test func aSnapshotWithoutAListingCounts() throws {
    let fixture = try HubFixture()
    fixture.server.stop()
    try fixture.write(Array(HubFixture.commit.utf8), "refs/main")
    let snapshot = "snapshots/\(HubFixture.commit)"
    try fixture.write([1], "\(snapshot)/config.json")
    try fixture.write([2], "\(snapshot)/tokenizer.json")
    #expect(try fixture.pull(content: .tokenizer).folder == "\(fixture.folder)/\(snapshot)")
    #expect(try fixture.failure().kind == .runtime)
    try fixture.write([3], "\(snapshot)/model.safetensors")
    #expect(try fixture.pull().files.count == 3)
    let models = Hub(fixture.settings).cachedModels()
    #expect(models.map { $0.repository } == ["org/name"] && models.map { $0.revisions } == [["main"]])
    #expect(models.map { $0.isComplete } == [true])
  }

  @Test func equalAndEmptyFilesComeOnce() throws {
    var repository = Repository.model()
    repository.add("generation_config.json", #"{"eos_token": "</s>"}"#)
    repository.add("chat_template.jinja", "")
    let fixture = try HubFixture(repository)
    let snapshot = try fixture.pull()
    try fixture.expectWhole(snapshot)
    #expect(fixture.names("blobs").count == Self.used.count - 1)
    #expect(snapshot.fetchedBytes == snapshot.files.reduce(0) { $0 + $1.size } - 21)
    #expect(fixture.server.requests(for: "chat_template.jinja").isEmpty)
    #expect(fixture.names("blobs").contains("e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"))  // git's name of no bytes
  }

  /// Several at once, as tasks of one process: each content comes once.
  @Test func concurrentPullsFetchOnce() async throws {
    let fixture = try HubFixture(.model(weights: Repository.bytes(2_000_000)))
    fixture.server.fail("model.safetensors", .slow(200_000, seconds: 0.03))
    let settings = fixture.settings
    let paths = try await withThrowingTaskGroup(of: String.self) { group in
      for _ in 0..<3 { group.addTask { try Hub(settings).snapshot(of: HubReference("org/name")).path } }
      return try await group.reduce(into: Set<String>()) { $0.insert($1) }
    }
    #expect(paths.count == 1)
    for file in Self.used { #expect(fixture.server.requests(for: file).count == 1, "\(file)") }
    try fixture.expectWhole(try fixture.pull())
  }
}
