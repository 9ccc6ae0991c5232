/// Text that was decoded with the wrong encoding, or cut, or holds what no text should.
struct EncodingCheck: Checker {
  let kind = FindingKind.encodingDamage
  let triggers: Triggers = [.control, .high]

  func check(_ bytes: UnsafeBufferPointer<UInt8>, field: String, role: FieldRole) -> Finding? {
    var place = 0
    while place < bytes.count {
      if bytes[place] >= 0x80 || Self.isControl(bytes[place]), let damage = Self.damage(bytes, place) {
        return Finding(
          kind, field: field, excerpt: Excerpt.around(place..<place + 3, in: bytes),
          suggestion: damage == .mojibake
            ? "read the file anew as UTF-8: it was decoded as Windows-1252"
            : "find the file as it was before the damage, or remove the characters")
      }
      place += 1
    }
    return nil
  }

  private enum Damage { case mojibake, character }

  private static func isControl(_ byte: UInt8) -> Bool { (byte < 32 && ![9, 10, 13].contains(byte)) || byte == 127 }

  /// What is damaged at the start of a scalar; nil where nothing is.
  private static func damage(_ bytes: UnsafeBufferPointer<UInt8>, _ place: Int) -> Damage? {
    func byte(_ offset: Int) -> UInt8 { place + offset < bytes.count ? bytes[place + offset] : 0 }
    switch bytes[place] {
    // U+0080...U+009F: controls that Windows-1252 has letters for.
    case 0xC2: return (0x80...0x9F).contains(byte(1)) ? .character : nil
    // U+E000...U+F8FF.
    case 0xEE: return .character
    case 0xEF:
      if byte(1) <= 0xA3 { return .character }
      return byte(1) == 0xBF && byte(2) == 0xBD ? .character : nil
    // U+F0000 and beyond.
    case 0xF3: return byte(1) >= 0xB0 ? .character : nil
    case 0xF4: return .character
    case 0xC3: return isMojibakeOfLatin(bytes, place) ? .mojibake : nil
    case 0x80...: return nil
    default: return .character
    }
  }

  /// The bytes of a UTF-8 character, each read as Windows-1252: a lead byte's letter (Â Ã Ð Ñ â ï ð) and signs that
  /// do not follow it in any language.
  private static func isMojibakeOfLatin(_ bytes: UnsafeBufferPointer<UInt8>, _ place: Int) -> Bool {
    func byte(_ offset: Int) -> UInt8 { place + offset < bytes.count ? bytes[place + offset] : 0 }
    let isLatinSign = byte(2) == 0xC2 && byte(3) >= 0x80
    switch byte(1) {
    // Ã with a sign of Latin-1, with a letter that Windows-1252 has in the place of a control (ÃŸ, Ãœ), or with a
    // dash or quotation mark inside a word (Ã–, Ã„).
    case 0x83:
      let isInsideWord = byte(5).isASCIILetter && byte(5) & 32 != 0
      return isLatinSign || byte(2) == 0xC5 || (byte(2) == 0xE2 && byte(3) == 0x80 && isInsideWord)
    // Â with any but a closing quotation mark.
    case 0x82: return isLatinSign && byte(3) != 0xBB
    // â€ for U+2000...U+20FF.
    case 0xA2: return byte(2) == 0xE2 && byte(3) == 0x82 && byte(4) == 0xAC
    // Ð or Ñ, a sign, and again.
    case 0x90, 0x91: return isLatinSign && byte(4) == 0xC3 && (byte(5) == 0x90 || byte(5) == 0x91)
    // ï¿½ and ï»¿.
    case 0xAF: return isLatinSign && (byte(3) == 0xBF || byte(3) == 0xBB) && byte(4) == 0xC2
    // ðŸ: the start of an emoji.
    case 0xB0: return byte(2) == 0xC5 && byte(3) == 0xB8
    default: return false
    }
  }
}
