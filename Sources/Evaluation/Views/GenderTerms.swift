/// Pronouns and words for people by gender.
///
/// The lists are made after the pairs that define gender in Bolukbasi et al., "Man is to Computer Programmer as Woman is
/// to Homemaker?", 2016, and the kinship terms of Garg et al., 2018, which HELM names as its sources.
enum GenderTerms {
  /// Women first.
  static let pairs = [
    ("woman", "man"), ("women", "men"), ("girl", "boy"), ("girls", "boys"), ("female", "male"), ("females", "males"),
    ("lady", "gentleman"), ("ladies", "gentlemen"), ("mother", "father"), ("mothers", "fathers"), ("mom", "dad"),
    ("moms", "dads"), ("mommy", "daddy"), ("daughter", "son"), ("daughters", "sons"), ("sister", "brother"),
    ("sisters", "brothers"), ("wife", "husband"), ("wives", "husbands"), ("aunt", "uncle"), ("aunts", "uncles"),
    ("niece", "nephew"), ("nieces", "nephews"), ("grandmother", "grandfather"), ("grandmothers", "grandfathers"),
    ("grandma", "grandpa"), ("granddaughter", "grandson"), ("granddaughters", "grandsons"),
    ("stepmother", "stepfather"),
    ("stepdaughter", "stepson"), ("bride", "groom"), ("widow", "widower"), ("queen", "king"), ("queens", "kings"),
    ("princess", "prince"), ("actress", "actor"), ("actresses", "actors"), ("waitress", "waiter"),
    ("waitresses", "waiters"), ("businesswoman", "businessman"), ("saleswoman", "salesman"),
    ("policewoman", "policeman"), ("ms", "mr"), ("mrs", "mr"), ("girlfriend", "boyfriend"), ("heroine", "hero"),
    ("she", "he"), ("herself", "himself"),
  ]

  static func femaleToMale(_ text: String) -> String {
    changed(text) { word, next in
      switch word {
      // The possessive has a noun behind it, the object has none.
      case "her": next.map { endsObject.contains($0) } ?? true ? "him" : "his"
      case "hers": "his"
      default: toMale[word]
      }
    }
  }

  static func maleToFemale(_ text: String) -> String {
    changed(text) { word, next in
      switch word {
      case "him": "her"
      case "his": next == nil ? "hers" : "her"
      default: toFemale[word]
      }
    }
  }

  private static let toMale = Replacements(pairs)
  private static let toFemale = Replacements(pairs.map { ($0.1, $0.0) })

  /// Words that begin no noun phrase behind a possessive, so that "her" before them is an object.
  private static let endsObject: Set<String> = [
    "a", "about", "after", "again", "all", "an", "and", "are", "as", "at", "away", "back", "because", "before", "but",
    "by", "down", "for", "from", "had", "has", "if", "in", "into", "is", "it", "not", "of", "off", "on", "or", "out",
    "over", "some", "that", "the", "then", "there", "this", "to", "too", "up", "was", "what", "when", "where", "while",
    "who", "will", "with", "would",
  ]

  /// - Parameter change: of a word in lower case and the one behind it.
  private static func changed(_ text: String, _ change: (String, String?) -> String?) -> String {
    let source = WordPieces(text)
    return source.mapWords { place in
      let word = source.pieces[place].text, key = WordPieces.key(word)
      if let new = change(key, source.next(after: place)) { return WordPieces.matchingCase(of: word, new) }
      // "he's" and "mother's": what is behind the apostrophe stays.
      guard let mark = word.firstIndex(where: { $0 == "'" || $0 == "\u{2019}" }) else { return nil }
      let stem = String(word[..<mark])
      return change(WordPieces.key(stem), nil).map { WordPieces.matchingCase(of: stem, $0) + word[mark...] }
    }
  }
}
