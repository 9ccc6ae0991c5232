import Basics

/// One file of a repository at a commit, as the hub announces it.
public struct HubFile: Sendable, Equatable {
  public let path: String
  /// In bytes.
  public let size: Int
  /// Git's SHA-1 of the content, or of the pointer to it when `sha256` is there.
  let blobID: String
  /// The content's SHA-256, for files in large-file storage.
  let sha256: String?
  /// Xet's hash, kept for other readers of the listing.
  let xetHash: String?

  /// The name of the content in the cache: the ETag that the hub sends for it.
  var etag: String { sha256 ?? blobID }

  init(path: String, size: Int, blobID: String, sha256: String? = nil, xetHash: String? = nil) {
    self.path = path
    self.size = size
    self.blobID = blobID
    self.sha256 = sha256
    self.xetHash = xetHash
  }
}

/// The files of a repository at a commit: what the hub's `tree` answers, and `trees/<commit>.json` of the cache.
///
/// Source of the latter: huggingface_hub 2.4.0, `_tree_cache.py`.
struct HubListing: Sendable, Equatable {
  var files: [HubFile] = []

  static let largestCount = 100_000
  /// Eight terabytes: sums of all files stay far from overflow.
  private static let largestFile = 1 << 43

  /// Adds one page of the hub's answer, an array of entries. Only files count: neither folders nor symbolic links.
  ///
  /// - Throws: `TuneError.data` for a page that is not as the hub writes it, or a name that would leave the cache.
  mutating func add(page: JSON, source: String) throws {
    guard let entries = page.arrayValue else {
      throw TuneError.data("\(source): answered \(page.kindName) instead of a list of files; check HF_ENDPOINT")
    }
    guard files.count + entries.count <= Self.largestCount else {
      throw TuneError.data("\(source): lists more than \(Self.largestCount) files; name a smaller repository")
    }
    for entry in entries where entry["type"]?.stringValue == "file" {
      let large = entry["lfs"]
      files.append(
        try Self.file(
          entry["path"]?.stringValue, size: (large?["size"] ?? entry["size"])?.intValue,
          blobID: entry["oid"]?.stringValue, sha256: large?["oid"]?.stringValue, isLarge: large?.objectValue != nil,
          xetHash: entry["xetHash"]?.stringValue, source: source))
    }
  }

  /// Reads the cache's own file; nil when it is of another version or damaged: it is fetched anew then.
  init?(cached: JSON) {
    guard cached["format_version"]?.intValue == 1, let entries = cached["files"]?.objectValue else { return nil }
    for entry in entries {
      let value = entry.value, sha256 = value["lfs_sha256"]?.stringValue
      let file = try? Self.file(
        entry.key, size: (value["lfs_size"]?.intValue ?? value["size"]?.intValue),
        blobID: value["blob_id"]?.stringValue, sha256: sha256, isLarge: sha256 != nil,
        xetHash: value["xet_hash"]?.stringValue, source: "")
      guard let file else { return nil }
      files.append(file)
    }
  }

  init(files: [HubFile] = []) { self.files = files }

  var cacheJSON: JSON {
    var entries = JSONObject()
    for file in files.sorted(by: { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }) {
      var entry: JSONObject = ["size": .integer(file.size), "blob_id": .string(file.blobID)]
      if let sha256 = file.sha256 {
        entry["lfs_sha256"] = .string(sha256)
        entry["lfs_size"] = .integer(file.size)
      }
      if let xetHash = file.xetHash { entry["xet_hash"] = .string(xetHash) }
      entries[file.path] = .object(entry)
    }
    return ["format_version": 1, "files": .object(entries)]
  }

  private static func file(
    _ path: String?, size: Int?, blobID: String?, sha256: String?, isLarge: Bool, xetHash: String?, source: String
  ) throws -> HubFile {
    guard let path, isSafePath(path) else {
      throw TuneError.data(
        "\(source): lists the file name \(JSON.string(path ?? "").text()), which would leave the cache; "
          + "nothing was fetched")
    }
    let hasDigest = isLarge ? sha256.map { isHexadecimal($0, count: 64) } ?? false : true
    guard let size, (0...largestFile).contains(size), let blobID, isHexadecimal(blobID, count: 40), hasDigest else {
      throw TuneError.data(
        "\(source): lists \(path) without a size and a digest that can be checked; check HF_ENDPOINT")
    }
    let xetHash = xetHash.flatMap { isHexadecimal($0, count: 64) ? $0 : nil }
    return HubFile(path: path, size: size, blobID: blobID, sha256: isLarge ? sha256 : nil, xetHash: xetHash)
  }
}
