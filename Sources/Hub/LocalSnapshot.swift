import Basics
import Foundation

/// What the cache has of a model.
struct LocalSnapshot {
  let cache: HubCache
  let reference: HubReference
  let content: HubContent

  struct State {
    var snapshot: HubSnapshot?
    /// Files that are known to be missing.
    var missing: [String] = []
  }

  /// - Throws: `TuneError` when the repository is known to hold nothing that can be loaded.
  func state() throws -> State {
    guard let commit = cache.commit(of: reference) else { return State() }
    if let listing = cache.listing(reference.repository, commit) {
      return try state(commit, files: listing.files)
    }
    return stateWithoutListing(commit)
  }

  private func state(_ commit: String, files: [HubFile]) throws -> State {
    let selection = try FileSelection(files, content: content, reference: reference)
    var wanted = selection.firstFiles
    var missing = wanted.filter { !cache.has($0, reference.repository, commit) }
    if missing.isEmpty, let shards = try shards(selection, commit, files) {
      wanted += shards
      missing = shards.filter { !cache.has($0, reference.repository, commit) }
    }
    guard missing.isEmpty else { return State(missing: missing.map { $0.path }) }
    return State(snapshot: snapshot(commit, selection, files: wanted, fetchedBytes: 0))
  }

  /// Other tools fetch file by file and may leave no listing: weights and a tokenizer are a whole model then.
  private func stateWithoutListing(_ commit: String) -> State {
    let files = cache.localFiles(reference.repository, commit)
    guard !files.isEmpty else { return State() }
    guard let state = try? self.state(commit, files: files) else {
      return State(missing: ["weights as safetensors or GGUF"])
    }
    guard let snapshot = state.snapshot else { return state }
    let names = Set(files.map { $0.path })
    let isGGUF = snapshot.path != snapshot.folder
    let isAdapter = snapshot.files.contains { FileSelection.adapterWeights.contains($0.path) }
    let needed: Set =
      isAdapter
      ? ["adapter_config.json"] : content == .tokenizer ? ["tokenizer.json"] : ["config.json", "tokenizer.json"]
    let missing = isGGUF ? [] : needed.subtracting(names).sorted()
    return missing.isEmpty ? state : State(missing: missing)
  }

  private static let largestIndex = 64 << 20

  /// The shards that the index on disk names; nil when the weights are in one file.
  func shards(_ selection: FileSelection, _ commit: String, _ files: [HubFile]) throws -> [HubFile]? {
    guard case .sharded(let index) = selection.weights else { return nil }
    guard index.size <= Self.largestIndex else {
      throw TuneError.data("\(reference): \(index.path) has \(index.size) bytes; an index has less than 64 MB")
    }
    let path = "\(cache.snapshotFolder(reference.repository, commit))/\(index.path)"
    return try FileSelection.shards(index: try JSON(contentsOf: path), files: files, reference: reference)
  }

  func snapshot(_ commit: String, _ selection: FileSelection, files: [HubFile], fetchedBytes: Int) -> HubSnapshot {
    let folder = cache.snapshotFolder(reference.repository, commit)
    var path = folder
    if case .gguf(let file) = selection.weights { path = "\(folder)/\(file.path)" }
    return HubSnapshot(
      reference: reference, commit: commit, folder: folder, path: path, files: files, fetchedBytes: fetchedBytes)
  }
}

/// A model in the cache, for `tune pull --list`.
public struct CachedModel: Sendable, Equatable {
  public let repository: String
  public let commit: String
  /// The branches and tags that stood at the commit when they were fetched.
  public let revisions: [String]
  /// `…/snapshots/<commit>`.
  public let folder: String
  public let fileCount: Int
  /// Bytes of the files that are here.
  public let size: Int
  /// Whether the model can be used without a request.
  public let isComplete: Bool

  init(cache: HubCache, repository: String, commit: String, revisions: [String]) {
    self.repository = repository
    self.commit = commit
    self.revisions = revisions
    folder = cache.snapshotFolder(repository, commit)
    let listing = cache.listing(repository, commit)?.files
    let present = listing?.filter { cache.has($0, repository, commit) } ?? cache.localFiles(repository, commit)
    fileCount = present.count
    size = present.reduce(0) { $0 + $1.size }
    // A GGUF file that is here is whole in itself, whatever else the repository holds.
    let candidates = [nil] + present.map { $0.path }.filter { $0.lowercased().hasSuffix(".gguf") }.map { "/\($0)" }
    isComplete = candidates.contains { file in
      guard let reference = try? HubReference("\(repository)@\(commit)\(file ?? "")") else { return false }
      let state = try? LocalSnapshot(cache: cache, reference: reference, content: .modelOrAdapter).state()
      return state?.snapshot != nil
    }
  }
}
