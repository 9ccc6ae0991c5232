/// The words of a text as lm-evaluation-harness counts them for word perplexity: the pieces that Python's
/// `re.split(r"\s+", text)` gives, of which the first and the last may be empty.
public func wordCount(_ text: String) -> Int {
  var count = 1, isInSpace = false
  for scalar in text.unicodeScalars {
    let isSpace = PythonText.isWhitespace(scalar)
    if isSpace, !isInSpace { count += 1 }
    isInSpace = isSpace
  }
  return count
}
