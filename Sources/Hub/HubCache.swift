import Basics
import Foundation

/// The folder that Hugging Face's tools share: `models--org--name/{refs,blobs,snapshots,trees}`.
///
/// A snapshot's files are symbolic links to blobs, which are named by their digest; `refs/<revision>` holds the commit
/// that a branch or tag stood at; `trees/<commit>.json` lists all files of a commit, and so tells what is missing.
/// Source: huggingface_hub 2.4.0, `file_download.py` and `_tree_cache.py`.
struct HubCache: Sendable {
  let folder: String

  func repositoryFolder(_ repository: String) -> String { "\(folder)/\(Self.folderName(repository))" }

  func snapshotFolder(_ repository: String, _ commit: String) -> String {
    "\(repositoryFolder(repository))/snapshots/\(commit)"
  }

  func blobFolder(_ repository: String) -> String { "\(repositoryFolder(repository))/blobs" }

  func lockPath(_ repository: String, etag: String) -> String {
    "\(folder)/.locks/\(Self.folderName(repository))/\(etag).lock"
  }

  private static func folderName(_ repository: String) -> String {
    "models--" + repository.split(separator: "/").joined(separator: "--")
  }

  // MARK: Revisions

  /// The commit that a revision stood at when it was last fetched; nil when it never was.
  func commit(of reference: HubReference) -> String? {
    if reference.isCommit { return reference.revision }
    let path = "\(repositoryFolder(reference.repository))/refs/\(reference.revision)"
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return nil }
    let commit = text.trimmingCharacters(in: .whitespacesAndNewlines)
    return isHexadecimal(commit, count: 40) ? commit : nil
  }

  func setCommit(_ commit: String, of reference: HubReference) throws {
    guard self.commit(of: reference) != commit else { return }
    try replace("\(repositoryFolder(reference.repository))/refs/\(reference.revision)", by: commit)
  }

  /// The branches and tags of a repository that are known here, with their commits.
  func revisions(_ repository: String) -> [(name: String, commit: String)] {
    let refs = "\(repositoryFolder(repository))/refs"
    let names = FileManager.default.enumerator(atPath: refs)?.compactMap { $0 as? String } ?? []
    return names.filter { !$0.hasSuffix(".tmp") }.sorted().compactMap { name in
      guard let text = try? String(contentsOfFile: "\(refs)/\(name)", encoding: .utf8),
        isHexadecimal(text, count: 40)
      else { return nil }
      return (name, text)
    }
  }

  // MARK: Listings

  /// Larger listings are not the cache's own.
  private static let largestListing = 64 << 20

  func listing(_ repository: String, _ commit: String) -> HubListing? {
    let path = listingPath(repository, commit)
    guard let size = fileSize(path), size <= Self.largestListing, let json = try? JSON(contentsOf: path) else {
      return nil
    }
    return HubListing(cached: json)
  }

  func setListing(_ listing: HubListing, _ repository: String, _ commit: String) throws {
    try replace(listingPath(repository, commit), by: listing.cacheJSON.text(JSON.Style(indent: 1)))
  }

  private func listingPath(_ repository: String, _ commit: String) -> String {
    "\(repositoryFolder(repository))/trees/\(commit).json"
  }

  // MARK: Files

  /// Whether a snapshot holds a file in its full size. Its digest was checked before it got its name.
  func has(_ file: HubFile, _ repository: String, _ commit: String) -> Bool {
    fileSize("\(snapshotFolder(repository, commit))/\(file.path)") == file.size
  }

  func hasBlob(_ file: HubFile, _ repository: String) -> Bool {
    fileSize("\(blobFolder(repository))/\(file.etag)") == file.size
  }

  /// Makes a snapshot's file a relative link to its blob, in place of what may be there.
  func link(_ file: HubFile, _ repository: String, _ commit: String) throws {
    let path = "\(snapshotFolder(repository, commit))/\(file.path)"
    try createFolder(parentFolder(of: path))
    let levels = file.path.utf8.count { $0 == UInt8(ascii: "/") } + 2
    let target = String(repeating: "../", count: levels) + "blobs/\(file.etag)"
    let temporary = "\(path).\(shortRandomName()).tmp"
    guard symlink(target, temporary) == 0 else {
      throw TuneError.runtime(
        "\(path): no symbolic link can be made there (\(systemReason(errno))); "
          + "set HF_HOME to a folder on a disk that has them")
    }
    guard rename(temporary, path) == 0 else {
      let reason = systemReason(errno)
      unlink(temporary)
      throw TuneError.runtime("\(path): cannot be written: \(reason)")
    }
  }

  /// The files of a snapshot that was fetched by a tool that keeps no listing, with the sizes they have.
  func localFiles(_ repository: String, _ commit: String) -> [HubFile] {
    let folder = snapshotFolder(repository, commit)
    let names = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
    return names.sorted().compactMap { name in
      fileSize("\(folder)/\(name)").map { HubFile(path: name, size: $0, blobID: "") }
    }
  }

  /// The models of the cache, as `org/name`.
  func repositories() -> [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.filter { $0.hasPrefix("models--") }.sorted().compactMap { name in
      let repository = name.dropFirst("models--".count).replacingOccurrences(of: "--", with: "/")
      return (try? HubReference(repository)).map { $0.repository }
    }
  }

  /// The commits of a repository of which anything is here.
  func commits(_ repository: String) -> [String] {
    func names(_ part: String) -> [String] {
      (try? FileManager.default.contentsOfDirectory(atPath: "\(repositoryFolder(repository))/\(part)")) ?? []
    }
    let listed = names("trees").filter { $0.hasSuffix(".json") }.map { String($0.dropLast(".json".count)) }
    return Set(names("snapshots") + listed).filter { isHexadecimal($0, count: 40) }.sorted()
  }

  /// Tells backup programs that the folder is a cache.
  func tag() throws {
    let path = "\(folder)/CACHEDIR.TAG"
    guard !FileManager.default.fileExists(atPath: path) else { return }
    try replace(
      path,
      by: "Signature: 8a477f597d28d172789f06886806bc55\n# This file is a cache directory tag created by tune.\n"
        + "# For information about cache directory tags, see https://bford.info/cachedir/\n")
  }

  /// Writes a small file at once, under a name of its own first: other threads may be writing the same.
  private func replace(_ path: String, by text: String) throws {
    let temporary = "\(path).\(shortRandomName()).tmp"
    try AtomicFile.write(text, to: temporary)
    guard rename(temporary, path) == 0 else {
      let reason = systemReason(errno)
      unlink(temporary)
      throw TuneError.runtime("\(path): cannot be written: \(reason)")
    }
  }
}

/// The size of a regular file, links followed; nil when there is none.
func fileSize(_ path: String) -> Int? {
  var information = stat()
  guard stat(path, &information) == 0, information.st_mode & S_IFMT == S_IFREG else { return nil }
  return Int(information.st_size)
}

/// Eight hexadecimal digits.
func shortRandomName() -> String { String(format: "%08x", UInt32.random(in: 0...UInt32.max)) }

/// An `errno` in words.
func systemReason(_ code: Int32) -> String { String(cString: strerror(code)).lowercased() }
