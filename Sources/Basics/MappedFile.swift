import Foundation

/// A file's bytes, mapped into memory read-only; they live as long as this object, which may end with its last use.
public final class MappedFile: Sendable {
  public let path: String
  nonisolated(unsafe) public let bytes: UnsafeRawBufferPointer

  /// - Throws: `TuneError` when the file is missing, unreadable or a folder.
  public init(_ path: String) throws {
    self.path = path
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw TuneError.data("\(path): \(Self.reason(errno))") }
    defer { close(descriptor) }
    var information = stat()
    guard fstat(descriptor, &information) == 0 else { throw TuneError.data("\(path): \(Self.reason(errno))") }
    guard information.st_mode & S_IFMT == S_IFREG else {
      throw TuneError.data("\(path): is not a regular file")
    }
    let size = Int(information.st_size)
    guard size > 0 else {
      bytes = UnsafeRawBufferPointer(start: nil, count: 0)
      return
    }
    guard let address = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0), address != MAP_FAILED else {
      throw TuneError.runtime("\(path): cannot be mapped into memory: \(Self.reason(errno))")
    }
    bytes = UnsafeRawBufferPointer(start: address, count: size)
  }

  /// The bytes of a file that is read at once: a mapping of which only the address is left in use may already be gone.
  public func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
    try withExtendedLifetime(self) { try body(bytes) }
  }

  deinit {
    if let start = bytes.baseAddress { munmap(UnsafeMutableRawPointer(mutating: start), bytes.count) }
  }

  static func reason(_ code: Int32) -> String {
    code == ENOENT ? "no such file; check the name and the folder" : String(cString: strerror(code)).lowercased()
  }
}
