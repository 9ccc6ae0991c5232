import Basics
import Foundation

/// A file on its way: `<etag>.<8 hex>.incomplete` among the blobs, digested as it grows. It gets its final name once its
/// size and digest are right; until then it stays, so that a later run goes on where this one stopped.
///
/// To be used by the holder of the blob's lock alone.
final class PartialFile {
  private(set) var count = 0
  private let file: HubFile
  private let folder: String
  private let path: String
  private let descriptor: Int32
  private var digest: ContentDigest

  /// Takes over the longest part that an earlier download left, whatever process it was.
  init(_ file: HubFile, folder: String) throws {
    self.file = file
    self.folder = folder
    try createFolder(folder)
    path = "\(folder)/\(file.etag).\(shortRandomName()).incomplete"
    if let earlier = Self.longestPart(of: file, in: folder) { rename(earlier, path) }
    descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
    digest = ContentDigest(for: file)
    guard descriptor >= 0 else { throw TuneError.runtime("\(path): cannot be written: \(systemReason(errno))") }
    try digestPart()
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
    if count == 0 { unlink(path) }
  }

  /// How many bytes of a file an earlier download left.
  static func partSize(of file: HubFile, in folder: String) -> Int {
    longestPart(of: file, in: folder).flatMap { fileSize($0) } ?? 0
  }

  private static func longestPart(of file: HubFile, in folder: String) -> String? {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.filter { $0.hasPrefix("\(file.etag).") && $0.hasSuffix(".incomplete") }
      .map { "\(folder)/\($0)" }
      .max { (fileSize($0) ?? 0) < (fileSize($1) ?? 0) }
  }

  private func digestPart() throws {
    var buffer = [UInt8](repeating: 0, count: 1 << 20)
    while count <= file.size {
      let got = buffer.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
      guard got >= 0 else { throw TuneError.runtime("\(path): cannot be read: \(systemReason(errno))") }
      if got == 0 { return }
      buffer.withUnsafeBytes { digest.update(UnsafeRawBufferPointer(rebasing: $0.prefix(got))) }
      count += got
    }
    // Longer than the file should be: it cannot be a part of it.
    try discard()
  }

  var isWhole: Bool { count == file.size }

  /// - Throws: `TuneError` when the bytes are more than were announced, or the disk is full.
  func append(_ bytes: UnsafeRawBufferPointer) throws {
    guard bytes.count <= file.size - count else {
      throw TransferFailure(reason: "the server sent more than the \(file.size) bytes of \(file.path)")
    }
    var rest = bytes
    while let start = rest.baseAddress, !rest.isEmpty {
      let written = write(descriptor, start, rest.count)
      if written < 0, errno == EINTR { continue }
      guard written > 0 else {
        if errno == ENOSPC || errno == EDQUOT { throw diskFull(folder, needed: file.size - count) }
        throw TuneError.runtime("\(path): writing failed: \(systemReason(errno))")
      }
      digest.update(UnsafeRawBufferPointer(rebasing: rest.prefix(written)))
      count += written
      rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(written))
    }
  }

  /// Begins anew.
  func discard() throws {
    guard ftruncate(descriptor, 0) == 0, lseek(descriptor, 0, SEEK_SET) == 0 else {
      throw TuneError.runtime("\(path): cannot be emptied: \(systemReason(errno))")
    }
    count = 0
    digest = ContentDigest(for: file)
  }

  /// Takes away a part that cannot become the file.
  func remove() { unlink(path) }

  /// The digest of what is there, for a comparison with `HubFile.etag`.
  func hexadecimalDigest() -> String { digest.hexadecimal() }

  /// Gives the file its final name, on the disk for good.
  func commit() throws {
    precondition(isWhole, "a part must not get a final name")
    guard fsync(descriptor) == 0, rename(path, "\(folder)/\(file.etag)") == 0 else {
      throw TuneError.runtime("\(path): cannot be completed: \(systemReason(errno))")
    }
  }
}

/// The error of a disk that is, or would be, full.
func diskFull(_ folder: String, needed: Int) -> TuneError {
  .runtime(
    "\(folder): the disk is full, \(needed / 1_000_000 + 1) MB more are needed; make room, or set HF_HOME to a folder on a larger "
      + "disk; what was fetched is kept, and the same command goes on from there")
}
