import Foundation

extension String {
  /// Whether both have the same bytes; `==` would also equate canonically equivalent texts.
  @inlinable
  public func isSame(as other: String) -> Bool {
    // Most texts differ in length, which is known at once.
    utf8.count == other.utf8.count && bytesCompared(to: other, count: utf8.count) == 0
  }

  /// Whether the bytes stand before those of another text, as Python sorts strings by code point.
  @inlinable
  func precedes(bytesOf other: String) -> Bool {
    let order = bytesCompared(to: other, count: min(utf8.count, other.utf8.count))
    return order < 0 || (order == 0 && utf8.count < other.utf8.count)
  }

  /// `memcmp` of the first bytes: the generic comparisons of sequences take several times as long.
  @inlinable
  func bytesCompared(to other: String, count: Int) -> Int32 {
    withBytes { own in
      other.withBytes { other in
        guard count > 0, let first = own.baseAddress, let second = other.baseAddress else { return 0 }
        return memcmp(first, second, count)
      }
    }
  }

  /// Calls `body` with the UTF-8 bytes, without a copy where the text is stored as such, which nearly all are.
  @inlinable
  public func withBytes<Result>(_ body: (UnsafeBufferPointer<UInt8>) throws -> Result) rethrows -> Result {
    if let result = try utf8.withContiguousStorageIfAvailable(body) { return result }
    var copy = self
    return try copy.withUTF8(body)
  }
}
