/// The kinds of sensitive data to look for, as bits: texts are many, and sets are slow.
struct SensitiveKinds: OptionSet, Sendable {
  let rawValue: UInt8
  static let email = SensitiveKinds(rawValue: 1)
  static let phone = SensitiveKinds(rawValue: 2)
  static let paymentCard = SensitiveKinds(rawValue: 4)
  static let iban = SensitiveKinds(rawValue: 8)
  static let secretKey = SensitiveKinds(rawValue: 16)
  static let socialSecurityNumber = SensitiveKinds(rawValue: 32)
  static let ipAddress = SensitiveKinds(rawValue: 64)
  static let url = SensitiveKinds(rawValue: 128)
  static let numbers: SensitiveKinds = [.phone, .paymentCard, .socialSecurityNumber, .ipAddress]

  init(rawValue: UInt8) { self.rawValue = rawValue }

  /// The bits of those kinds that are sensitive.
  init(_ kinds: some Sequence<FindingKind>) {
    self = []
    for kind in kinds {
      switch kind {
      case .email: insert(.email)
      case .phone: insert(.phone)
      case .paymentCard: insert(.paymentCard)
      case .iban: insert(.iban)
      case .secretKey: insert(.secretKey)
      case .socialSecurityNumber: insert(.socialSecurityNumber)
      case .ipAddress: insert(.ipAddress)
      case .url: insert(.url)
      default: break
      }
    }
  }

  /// The bytes without any of which none of the kinds can occur: all but addresses need a digit.
  var triggers: Triggers {
    var triggers: Triggers = []
    if contains(.email) { triggers.insert(.at) }
    if contains(.url) { triggers.formUnion([.colon, .dot]) }
    if !isSubset(of: [.email, .url]) { triggers.insert(.digit) }
    return triggers
  }
}

/// A piece of a text that is personal, secret or an address.
struct SensitiveSpan: Equatable {
  let kind: FindingKind
  let range: Range<Int>
}

/// Finds sensitive spans from left to right; they do not overlap.
///
/// Hand-written scanners that look a bounded number of bytes ahead, or consume what they look at: the time is linear
/// in the text whatever it holds.
struct SensitiveSpanScanner {
  let bytes: UnsafeBufferPointer<UInt8>
  let kinds: SensitiveKinds
  private var spans: [SensitiveSpan] = []
  /// The end of the last span; what lies before it is no context for what follows.
  private var floor = 0

  static func spans(of kinds: SensitiveKinds, in bytes: UnsafeBufferPointer<UInt8>) -> [SensitiveSpan] {
    var scanner = SensitiveSpanScanner(bytes: bytes, kinds: kinds)
    scanner.scan()
    return scanner.spans
  }

  private init(bytes: UnsafeBufferPointer<UInt8>, kinds: SensitiveKinds) {
    (self.bytes, self.kinds) = (bytes, kinds)
  }

  private mutating func scan() {
    var place = 0
    while place < bytes.count {
      let byte = bytes[place]
      if byte.isASCIILetter {
        let end = bytes.end(from: place) { $0.isASCIIWord }
        let span = spanAtWord(place, end)
        place = span.map { take($0) } ?? end
      } else if byte.isASCIIDigit || byte == UInt8(ascii: "+") || byte == UInt8(ascii: "(") {
        let span = spanAtNumber(place)
        place = span.map { take($0) } ?? max(place + 1, bytes.end(from: place) { $0.isASCIIWord })
      } else if byte == UInt8(ascii: "@"), kinds.contains(.email), let range = email(place) {
        place = take(SensitiveSpan(kind: .email, range: range))
      } else if byte == UInt8(ascii: "-"), kinds.contains(.secretKey), let end = bytes.privateKeyEnd(place) {
        place = take(SensitiveSpan(kind: .secretKey, range: place..<end))
      } else {
        place += 1
      }
    }
  }

  private mutating func take(_ span: SensitiveSpan) -> Int {
    spans.append(span)
    floor = span.range.upperBound
    return floor
  }

  /// What starts with the letters of a word.
  @inline(__always)
  private func spanAtWord(_ place: Int, _ end: Int) -> SensitiveSpan? {
    guard isStart(place) else { return nil }
    let next = end < bytes.count ? bytes[end] : 0
    if kinds.contains(.url), next == UInt8(ascii: ":") || next == UInt8(ascii: "."), let end = bytes.urlEnd(place) {
      return SensitiveSpan(kind: .url, range: place..<end)
    }
    if kinds.contains(.secretKey), let end = bytes.secretKeyEnd(place, wordEnd: end) {
      return SensitiveSpan(kind: .secretKey, range: place..<end)
    }
    if kinds.contains(.iban), let end = bytes.ibanEnd(place) { return SensitiveSpan(kind: .iban, range: place..<end) }
    if kinds.contains(.ipAddress), next == UInt8(ascii: ":"), let end = bytes.ipv6End(place) {
      return SensitiveSpan(kind: .ipAddress, range: place..<end)
    }
    return nil
  }

  /// What starts with a digit, a plus sign or a parenthesis.
  private func spanAtNumber(_ place: Int) -> SensitiveSpan? {
    guard isStart(place) else { return nil }
    if kinds.contains(.ipAddress), let end = bytes.ipv6End(place) {
      return SensitiveSpan(kind: .ipAddress, range: place..<end)
    }
    guard !kinds.isDisjoint(with: .numbers), let groups = NumberGroups(bytes, at: place, floor: floor) else {
      return nil
    }
    return groups.span(of: kinds)
  }

  /// Whether a word can start here: after the last span, or after no letter or digit.
  @inline(__always)
  private func isStart(_ place: Int) -> Bool { place == floor || !bytes[place - 1].isASCIIWord }

  /// The e-mail address around an at sign: an unquoted local part of at most 64 characters and a domain name (RFC 5321).
  private func email(_ at: Int) -> Range<Int>? {
    var start = at
    while start > floor, at - start < 64, bytes[start - 1].isLocalPart { start -= 1 }
    while start < at, !bytes[start].isASCIIWord, bytes[start] != UInt8(ascii: "_") { start += 1 }
    guard start < at, bytes[at - 1] != UInt8(ascii: ".") else { return nil }
    return bytes.domainEnd(at + 1).map { start..<$0 }
  }
}

extension UInt8 {
  fileprivate var isLocalPart: Bool {
    switch self {
    case UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "%"), UInt8(ascii: "+"), UInt8(ascii: "-"): true
    default: isASCIIWord
    }
  }
}
