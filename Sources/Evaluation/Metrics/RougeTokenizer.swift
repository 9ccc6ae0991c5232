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
    lines(of: text).joined().map { String(decoding: $0, as: UTF8.self) }
  }

  /// The words of every line that is not empty; a line of punctuation alone stays as a line without words.
  func lines(of text: String) -> [[[UInt8]]] {
    var lines: [[[UInt8]]] = []
    var line: [[UInt8]] = [], word: [UInt8] = []
    var isLineEmpty = true
    func finishWord() {
      if !word.isEmpty { line.append(usesStemmer ? stemmed(word) : word) }
      word.removeAll(keepingCapacity: true)
    }
    func finishLine() {
      finishWord()
      if !isLineEmpty { lines.append(line) }
      line.removeAll(keepingCapacity: true)
      isLineEmpty = true
    }
    for scalar in text.unicodeScalars {
      guard scalar != "\n" else {
        finishLine()
        continue
      }
      isLineEmpty = false
      switch scalar.value {
      case 0x30...0x39, 0x61...0x7A: word.append(UInt8(scalar.value))
      case 0x41...0x5A: word.append(UInt8(scalar.value) + 32)
      case 0x212A where !asciiOnly: word.append(UInt8(ascii: "k"))  // the Kelvin sign's lower case is a plain k
      case 0x130 where !asciiOnly:  // I with a dot is in lower case an i and a combining dot, which separates
        word.append(UInt8(ascii: "i"))
        finishWord()
      default: finishWord()
      }
    }
    finishLine()
    return lines
  }

  private func stemmed(_ word: [UInt8]) -> [UInt8] {
    guard word.count > 3 else { return word }
    let stem = PorterStemmer().stem(ofLowercase: word.map { Unicode.Scalar($0) })
    return stem.map { UInt8(truncatingIfNeeded: $0.value) }
  }
}
