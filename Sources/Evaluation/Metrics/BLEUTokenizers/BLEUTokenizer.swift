/// A way to cut text into tokens before BLEU counts them; tokens are what stands between white space in the result.
public protocol BLEUTokenizer: Sendable {
  /// sacreBLEU's name of it, part of the signature.
  var name: String { get }
  /// The text with white space around tokens. BLEU removes white space at the end beforehand.
  func tokenize(_ text: [Unicode.Scalar]) -> [Unicode.Scalar]
}

/// Every tokenizer, sacreBLEU's default first. A new tokenizer is one file and one entry here.
public let bleuTokenizers: [any BLEUTokenizer] = [
  Tokenizer13a(), InternationalTokenizer(), ChineseTokenizer(), CharacterTokenizer(), PlainTokenizer(),
]

/// The tokenizer of a name: "13a", "intl", "zh", "char" or "none".
///
/// - Throws: `TuneError.usage` for an unknown name, with the nearest known one.
public func bleuTokenizer(named name: String) throws -> any BLEUTokenizer {
  if let tokenizer = bleuTokenizers.first(where: { $0.name == name }) { return tokenizer }
  throw unknownName(name, kind: "BLEU tokenizer", known: bleuTokenizers.map { $0.name })
}

extension BLEUTokenizer {
  public func tokenize(_ text: String) -> String { PythonText.string(tokenize(Array(text.unicodeScalars))) }
}

// MARK: Rewriting

/// Where a pair of scalars gets its two spaces.
enum PairSpacing {
  /// `ab` → `a b␠`
  case betweenAndAfter
  /// `ab` → `␠a b`
  case beforeAndBetween
}

extension [Unicode.Scalar] {
  /// Puts spaces around every scalar that fits.
  func spacing(where fits: (Unicode.Scalar) -> Bool) -> [Unicode.Scalar] {
    var result: [Unicode.Scalar] = []
    result.reserveCapacity(count + count / 2)
    for scalar in self {
      if fits(scalar) { result += [" ", scalar, " "] } else { result.append(scalar) }
    }
    return result
  }

  /// Spaces pairs of neighbours from left to right; the scalars of one pair are not looked at again.
  func spacingPairs(
    _ first: (Unicode.Scalar) -> Bool, _ second: (Unicode.Scalar) -> Bool, _ spacing: PairSpacing
  ) -> [Unicode.Scalar] {
    var result: [Unicode.Scalar] = []
    result.reserveCapacity(count + count / 2)
    var index = 0
    while index < count {
      guard index + 1 < count, first(self[index]), second(self[index + 1]) else {
        result.append(self[index])
        index += 1
        continue
      }
      switch spacing {
      case .betweenAndAfter: result += [self[index], " ", self[index + 1], " "]
      case .beforeAndBetween: result += [" ", self[index], " ", self[index + 1]]
      }
      index += 2
    }
    return result
  }

  /// The rules that mteval's tokenizer 13a and sacreBLEU's Chinese one share; single spaces between tokens.
  func spacingWesternPunctuation() -> [Unicode.Scalar] {
    PythonText.collapsingWhitespace(spacing(where: isSeparatePunctuation).spacingNumberPunctuation())
  }

  /// Periods and commas that touch something other than a digit get spaces, and hyphens behind digits.
  func spacingNumberPunctuation() -> [Unicode.Scalar] {
    spacingPairs({ !isDigit($0) }, isPeriodOrComma, .betweenAndAfter)
      .spacingPairs(isPeriodOrComma, { !isDigit($0) }, .beforeAndBetween)
      .spacingPairs(isDigit, { $0 == "-" }, .betweenAndAfter)
  }
}

private func isDigit(_ scalar: Unicode.Scalar) -> Bool { ("0"..."9").contains(scalar) }
private func isPeriodOrComma(_ scalar: Unicode.Scalar) -> Bool { scalar == "." || scalar == "," }

/// The space and ASCII punctuation except apostrophe, comma, hyphen and period.
func isSeparatePunctuation(_ scalar: Unicode.Scalar) -> Bool {
  switch scalar {
  case "{"..."~", "["..."`", " "..."&", "("..."+", ":"..."@", "/": true
  default: false
  }
}
