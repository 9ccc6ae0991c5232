import Foundation

extension UnsafeBufferPointer<UInt8> {
  /// The first place of a byte in a range.
  func firstIndex(of byte: UInt8, in range: Range<Int>) -> Int? {
    guard !range.isEmpty, let base = baseAddress, let found = memchr(base + range.lowerBound, Int32(byte), range.count)
    else { return nil }
    return UnsafeRawPointer(found) - UnsafeRawPointer(base)
  }

  /// The last place of a byte in a range.
  func lastIndex(of byte: UInt8, in range: Range<Int>) -> Int? {
    var position = range.upperBound
    while position > range.lowerBound {
      position -= 1
      if self[position] == byte { return position }
    }
    return nil
  }

  /// How often a byte occurs in a range.
  func count(of byte: UInt8, in range: Range<Int>) -> Int {
    var count = 0
    for position in range where self[position] == byte { count &+= 1 }
    return count
  }

  /// The text of a range; nil where it is not valid UTF-8.
  func text(_ range: Range<Int>) -> String? {
    String(validUTF8: UnsafeBufferPointer(rebasing: self[range]))
  }
}

extension UInt8 {
  static let quote = UInt8(ascii: "\"")
  static let lineFeed = UInt8(ascii: "\n")
  static let carriageReturn = UInt8(ascii: "\r")
  static let tab = UInt8(ascii: "\t")

  /// White space between the tokens of JSON.
  var isJSONSpace: Bool { self == 0x20 || self == .lineFeed || self == .carriageReturn || self == .tab }
}
