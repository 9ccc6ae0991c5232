import Basics
import Testing

@testable import Evaluation

@Suite struct PerturbationTests {
  private func check(
    _ perturbation: Perturbation, _ text: String, _ expected: String, location: SourceLocation = #_sourceLocation
  ) {
    let found = perturbation.apply(to: text, seed: 0)
    #expect(found.isSame(as: expected), "'\(found)' instead of '\(expected)'", sourceLocation: location)
  }

  @Test(arguments: [
    ("", ""), ("What is H2O?", "what is h2o?"), ("ÄÖÜ ẞ İ", "äöü ß i\u{307}"), ("ΟΔΟΣ", "οδος"),
  ])
  func lowercase(text: String, expected: String) { check(.lowercase, text, expected) }

  /// The first two are HELM's own examples of its documentation.
  @Test(arguments: [
    ("She is a doctor, and I am a student", "She's a doctor, and I'm a student"),
    ("I do not know", "I don't know"),
    ("They will not go, and cannot stay here.", "They'll not go, and can't stay here."),
    ("YOU ARE NOT alone", "YOU'RE NOT alone"), ("Do not go", "Don't go"),
    ("We have seen what he is.", "We've seen what he is."),
    ("do  not go", "do  not go"), ("do\nnot go", "do\nnot go"), ("This is island", "This is island"),
    ("Let us go, you all would like it", "Let's go, you all would like it"),
  ])
  func contraction(text: String, expected: String) { check(.contraction, text, expected) }

  @Test(arguments: [
    ("She's a doctor, and I'm a student", "She is a doctor, and I am a student"),
    ("I don\u{2019}t know; he can't, won't.", "I do not know; he cannot, will not."), ("WE'RE here", "WE ARE here"),
    ("Isn't it Ann's?", "Is not it Ann's?"), ("They'd've", "They'd've"), ("'tis", "'tis"), ("y'all", "y'all"),
  ])
  func expansion(text: String, expected: String) { check(.expansion, text, expected) }

  @Test(arguments: [
    ("The boys are going to the house with their friends.", "Da boys gon da crib wit dey homies."),
    ("They were talking about this thing.", "Dey was talkin about dis thang."),
    ("He is not running; the KING isn't singing.", "He ain't runnin; da KING ain't singin."),
    ("THE END", "DA END"), ("Bring the string in spring", "Bring da string in spring"), ("Beijing", "Beijing"),
    ("well-the-known", "well-da-known"),
  ])
  func dialect(text: String, expected: String) { check(.dialect, text, expected) }

  @Test(arguments: [
    ("She gave her book to her.", "He gave his book to him."), ("He saw her and left", "He saw him and left"),
    ("The book is hers", "The book is his"), ("SHE's my Mother's sister", "HE's my Father's brother"),
    ("Her mother, the queen", "His father, the king"), ("Sheila has a theory", "Sheila has a theory"),
    ("I know her", "I know him"), ("Ms. Smith", "Mr. Smith"),
  ])
  func femaleToMale(text: String, expected: String) { check(.femaleToMale, text, expected) }

  @Test(arguments: [
    ("He gave his book to him.", "She gave her book to her."), ("The book is his.", "The book is hers."),
    ("My father's brother, himself a waiter", "My mother's sister, herself a waitress"),
    ("MEN and Boys", "WOMEN and Girls"), ("The theme of this", "The theme of this"), ("Mr. Smith", "Ms. Smith"),
  ])
  func maleToFemale(text: String, expected: String) { check(.maleToFemale, text, expected) }

