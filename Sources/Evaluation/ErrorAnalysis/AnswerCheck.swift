import Basics
import Datasets

/// An answer with what it answers.
public struct AnswerItem: Sendable {
  public var prompt: String
  public var reference: String
  public var answer: String
  /// Whether the model ended the answer itself, instead of running into the limit.
  public var stopped: Bool

  public init(prompt: String, reference: String, answer: String, stopped: Bool) {
    self.prompt = prompt
    self.reference = reference
    self.answer = answer
    self.stopped = stopped
  }
}

/// Something that can be wrong with an answer whatever its reference says.
public protocol AnswerCheck: Sendable {
  /// For files, such as "never_stopped".
  var name: String { get }
  /// For people, such as "never stopped".
  var title: String { get }
  /// What to do about it, as a sentence.
  var advice: String { get }

  /// What is wrong, shortly; nil where nothing is.
  func fault(in item: AnswerItem) -> String?
}

/// All checks that need no files. A new check is one file and one line here.
public let answerChecks: [any AnswerCheck] = [
  EmptyAnswer(), NeverStopped(), Repetition(), Loop(), Verbosity(), Brevity(), CopiedPrompt(), InventedNumbers(),
  InventedNames(), WrongLanguage(),
]

/// An answer without a letter.
struct EmptyAnswer: AnswerCheck {
  let name = "empty"
  let title = "empty"
  let advice = "Look for examples with empty completions, and for completions that begin with the end-of-text token."

  func fault(in item: AnswerItem) -> String? {
    item.answer.unicodeScalars.allSatisfy { PythonText.isWhitespace($0) } && !item.reference.isEmpty ? "no text" : nil
  }
}

/// An answer that ran into the limit.
struct NeverStopped: AnswerCheck {
  let name = "never_stopped"
  let title = "never stopped"
  let advice =
    "Train on completions that end: check tune prepare --show for the end-of-turn token, or raise --max-new-tokens."

  func fault(in item: AnswerItem) -> String? {
    item.stopped || item.answer.isEmpty ? nil : "ran into the limit after \(AnswerWords(item.answer).count) words"
  }
}

/// An answer many of whose runs of four words come more than once.
struct Repetition: AnswerCheck {
  let name = "repetitive"
  let title = "repeats itself"
  let advice = "Drop examples whose completions repeat themselves, and train for fewer epochs."

  static let order = 4
  static let largestShare = 0.25

  func fault(in item: AnswerItem) -> String? {
    let words = AnswerWords(item.answer).lowercased
    let runs = (0..<max(0, words.count - Self.order + 1)).map { Array(words[$0..<$0 + Self.order]) }
    guard runs.count >= 8 else { return nil }
    let share = 1 - Double(Set(runs).count) / Double(runs.count)
    return share > Self.largestShare ? "\(Int(share * 100)) % of its runs of four words come again" : nil
  }
}

/// An answer that ends in the same words again and again.
struct Loop: AnswerCheck {
  let name = "loop"
  let title = "ends in a loop"
  let advice = "Train on completions that end, and try --no-repeat-ngram-size when generating."

  static let fewestTurns = 3

  func fault(in item: AnswerItem) -> String? {
    let words = AnswerWords(item.answer).lowercased
    for length in 1...20 where words.count >= length * Self.fewestTurns {
      let last = words.suffix(length)
      var turns = 1
      while words.count >= (turns + 1) * length,
        words[(words.count - (turns + 1) * length)..<(words.count - turns * length)].elementsEqual(last)
      {
        turns += 1
      }
      // A single word three times may be meant; "ha ha ha".
      if turns >= (length == 1 ? 5 : Self.fewestTurns) {
        return "\"\(last.joined(separator: " ").prefix(60))\" \(turns) times at the end"
      }
    }
    return nil
  }
}

/// An answer more than twice as long as its reference.
struct Verbosity: AnswerCheck {
  let name = "verbose"
  let title = "more than twice too long"
  let advice = "Add examples whose completions are as short as they should be, and say so in the prompt."

  func fault(in item: AnswerItem) -> String? {
    let own = AnswerWords(item.answer).count, reference = AnswerWords(item.reference).count
    return own > 2 * reference + 3 && reference > 0 ? "\(own) words for \(reference)" : nil
  }
}

/// An answer less than half as long as its reference.
struct Brevity: AnswerCheck {
  let name = "too_short"
  let title = "less than half as long"
  let advice = "Add examples with completions of full length; look for truncated ones in the data."

  func fault(in item: AnswerItem) -> String? {
    let own = AnswerWords(item.answer).count, reference = AnswerWords(item.reference).count
    return own > 0 && 2 * own + 3 < reference ? "\(own) words for \(reference)" : nil
  }
}

/// An answer with a long run of the prompt's words that its reference has not.
struct CopiedPrompt: AnswerCheck {
  let name = "copied"
  let title = "copied from the prompt"
  let advice = "Add examples whose completions say it in other words; drop those that quote their prompt."

  static let fewestWords = 12

  func fault(in item: AnswerItem) -> String? {
    let words = AnswerWords(item.answer).lowercased
    let run = Self.longestRun(of: words, in: AnswerWords(item.prompt).lowercased)
    guard run.count >= Self.fewestWords else { return nil }
    let inReference = Self.longestRun(of: Array(run), in: AnswerWords(item.reference).lowercased)
    guard inReference.count < run.count else { return nil }
    return "\(run.count) words as they stand: \"\(run.prefix(8).joined(separator: " ")) …\""
  }

