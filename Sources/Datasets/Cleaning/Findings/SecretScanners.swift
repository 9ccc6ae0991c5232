import Foundation

/// The form of one issuer's keys: a prefix and a tail of letters, digits, "-" and "_" with a least length.
private struct KeyForm: Sendable {
  let prefix: StaticString
  let leastTail: Int

  init(_ prefix: StaticString, _ leastTail: Int) {
    (self.prefix, self.leastTail) = (prefix, leastTail)
  }
}

/// From the issuers' documentation of what their secrets look like. Where one prefix starts another, the longer first.
private let keyForms = [
  // Stripe
  KeyForm("sk_live_", 16), KeyForm("sk_test_", 16), KeyForm("rk_live_", 16), KeyForm("pk_live_", 16),
  // OpenAI, Anthropic and others
  KeyForm("sk-", 20),
  // GitHub, GitLab
  KeyForm("ghp_", 36), KeyForm("gho_", 36), KeyForm("ghu_", 36), KeyForm("ghs_", 36), KeyForm("ghr_", 36),
  KeyForm("github_pat_", 40), KeyForm("glpat-", 20),
  // Slack
  KeyForm("xoxb-", 20), KeyForm("xoxp-", 20), KeyForm("xoxa-", 20), KeyForm("xoxr-", 20), KeyForm("xoxs-", 20),
  // Google
  KeyForm("AIza", 35), KeyForm("ya29.", 30),
  // Hugging Face, npm, PyPI
  KeyForm("hf_", 30), KeyForm("npm_", 36), KeyForm("pypi-", 50),
]

/// Bytes looked at in a key or in a part of a token, so that rows of prefixes take linear time.
private let longestKey = 2000

extension UnsafeBufferPointer<UInt8> {
  /// The end of the API key or token whose first word ends at `wordEnd`.
  func secretKeyEnd(_ start: Int, wordEnd: Int) -> Int? {
    let next = wordEnd < count ? self[wordEnd] : 0
    let isJoined = next == UInt8(ascii: "-") || next == UInt8(ascii: "_")
    let isPrefixed = (isJoined && wordEnd - start <= 6) || starts(with: "ya29.", at: start)
    guard isPrefixed || wordEnd - start >= 16 || starts(with: "eyJ", at: start) || starts(with: "AIza", at: start)
    else {
      return nil
    }
    return awsKeyEnd(start, wordEnd) ?? webTokenEnd(start) ?? prefixedKeyEnd(start)
  }

  /// Amazon's access key identifiers: AKIA or ASIA and 16 capitals and digits.
  private func awsKeyEnd(_ start: Int, _ wordEnd: Int) -> Int? {
    guard wordEnd - start == 20, starts(with: "AKIA", at: start) || starts(with: "ASIA", at: start) else { return nil }
    let isPlain = self[start..<wordEnd].allSatisfy { $0.isASCIIUpper || $0.isASCIIDigit }
    return isPlain && isRandom(start + 4..<wordEnd) ? wordEnd : nil
  }

  /// JSON web tokens: three base64url parts, the first two of which begin with "{" in base64 (RFC 7519).
  private func webTokenEnd(_ start: Int) -> Int? {
    guard starts(with: "eyJ", at: start) else { return nil }
    let header = end(from: start, most: longestKey) { $0.isKeyByte }
    guard header - start >= 10, starts(with: ".eyJ", at: header) else { return nil }
    let payload = end(from: header + 1, most: longestKey) { $0.isKeyByte }
    guard payload < count, self[payload] == UInt8(ascii: ".") else { return nil }
    let signature = end(from: payload + 1, most: longestKey) { $0.isKeyByte }
    return signature - payload > 16 && isRandom(start..<signature) ? signature : nil
  }

  private func prefixedKeyEnd(_ start: Int) -> Int? {
    guard let form = keyForms.first(where: { starts(with: $0.prefix, at: start) }) else { return nil }
    let tail = start + form.prefix.utf8CodeUnitCount
    let end = end(from: tail, most: longestKey) { $0.isKeyByte }
    return end - tail >= form.leastTail && isRandom(tail..<end) ? end : nil
  }

