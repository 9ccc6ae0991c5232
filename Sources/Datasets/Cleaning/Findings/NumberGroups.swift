/// Digits in groups, as telephone, card and social security numbers and IP addresses are written.
struct NumberGroups {
  private struct Group {
    let start: Int
    let end: Int
    /// What parts it from the group before: a space, "-", ".", "/", ")" or "("; of the first, "+", "(" or 0.
    let before: UInt8
    var count: Int { end - start }
  }

  private let bytes: UnsafeBufferPointer<UInt8>
  private let start: Int
  private var groups: [Group] = []
  /// Digits and a space stand right before: the groups go on from others that were no number.
  private let isContinued: Bool

  private static let mostGroups = 12
  private static let mostDigits = 24

  /// The groups that start here; nil where they cannot be any of the numbers.
  ///
  /// - Parameter floor: bytes before it are no context.
  init?(_ bytes: UnsafeBufferPointer<UInt8>, at start: Int, floor: Int) {
    (self.bytes, self.start) = (bytes, start)
    if start > floor, bytes[start - 1].isPartOfNumber { return nil }
    isContinued = start > floor + 1 && bytes[start - 1] == UInt8(ascii: " ") && bytes[start - 2].isASCIIDigit
    var before: UInt8 = bytes[start].isASCIIDigit ? 0 : bytes[start]
    var place = before == 0 ? start : start + 1
    var digits = 0
    while groups.count < Self.mostGroups {
      let end = bytes.end(from: place, most: Self.mostDigits) { $0.isASCIIDigit }
      guard end > place else { break }
      groups.append(Group(start: place, end: end, before: before))
      digits += end - place
      guard digits < Self.mostDigits, let next = Self.separator(bytes, end) else { break }
      (before, place) = next
    }
    guard digits >= 5, groups.count > 1 || digits >= 8 else { return nil }
  }

  /// The separator at a place and where the next group starts; nil where none follows.
  private static func separator(_ bytes: UnsafeBufferPointer<UInt8>, _ place: Int) -> (UInt8, Int)? {
    func byte(_ offset: Int) -> UInt8 { place + offset < bytes.count ? bytes[place + offset] : 0 }
    switch byte(0) {
    case UInt8(ascii: ")"):
      if byte(1).isASCIIDigit { return (byte(0), place + 1) }
      let isLoose = byte(1) == UInt8(ascii: " ") || byte(1) == UInt8(ascii: "-")
      return isLoose && byte(2).isASCIIDigit ? (byte(0), place + 2) : nil
    case UInt8(ascii: " "), UInt8(ascii: "-"):
      if byte(1) == UInt8(ascii: "("), byte(2).isASCIIDigit { return (byte(1), place + 2) }
      return byte(1).isASCIIDigit ? (byte(0), place + 1) : nil
    case UInt8(ascii: "."), UInt8(ascii: "/"): return byte(1).isASCIIDigit ? (byte(0), place + 1) : nil
    default: return nil
    }
  }

  /// The first number of one of the kinds.
  func span(of kinds: SensitiveKinds) -> SensitiveSpan? {
    for first in groups.indices {
      if kinds.contains(.ipAddress), let last = ipAddress(first) { return span(.ipAddress, first, last) }
      guard isOpenBefore(first) else { continue }
      for last in groups[first...].indices.reversed() where mayBeNumber(first, last) && isOpenAfter(last) {
        let lengths = groups[first...last].map { $0.count }
        if kinds.contains(.paymentCard), isCard(first, last, lengths) { return span(.paymentCard, first, last) }
        if kinds.contains(.socialSecurityNumber), isSocialSecurity(first, last, lengths) {
          return span(.socialSecurityNumber, first, last)
        }
        if kinds.contains(.phone), isPhone(first, last, lengths) { return span(.phone, first, last) }
      }
    }
    return nil
  }

  /// A quick look at how many groups and digits there are, since rows of short numbers have many parts.
  private func mayBeNumber(_ first: Int, _ last: Int) -> Bool {
    guard last - first < 6 || groups[first].before == UInt8(ascii: "+") else { return false }
    var digits = 0
    for index in first...last { digits += groups[index].count }
    return (8...19).contains(digits)
  }

  private func span(_ kind: FindingKind, _ first: Int, _ last: Int) -> SensitiveSpan {
    let opens = first > 0 && groups[first].before == UInt8(ascii: "(") ? 1 : 0
    return SensitiveSpan(kind: kind, range: (first == 0 ? start : groups[first].start - opens)..<groups[last].end)
  }

