/// Pairs of words that English writes as one with an apostrophe.
enum Contractions {
  /// Verbs behind a pronoun or question word, as standard grammars list them (Quirk et al., "A Comprehensive Grammar of
  /// the English Language", 1985, section 3.23 and appendix I).
  private static let verbs: [(words: [String], verb: String, mark: String)] = [
    (["i"], "am", "'m"), (["you", "we", "they"], "are", "'re"),
    (["he", "she", "it", "that", "there", "here", "what", "who", "where", "how", "when", "why"], "is", "'s"),
    (["i", "you", "we", "they", "could", "would", "should", "might", "must"], "have", "'ve"),
    (["i", "you", "he", "she", "it", "we", "they", "that", "who"], "will", "'ll"),
    (["i", "you", "he", "she", "it", "we", "they", "that", "who", "there"], "would", "'d"),
  ]

  private static let negated = [
    "is", "are", "was", "were", "do", "does", "did", "has", "have", "had", "could", "would", "should", "might", "must",
    "need",
  ]

  /// The short form and the long one.
  private static let pairs: [(String, String)] = {
    var pairs = negated.map { ("\($0)n't", "\($0) not") }
    pairs += [("can't", "cannot"), ("won't", "will not"), ("shan't", "shall not"), ("let's", "let us")]
    for entry in verbs { pairs += entry.words.map { ("\($0)\(entry.mark)", "\($0) \(entry.verb)") } }
    return pairs
  }()

  static let contracting = Replacements(pairs.map { ($0.1, $0.0) } + [("can not", "can't")])
  static let expanding = Replacements(pairs)
}
