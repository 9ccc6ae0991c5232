import Basics
import Foundation

/// A model of the hub, whole and on disk.
public struct HubSnapshot: Sendable, Equatable {
  public let reference: HubReference
  public let commit: String
  /// `…/snapshots/<commit>`.
  public let folder: String
  /// What a loader opens: the folder, or the GGUF file in it.
  public let path: String
  public let files: [HubFile]
  /// Bytes that came over the network for it; 0 when all of it was in the cache.
  public let fetchedBytes: Int
}

/// The Hugging Face hub, or a mirror, behind the cache that its tools share.
public struct Hub: Sendable {
  public let settings: HubSettings
  private let cache: HubCache

  public init(_ settings: HubSettings) {
    self.settings = settings
    cache = HubCache(folder: settings.cache)
  }

  /// Whether anything of a repository is in the cache.
  public func knows(_ reference: HubReference) -> Bool {
    FileManager.default.fileExists(atPath: cache.repositoryFolder(reference.repository))
  }

  /// A model, from the cache when it is whole there (no request is made then), else fetched.
  ///
  /// - Parameters:
  ///   - update: asks the hub where a branch or tag stands now, even when the cache has it.
  ///   - onProgress: called on this thread about ten times a second while files come.
  /// - Throws: `TuneError`: unknown or refused repository, no network, disk full, contents that are not as announced.
  public func snapshot(
    of reference: HubReference, content: HubContent = .model, update: Bool = false,
    onProgress: (DownloadProgress) -> Void = { _ in }
  ) throws -> HubSnapshot {
    let local = LocalSnapshot(cache: cache, reference: reference, content: content)
    if !update || settings.isOffline {
      let state = try local.state()
      if let snapshot = state.snapshot { return snapshot }
      guard !settings.isOffline else {
        throw HubErrors(settings: settings, reference: reference).offline(missing: state.missing)
      }
    }
    return try SnapshotDownload(settings: settings, cache: cache, reference: reference, content: content)
      .run(onProgress: onProgress)
  }

  /// The models of the cache, by name and commit.
  public func cachedModels() -> [CachedModel] {
    cache.repositories().flatMap { repository in
      let revisions = cache.revisions(repository)
      return cache.commits(repository).map { commit in
        CachedModel(
          cache: cache, repository: repository, commit: commit,
          revisions: revisions.filter { $0.commit == commit }.map { $0.name })
      }
    }
  }
}
