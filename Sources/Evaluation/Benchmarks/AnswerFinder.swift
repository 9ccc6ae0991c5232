import Basics

/// A filter that looks for an answer in several ways, one after the other.
///
/// Source: lm-evaluation-harness 0.4.13, `lm_eval/tasks/bbh/zeroshot/utils.py` and `lm_eval/filters/extraction.py`.
struct AnswerFinder: Sendable {
  enum Way: Sendable {
    /// The pattern, then the text of a choice, then a letter behind a colon. Choices stand in the document's `input` as
    /// `(A) …`, or in its list `choices`.
    case choice(ofInput: Bool)
    /// The pattern, then a number in English words.
    case number
    /// What a pattern stands for, which matches within the first match of all of them.
    case mapped([(pattern: LinearPattern, value: String)])
  }

  private let way: Way
  private let pattern: LinearPattern
  private let select: Int
  private let fallback: String
  private let ignoredPatterns: [LinearPattern]
  private let ignoresCase: Bool
  private let ignoresPunctuation: Bool

  /// - Parameter name: the filter's name, for errors.
  init(_ way: Way, pattern: LinearPattern, _ json: JSON, name: String) throws {
    self.way = way
    self.pattern = pattern
    select = json["group_select"]?.intValue ?? 0
    fallback = json["fallback"]?.stringValue ?? "[invalid]"
    ignoredPatterns = try (json["regexes_to_ignore"]?.arrayValue ?? []).map {
      try compiled($0.stringValue ?? "", name: "\(name): regexes_to_ignore")
    }
    ignoresCase = json["ignore_case"]?.boolValue ?? false
    ignoresPunctuation = json["ignore_punctuation"]?.boolValue ?? false
  }

  /// The answer that a response gives.
  func answer(in response: String, to document: TaskDocument) throws -> String {
    let text = Array(response.unicodeScalars)
    let found: [Unicode.Scalar]?
    switch way {
    case .choice(let isOfInput):
      let choices = try choices(of: document, fromInput: isOfInput).map { plain($0) }
      found = first(of: pattern, in: text) ?? choice(choices, in: plain(text)) ?? letter(of: choices.count, in: text)
    case .number:
      found =
        first(of: pattern, in: text)
        ?? first(of: Self.numberWords, in: PythonText.lowercased(text))
        .flatMap { EnglishNumber.value(of: PythonText.string($0)) }.map { Array(String($0).unicodeScalars) }
    case .mapped(let values):
      guard let whole = first(of: pattern, in: plain(text)) else { return fallback }
      let value = values.first { first(of: $0.pattern, in: plain(whole)) != nil }?.value ?? ""
      return value.isEmpty ? fallback : value
    }
    return found.map { PythonText.string($0) } ?? fallback
  }

  /// A text without what is ignored.
  private func plain(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
    var text = ignoredPatterns.reduce(text) { Array($1.replacing(with: "", in: PythonText.string($0)).unicodeScalars) }
    if ignoresCase { text = PythonText.lowercased(text) }
    if ignoresPunctuation { text.removeAll { isPunctuation($0) } }
    return text
  }

  /// Of the selected match the only group, or the first that is not empty, or all without groups; nil where it is empty.
  private func first(of pattern: LinearPattern, in text: [Unicode.Scalar]) -> [Unicode.Scalar]? {
    let matches = pattern.matches(in: text), place = select < 0 ? matches.count + select : select
    guard matches.indices.contains(place) else { return nil }
    let groups = matches[place].groups
    let range = groups.count == 1 ? groups[0] : groups.dropFirst().compactMap { $0 }.first { !$0.isEmpty }
    let found = range.map { PythonText.stripped(Array(text[$0])) } ?? []
    return found.isEmpty ? nil : found
  }

  // MARK: Choices

  private func choices(of document: TaskDocument, fromInput: Bool) throws -> [[Unicode.Scalar]] {
    if fromInput {
      let input = Array((document.member("input")?.stringValue ?? "").unicodeScalars)
      return Self.lettered.matches(in: input).map { PythonText.stripped(Array(input[$0.groups[1] ?? 0..<0])) }
    }
    guard let choices = document.member("choices")?.arrayValue else {
      throw TuneError.data("\(document.place): has no list 'choices', which the filter multi_choice_regex needs")
    }
    return choices.map { PythonText.stripped(Array(($0.stringValue ?? "").unicodeScalars)) }
  }

