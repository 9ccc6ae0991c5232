import Foundation

/// A dictionary key that compares text by its bytes.
///
/// `String` itself takes canonically equivalent texts ("é" and "e" + accent) for equal; a vocabulary must not.
struct ExactString: Hashable, Sendable {
  let text: String

  init(_ text: String) { self.text = text }

  static func == (left: ExactString, right: ExactString) -> Bool {
    var left = left.text, right = right.text
    guard left.utf8.count == right.utf8.count else { return false }
    return left.withUTF8 { leftBytes in
      right.withUTF8 { rightBytes in
        guard let first = leftBytes.baseAddress, let second = rightBytes.baseAddress else { return true }
        return memcmp(first, second, leftBytes.count) == 0
      }
    }
  }

  func hash(into hasher: inout Hasher) {
    var text = text
    text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
  }
}

extension Array where Element == UInt32 {
  /// The Unicode scalars of a text as numbers, the form in which the stages of a tokenizer pass text on.
  init(scalarsOf text: String) {
    self = []
    reserveCapacity(text.utf8.count)
    for scalar in text.unicodeScalars { append(scalar.value) }
  }
}

extension String {
  /// The text of Unicode scalars; what is no scalar becomes U+FFFD.
  init(scalars: some Sequence<UInt32>) {
    var view = String.UnicodeScalarView()
    for value in scalars { view.append(Unicode.Scalar(value) ?? "\u{FFFD}") }
    self = String(view)
  }
}

/// Hands the one to four UTF-8 bytes of a scalar to `body`.
@inline(__always)
func forEachUTF8Byte(of scalar: UInt32, _ body: (UInt8) -> Void) {
  switch scalar {
  case 0..<0x80:
    body(UInt8(scalar))
  case 0x80..<0x800:
    body(UInt8(0xC0 | scalar >> 6))
    body(UInt8(0x80 | scalar & 0x3F))
  case 0x800..<0x10000:
    body(UInt8(0xE0 | scalar >> 12))
    body(UInt8(0x80 | scalar >> 6 & 0x3F))
    body(UInt8(0x80 | scalar & 0x3F))
  default:
    body(UInt8(0xF0 | scalar >> 18 & 0x07))
    body(UInt8(0x80 | scalar >> 12 & 0x3F))
    body(UInt8(0x80 | scalar >> 6 & 0x3F))
    body(UInt8(0x80 | scalar & 0x3F))
  }
}
