import Basics
import Foundation

/// A lock between processes, and between the threads of one: `flock` on a file, as huggingface_hub takes it.
final class FileLock {
  private let descriptor: Int32

  /// Takes the lock, waiting for as long as another holder downloads.
  ///
  /// - Parameter onWait: called once when there is someone to wait for.
  /// - Throws: `CancellationError` when `isCancelled` says so meanwhile.
  init(_ path: String, isCancelled: () -> Bool, onWait: () -> Void) throws {
    try createFolder(parentFolder(of: path))
    var hasWaited = false
    while true {
      // Group-writable, so that users who share a cache can wait for one another.
      let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o664)
      guard descriptor >= 0 else { throw TuneError.runtime("\(path): cannot be opened: \(systemReason(errno))") }
      if flock(descriptor, LOCK_EX | LOCK_NB) == 0 {
        var information = stat()
        // A holder may have removed the file between our opening and locking it.
        if fstat(descriptor, &information) == 0, information.st_nlink > 0 {
          self.descriptor = descriptor
          return
        }
      } else if errno != EWOULDBLOCK && errno != EINTR {
        let reason = systemReason(errno)
        close(descriptor)
        throw TuneError.runtime("\(path): cannot be locked: \(reason)")
      } else if !hasWaited {
        hasWaited = true
        onWait()
      }
      close(descriptor)
      if isCancelled() { throw CancellationError() }
      usleep(100_000)
    }
  }

  deinit { close(descriptor) }
}