  /// Every space becomes one to three, all of these occur, and nothing else changes.
  @Test func extraSpaces() {
    let text = Array(repeating: "one two\tthree\nfour", count: 40).joined(separator: " ")
    let found = Perturbation.extraSpaces.apply(to: text, seed: 3)
    #expect(found.split(separator: " ").joined(separator: " ").isSame(as: text))
    var runs: Set<Int> = [], run = 0
    for byte in found.utf8 {
      if byte == 32 {
        run += 1
      } else if run > 0 {
        runs.insert(run)
        run = 0
      }
    }
    #expect(runs == [1, 2, 3])
    #expect(found.isSame(as: Perturbation.extraSpaces.apply(to: text, seed: 3)))
    #expect(!found.isSame(as: Perturbation.extraSpaces.apply(to: text, seed: 4)))
  }

  /// About a tenth of the words has one letter that is a neighbour of its own on the keyboard, with the same case.
  @Test func typos() throws {
    let text = Array(repeating: "Most Übung words of 1990 stay as they ARE, well", count: 200).joined(separator: " ")
    let found = Perturbation.typos.apply(to: text, seed: 1)
    let before = Array(text.unicodeScalars), after = Array(found.unicodeScalars)
    try #require(before.count == after.count)
    let changed = before.indices.filter { before[$0] != after[$0] }
    for place in changed {
      let lower = { (scalar: Unicode.Scalar) in scalar.properties.lowercaseMapping.unicodeScalars.first ?? scalar }
      #expect(Perturbation.neighbours[lower(before[place])]?.contains(lower(after[place])) == true)
      #expect(before[place].properties.isLowercase == after[place].properties.isLowercase)
    }
    let words = zip(text.split(separator: " "), found.split(separator: " "))
    for (word, other) in words { #expect(zip(word.utf8, other.utf8).count { $0 != $1 } <= 1) }
    // 2,000 words, of which 200 are numbers: 0.09 of all with a standard deviation of 0.0064.
    let share = Double(changed.count) / Double(text.split(separator: " ").count)
    #expect(abs(share - 0.09) < 0.03, "\(share)")
    #expect(found.isSame(as: Perturbation.typos.apply(to: text, seed: 1)))
  }

  /// The keys that touch each on a QWERTY keyboard, by sight.
  @Test(arguments: [("q", "wa"), ("a", "qwsz"), ("g", "fhtyvb"), ("p", "ol"), ("m", "njk"), ("z", "xas"), ("l", "kop")])
  func neighbours(key: String, touching: String) throws {
    let key = try #require(key.unicodeScalars.first)
    #expect(Set(Perturbation.neighbours[key] ?? []) == Set(touching.unicodeScalars))
    #expect(Perturbation.neighbours.count == 26)
    for (letter, near) in Perturbation.neighbours {
      #expect(near.allSatisfy { Perturbation.neighbours[$0]?.contains(letter) == true })
    }
  }

  /// Any text is taken, and what has no word stays as it is.
  @Test func anyTextIsTaken() {
    var random = SeededRandom(seed: 5, stream: "perturbations")
    let scalars: [Unicode.Scalar] = [
      "a", "h", "e", "H", "'", "\u{2019}", " ", "\u{301}", "\r", "\n", "-", "1", "\u{1F600}", "ß", "ﬁ",
    ]
    for _ in 0..<300 {
      var text = String.UnicodeScalarView()
      for _ in 0..<random.integer(below: 30) { text.append(scalars[random.integer(below: scalars.count)]) }
      for perturbation in Perturbation.allCases { _ = perturbation.apply(to: String(text), seed: 0) }
      #expect(WordPieces(String(text)).text.isSame(as: String(text)))
    }
    for perturbation in Perturbation.allCases where perturbation != .extraSpaces {
      check(perturbation, " ... \r\n!?", " ... \r\n!?")
    }
  }

  @Test func viewsAreNamed() throws {
    #expect(try EvaluationView.views("toxicity, accuracy,accuracy", flag: "--views") == [.accuracy, .toxicity])
    #expect(throws: TuneError.usage("--views: there is no view 'fairnes'; did you mean 'fairness'?")) {
      try EvaluationView.views("fairnes", flag: "--views")
    }
    #expect(throws: TuneError.self) { try EvaluationView.views(",", flag: "--views") }
  }
}