  /// A number starts with the groups or after a space.
  private func isOpenBefore(_ index: Int) -> Bool {
    index == 0 || groups[index].before == UInt8(ascii: " ") || groups[index].before == UInt8(ascii: "(")
  }

  /// A number ends with the groups, unless they run into something else, or before a space.
  private func isOpenAfter(_ index: Int) -> Bool {
    guard index == groups.count - 1 else { return groups[index + 1].before == UInt8(ascii: " ") }
    return isEnd(groups[index].end)
  }

  private func isEnd(_ end: Int) -> Bool {
    guard end < bytes.count else { return true }
    switch bytes[end] {
    case UInt8(ascii: "@"), UInt8(ascii: "_"), UInt8(ascii: "%"), UInt8(ascii: "-"): return false
    case UInt8(ascii: "."), UInt8(ascii: ","), UInt8(ascii: ":"):
      return end + 1 == bytes.count || !bytes[end + 1].isASCIIDigit
    default: return !bytes[end].isASCIIWord
    }
  }

  private func separators(_ first: Int, _ last: Int, all isIn: (UInt8) -> Bool) -> Bool {
    groups[first...last].dropFirst().allSatisfy { isIn($0.before) }
  }

  private func isSeparatedAlike(_ first: Int, _ last: Int) -> Bool {
    first >= last || separators(first, last) { $0 == groups[first + 1].before }
  }

  private func digits(_ first: Int, _ last: Int) -> [UInt8] {
    groups[first...last].flatMap { bytes[$0.start..<$0.end].map { $0 - 48 } }
  }

  /// Four octets without leading zeros. One of them has at least two digits, since "1.2.3.4" numbers a section or a
  /// version; loopback, "any" and masks point at nobody.
  private func ipAddress(_ first: Int) -> Int? {
    let last = first + 3
    guard last < groups.count, first > 0 ? groups[first].before == UInt8(ascii: " ") : groups[0].before == 0 else {
      return nil
    }
    let dot = UInt8(ascii: ".")
    guard separators(first, last, all: { $0 == dot }) else { return nil }
    let end = groups[last].end
    let isPort = end < bytes.count && bytes[end] == UInt8(ascii: ":")
    guard last + 1 == groups.count ? isPort || isEnd(end) : groups[last + 1].before != dot else { return nil }
    let octets = groups[first...last].map { group in bytes[group.start..<group.end].reduce(0) { $0 * 10 + Int($1) - 48 }
    }
    let isPlain = zip(groups[first...last], octets).allSatisfy { group, octet in
      group.count <= 3 && octet < 256 && (group.count == 1 || bytes[group.start] != 48)
    }
    guard isPlain, octets.contains(where: { $0 > 9 }), ![0, 127, 255].contains(octets[0]) else { return nil }
    return last
  }

  private func isSocialSecurity(_ first: Int, _ last: Int, _ lengths: [Int]) -> Bool {
    guard lengths == [3, 2, 4], separators(first, last, all: { $0 == UInt8(ascii: "-") }) else { return false }
    let digits = digits(first, last)
    let area = Int(digits[0]) * 100 + Int(digits[1]) * 10 + Int(digits[2])
    // Never issued: areas 000, 666 and 900 to 999, group 00, serial 0000.
    return area != 0 && area != 666 && area < 900 && digits[3...4].contains { $0 > 0 }
      && digits[5...].contains { $0 > 0 }
  }

  /// 13 to 19 digits, bare or in the groups printed on cards, with a known prefix and Luhn's check digit (ISO 7812).
  private func isCard(_ first: Int, _ last: Int, _ lengths: [Int]) -> Bool {
    let isGrouped = [[4, 4, 4, 4], [4, 6, 5], [4, 4, 4, 4, 3]].contains(lengths)
    guard isGrouped || (lengths.count == 1 && (13...19).contains(lengths[0])) else { return false }
    guard groups[first].before != UInt8(ascii: "("), groups[first].before != UInt8(ascii: "+") else { return false }
    guard separators(first, last, all: { [UInt8(ascii: " "), UInt8(ascii: "-")].contains($0) }) else { return false }
    let digits = digits(first, last)
    let prefix = digits.prefix(4).reduce(0) { $0 * 10 + Int($1) }
    guard Self.cardLengths(prefix).contains(digits.count) else { return false }
    let sum = digits.reversed().enumerated().reduce(0) { sum, digit in
      let value = Int(digit.element)
      return sum + (digit.offset % 2 == 0 ? value : value < 5 ? value * 2 : value * 2 - 9)
    }
    return sum % 10 == 0
  }

