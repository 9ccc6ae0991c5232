import Basics
import Foundation

/// A folder that gets its name when all that belongs into it has been written: on any failure there is nothing under it.
struct NewFolder {
  /// Without slashes at its end.
  let path: String

  /// - Throws: `TuneError.usage` when there is something of this name.
  init(_ path: String, flag: String) throws {
    let trimmed = String(String(path.reversed().drop { $0 == "/" }).reversed())
    guard !trimmed.isEmpty, !FileManager.default.fileExists(atPath: trimmed) else {
      throw TuneError.usage("\(flag): \(path) exists already; remove it or name another folder")
    }
    self.path = trimmed
  }

  /// - Parameter write: fills a folder with another name.
  func fill<Result>(_ write: (String) throws -> Result) throws -> Result {
    let temporary = "\(path).tmp-\(getpid())"
    defer { try? FileManager.default.removeItem(atPath: temporary) }
    let result = try write(temporary)
    guard rename(temporary, path) == 0 else {
      throw TuneError.runtime("\(path): cannot be written; is there something of this name?")
    }
    return result
  }
}
