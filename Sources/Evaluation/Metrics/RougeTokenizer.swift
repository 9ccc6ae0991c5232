/// The words that ROUGE compares: runs of ASCII letters and digits of the lower-cased text, stemmed when wished.
///
/// Everything else separates words, so `don't` gives `don` and `t`, and a text of Chinese characters has no word.
/// Agrees with the default tokenizer of rouge_score 0.1.2.
public struct RougeTokenizer: Sendable {
  /// Words of more than three characters are replaced by their Porter stem.
  public let usesStemmer: Bool
  /// Only ASCII letters have a lower case, as in ROUGE-1.5.5.
  let asciiOnly: Bool

  public init(usesStemmer: Bool = false) { self.init(usesStemmer: usesStemmer, asciiOnly: false) }

  init(usesStemmer: Bool = false, asciiOnly: Bool) {
    self.usesStemmer = usesStemmer
    self.asciiOnly = asciiOnly
  }

  /// The words of a text.
  public func tokens(of text: String) -> [String] {
    var text = text, tokens: [String] = []
    text.withUTF8 { bytes in
      scan(bytes) { word, _ in
        tokens.append(PythonText.string(isStemmed(word) ? PorterStemmer().stem(ofLowercase: Array(word)) : Array(word)))
      } line: {
      }
    }
    return tokens
  }

  /// The words of a text as numbers.
  ///
  /// - Parameter keepsLines: whether its lines are needed beside the whole. Empty ones are left out; a line of
  ///   punctuation alone stays as a line without words.
  func text(_ text: String, _ table: inout WordTable, keepsLines: Bool) -> RougeText {
    var text = text, lineStart = 0, lines: [[UInt32]] = []
    let tokens = text.withUTF8 { bytes in
      // A word of one letter needs two bytes, but for the last.
      [UInt32](unsafeUninitializedCapacity: bytes.count / 2 + 1) { numbers, count in
        scan(bytes) { word, hash in
          numbers[count] = table.number(of: word, hash: hash, stemmed: isStemmed(word))
          count += 1
        } line: {
          if keepsLines { lines.append(Array(numbers[lineStart..<count])) }
          lineStart = count
        }
      }
    }
    return RougeText(tokens: tokens, lines: lines)
  }

  private func isStemmed(_ word: UnsafeBufferPointer<Unicode.Scalar>) -> Bool { usesStemmer && word.count > 3 }

  // MARK: Scanning

  /// Calls `word` with the letters and the hash of each word, and `line` at the end of each line that is not empty.
  @inline(__always)
  private func scan(
    _ bytes: UnsafeBufferPointer<UInt8>, word: (UnsafeBufferPointer<Unicode.Scalar>, UInt64) -> Void,
    line: () -> Void
  ) {
    withUnsafeTemporaryAllocation(of: Unicode.Scalar.self, capacity: bytes.count) { letters in
      Self.lowercase.withUnsafeBufferPointer { lowercase in
        var index = 0, length = 0, hash = WordTable.emptyHash, isLineEmpty = true
        while index < bytes.count {
          let byte = bytes[index]
          var letter = lowercase[Int(byte)], width = 1, isWordEnd = false
          if byte >= 0x80, let special = special(bytes, index) { (letter, width, isWordEnd) = special }
          index += width
          if letter != 0 {
            letters.initializeElement(at: length, to: Unicode.Scalar(letter))
            hash = WordTable.hash(hash, with: UInt32(letter))
            length += 1
            isLineEmpty = false
            if !isWordEnd, index < bytes.count { continue }
          }
          if length > 0 { word(UnsafeBufferPointer(rebasing: letters[..<length]), hash) }
          (length, hash) = (0, WordTable.emptyHash)
          let isBreak = byte == UInt8(ascii: "\n")
          if isBreak ? !isLineEmpty : index == bytes.count { line() }
          isLineEmpty = isBreak
        }
      }
    }
  }

  /// The lower case of ASCII letters and digits; 0 for what separates words.
  private static let lowercase: [UInt8] = (0...255).map { byte in
    switch byte {
    case 0x30...0x39, 0x61...0x7A: UInt8(byte)
    case 0x41...0x5A: UInt8(byte + 32)
    default: 0
    }
  }

  /// What stands for the two characters outside of ASCII whose lower case has an ASCII letter: the letter, the bytes of
  /// the character, and whether the word ends behind it.
  private func special(_ bytes: UnsafeBufferPointer<UInt8>, _ index: Int) -> (UInt8, Int, Bool)? {
    guard !asciiOnly, index + 1 < bytes.count else { return nil }
    switch (bytes[index], bytes[index + 1]) {
    case (0xE2, 0x84) where index + 2 < bytes.count && bytes[index + 2] == 0xAA:
      return (UInt8(ascii: "k"), 3, false)  // the Kelvin sign, U+212A, is a plain k
    case (0xC4, 0xB0): return (UInt8(ascii: "i"), 2, true)  // İ, U+0130: i and a combining dot
    default: return nil
    }
  }
}