  /// The numbers of digits that cards with this prefix have; empty for an unknown one.
  private static func cardLengths(_ prefix: Int) -> [Int] {
    switch prefix {
    case 4000...4999: [13, 16, 19]  // Visa
    case 5100...5599, 2221...2720: [16]  // Mastercard
    case 3400...3499, 3700...3799: [15]  // American Express
    case 6011, 6440...6599: [16, 19]  // Discover
    case 3000...3059, 3600...3699, 3800...3899: [14, 16]  // Diners Club
    case 3528...3589: [16]  // JCB
    case 6200...6299: [16, 17, 18, 19]  // UnionPay
    default: []
    }
  }

  private func isPhone(_ first: Int, _ last: Int, _ lengths: [Int]) -> Bool {
    isInternational(first, last, lengths) || isNorthAmerican(first, last, lengths) || isNational(first, last, lengths)
  }

  /// "+" or "00", then 8 to 15 digits (E.164) of at least three different ones.
  private func isInternational(_ first: Int, _ last: Int, _ lengths: [Int]) -> Bool {
    guard first == 0, !isContinued else { return false }
    let digits = digits(first, last)
    let isDialled = digits.starts(with: [0, 0]) && lengths.count > 1 && groups[0].before == 0
    let prefix = groups[0].before == UInt8(ascii: "+") ? 0 : isDialled ? 2 : -1
    guard prefix >= 0, (8...15).contains(digits.count - prefix), digits[prefix] != 0 else { return false }
    return Set(digits).count > 2 && separators(first, last) { $0 != UInt8(ascii: "/") }
  }

  /// "(212) 555-0123", "212-555-0123", "1-212-555-0123", "212.555.0123"; with spaces only where nothing else is there.
  private func isNorthAmerican(_ first: Int, _ last: Int, _ lengths: [Int]) -> Bool {
    let area =
      lengths == [3, 3, 4] ? first : lengths == [1, 3, 3, 4] && bytes[groups[first].start] == 49 ? first + 1 : -1
    guard area >= 0, groups[last].before != UInt8(ascii: "/") else { return false }
    let isParenthesised = groups[area].before == UInt8(ascii: "(")
    guard isParenthesised || isSeparatedAlike(area, last) else { return false }
    if !isParenthesised, groups[last].before == UInt8(ascii: " ") {
      guard first == 0, !isContinued, last == groups.count - 1 else { return false }
    }
    // Area and exchange codes start with 2 to 9, but for the customary example 123-456-7890.
    let isCustomary =
      bytes.starts(with: "123", at: groups[area].start) && bytes.starts(with: "456", at: groups[area + 1].start)
    return isCustomary || (bytes[groups[area].start] >= 50 && bytes[groups[area + 1].start] >= 50)
  }

  /// Numbers with the trunk prefix 0, as most of Europe, Asia and Oceania write them: an area code of two to five
  /// digits, then groups of at least three; or pairs all through. Nine to twelve digits.
  private func isNational(_ first: Int, _ last: Int, _ lengths: [Int]) -> Bool {
    let area = groups[first]
    guard first == 0, !isContinued, lengths.count > 1, bytes[area.start] == 48,
      bytes[area.start + (area.count > 1 ? 1 : 0)] > 48
    else { return false }
    guard area.before != UInt8(ascii: "+"), (9...12).contains(lengths.reduce(0, +)) else { return false }
    let areHyphens = separators(first, last) { $0 != UInt8(ascii: ".") && $0 != UInt8(ascii: "(") }
    if lengths.dropFirst().allSatisfy({ $0 == 2 }) {
      return lengths.count >= 4 && isSeparatedAlike(first, last) && (areHyphens || lengths == [2, 2, 2, 2, 2])
    }
    let rest = first + 1
    return (2...5).contains(area.count) && lengths.count <= 4 && lengths.dropFirst().allSatisfy { (3...8).contains($0) }
      && areHyphens && isSeparatedAlike(rest, last) && (rest == last || groups[last].before != UInt8(ascii: "/"))
  }
}

extension UInt8 {
  /// What, right before a number, makes it part of a larger one, of a price or of a name.
  fileprivate var isPartOfNumber: Bool {
    switch self {
    case UInt8(ascii: "$"), UInt8(ascii: "."), UInt8(ascii: ","), UInt8(ascii: "-"), UInt8(ascii: "_"),
      UInt8(ascii: "/"), UInt8(ascii: "+"), UInt8(ascii: "#"), UInt8(ascii: "@"):
      true
    default: isASCIIWord
    }
  }
}
