import Basics

/// The words that count as spelled correctly.
public struct WordList: Sendable {
  private var hashes = ExactSet()

  /// - Parameters:
  ///   - lines: one word each; white space around it is left out, so are blank lines.
  ///   - origin: the file's name for messages.
  /// - Throws: `TuneError.data` when there is no word.
  public init(lines: some Sequence<String>, origin: String) throws {
    for line in lines {
      let word = line.strippedAsInPython
      guard !word.isEmpty else { continue }
      _ = hashes.insert(word.withBytes { stableHash($0.map { $0.isASCIIUpper ? $0 | 32 : $0 }) })
    }
    guard hashes.count > 0 else { throw TuneError.data("\(origin): holds no word; expected one word a line") }
  }

  public var count: Int { hashes.count }

  func contains(_ word: some Sequence<UInt8>) -> Bool { hashes.contains(stableHash(word)) }
}

/// Many words that the word list lacks.
///
/// Counted are words of at least three lower-case letters that stand free: names, capitals, words with digits and words
/// with apostrophes or hyphens say nothing about spelling.
struct MisspellingCheck: Checker {
  let kind = FindingKind.misspelling
  let triggers: Triggers = []
  let words: WordList
  static let fewestWords = 10
  static let largestShare = 0.2

  func check(_ bytes: UnsafeBufferPointer<UInt8>, field: String, role: FieldRole) -> Finding? {
    var counted = 0
    var unknown: [Range<Int>] = []
    var place = 0
    while place < bytes.count {
      let start = place
      let end = bytes.end(from: place) { $0.isWordByte }
      place = max(end, place + 1)
      guard end - start >= 3, isCounted(bytes, start..<end) else { continue }
      counted += 1
      if !words.contains(bytes[start..<end]) { unknown.append(start..<end) }
    }
    guard counted >= Self.fewestWords, Double(unknown.count) > Self.largestShare * Double(counted) else { return nil }
    let examples = unknown.prefix(6).map { String(decoding: bytes[$0], as: UTF8.self) }.joined(separator: " ")
    return Finding(
      kind, field: field, excerpt: Excerpt.clean(examples),
      suggestion: "correct or drop the text: \(unknown.count) of \(counted) words are not in the word list")
  }

  private func isCounted(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Bool {
    var place = range.lowerBound
    while place < range.upperBound {
      let scalar = nextScalar(bytes, &place)
      guard scalar < WordScalars.tableEnd, UInt32(WordScalars.table[Int(scalar)]) == scalar else { return false }
      if scalar < 0x80, !UInt8(scalar).isASCIILetter { return false }
    }
    return true
  }
}

extension UInt8 {
  /// A letter, digit, byte beyond ASCII or what joins words.
  fileprivate var isWordByte: Bool {
    switch self {
    case UInt8(ascii: "'"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "@"), UInt8(ascii: "/"): true
    default: isASCIIWord || self >= 0x80
    }
  }
}
