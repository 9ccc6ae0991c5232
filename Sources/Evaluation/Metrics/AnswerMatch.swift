/// Exact match and word F1 of short answers, as the official SQuAD scripts compute them.
///
/// Texts are compared in lower case, without ASCII punctuation and articles. Of several references the best counts.
/// Source: Rajpurkar et al., "SQuAD", 2016; "Know What You Don't Know", 2018.
public struct AnswerMatch: Sendable {
  /// Of one answer; F1 from 0 to 1.
  public struct Score: Sendable, Equatable {
    public var exactMatch: Bool
    public var f1: Double
  }

  /// Whose rules are taken where an answer is empty.
  public enum Version: Sendable {
    /// Two empty answers have an F1 of 0.
    case squad1
    /// Two empty answers have an F1 of 1; a question without any reference is answered by nothing.
    case squad2
  }

  public let version: Version

  public init(_ version: Version = .squad1) { self.version = version }

  public func score(prediction: String, references: [String]) -> Score {
    let prediction = Self.normalized(prediction)
    var references = references.map { Self.normalized($0) }
    if version == .squad2 {
      references.removeAll { $0.isEmpty }
      if references.isEmpty { references = [[]] }
    }
    return Score(
      exactMatch: references.contains(prediction), f1: references.reduce(0) { max($0, f1(prediction, $1)) })
  }

  private func f1(_ prediction: [[Unicode.Scalar]], _ reference: [[Unicode.Scalar]]) -> Double {
    if version == .squad2, prediction.isEmpty || reference.isEmpty {
      return prediction.isEmpty && reference.isEmpty ? 1 : 0
    }
    var left: [[Unicode.Scalar]: Int] = [:]
    for word in reference { left[word, default: 0] += 1 }
    var hits = 0.0
    for word in prediction {
      guard let count = left[word], count > 0 else { continue }
      left[word] = count - 1
      hits += 1
    }
    guard hits > 0 else { return 0 }
    let precision = hits / Double(prediction.count), recall = hits / Double(reference.count)
    return 2 * precision * recall / (precision + recall)
  }

  /// An answer as it is compared, its words joined by spaces.
  public static func normalizedText(_ text: String) -> String {
    PythonText.string(normalized(text).joined(separator: CollectionOfOne(" ")))
  }

  /// The words that are compared.
  static func normalized(_ text: String) -> [[Unicode.Scalar]] {
    let plain = PythonText.lowercased(Array(text.unicodeScalars)).filter { !isASCIIPunctuation($0) }
    return PythonText.split(withoutArticles(plain)).map { Array($0) }
  }

  /// `re.sub(r"\b(a|an|the)\b", " ", text)`.
  private static func withoutArticles(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
    var result: [Unicode.Scalar] = []
    var start = 0
    while start < text.count {
      var end = start
      let isWord = isWordCharacter(text[start])
      while end < text.count, isWordCharacter(text[end]) == isWord { end += 1 }
      let run = text[start..<end]
      if isWord, articles.contains(where: { $0.elementsEqual(run) }) { result.append(" ") } else { result += run }
      start = end
    }
    return result
  }

  private static let articles = ["a", "an", "the"].map { Array($0.unicodeScalars) }

  /// `\w` without the underscore, which is gone by then: letters and whatever has a numeric value.
  private static func isWordCharacter(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .decimalNumber,
      .letterNumber, .otherNumber:
      true
    default: false
    }
  }
}

/// Exact match or F1 of answers as a metric: the mean of the examples. Counts: the value of the example.
public struct AnswerMetric: SummedMetric {
  public enum Kind: String, Sendable, CaseIterable {
    case exactMatch = "exact_match"
    case f1 = "token_f1"
  }

  public let kind: Kind
  private let match: AnswerMatch

  public init(_ kind: Kind, version: AnswerMatch.Version = .squad1) {
    self.kind = kind
    match = AnswerMatch(version)
  }

  public var name: String { kind.rawValue }
  public var maximum: Double { 1 }

  public func signature(references: Int?) -> String {
    let rules = match.version == .squad1 ? "squad-1.1" : "squad-2.0"
    return "\(name)|nrefs:\(references.map { String($0) } ?? "var")|norm:\(rules)|tune:\(metricsVersion)"
  }

  public func counts(prediction: String, references: [String]) -> [Double] {
    let score = match.score(prediction: prediction, references: references)
    return [kind == .f1 ? score.f1 : score.exactMatch ? 1 : 0]
  }

  public func score(_ counts: [Double], examples: Int) -> Double {
    examples == 0 || counts.isEmpty ? 0 : counts[0] / Double(examples)
  }
}

/// One of the 32 characters of Python's `string.punctuation`.
func isASCIIPunctuation(_ scalar: Unicode.Scalar) -> Bool {
  switch scalar {
  case "!"..."/", ":"..."@", "["..."`", "{"..."~": true
  default: false
  }
}
