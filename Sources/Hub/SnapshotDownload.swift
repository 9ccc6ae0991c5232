import Basics
import Foundation

/// Fetches what the cache lacks of a model: the commit, its listing, then the files, several at a time.
struct SnapshotDownload {
  let settings: HubSettings
  let cache: HubCache
  let reference: HubReference
  let content: HubContent
  private let monitor = DownloadMonitor()

  init(settings: HubSettings, cache: HubCache, reference: HubReference, content: HubContent) {
    self.settings = settings
    self.cache = cache
    self.reference = reference
    self.content = content
  }

  func run(onProgress: (DownloadProgress) -> Void) throws -> HubSnapshot {
    let client = try HubClient(settings, monitor: monitor)
    let commit = try commit(client)
    let listing = try listing(client, commit)
    let selection = try FileSelection(listing.files, content: content, reference: reference)
    try createFolder(cache.folder)
    try cache.tag()
    try cache.setListing(listing, reference.repository, commit)
    try fetch(selection.firstFiles, commit, onProgress)
    var files = selection.firstFiles
    let local = LocalSnapshot(cache: cache, reference: reference, content: content)
    if let shards = try local.shards(selection, commit, listing.files) {
      try fetch(shards, commit, onProgress)
      files += shards
    }
    // Last, so that a download that fails leaves the revision at the commit that is whole here.
    try cache.setCommit(commit, of: reference)
    return local.snapshot(commit, selection, files: files, fetchedBytes: monitor.takeProgress().receivedBytes)
  }

  // MARK: What there is

  private func commit(_ client: HubClient) throws -> String {
    if reference.isCommit { return reference.revision }
    let path = "/api/models/\(reference.repository)/revision/\(percentEncoded(reference.revision))"
    guard let commit = try client.json(path, reference: reference).value["sha"]?.stringValue,
      isHexadecimal(commit, count: 40)
    else {
      throw TuneError.data("\(reference): \(settings.endpoint) names no commit for it; check HF_ENDPOINT")
    }
    return commit
  }

  /// More pages than any listing that is not refused for its length.
  private static let pageLimit = 1000

  private func listing(_ client: HubClient, _ commit: String) throws -> HubListing {
    if let listing = cache.listing(reference.repository, commit) { return listing }
    var listing = HubListing()
    var page = "/api/models/\(reference.repository)/tree/\(commit)?recursive=true&expand=false"
    for _ in 0..<Self.pageLimit {
      let answer = try client.json(page, reference: reference)
      try listing.add(page: answer.value, source: "\(settings.endpoint)/\(reference.repository)")
      guard let next = answer.next else { return listing }
      page = next
    }
    throw TuneError.data("\(reference): \(settings.endpoint) lists files without an end; check HF_ENDPOINT")
  }

  // MARK: Files

  private func fetch(_ files: [HubFile], _ commit: String, _ onProgress: (DownloadProgress) -> Void) throws {
    let missing = files.filter { !cache.has($0, reference.repository, commit) }
    try checkRoom(missing)
    monitor.add(missing)
    monitor.beginQueue()
    let ended = DispatchSemaphore(value: 0)
    // Threads, not tasks: each waits for its socket and for locks of other processes.
    var running = min(settings.parallelDownloads, missing.count)
    for _ in 0..<running {
      Thread {
        work(missing, commit)
        ended.signal()
      }.start()
    }
    while running > 0 {
      if ended.wait(timeout: .now() + .milliseconds(100)) == .success { running -= 1 }
      onProgress(monitor.takeProgress())
    }
    try monitor.throwFailure()
  }

  /// - Throws: `TuneError` when the disk has no room for all that is to come.
  private func checkRoom(_ files: [HubFile]) throws {
    var information = statvfs()
    guard statvfs(cache.folder, &information) == 0 else { return }
    let lacking = Double(neededBytes(files)) - Double(information.f_bavail) * Double(information.f_frsize)
    guard lacking <= 0 else { throw diskFull(cache.folder, needed: Int(lacking)) }
  }

  /// What files will take of the disk beyond what is there of them.
  func neededBytes(_ files: [HubFile]) -> Int {
    let blobs = cache.blobFolder(reference.repository)
    return files.reduce(0) { sum, file in
      guard !cache.hasBlob(file, reference.repository) else { return sum }
      return sum + max(0, file.size - PartialFile.partSize(of: file, in: blobs))
    }
  }

  private func work(_ files: [HubFile], _ commit: String) {
    do {
      let client = try HubClient(settings, monitor: monitor)
      while let index = monitor.nextIndex(below: files.count) {
        try fetch(files[index], commit, client)
        monitor.finishedFile()
      }
    } catch {
      monitor.fail(error)
    }
  }

  private func fetch(_ file: HubFile, _ commit: String, _ client: HubClient) throws {
    let path = cache.lockPath(reference.repository, etag: file.etag)
    let lock = try FileLock(path, isCancelled: { monitor.isCancelled }) {
      monitor.remark("waiting for another process that fetches \(file.path)")
    }
    try withExtendedLifetime(lock) {
      if cache.hasBlob(file, reference.repository) {
        monitor.adjust(by: file.size)
      } else {
        try fetchBlob(file, commit, client)
      }
      try cache.link(file, reference.repository, commit)
    }
  }

  private func fetchBlob(_ file: HubFile, _ commit: String, _ client: HubClient) throws {
    let part = try PartialFile(file, folder: cache.blobFolder(reference.repository))
    monitor.adjust(by: part.count)
    var isResumed = part.count > 0
    while true {
      try client.download(file, commit: commit, reference: reference, into: part)
      let digest = part.hexadecimalDigest()
      if digest == file.etag { return try part.commit() }
      monitor.adjust(by: -part.count)
      try part.discard()
      // The earlier part may have been what was wrong: once more from the first byte.
      guard isResumed else {
        part.remove()
        throw HubErrors(settings: settings, reference: reference).wrongDigest(file, found: digest)
      }
      isResumed = false
    }
  }
}
