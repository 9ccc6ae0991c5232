/// The regular expressions of pre-tokenizers as hand-written scanners, chosen by the exact text of the pattern.
///
/// They are several times faster than the general matcher, which takes all other expressions; published byte-level
/// tokenizers use few.
enum SplitPattern: Sendable {
  case literal([UInt32])
  /// One scalar of a class.
  case single(ScalarClass)
  /// Exactly, or up to, so many scalars of a class.
  case run(ScalarClass, minimum: Int, maximum: Int)
  /// `[0-9][0-9][0-9]`
  case threeDigits
  /// `\w+|[^\w\s]+`
  case wordsAndSymbols
  /// GPT-2's pattern.
  case gpt2
  /// The pattern of GPT-4, Llama 3 and Qwen 2; numbers are cut after `digits`.
  case gpt4(digits: Int)
  /// The pattern of GPT-4o and Llama 4, and Tekken's, which has no contractions.
  case gpt4o(digits: Int, contractions: Bool)
  /// `\w+|[^\w\s]+` of Rust's regex crate, whose `\w` differs from Oniguruma's: the stage Whitespace.
  case rustWordsAndSymbols
  case expression(RegularExpression)

  /// The scanner of a regular expression, nil for one that is not known.
  init?(regularExpression pattern: String) {
    guard let known = Self.known.first(where: { $0.0.utf8.elementsEqual(pattern.utf8) }) else { return nil }
    self = known.1
  }

  static let gpt2Expression =
    #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#
  static let llama3Expression =
    #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"#
    + #"|\s+(?!\S)|\s+"#
  static let qwen2Expression =
    #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"#
    + #"|\s+(?!\S)|\s+"#
  static let gpt4oExpression =
    #"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?"#
    + #"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?"#
    + #"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
  static let tekkenExpression =
    #"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+"#
    + #"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*"#
    + #"|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
  static let cl100kExpression =
    #"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+"#
  static let threeDigitsExpression = "[0-9][0-9][0-9]"

  static let known: [(String, SplitPattern)] = [
    (gpt2Expression, .gpt2),
    (llama3Expression, .gpt4(digits: 3)),
    (cl100kExpression, .gpt4(digits: 3)),
    (qwen2Expression, .gpt4(digits: 1)),
    (gpt4oExpression, .gpt4o(digits: 3, contractions: true)),
    (tekkenExpression, .gpt4o(digits: 1, contractions: false)),
    (threeDigitsExpression, .threeDigits),
    (#"\p{N}"#, .single(.number)),
    (#"\p{N}+"#, .run(.number, minimum: 1, maximum: .max)),
    (#"\p{N}{1,3}"#, .run(.number, minimum: 1, maximum: 3)),
    (#"\s+"#, .run(.whiteSpace, minimum: 1, maximum: .max)),
    (#"[\r\n]"#, .single(.lineBreak)),
    (#"\w+|[^\w\s]+"#, .wordsAndSymbols),
  ]

  /// The end of the match that begins at `start` of `text`, which counts as ending at `end`; nil for no match.
  func matchEnd(in text: [UInt32], from start: Int, to end: Int, _ classes: ScalarClasses) -> Int? {
    let scanner = PatternScanner(text: text, end: end, classes: classes)
    switch self {
    case .literal(let content):
      return text[start..<end].starts(with: content) ? start + content.count : nil
    case .single(let kind):
      return classes[text[start]].isDisjoint(with: kind) ? nil : start + 1
    case .run(let kind, let minimum, let maximum):
      let stop = scanner.run(of: kind, from: start, limit: maximum)
      return stop - start >= minimum ? stop : nil
    case .threeDigits:
      return start + 3 <= end && text[start..<start + 3].allSatisfy { (0x30...0x39).contains($0) } ? start + 3 : nil
    case .wordsAndSymbols:
      if classes[text[start]].contains(.word) { return scanner.run(of: .word, from: start) }
      let stop = scanner.runWithout([.word, .whiteSpace], from: start)
      return stop > start ? stop : nil
    case .rustWordsAndSymbols:
      if classes[text[start]].contains(.rustWord) { return scanner.run(of: .rustWord, from: start) }
      let stop = scanner.runWithout([.rustWord, .whiteSpace], from: start)
      return stop > start ? stop : nil
    case .expression(let expression):
      let match = expression.firstMatch(in: text, from: start, lowerBound: start, end: end)
      return match?.lowerBound == start ? match?.upperBound : nil
    case .gpt2: return scanner.gpt2(from: start)
    case .gpt4(let digits): return scanner.gpt4(from: start, digits: digits)
    case .gpt4o(let digits, let contractions):
      return scanner.gpt4o(from: start, digits: digits, contractions: contractions)
    }
  }
}
