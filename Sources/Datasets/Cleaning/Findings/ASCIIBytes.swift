extension UInt8 {
  @inline(__always) var isASCIIDigit: Bool { self &- 48 < 10 }
  @inline(__always) var isASCIILetter: Bool { (self | 32) &- 97 < 26 }
  /// A letter or digit.
  @inline(__always) var isASCIIWord: Bool { isASCIIDigit || isASCIILetter }
  @inline(__always) var isASCIIUpper: Bool { self &- 65 < 26 }
}

extension UnsafeBufferPointer<UInt8> {
  /// Whether the text stands at a place.
  @inline(__always)
  func starts(with text: StaticString, at place: Int) -> Bool {
    guard place + text.utf8CodeUnitCount <= count else { return false }
    for offset in 0..<text.utf8CodeUnitCount where self[place + offset] != text.utf8Start[offset] { return false }
    return true
  }

  /// The end of the bytes of one class that begin at a place; looks at no more than `most` of them.
  @inline(__always)
  func end(from place: Int, most: Int = .max, while isIn: (UInt8) -> Bool) -> Int {
    let limit = most < count - place ? place + most : count
    var end = place
    while end < limit, isIn(self[end]) { end += 1 }
    return end
  }

  /// The ASCII text of a range in lower case.
  func lowerCased(_ range: Range<Int>) -> String {
    String(decoding: self[range].map { $0.isASCIIUpper ? $0 | 32 : $0 }, as: UTF8.self)
  }
}
