import Basics

/// A model's name on the hub: `org/name`, `org/name@revision`, or one of its GGUF files, `org/name/file.gguf`; as a URI of
/// huggingface_hub's file system also with `hf://` before it.
public struct HubReference: Sendable, Equatable, CustomStringConvertible {
  /// `org/name`, or `name` alone as the oldest models have it.
  public let repository: String
  /// A branch, a tag or a commit.
  public let revision: String
  /// The path of a GGUF file in the repository.
  public let file: String?

  public static let defaultRevision = "main"

  /// - Throws: `TuneError.usage` when the text is no such name.
  public init(_ text: String) throws {
    var rest = text.hasPrefix("hf://") ? text.dropFirst(5) : text[...]
    var file: Substring?
    var revision: Substring?
    if let at = rest.firstIndex(of: "@") {
      let tail = rest[rest.index(after: at)...]
      rest = rest[..<at]
      (revision, file) = Self.revisionAndFile(tail)
    } else {
      let parts = rest.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false)
      if parts.count == 3 {
        file = parts[2]
        rest = rest[..<parts[1].endIndex]
      }
    }
    try self.init(
      repository: String(rest), revision: revision.map { String($0) }, file: file.map { String($0) }, text: text)
  }

  /// A name whose revision and file are given apart from it; they win over those that the name holds.
  public init(_ text: String, revision: String?, file: String?) throws {
    let named = try HubReference(text)
    try self.init(
      repository: named.repository, revision: revision ?? named.revision, file: file ?? named.file, text: text)
  }

  private init(repository: String, revision: String?, file: String?, text: String) throws {
    guard Self.isRepository(repository) else {
      throw TuneError.usage(
        "'\(text)' is no name of the hub; expected org/name, org/name@revision or org/name/file.gguf")
    }
    let revision = revision ?? Self.defaultRevision
    guard isSafePath(revision), revision.utf8.count <= 200 else {
      throw TuneError.usage("'\(revision)' is no revision; expected a branch, a tag or a commit")
    }
    if let file, !isSafePath(file) || !file.lowercased().hasSuffix(".gguf") {
      throw TuneError.usage(
        "'\(file)' is no GGUF file of \(repository); only a .gguf file can be named, the rest is chosen by itself")
    }
    self.repository = repository
    self.revision = revision
    self.file = file
  }

  /// Parts "main/model.gguf"; a revision may hold slashes as `refs/pr/1` does.
  private static func revisionAndFile(_ text: Substring) -> (Substring, Substring?) {
    guard text.lowercased().hasSuffix(".gguf") else { return (text, nil) }
    let slashes = text.hasPrefix("refs/") ? 3 : 1
    let parts = text.split(separator: "/", maxSplits: slashes, omittingEmptySubsequences: false)
    guard parts.count > slashes, let file = parts.last else { return (text, nil) }
    return (text[..<text.index(before: file.startIndex)], file)
  }

  /// The hub's rule: one or two parts of letters, digits, `.`, `_`, `-`, at most 96 characters.
  private static func isRepository(_ text: String) -> Bool {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    let files = [".git", ".gguf", ".safetensors", ".json"]
    return text.utf8.count <= 96 && (1...2).contains(parts.count) && !text.contains("--") && !text.contains("..")
      && !files.contains { text.lowercased().hasSuffix($0) }
      && parts.allSatisfy { part in
        let isPlain = part.utf8.allSatisfy { isWordByte($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-") }
        let ends = [part.first, part.last]
        return !part.isEmpty && isPlain && !ends.contains(".") && !ends.contains("-")
      }
  }

  public var description: String {
    let revision = revision.isSame(as: Self.defaultRevision) ? "" : "@\(revision)"
    return repository + revision + (file.map { "/\($0)" } ?? "")
  }

  /// Whether the revision is a whole commit, which never changes.
  var isCommit: Bool { isHexadecimal(revision, count: 40) }
}

/// Whether a path from a server or a user stays below the folder it is put in: relative, no part `.`, `..` or empty, no
/// backslash and no control character.
func isSafePath(_ path: String) -> Bool {
  let bytes = path.utf8
  guard !bytes.isEmpty, bytes.count <= 1024, !bytes.contains(UInt8(ascii: "\\")), !bytes.contains(0x7f),
    bytes.allSatisfy({ $0 >= 0x20 })
  else { return false }
  return bytes.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).allSatisfy { part in
    !part.isEmpty && part.count <= 255 && !part.elementsEqual(".".utf8) && !part.elementsEqual("..".utf8)
  }
}
