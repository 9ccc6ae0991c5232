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
    var start = 0, end = 0, lineStart = 0, isLineEmpty = true
    func finishWord() {
      guard end > start else { return }
      if usesStemmer, end - start > 3 {
        let stem = PorterStemmer().stem(ofLowercase: Array(letters[start..<end]))
        for (offset, letter) in stem.enumerated() { letters[start + offset] = letter }
        end = start + stem.count
      }
      words.places.append(start..<end)
      start = end
    }
    func finishLine() {
      finishWord()
      if !isLineEmpty { words.lines.append(lineStart..<words.places.count) }
      lineStart = words.places.count
      isLineEmpty = true
    }
    for index in bytes.indices {
      let byte = bytes[index]
      guard byte != UInt8(ascii: "\n") else {
        finishLine()
        continue
      }
      isLineEmpty = false
      switch byte {
      case 0x30...0x39, 0x61...0x7A: letters[end] = Unicode.Scalar(byte)
      case 0x41...0x5A: letters[end] = Unicode.Scalar(byte + 32)
      case 0xC4 where isSeparateI(bytes, index): letters[end] = "i"
      case 0xE2 where isKelvinSign(bytes, index): letters[end] = "k"
      case 0x84, 0xAA:  // the Kelvin sign goes on
        if !isWithinKelvinSign(bytes, index) { finishWord() }
        continue
      default:
        finishWord()
        continue
      }
      end += 1
    }
    finishLine()
    return end
  }

  // MARK: Letters whose lower case is ASCII

  /// The lower case of İ is an i and a combining dot, which separates.
  private func isSeparateI(_ bytes: UnsafeBufferPointer<UInt8>, _ index: Int) -> Bool {
    !asciiOnly && index + 1 < bytes.count && bytes[index + 1] == 0xB0
  }

  /// The lower case of the Kelvin sign is a plain k.
  private func isKelvinSign(_ bytes: UnsafeBufferPointer<UInt8>, _ index: Int) -> Bool {
    !asciiOnly && index >= 0 && index + 2 < bytes.count && bytes[index] == 0xE2 && bytes[index + 1] == 0x84
      && bytes[index + 2] == 0xAA
  }

  private func isWithinKelvinSign(_ bytes: UnsafeBufferPointer<UInt8>, _ index: Int) -> Bool {
    isKelvinSign(bytes, index - (bytes[index] == 0x84 ? 1 : 2))
  }
}

/// The words of a text as places in an array of their letters.
struct RougeWords {
  var letters: [Unicode.Scalar] = []
  var places: [Range<Int>] = []
  /// The words of each line that is not empty.
  var lines: [Range<Int>] = []
}
