/// The words that error rates compare, as jiwer 4.0.0 cuts them.
enum SpokenWords {
  /// Words between spaces. Runs of white space are one space, but a single tab is part of a word.
  static func words(of text: [Unicode.Scalar]) -> [ArraySlice<Unicode.Scalar>] {
    var collapsed: [Unicode.Scalar] = []
    var index = 0
    while index < text.count {
      var end = index
      while end < text.count, PythonText.isWhitespace(text[end]) { end += 1 }
      if end - index > 1 {
        collapsed.append(" ")
        index = end
      } else {
        collapsed.append(text[index])
        index += 1
      }
    }
    return PythonText.stripped(collapsed).split(separator: " ")
  }

  /// Lower case, contractions expanded, without what stands in brackets.
  static func standardized(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
    var text = PythonText.lowercased(text)
    for (short, long) in contractions { text = PythonText.replacing(short, with: long, in: text) }
    return withoutBrackets(text).map { (0x09...0x0D).contains($0.value) ? " " : $0 }
  }

  private static let contractions = [
    ("won't", "will not"), ("can't", "can not"), ("let's", "let us"), ("n't", " not"), ("'re", " are"), ("'s", " is"),
    ("'d", " would"), ("'ll", " will"), ("'t", " not"), ("'ve", " have"), ("'m", " am"),
  ]

  /// `re.sub(r"[<\[][^>\]]*[>\]]", "", text)`.
  private static func withoutBrackets(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
    var result: [Unicode.Scalar] = []
    var index = 0
    // Behind the last closing bracket nothing is deleted.
    let lastEnd = text.lastIndex { $0 == ">" || $0 == "]" } ?? -1
    while index < text.count {
      let opens = text[index] == "<" || text[index] == "["
      if opens, index < lastEnd, let end = text[(index + 1)...].firstIndex(where: { $0 == ">" || $0 == "]" }) {
        index = end + 1
      } else {
        result.append(text[index])
        index += 1
      }
    }
    return result
  }
}
