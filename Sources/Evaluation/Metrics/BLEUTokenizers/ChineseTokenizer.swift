/// sacreBLEU's Chinese tokenizer: every Chinese character a token, Western punctuation split off as by 13a.
public struct ChineseTokenizer: BLEUTokenizer {
  public let name = "zh"

  public init() {}

  public func tokenize(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
    PythonText.stripped(text).spacing(where: isChinese).spacingWesternPunctuation()
  }
}

/// Whether the reference regards a scalar as Chinese. Two ranges are an old mistake of the reference that belongs to
/// its numbers: 2001–2A6D and 2F81–2FA1 were meant as 20001–2A6D6 and 2F801–2FA1D.
private func isChinese(_ scalar: Unicode.Scalar) -> Bool {
  switch scalar.value {
  case 0x3400...0x4DB5, 0x4E00...0x9FBB, 0xF900...0xFA2D, 0xFA30...0xFA6A, 0xFA70...0xFAD9,  // ideographs
    0x2001...0x2A6D, 0x2F81...0x2FA1,
    0xFF00...0xFFEF, 0x2E80...0x2EFF, 0x3000...0x303F, 0x31C0...0x31EF,  // full width, radicals, punctuation, strokes
    0x2F00...0x2FDF, 0x2FF0...0x2FFF, 0x3100...0x312F, 0x31A0...0x31BF,  // radicals, descriptions, Bopomofo
    0xFE10...0xFE1F, 0xFE30...0xFE4F, 0x3200...0x33FF:  // vertical forms, enclosed and squared letters
    true
  default: false
  }
}
