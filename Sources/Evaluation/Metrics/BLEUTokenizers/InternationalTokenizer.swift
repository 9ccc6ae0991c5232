/// mteval-v14's international tokenizer: Unicode punctuation that does not touch a number, and all symbols, split off.
///
/// A period after a number at the end of the text stays with it, as in the reference.
public struct InternationalTokenizer: BLEUTokenizer {
  public let name = "intl"

  public init() {}

  public func tokenize(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
    let spaced =
      text
      .spacingPairs({ !isNumber($0) }, isPunctuation, .betweenAndAfter)
      .spacingPairs(isPunctuation, { !isNumber($0) }, .beforeAndBetween)
      .spacing(where: isSymbol)
    return PythonText.collapsingWhitespace(spaced)
  }
}

private func isNumber(_ scalar: Unicode.Scalar) -> Bool {
  switch scalar.properties.generalCategory {
  case .decimalNumber, .letterNumber, .otherNumber: true
  default: false
  }
}

/// Whether a scalar is of a category of punctuation.
func isPunctuation(_ scalar: Unicode.Scalar) -> Bool {
  switch scalar.properties.generalCategory {
  case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation,
    .finalPunctuation, .otherPunctuation:
    true
  default: false
  }
}

private func isSymbol(_ scalar: Unicode.Scalar) -> Bool {
  switch scalar.properties.generalCategory {
  case .mathSymbol, .currencySymbol, .modifierSymbol, .otherSymbol: true
  default: false
  }
}
