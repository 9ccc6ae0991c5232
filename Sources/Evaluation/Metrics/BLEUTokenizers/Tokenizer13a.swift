/// WMT's standard tokenizer, mteval-v13a: markup decoded, ASCII punctuation split off, `1.5` and `a-b` kept whole.
///
///     Tokenizer13a().tokenize("It's 5-6, or 1,000.")   // "It's 5 - 6 , or 1,000 ."
public struct Tokenizer13a: BLEUTokenizer {
  public let name = "13a"

  public init() {}

  public func tokenize(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
    var text = text
    if text.contains(where: { $0 == "<" || $0 == "&" || $0 == "\n" }) {
      for (markup, plain) in Self.replacements { text = PythonText.replacing(markup, with: plain, in: text) }
    }
    return ([" "] + text + [" "]).spacingWesternPunctuation()
  }

  /// In this order, so that `&amp;lt;` becomes `<`.
  private static let replacements = [
    ("<skipped>", ""), ("-\n", ""), ("\n", " "), ("&quot;", "\""), ("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">"),
  ]
}
