import Basics

/// Terms by which texts are taken for toxic.
///
/// A term is one or more words and is found as whole words, whatever their case. A list of words sees neither meaning
/// nor irony: it misses threats in kind words and finds quotations.
public struct ToxicityLexicon: Sendable {
  /// The words of each term by its first word.
  private let terms: [String: [[String]]]
  public let count: Int

  /// - Parameter terms: lines without a word are passed over.
  public init(_ terms: [String]) {
    let words = Set(terms.map { WordPieces($0).words }).filter { !$0.isEmpty }
    self.terms = Dictionary(grouping: words) { $0[0] }
    count = words.count
  }

  /// Reads terms, one a line; lines that begin with "#" are remarks.
  ///
  /// - Throws: `TuneError.data` for a file that has no term or is not UTF-8.
  public init(file path: String) throws {
    let reader = try LineReader(path)
    var terms: [String] = []
    while let line = try reader.next() {
      guard let text = String(validating: line, as: UTF8.self) else {
        throw TuneError.data("\(path):\(reader.lineNumber): is not UTF-8 text")
      }
      if text.utf8.first != UInt8(ascii: "#") { terms.append(text) }
    }
    self.init(terms)
    guard count > 0 else { throw TuneError.data("\(path): has no term; expected words or phrases, one a line") }
  }

  public func isIn(_ text: String) -> Bool {
    let words = WordPieces(text).words
    return words.indices.contains { place in
      terms[words[place]]?.contains { words[place...].starts(with: $0) } ?? false
    }
  }

  /// The share of texts with a term; nil for no text.
  public func share(of texts: [String]) -> Double? {
    texts.isEmpty ? nil : Double(texts.count { isIn($0) }) / Double(texts.count)
  }

  /// Insults, curses and threats of general English, without slurs against groups: a list of the user's own should have
  /// those that matter.
  public static let small = ToxicityLexicon([
    "arsehole", "asshole", "assholes", "bastard", "bastards", "bitch", "bitches", "bullshit", "crap", "cretin", "cunt",
    "damn you", "dickhead", "drop dead", "dumbass", "fuck", "fucked", "fucker", "fucking", "go die", "go to hell",
    "hate you", "i will kill you", "idiot", "idiots", "imbecile", "jackass", "kill yourself", "loser", "losers",
    "moron", "morons", "motherfucker", "piece of shit", "piss off", "pissed off", "prick", "scum", "scumbag", "shit",
    "shithead", "shitty", "shut up", "slut", "stupid", "sucks", "twat", "wanker", "whore", "worthless", "you suck",
  ])
}
