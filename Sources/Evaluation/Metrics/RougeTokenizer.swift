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
    let words = words(of: text)
    return words.places.map { PythonText.string(words.letters[$0]) }
  }

  /// The words of every line that is not empty; a line of punctuation alone stays as a line without words.
  func lines(of text: String) -> [[[UInt8]]] {
    let words = words(of: text)
    return words.lines.map { line in
      words.places[line].map { words.letters[$0].map { UInt8(truncatingIfNeeded: $0.value) } }
    }
  }

  func words(of text: String) -> RougeWords {
    var text = text, words = RougeWords()
    text.withUTF8 { bytes in
      words.places.reserveCapacity(bytes.count / 5)
      words.hashes.reserveCapacity(bytes.count / 5)
      words.letters = Array(unsafeUninitializedCapacity: 2 * bytes.count) { letters, count in
        count = write(bytes, &letters, &words)
      }
    }
    return words
  }

  /// Writes the letters of all words end to end.
  ///
  /// - Returns: the number of letters.
  private func write(
    _ bytes: UnsafeBufferPointer<UInt8>, _ letters: inout UnsafeMutableBufferPointer<Unicode.Scalar>,
    _ words: inout RougeWords
  ) -> Int {
    var index = 0, start = 0, end = 0, lineStart = 0, isLineEmpty = true
    let emptyHash = WordTable.emptyHash
    var hash = emptyHash
    Self.lowercase.withUnsafeBufferPointer { lowercase in
      while index < bytes.count {
        let byte = bytes[index]
        var letter = lowercase[Int(byte)], length = 1, isWordEnd = false
        if byte >= 0x80, let special = special(bytes, index) { (letter, length, isWordEnd) = special }
        index += length
        if letter != 0 {
          letters[end] = Unicode.Scalar(letter)
          hash = WordTable.hash(hash, with: UInt32(letter))
          end += 1
          isLineEmpty = false
          if !isWordEnd { continue }
        }
        finishWord(&letters, &start, &end, hash, &words)
        hash = emptyHash
        guard byte == UInt8(ascii: "\n") else {
          isLineEmpty = false
          continue
        }
        if !isLineEmpty { words.lines.append(lineStart..<words.places.count) }
        lineStart = words.places.count
        isLineEmpty = true
      }
    }
    finishWord(&letters, &start, &end, hash, &words)
    if !isLineEmpty { words.lines.append(lineStart..<words.places.count) }
    return end
  }

  @inline(__always)
  private func finishWord(
    _ letters: inout UnsafeMutableBufferPointer<Unicode.Scalar>, _ start: inout Int, _ end: inout Int,
    _ hash: UInt64, _ words: inout RougeWords
  ) {
    guard end > start else { return }
    let isStemmed = usesStemmer && end - start > 3
    if isStemmed {
      let stem = PorterStemmer().stem(ofLowercase: Array(letters[start..<end]))
      for (offset, letter) in stem.enumerated() { letters[start + offset] = letter }
      end = start + stem.count
    }
    words.places.append(start..<end)
    words.hashes.append(isStemmed ? WordTable.hash(letters[start..<end]) : hash)
    start = end
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
    guard !asciiOnly else { return nil }
    let rest = bytes[index...].prefix(3)
    if rest.elementsEqual("\u{212A}".utf8) { return (UInt8(ascii: "k"), 3, false) }  // the Kelvin sign is a plain k
    if rest.starts(with: "\u{130}".utf8) { return (UInt8(ascii: "i"), 2, true) }  // İ: i and a combining dot
    return nil
  }
}

/// The words of a text as places in an array of their letters.
struct RougeWords {
  var letters: [Unicode.Scalar] = []
  var places: [Range<Int>] = []
  var hashes: [UInt64] = []
  /// The words of each line that is not empty.
  var lines: [Range<Int>] = []
}
