import Foundation

/// Writes a file under a temporary name beside its final one, syncs it, and renames it into place on `commit()`.
///
/// A file that is dropped without `commit()` is removed: nothing half-written ever has a final name.
public final class AtomicFile {
  public let path: String
  private let temporaryPath: String
  private var handle: UnsafeMutablePointer<FILE>?

  /// Creates the folders that lead to `path` where they are missing.
  public init(_ path: String) throws {
    self.path = path
    let folder = parentFolder(of: path)
    if !folder.isEmpty { try createFolder(folder) }
    temporaryPath = path + ".tmp-\(getpid())"
    guard let handle = fopen(temporaryPath, "wb") else {
      throw TuneError.runtime("\(path): cannot be written: \(MappedFile.reason(errno))")
    }
    self.handle = handle
  }

  deinit {
    guard let handle else { return }
    fclose(handle)
    unlink(temporaryPath)
  }

  public func write(_ bytes: UnsafeRawBufferPointer) throws {
    guard let handle, let start = bytes.baseAddress else { return }
    guard fwrite(start, 1, bytes.count, handle) == bytes.count else {
      throw TuneError.runtime("\(path): writing failed: \(MappedFile.reason(errno))")
    }
  }

  public func write(_ text: String) throws {
    var text = text
    try text.withUTF8 { try write(UnsafeRawBufferPointer($0)) }
  }

  /// Syncs the content to disk and gives the file its final name.
  public func commit() throws {
    guard let handle else { return }
    let written = fflush(handle) == 0 && fsync(fileno(handle)) == 0
    self.handle = nil
    guard fclose(handle) == 0, written, rename(temporaryPath, path) == 0 else {
      let reason = MappedFile.reason(errno)
      unlink(temporaryPath)
      throw TuneError.runtime("\(path): writing failed: \(reason)")
    }
  }

  /// Writes a whole text file at once.
  public static func write(_ text: String, to path: String) throws {
    let file = try AtomicFile(path)
    try file.write(text)
    try file.commit()
  }
}

/// The folder of a path, empty where the path is a name alone.
///
/// `NSString.deletingLastPathComponent` crashes on a name of one character (Swift 6.3 on Linux).
public func parentFolder(of path: String) -> String {
  let slash = UInt8(ascii: "/")
  var bytes = Array(path.utf8)[...]
  while bytes.count > 1, bytes.last == slash { bytes.removeLast() }
  guard let last = bytes.lastIndex(of: slash) else { return "" }
  return last == 0 ? "/" : String(decoding: bytes[..<last], as: UTF8.self)
}

/// Creates a folder and those above it; an existing one is fine.
public func createFolder(_ path: String) throws {
  do {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  } catch {
    throw TuneError.runtime("\(path): the folder cannot be created")
  }
}