  /// The letter of the choice whose text is there, as "(A)"; the longest of several at one place.
  private func choice(_ choices: [[Unicode.Scalar]], in text: [Unicode.Scalar]) -> [Unicode.Scalar]? {
    // Sorting is stable, as Python's.
    let longest = choices.enumerated().sorted {
      (Self.escapedLength($1.element), $0.offset) < (Self.escapedLength($0.element), $1.offset)
    }.map { $0.element }
    var matches: [Range<Int>] = [], place = 0
    while place <= text.count {
      let match = longest.first { text[place...].starts(with: $0) }.map { place..<place + $0.count }
      if let match { matches.append(match) }
      place = max(place + 1, match?.upperBound ?? 0)
    }
    let selected = select < 0 ? matches.count + select : select
    guard matches.indices.contains(selected) else { return nil }
    let found = PythonText.stripped(Array(text[matches[selected]]))
    guard !found.isEmpty else { return nil }
    return choices.lastIndex(of: found).map { Self.inBrackets($0) } ?? found
  }

  /// The letter behind a colon, as "(A)".
  private func letter(of count: Int, in text: [Unicode.Scalar]) -> [Unicode.Scalar]? {
    guard count > 0, let last = Unicode.Scalar(UInt32(64 + min(count, 26))) else { return nil }
    guard let pattern = try? LinearPattern(":\\s*([A-\(last)])"), let found = first(of: pattern, in: text) else {
      return nil
    }
    return ["("] + found + [")"]
  }

  private static func inBrackets(_ place: Int) -> [Unicode.Scalar] {
    ["(", Unicode.Scalar(UInt32(65 + place)) ?? "?", ")"]
  }

  /// The length of `re.escape(text)`.
  private static func escapedLength(_ text: [Unicode.Scalar]) -> Int {
    text.count + text.count { special.contains($0) }
  }

  private static let special = Set("()[]{}?*+-|^$\\.&~# \t\n\r\u{B}\u{C}".unicodeScalars)
  private static let lettered = fixed("\\([A-Z]\\)([^\\n^(]*)")

  // MARK: Numbers

  /// One or several words of a number, as the harness has them: its three lists differ a little.
  private static let numberWords: LinearPattern = {
    func words(_ teens: String, _ eights: String) -> String {
      "zero|one|two|three|four|five|(?:twen|thir|for|fif|six|seven|nine)(?:\(teens))|eight(?:\(eights))|ten|eleven|twelve"
        + "|fourteen|hundred|thousand|(?:m|b|tr)illion"
    }
    let first = words("teen|ty", "|een|y"), next = words("|teen|ty", "een|y"), last = words("teen|ty", "een|y")
    return fixed("((?:(?:\(first))(?:\(next)|[^\\S\\r\\n]|,|and|&)+)?(?:\(last)))")
  }()

  private static func fixed(_ text: String) -> LinearPattern {
    guard let pattern = try? LinearPattern(text) else { preconditionFailure("the pattern \(text)") }
    return pattern
  }
}

/// The order of the words of a list in a response: the list stands in the document's `input` behind "List:".
///
/// Source: `WordSortFilter` of lm-evaluation-harness 0.4.13.
enum WordOrder {
  static func answer(in response: String, to document: TaskDocument) throws -> String {
    let input = Array((document.member("input")?.stringValue ?? "").unicodeScalars)
    let parts = PythonText.replacing("List:", with: "\u{0}", in: input).split(
      separator: "\u{0}", omittingEmptySubsequences: false)
    guard parts.count > 1 else {
      throw TuneError.data("\(document.place): its input has no 'List:', which the filter word_sort needs")
    }
    let words = PythonText.split(Array(parts[1])).map { PythonText.string($0) }
    let pattern = try compiled(words.map { "\\b\($0)\\b" }.joined(separator: "|"), name: document.place)
    let text = Array(response.unicodeScalars)
    var found: [String] = []
    for match in pattern.matches(in: text) {
      let word = PythonText.string(text[match.range])
      // The last of several counts.
      found.removeAll { $0.utf8.elementsEqual(word.utf8) }
      found.append(word)
    }
    return found.joined(separator: " ")
  }
}