  /// The longest run of words that stands in another text, too.
  static func longestRun(of words: [String], in other: [String]) -> ArraySlice<String> {
    var best = words[0..<0]
    var lengths = [Int](repeating: 0, count: other.count + 1)
    for (place, word) in words.enumerated() {
      var diagonal = 0
      for (column, candidate) in other.enumerated() {
        let before = lengths[column + 1]
        lengths[column + 1] = candidate == word ? diagonal + 1 : 0
        if lengths[column + 1] > best.count { best = words[(place + 1 - lengths[column + 1])...place] }
        diagonal = before
      }
    }
    return best
  }
}

/// Numbers in an answer that neither the prompt nor the reference has.
struct InventedNumbers: AnswerCheck {
  let name = "invented_numbers"
  let title = "invented numbers"
  let advice = "Add examples whose completions take their numbers from the prompt; check references against prompts."

  func fault(in item: AnswerItem) -> String? {
    let known = Set(Self.numbers(in: item.prompt) + Self.numbers(in: item.reference))
    let invented = Self.numbers(in: item.answer).filter { !known.contains($0) }
    return invented.isEmpty ? nil : invented.prefix(5).joined(separator: ", ")
  }

  /// Digits with what may stand within a number, without the commas between thousands.
  static func numbers(in text: String) -> [String] {
    AnswerWords.split(text) { ("0"..."9").contains($0) || $0 == "." || $0 == "," }
      .map { word in
        var digits = word.filter { $0 != "," }
        while digits.last == "." { digits.removeLast() }
        return digits
      }
      .filter { $0.utf8.contains { (0x30...0x39).contains($0) } }
  }
}

/// Names in an answer that neither the prompt nor the reference has: words with a capital within a sentence.
struct InventedNames: AnswerCheck {
  let name = "invented_names"
  let title = "invented names"
  let advice = "Add examples whose completions name only whom the prompt names."

  func fault(in item: AnswerItem) -> String? {
    let known = Set(AnswerWords(item.prompt).lowercased + AnswerWords(item.reference).lowercased)
    var invented: [String] = []
    for name in Self.names(in: item.answer) {
      if !known.contains(name.lowercased()), !invented.contains(name) { invented.append(name) }
    }
    return invented.isEmpty ? nil : invented.prefix(5).joined(separator: ", ")
  }

  /// Words that begin with a capital and go on in small letters, but for those that begin a sentence.
  static func names(in text: String) -> [String] {
    var names: [String] = [], beginsSentence = true
    for piece in text.split(whereSeparator: { $0.isWhitespace }) {
      // With digits: "#Person1#" is a name in dialogues.
      let scalars = piece.unicodeScalars.filter {
        $0.properties.isAlphabetic || $0.properties.numericType != nil || $0 == "'" || $0 == "-"
      }
      let word = String(String.UnicodeScalarView(scalars))
      if let first = scalars.first, first.properties.isUppercase, scalars.count > 1, !beginsSentence,
        scalars.dropFirst().contains(where: { $0.properties.isLowercase })
      {
        names.append(word.hasSuffix("'s") ? String(word.dropLast(2)) : word)
      }
      beginsSentence = piece.last.map { ".!?:\"”#".contains($0) } ?? false
    }
    return names
  }
}

/// An answer in another language than its reference.
struct WrongLanguage: AnswerCheck {
  let name = "wrong_language"
  let title = "in another language"
  let advice = "Add examples in the language of the answers, and name the language in the prompt."

  func fault(in item: AnswerItem) -> String? {
    guard let expected = Language.guess(item.reference), let found = Language.guess(item.answer), expected != found
    else {
      return nil
    }
    return "\(found.rawValue) instead of \(expected.rawValue)"
  }
}

/// Words that a list lacks, of an answer whose prompt and reference have them neither.
public struct Misspellings: AnswerCheck {
  public let name = "misspelled"
  public let title = "misspelled words"
  public let advice = "Clean the completions' spelling (tune prepare --check), and train for more steps."
  private let words: Set<String>

  /// - Parameter words: in lower case.
  public init(words: Set<String>) { self.words = words }

  public func fault(in item: AnswerItem) -> String? {
    let known = Set(AnswerWords(item.prompt).lowercased + AnswerWords(item.reference).lowercased)
    var wrong: [String] = []
    for word in AnswerWords(item.answer).plain where !words.contains(word) && !known.contains(word) {
      if !wrong.contains(word) { wrong.append(word) }
    }
    return wrong.isEmpty ? nil : wrong.prefix(5).joined(separator: ", ")
  }
}

/// The words of a text as checks compare them: runs of letters and digits, with apostrophes within.
struct AnswerWords {
  private let words: [String]

  init(_ text: String) {
    words = Self.split(text) { $0.properties.isAlphabetic || $0.properties.numericType != nil || $0 == "'" }
  }

  var count: Int { words.count }
  var lowercased: [String] { words.map { $0.lowercased() } }
  /// Words of at least three small letters, without names.
  var plain: [String] {
    words.filter { $0.utf8.count >= 3 && $0.unicodeScalars.allSatisfy { $0.properties.isLowercase } }
  }

  static func split(_ text: String, _ belongs: (Unicode.Scalar) -> Bool) -> [String] {
    text.unicodeScalars.split { !belongs($0) }.map { String(String.UnicodeScalarView($0)) }
  }
}
