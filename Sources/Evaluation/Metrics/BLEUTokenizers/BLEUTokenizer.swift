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
    [Unicode.Scalar](unsafeUninitializedCapacity: 3 * count) { result, end in
      for scalar in self {
        guard fits(scalar) else {
          result[end] = scalar
          end += 1
          continue
        }
        (result[end], result[end + 1], result[end + 2]) = (" ", scalar, " ")
        end += 3
      }
    }
  }

  /// Spaces pairs of neighbours from left to right; the scalars of one pair are not looked at again.
  func spacingPairs(
    _ first: (Unicode.Scalar) -> Bool, _ second: (Unicode.Scalar) -> Bool, _ spacing: PairSpacing
  ) -> [Unicode.Scalar] {
    [Unicode.Scalar](unsafeUninitializedCapacity: 2 * count) { result, end in
      var index = 0
      while index < count {
        let scalar = self[index]
        // The second of a pair is the rarer one of most rules.
        guard index + 1 < count, second(self[index + 1]), first(scalar) else {
          result[end] = scalar
          (index, end) = (index + 1, end + 1)
          continue
        }
        var place = end
        if spacing == .beforeAndBetween {
          result[place] = " "
          place += 1
        }
        (result[place], result[place + 1], result[place + 2]) = (scalar, " ", self[index + 1])
        if spacing == .betweenAndAfter { result[place + 3] = " " }
        (index, end) = (index + 2, end + 4)
      }
    }
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
