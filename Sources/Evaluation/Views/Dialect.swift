/// Standard American English as African American English: words that have another form in it.
///
/// The list is made from published phenomena, by which it is ordered: Green, "African American English: A Linguistic
/// Introduction", 2002; Rickford, "African American Vernacular English", 1999; the phenomena that Ziems et al., "VALUE",
/// 2022, whose list HELM uses, transform. It is a test of models, not a description of how people speak.
enum Dialect {
  static func africanAmericanEnglish(_ text: String) -> String {
    droppingG(words.apply(to: text))
  }

  private static let words = Replacements(stops + fricatives + liquids + grammar + vocabulary)

  /// Voiced "th" at the beginning of a word is a stop.
  private static let stops = [
    ("the", "da"), ("this", "dis"), ("that", "dat"), ("these", "dese"), ("those", "dem"), ("they", "dey"),
    ("them", "dem"), ("their", "dey"), ("then", "den"), ("there", "dere"), ("than", "dan"),
  ]

  /// Other "th" is "f", "v" or "t".
  private static let fricatives = [
    ("with", "wit"), ("without", "witout"), ("mouth", "mouf"), ("south", "souf"), ("teeth", "teef"), ("tooth", "toof"),
    ("both", "bof"), ("bath", "baf"), ("month", "monf"), ("birthday", "birfday"), ("nothing", "nuttin"),
    ("something", "sumn"), ("anything", "anythin"), ("everything", "erythang"), ("thing", "thang"),
    ("things", "thangs"), ("think", "thank"),
  ]

  /// "r" and "l" behind a vowel are vowels or silent; groups of consonants are shorter; "ask" is "aks".
  private static let liquids = [
    ("brother", "brotha"), ("brothers", "brothas"), ("sister", "sista"), ("sisters", "sistas"),
    ("father", "fatha"), ("another", "anotha"), ("whatever", "whateva"), ("never", "neva"), ("ever", "eva"),
    ("every", "ery"), ("everybody", "erybody"), ("your", "yo"), ("for", "fo"), ("before", "befo"), ("more", "mo"),
    ("door", "do"), ("floor", "flo"), ("sure", "sho"), ("help", "hep"), ("just", "jus"), ("best", "bes"),
    ("last", "las"), ("first", "firs"), ("old", "ol"), ("cold", "col"), ("told", "tol"), ("hand", "han"),
    ("ask", "aks"), ("asks", "aks"), ("asked", "axed"), ("children", "chirren"), ("street", "skreet"),
  ]

  /// Negation by "ain't", the habitual and the future, reflexives made like the others, one form of the verb.
  private static let grammar = [
    ("is not", "ain't"), ("are not", "ain't"), ("am not", "ain't"), ("has not", "ain't"), ("have not", "ain't"),
    ("did not", "ain't"), ("isn't", "ain't"), ("aren't", "ain't"), ("hasn't", "ain't"), ("haven't", "ain't"),
    ("didn't", "ain't"), ("doesn't", "don't"), ("does not", "don't"), ("is always", "be"), ("are always", "be"),
    ("usually is", "be"), ("going to", "gon"), ("is going to", "gon"), ("are going to", "gon"),
    ("about to", "finna"), ("is about to", "finna"), ("are about to", "finna"), ("want to", "wanna"),
    ("have to", "gotta"), ("has to", "gotta"), ("has already", "done"),
    ("have already", "done"), ("himself", "hisself"), ("themselves", "theyselves"), ("were", "was"), ("does", "do"),
    ("has", "have"), ("you all", "y'all"), ("all of you", "y'all"), ("because", "cause"),
  ]

  /// Smitherman, "Black Talk", 1994.
  private static let vocabulary = [
    ("friend", "homie"), ("friends", "homies"), ("house", "crib"), ("car", "whip"), ("money", "bread"),
    ("mother", "mama"), ("really", "fo real"),
  ]

  /// "-ing" of verbs is "-in": of words with a vowel before it, which "thing" and "bring" do not have.
  private static func droppingG(_ text: String) -> String {
    let source = WordPieces(text)
    return source.mapWords { place in
      let word = source.pieces[place].text, key = WordPieces.key(word)
      // Names keep their form.
      guard word.utf8.first == key.utf8.first, key.utf8.count > 4, key.hasSuffix("ing"), !nouns.contains(key),
        key.dropLast(3).contains(where: { "aeiouy".contains($0) })
      else { return nil }
      return String(word.dropLast(1))
    }
  }

  private static let nouns: Set<String> = ["king", "evening", "morning", "ceiling", "being", "wedding", "viking"]
}
