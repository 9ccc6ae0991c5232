/// The words that TER compares, as sacreBLEU's Tercom tokenizer gives them.
public struct TercomTokenizer: Sendable {
  /// Western punctuation becomes words of its own.
  public let isNormalized: Bool
  /// Punctuation is left out.
  public let dropsPunctuation: Bool
  /// With the other two: East Asian characters and punctuation, too.
  public let supportsAsian: Bool
  public let isCaseSensitive: Bool

  public init(
    isNormalized: Bool = false, dropsPunctuation: Bool = false, supportsAsian: Bool = false,
    isCaseSensitive: Bool = false
  ) {
    self.isNormalized = isNormalized
    self.dropsPunctuation = dropsPunctuation
    self.supportsAsian = supportsAsian
    self.isCaseSensitive = isCaseSensitive
  }

  /// The text with single spaces between words.
  public func tokenize(_ text: String) -> String { PythonText.string(tokenize(Array(text.unicodeScalars))) }

  func words(of text: String) -> [ArraySlice<Unicode.Scalar>] {
    PythonText.split(tokenize(PythonText.strippedAtEnd(Array(text.unicodeScalars))))
  }

  private func tokenize(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
    var text = isCaseSensitive ? text : PythonText.lowercased(text)
    if isNormalized {
      text = normalized(text)
      if supportsAsian {
        for ranges in Self.ideographs + [Self.asianPunctuation, Self.fullWidthPunctuation] {
          text = text.spacing { scalar in ranges.contains { $0.contains(scalar.value) } }
        }
      }
    }
    if dropsPunctuation {
      text.removeAll { isDropped($0) }
    }
    return PythonText.collapsingWhitespace(text)
  }

  private func normalized(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
    var text = text
    for (entity, character) in [
      ("\n-", ""), ("\n", " "), ("&quot;", "\""), ("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">"),
    ] {
      text = PythonText.replacing(entity, with: character, in: text)
    }
    let spaced = ([" "] + text + [" "]).spacing(where: isSeparatePunctuation)
    return PythonText.replacing("'s ", with: " 's ", in: spaced).spacingNumberPunctuation()
  }

  private func isDropped(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case ".", ",", "?", ":", ";", "!", "\"", "(", ")": return true
    default:
      let others = [Self.asianPunctuation, Self.fullWidthPunctuation].joined()
      return supportsAsian && others.contains { $0.contains(scalar.value) }
    }
  }

  /// Characters that are words of their own, in the steps of the reference; the last range's end is a slip there.
  private static let ideographs: [[ClosedRange<UInt32>]] = [
    [0x4E00...0x9FFF, 0x3400...0x4DBF], [0x31C0...0x31EF, 0x2E80...0x2EFF],
    [0x3300...0x33FF, 0xF900...0xFAFF, 0xFE30...0xFE4F], [0x3200...0x3F22],
  ]

  private static let asianPunctuation: [ClosedRange<UInt32>] = [
    0x3001...0x3002, 0x3008...0x3011, 0x3014...0x301F, 0xFF61...0xFF65, 0x30FB...0x30FB,
  ]

  private static let fullWidthPunctuation: [ClosedRange<UInt32>] = [
    0xFF0E...0xFF0E, 0xFF0C...0xFF0C, 0xFF1F...0xFF1F, 0xFF1A...0xFF1B, 0xFF01...0xFF02, 0xFF08...0xFF09,
  ]
}
