import Basics
import Testing

@testable import Text

/// The pieces that patterns cut, against Hugging Face tokenizers with Oniguruma.
struct PreTokenizerTests {
  @Test func cutsAsHuggingFace() throws {
    let texts = try TokenizerFixtures.lines(TokenizerFixtures.path("encodings.jsonl"))
      .filter { $0["file"] == "small.json" }.compactMap { $0["text"]?.stringValue }
    for row in try TokenizerFixtures.lines(TokenizerFixtures.path("splits.jsonl")) {
      let stage = try #require(row["stage"])
      let preTokenizer = try PreTokenizer(FileValue(stage, name: "test"))
      let expected = row["pieces"]?.arrayValue ?? []
      #expect(expected.count == texts.count)
      for (text, pieces) in zip(texts, expected) {
        let cut = preTokenizer.pieces(of: [UInt32](scalarsOf: text))
        let found = cut.ranges.map { JSON.string(String(scalars: cut.scalars[$0])) }
        #expect(JSON.array(found).text() == pieces.text(), "\(stage.text()) \(text.debugDescription)")
      }
    }
  }

  @Test func piecesAreTheWholeText() throws {
    var random = SeededRandom(seed: 5, stream: "pieces")
    let texts = (0..<200).map { _ in TokenizerFixtures.randomText(&random) }
    for (expression, _) in SplitPattern.known {
      let stage: JSON = [
        "type": "Split", "pattern": ["Regex": .string(expression)], "behavior": "Isolated", "invert": false,
      ]
      let preTokenizer = try PreTokenizer(FileValue(stage, name: "test"))
      for text in texts {
        let scalars = [UInt32](scalarsOf: text)
        let pieces = preTokenizer.pieces(of: scalars)
        #expect(pieces.scalars == scalars)
        #expect(pieces.ends.last ?? 0 == scalars.count)
        #expect(zip(pieces.ends, pieces.ends.dropFirst()).allSatisfy { $0 < $1 })
      }
    }
  }

  @Test func saysWhatIsWrongWithAPattern() {
    let wrong = [
      ("(a)\\1", "has \\1, which is not supported"), ("(?<=a)b", "looks behind"), ("(a", "has '(' without ')'"),
      ("[a", "has '[' without ']'"), ("a)", "has a ')' without '('"), ("*", "has a '*' that repeats nothing"),
      ("\\p{Nothing}", "has the property Nothing"), ("[b-a]", "has a range that runs backwards"),
      (String(repeating: "(", count: 1000), "nests too deeply"), ("(((a{900}){900}){900}){900}", "is too long"),
      ("(?:ab){300}", "is too long"),
      ("a" + String(repeating: "+", count: 50_000), "repeats repeats too deeply"),
    ]
    for (expression, part) in wrong {
      let stage: JSON = ["type": "Split", "pattern": ["Regex": .string(expression)], "behavior": "Isolated"]
      let value = FileValue(stage, name: "t.json", path: "pre_tokenizer")
      let error = #expect(throws: TuneError.self) { try PreTokenizer(value) }
      #expect(error?.message.hasPrefix("t.json: pre_tokenizer.pattern.Regex is the regular expression") == true)
      #expect(error?.message.contains(part) == true, "\(error?.message ?? "")")
    }
  }

  /// Nothing beyond the basic plane composes with a mark of it.
  @Test func supplementaryScalarsKeepTheirMarks() {
    for scalar in [0x10057, 0x1044F, 0x11131, 0x1D44E, 0x1F600, 0x20041, 0xE0057, 0x1030F2] as [UInt32] {
      for mark in [0x301, 0x308, 0x323, 0x327, 0x338, 0x3099] as [UInt32] {
        #expect(UnicodeForm.composed.applied(to: [scalar, mark]) == [scalar, mark])
      }
    }
    #expect(UnicodeForm.composed.applied(to: [0x11131, 0x11127]) == [0x1112E])
    #expect(UnicodeForm.compatibilityComposed.applied(to: [0x1D44E, 0x301]) == [0xE1])
  }

  /// The scanners by hand against the general matcher.
  @Test func scannersCutAsTheirExpressions() throws {
    var random = SeededRandom(seed: 6, stream: "scanners")
    let texts = (0..<300).map { _ in [UInt32](scalarsOf: TokenizerFixtures.randomText(&random)) }
    for (text, scanner) in SplitPattern.known {
      let expression = try RegularExpression(text)
      for scalars in texts {
        var position = 0
        for match in TextPattern.expression(expression).matches(in: scalars, 0..<scalars.count) {
          position = match.lowerBound
          let stop = scanner.matchEnd(in: scalars, from: position, to: scalars.count, .shared)
          #expect(stop == match.upperBound, "\(text) \(String(scalars: scalars).debugDescription) at \(position)")
        }
      }
    }
  }

  @Test(.timeLimit(.minutes(1))) func expressionsThatGrowExponentiallyEnd() throws {
    let text = [UInt32](repeating: 0x61, count: 300)
    for expression in ["(a*)*b", "(a|a)*b", "(a|aa)+$b", "((a?)*)*c", "(?:a+)+b"] {
      #expect(
        try RegularExpression(expression).firstMatch(in: text, from: 0, lowerBound: 0, end: text.count) == nil)
    }
  }
}