  /// The end of a private key in PEM form (RFC 7468); of its base64 lines, where the last line is missing.
  func privateKeyEnd(_ start: Int) -> Int? {
    guard starts(with: "-----BEGIN ", at: start) else { return nil }
    let label = end(from: start + 11, most: 40) { $0.isASCIIUpper || $0 == 32 }
    guard starts(with: "-----", at: label), label - start >= 22, starts(with: "PRIVATE KEY", at: label - 11) else {
      return nil
    }
    let body = end(from: label + 5) { $0.isArmor }
    guard starts(with: "-----END ", at: body) else { return body }
    let endLabel = end(from: body + 9, most: 40) { $0.isASCIIUpper || $0 == 32 }
    return starts(with: "-----", at: endLabel) ? endLabel + 5 : body
  }

  /// Whether the bytes look drawn at random: letters and digits, and at least 3 bits of entropy a byte, which words
  /// joined by hyphens and rows of "x" lack.
  private func isRandom(_ range: Range<Int>) -> Bool {
    let sample = self[range.lowerBound..<Swift.min(range.upperBound, range.lowerBound + 256)]
    guard sample.contains(where: { $0.isASCIIDigit }), sample.contains(where: { $0.isASCIILetter }) else {
      return false
    }
    var counts = [Int](repeating: 0, count: 128)
    for byte in sample { counts[Int(byte & 127)] += 1 }
    let entropy = counts.reduce(0.0) { sum, count in
      guard count > 0 else { return sum }
      let share = Double(count) / Double(sample.count)
      return sum - share * log2(share)
    }
    return entropy >= 3
  }

  /// The end of an international bank account number (ISO 13616), whose groups may be parted by spaces.
  func ibanEnd(_ start: Int) -> Int? {
    guard start + 15 <= count, self[start].isASCIIUpper, self[start + 1].isASCIIUpper, self[start + 2].isASCIIDigit,
      self[start + 3].isASCIIDigit
    else { return nil }
    guard let length = ibanLengths[lowerCased(start..<start + 2)] else { return nil }
    var characters: [UInt8] = []
    var place = start
    while place < count, characters.count < length {
      if self[place] == 32 {
        guard place + 1 < count, self[place + 1] != 32 else { return nil }
      } else {
        guard self[place].isASCIIUpper || self[place].isASCIIDigit else { return nil }
        characters.append(self[place])
      }
      place += 1
    }
    guard characters.count == length, place == count || !self[place].isASCIIWord else { return nil }
    let remainder = (characters[4...] + characters[..<4]).reduce(0) { remainder, byte in
      byte.isASCIIDigit ? (remainder * 10 + Int(byte) - 48) % 97 : (remainder * 100 + Int(byte) - 55) % 97
    }
    return remainder == 1 ? place : nil
  }
}

extension UInt8 {
  fileprivate var isKeyByte: Bool { isASCIIWord || self == UInt8(ascii: "-") || self == UInt8(ascii: "_") }

  /// What stands between the two lines of a PEM block: base64 and line ends, escaped or not.
  fileprivate var isArmor: Bool {
    switch self {
    case UInt8(ascii: "+"), UInt8(ascii: "/"), UInt8(ascii: "="), UInt8(ascii: "\\"), 10, 13:
      true
    default: isASCIIWord
    }
  }
}

/// The length of account numbers by country, from the IBAN registry of SWIFT.
private let ibanLengths: [String: Int] = [
  "ad": 24, "ae": 23, "al": 28, "at": 20, "az": 28, "ba": 20, "be": 16, "bg": 22, "bh": 22, "br": 29, "by": 28,
  "ch": 21, "cr": 22, "cy": 28, "cz": 24, "de": 22, "dk": 18, "do": 28, "ee": 20, "eg": 29, "es": 24, "fi": 18,
  "fo": 18, "fr": 27, "gb": 22, "ge": 22, "gi": 23, "gl": 18, "gr": 27, "gt": 28, "hr": 21, "hu": 28, "ie": 22,
  "il": 23, "is": 26, "it": 27, "jo": 30, "kw": 30, "kz": 20, "lb": 28, "li": 21, "lt": 20, "lu": 20, "lv": 21,
  "mc": 27, "md": 24, "me": 22, "mk": 19, "mr": 27, "mt": 31, "mu": 30, "nl": 18, "no": 15, "pk": 24, "pl": 28,
  "ps": 29, "pt": 25, "qa": 29, "ro": 24, "rs": 22, "sa": 24, "se": 24, "si": 19, "sk": 24, "sm": 27, "tn": 24,
  "tr": 26, "ua": 29, "va": 22, "vg": 24, "xk": 20,
]
