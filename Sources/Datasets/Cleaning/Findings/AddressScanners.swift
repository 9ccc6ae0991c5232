/// Names that end like a domain but are files: "icon@2x.png" is no e-mail address.
private let fileEndings: Set<String> = ["png", "jpg", "jpeg", "gif", "svg", "webp", "bmp", "ico", "css", "js"]

extension UnsafeBufferPointer<UInt8> {
  /// The end of the domain name (at least two labels, the last of letters alone) that starts here.
  func domainEnd(_ start: Int) -> Int? {
    var end = self.end(from: start, most: 253) { $0.isASCIIWord || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-") }
    while end > start, !self[end - 1].isASCIIWord { end -= 1 }
    guard end > start, self[start].isASCIIWord else { return nil }
    var lastDot = end - 1
    while lastDot > start, self[lastDot].isASCIILetter { lastDot -= 1 }
    guard lastDot > start, self[lastDot] == UInt8(ascii: "."), (2...24).contains(end - lastDot - 1) else { return nil }
    guard self[lastDot - 1].isASCIIWord, !fileEndings.contains(lowerCased(lastDot + 1..<end)) else { return nil }
    return end
  }

  /// The end of the web address that starts here, without the punctuation of the sentence around it.
  func urlEnd(_ start: Int) -> Int? {
    guard start + 8 < count, [UInt8(ascii: "h"), UInt8(ascii: "f"), UInt8(ascii: "w")].contains(self[start] | 32) else {
      return nil
    }
    let scheme = lowerCased(start..<start + 8)
    let prefix = ["https://", "http://", "ftp://", "www."].first { scheme.hasPrefix($0) }
    guard let prefix else { return nil }
    let host = start + prefix.utf8.count
    guard host < count, self[host].isASCIIWord || self[host] == UInt8(ascii: "[") else { return nil }
    if prefix == "www.", domainEnd(host) == nil { return nil }
    var end = self.end(from: host) { $0.isURL }
    var opens = self[host..<end].contains(UInt8(ascii: "("))
    while end > host + 1 {
      let last = self[end - 1]
      if last == UInt8(ascii: ")"), opens {
        opens = false
        break
      }
      guard last.isSentenceEnd else { break }
      end -= 1
    }
    return end
  }

  /// The end of an IPv6 address: eight groups of up to four hexadecimal digits, or three to seven around one "::".
  ///
  /// Shorter ones are loopback addresses or, more often, names in code.
  func ipv6End(_ start: Int) -> Int? {
    var place = start, groups = 0, isShortened = false, hasDigit = false
    while groups <= 8 {
      let groupEnd = end(from: place, most: 5) { $0.isHexadecimal }
      guard groupEnd - place <= 4 else { return nil }
      guard groupEnd > place else { break }
      hasDigit = hasDigit || self[place..<groupEnd].contains { $0.isASCIIDigit }
      groups += 1
      place = groupEnd
      guard place + 1 < count, self[place] == UInt8(ascii: ":") else { break }
      if self[place + 1] == UInt8(ascii: ":") {
        guard !isShortened else { return nil }
        isShortened = true
        place += 2
      } else if self[place + 1].isHexadecimal {
        place += 1
      } else {
        break
      }
    }
    guard hasDigit, isShortened ? (3...7).contains(groups) : groups == 8 else { return nil }
    return place < count && self[place].isASCIIWord ? nil : place
  }
}

extension UInt8 {
  fileprivate var isHexadecimal: Bool { isASCIIDigit || (self | 32) &- 97 < 6 }

  /// What RFC 3986 allows in an address.
  fileprivate var isURL: Bool {
    guard self > 32, self < 127 else { return false }
    switch self {
    case UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "\""), UInt8(ascii: "`"), UInt8(ascii: "{"),
      UInt8(ascii: "}"), UInt8(ascii: "|"), UInt8(ascii: "\\"), UInt8(ascii: "^"):
      return false
    default: return true
    }
  }

  fileprivate var isSentenceEnd: Bool {
    switch self {
    case UInt8(ascii: "."), UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: ":"), UInt8(ascii: "!"),
      UInt8(ascii: "?"), UInt8(ascii: "'"), UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: "*"):
      true
    default: false
    }
  }
}
