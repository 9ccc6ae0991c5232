import Basics

/// Words with the same meaning, from WordNet 3.0's own files as Debian's `wordnet-base` installs them.
///
/// Source: Fellbaum (ed.), "WordNet: An Electronic Lexical Database", 1998; `wndb(5WN)`, `morphy(7WN)`.
public final class WordNet: Sendable {
  /// Where Debian installs it.
  public static let debianFolder = "/usr/share/wordnet"

  private let parts: [PartOfSpeech]

  /// - Throws: `TuneError` when a file of the folder is missing or is not WordNet's.
  public init(_ folder: String = WordNet.debianFolder) throws {
    parts = try PartOfSpeech.rules.map { try PartOfSpeech(folder, name: $0.name, endings: $0.endings) }
  }

  /// A word and all words of its meanings, in lower case as it stands, without those of several words.
  ///
  ///     try WordNet().synonyms(of: "agreement")   // accord, agreement, arrangement, …
  public func synonyms(of word: String) -> Set<String> {
    var words: Set<String> = [word]
    for part in parts {
      for form in part.forms(of: Array(word.utf8)) {
        for meaning in part.meanings(of: form) { words.formUnion(part.words(at: meaning)) }
      }
    }
    return words
  }
}

/// The files of nouns, verbs, adjectives or adverbs.
private struct PartOfSpeech: Sendable {
  static let rules: [(name: String, endings: [(String, String)])] = [
    (
      "noun",
      [
        ("s", ""), ("ses", "s"), ("ves", "f"), ("xes", "x"), ("zes", "z"), ("ches", "ch"), ("shes", "sh"),
        ("men", "man"), ("ies", "y"),
      ]
    ),
    ("verb", [("s", ""), ("ies", "y"), ("es", "e"), ("es", ""), ("ed", "e"), ("ed", ""), ("ing", "e"), ("ing", "")]),
    ("adj", [("er", ""), ("est", ""), ("er", "e"), ("est", "e")]), ("adv", []),
  ]

  private let endings: [(old: [UInt8], new: [UInt8])]
  private let index: SortedLines
  private let exceptions: SortedLines
  private let data: MappedFile

  init(_ folder: String, name: String, endings: [(String, String)]) throws {
    self.endings = endings.map { (Array($0.0.utf8), Array($0.1.utf8)) }
    index = try SortedLines("\(folder)/index.\(name)")
    exceptions = try SortedLines("\(folder)/\(name).exc")
    data = try MappedFile("\(folder)/data.\(name)")
  }

  /// The forms under which a word may stand in the index: itself, and what its exceptions or else the rules make of it.
  func forms(of word: [UInt8]) -> [[UInt8]] {
    if let line = exceptions.line(of: word) { return [word] + line.dropFirst() }
    return [word]
      + endings.compactMap { ending in
        word.count >= ending.old.count && word.suffix(ending.old.count).elementsEqual(ending.old)
          ? word.dropLast(ending.old.count) + ending.new : nil
      }
  }

  /// The places in the data of all meanings of a form; none where the index lacks it.
  func meanings(of form: [UInt8]) -> [Int] {
    // lemma, part of speech, meanings, pointers and their symbols, meanings again, tagged ones, places
    guard !form.isEmpty, let line = index.line(of: form), line.count > 3, let count = number(line[2]), count > 0,
      count <= line.count
    else { return [] }
    return line.suffix(count).compactMap { number($0) }
  }

  /// The words of a meaning.
  func words(at place: Int) -> [String] {
    data.withBytes { bytes in
      guard place >= 0, place < bytes.count else { return [] }
      // place, file, type, number of words in hexadecimal digits, then a word and a number each
      let line = bytes[place...].prefix { $0 != UInt8(ascii: "\n") }
      let fields = line.split(separator: UInt8(ascii: " "), maxSplits: 1000)
      guard fields.count > 4, let count = Int(String(decoding: fields[3], as: UTF8.self), radix: 16), count > 0 else {
        return []
      }
      return stride(from: 4, to: min(fields.count, 4 + 2 * count), by: 2).compactMap { word(fields[$0]) }
    }
  }

  /// A word without its mark of syntax; nil for several words in one.
  private func word(_ field: UnsafeRawBufferPointer.SubSequence) -> String? {
    guard !field.contains(UInt8(ascii: "_")) else { return nil }
    let text = String(decoding: field, as: UTF8.self)
    return ["(a)", "(p)", "(ip)"].first { text.hasSuffix($0) }.map { String(text.dropLast($0.utf8.count)) } ?? text
  }

  private func number(_ digits: [UInt8]) -> Int? { Int(String(decoding: digits, as: UTF8.self)) }
}

/// A file of lines that are sorted by their first word.
private struct SortedLines: Sendable {
  private let file: MappedFile

  init(_ path: String) throws { file = try MappedFile(path) }

  /// The words of the line that begins with a word.
  func line(of word: [UInt8]) -> [[UInt8]]? {
    file.withBytes { bytes in
      var low = 0, high = bytes.count
      while low < high {
        let middle = low + (high - low) / 2
        let start = bytes[low..<middle].lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? low
        let end = bytes[middle...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
        let key = bytes[start..<end].prefix { $0 != UInt8(ascii: " ") }
        if key.elementsEqual(word) {
          return bytes[start..<end].split(separator: UInt8(ascii: " ")).map { Array($0) }
        }
        // Lines of the licence begin with a space: their key is empty, and comes before all others.
        if key.lexicographicallyPrecedes(word) { low = end + 1 } else { high = start }
      }
      return nil
    }
  }
}
