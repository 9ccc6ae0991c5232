import Basics

/// SHA-256 of files, each read once.
struct ContentHashes {
  private var known: [String: String] = [:]

  /// 64 hexadecimal digits; nil where the file cannot be read.
  mutating func hash(_ path: String) -> String? {
    if let hash = known[path] { return hash }
    guard let file = try? MappedFile(path) else { return nil }
    var digest = SHA256()
    file.withBytes { digest.update($0) }
    known[path] = digest.hexadecimal()
    return known[path]
  }
}
