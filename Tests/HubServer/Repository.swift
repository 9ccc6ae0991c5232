import Basics
import Hub

/// A repository that a `HubServer` offers, at one commit.
public struct Repository: Sendable {
  public struct File: Sendable {
    public let bytes: [UInt8]
    /// The content's SHA-256, for a file in large-file storage.
    public let sha256: String?
    /// Git's SHA-1 of the content, or of the pointer to it.
    public let blobID: String

    init(_ bytes: [UInt8], isLarge: Bool) {
      self.bytes = bytes
      var digest = SHA256()
      bytes.withUnsafeBytes { digest.update($0) }
      sha256 = isLarge ? digest.hexadecimal() : nil
      let pointer =
        "version https://git-lfs.github.com/spec/v1\noid sha256:\(digest.hexadecimal())\nsize \(bytes.count)\n"
      let content = isLarge ? Array(pointer.utf8) : bytes
      var name = SHA1()
      (Array("blob \(content.count)\0".utf8) + content).withUnsafeBytes { name.update($0) }
      blobID = name.hexadecimal()
    }

    public var size: Int { bytes.count }
    public var etag: String { sha256 ?? blobID }
  }

  public var commit = String(repeating: "0123456789", count: 4)
  public var revisions = ["main"]
  public var files: [String: File] = [:]
  /// The token without which nothing is given.
  public var token: String?
  /// Answers `GatedRepo` to whoever has no token.
  public var isGated = false
  /// The listing to send instead of the true one.
  public var listing: String?
  /// Files on a page of the listing.
  public var pageSize = 1000
  /// The address of the next page, sent with every page instead of the true one.
  public var nextPage: String?

  public init() {}

  public mutating func add(_ path: String, _ bytes: [UInt8], isLarge: Bool = false) {
    files[path] = File(bytes, isLarge: isLarge)
  }

  public mutating func add(_ path: String, _ text: String) { add(path, Array(text.utf8)) }

  /// A model with all that repositories have: what tune uses, and what it must leave alone.
  public static func model(weights: [UInt8] = bytes(300_000)) -> Repository {
    var repository = Repository()
    repository.add("config.json", #"{"model_type": "llama"}"#)
    repository.add("generation_config.json", "{}")
    repository.add("tokenizer.json", #"{"version": "1.0"}"#)
    repository.add("tokenizer_config.json", #"{"eos_token": "</s>"}"#)
    repository.add("chat_template.jinja", "{{ messages[0].content }}")
    repository.add("additional_chat_templates/tools.jinja", "{{ tools }}")
    repository.add("model.safetensors", weights, isLarge: true)
    repository.add("pytorch_model.bin", bytes(1000), isLarge: true)
    repository.add("onnx/model.onnx", bytes(1000), isLarge: true)
    repository.add("README.md", "# A model")
    repository.add(".gitattributes", "")
    return repository
  }

  /// Bytes without a pattern, the same for the same seed.
  public static func bytes(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
    var random = SeededRandom(seed: seed, stream: "hub")
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count + 8)
    while bytes.count < count { withUnsafeBytes(of: random.next()) { bytes.append(contentsOf: $0) } }
    return Array(bytes.prefix(count))
  }

  /// What the hub's `tree` says of the files on a page.
  func page(_ number: Int) -> JSON {
    let paths = files.keys.sorted().dropFirst(number * pageSize).prefix(pageSize)
    let folders = Set(paths.compactMap { $0.contains("/") ? String($0.split(separator: "/")[0]) : nil })
    return .array(
      folders.sorted().map { ["type": "directory", "oid": "0", "size": 0, "path": .string($0)] }
        + paths.compactMap { path in files[path].map { entry(path, $0) } })
  }

  private func entry(_ path: String, _ file: File) -> JSON {
    var entry: JSONObject = [
      "type": "file", "oid": .string(file.blobID), "size": .integer(file.size), "path": .string(path),
    ]
    if let sha256 = file.sha256 {
      entry["lfs"] = ["oid": .string(sha256), "size": .integer(file.size), "pointerSize": 134]
    }
    return .object(entry)
  }

  func hasPage(_ number: Int) -> Bool { number * pageSize < files.count }
}
