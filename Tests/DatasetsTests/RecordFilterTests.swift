import Basics
import Testing

@testable import Datasets

@Suite struct RecordFilterTests {
  @Test func patternsFindWhatPythonFinds() throws {
    let cases = try Fixture.golden("patterns.json")
    #expect(cases.count == 400)
    for golden in cases {
      let text = try #require(golden["pattern"]?.stringValue)
      let pattern = try LinearPattern(text, ignoresCase: golden["ignores_case"]?.boolValue ?? false)
      for (subject, found) in zip(golden["texts"]?.arrayValue ?? [], golden["found"]?.arrayValue ?? []) {
        #expect(.bool(pattern.occurs(in: subject.stringValue ?? "")) == found, "/\(text)/ in \(subject.text())")
      }
    }
  }

  /// Expressions that take others exponential time, or grow without bound.
  @Test func patternsTakeLinearTime() throws {
    let text = String(repeating: "a", count: 3000)
    for pattern in ["(a*)*b", "(a|a)*b", "(a|aa)+$b", "(.*)(.*)(.*)b", "(a?){50}a{50}b"] {
      #expect(try !LinearPattern(pattern).occurs(in: text))
    }
    for pattern in ["(((a{99}){99}){99}){99}", "a{99999}", String(repeating: "(", count: 5000)] {
      #expect(throws: PatternError.self) { try LinearPattern(pattern) }
    }
  }

  @Test(
    arguments: [
      ("a**", nil), ("*a", "nothing to repeat"), ("(a", "never closed"), ("a)", "unexpected ')'"),
      ("[a", "never closed"),
      ("[b-a]", "ends before"), ("(?P<n>a)", "not supported"), ("(?=a*)", "looking around"), ("\\1", "not supported"),
      ("a{2,1}", "expected {m}"),
      ("\\", "backslash"),
    ] as [(String, String?)])
  func patternErrorsSayWhy(pattern: String, reason: String?) {
    do {
      _ = try LinearPattern(pattern)
      #expect(reason == nil)
    } catch let error as PatternError {
      #expect(reason.map { error.reason.contains($0) } ?? false, "\(error.reason)")
    } catch {
      Issue.record(error)
    }
  }

  @Test func conditionsHoldAsInPython() throws {
    let goldens = try #require(try Fixture.golden("conditions.json").first)
    let record = try #require(goldens["record"]?.objectValue)
    let cases = try #require(goldens["cases"]?.arrayValue)
    #expect(cases.count == 400)
    for golden in cases {
      let text = try #require(golden["text"]?.stringValue)
      #expect(try RecordCondition(text).holds(for: record) == golden["value"]?.boolValue, "\(text)")
    }
  }

  static let record: JSONObject = [
    "stars": 4, "title": "Re: Größe", "body": "a good read", "verified": "N", "tags": ["new", 7], "n": .null,
    "meta": ["lang": "en"], "flat.name": "f", "big": .exactNumber("12345678901234567890"),
  ]

  @Test(arguments: [
    ("stars >= 4 and title matches /^re:/i and body contains 'good' and not verified", true),
    ("tags contains 'new' and tags contains 7 and tags contains '7.0' and not tags contains 'old'", true),
    ("body not contains 'bad' and title not in ['x'] and title not matches /\\/|^x/", true),
    ("n is empty and missing is empty and meta is not empty and tags is not empty", true),
    ("missing == 1 or missing < 1 or missing > 1", false), ("missing != 1 and n != 'x'", true),
    ("meta.lang = 'en' and flat.name == 'f' and tags.1 == 7", true), ("meta == 'en'", false),
    ("big > 12345678901234560000 and big contains '567890'", true), ("not not stars", true),
    ("stars == 5 or stars == 4 and verified == 'Y'", false), ("'a\\'b' == \"a'b\" and 2 < 10 and '2' < '10'", true),
    ("title contains 'größe' or title matches /GRÖSSE/i", false), ("title matches /GRÖ.E/i", true),
  ])
  func conditionsHold(text: String, expected: Bool) throws {
    #expect(try RecordCondition(text).holds(for: Self.record) == expected)
  }

  @Test(arguments: [
    ("stars >= ", "column 10: found the end"), ("stars >< 4", "column 8: found '<'"), ("(a == 1", "column 8: "),
    ("a == 'x", "column 6: the quote is never closed"), ("a in 3", "column 6: found '3'"),
    ("", "column 1: found the end"),
    ("a matches b", "column 11: expected a regular"), ("a matches /(x/", "column 14: in the regular expression"),
    ("a b", "column 3: found 'b'"), ("a & b", "column 3: unexpected '&'"), ("4x == 1", "column 1: '4x' is no number"),
    ("a is blank", "column 6: found 'blank'"), ("a ! b", "column 3: unexpected '!'"), ("and", "column 1: found 'and'"),
  ])
  func conditionErrorsNameTheColumn(text: String, reason: String) {
    let message = Fixture.message(.usage) { _ = try RecordCondition(text) }
    #expect(message.hasPrefix("--where, \(reason)"), "\(message)")
  }

  @Test func deepConditionsAreRefused() {
    for part in ["(", "not "] {
      let text = String(repeating: part, count: 100_000)
      #expect(Fixture.message(.usage) { _ = try RecordCondition(text) }.contains("nested deeper"))
    }
  }

  @Test func conditionsTellTheirFields() throws {
    let condition = try RecordCondition("a.b == 1 or not (`c d` in [e, 'f'] and a) and g is empty")
    #expect(condition.fieldNames == ["a", "c d", "g"])
  }

  @Test func columnsAreRenamedInPlace() throws {
    let renaming = try ColumnRenaming(["body=reviewText", "title=summary", "x=absent"])
    let record: JSONObject = ["summary": "s", "stars": 5, "reviewText": "r", "title": "old", "x": 1]
    #expect(
      JSON.object(renaming(record)).text() == #"{"title": "s", "stars": 5, "body": "r", "x": 1}"#)
    for arguments in [["a"], ["=b"], ["a="], ["a=b", "a=c"], ["a=c", "b=c"]] {
      #expect(Fixture.message(.usage) { _ = try ColumnRenaming(arguments) }.hasPrefix("'"))
    }
  }

  @Test func samplesDependOnTheRecordsAlone() throws {
    let records: [JSONObject] = (0..<5000).map { ["id": .integer($0), "text": "t"] }
    let share = try RecordSample("10%", seed: 3)
    let drawn = records.filter { share.includes($0) }
    // Six standard deviations of a binomial draw.
    #expect(abs(drawn.count - 500) < 130)
    #expect(try RecordSample("0.1", seed: 3) == share)
    #expect(drawn.allSatisfy { share.includes(["text": "t", "id": $0["id"] ?? .null]) })
    let larger = try RecordSample("0.3", seed: 3), other = try RecordSample("0.1", seed: 4)
    #expect(drawn.allSatisfy { larger.includes($0) })
    #expect(drawn.filter { other.includes($0) }.count < 120)
    for text in ["0", "-1", "1.5", "101%", "x", "nan", "0%"] {
      #expect(Fixture.message(.usage) { _ = try RecordSample(text, seed: 1) }.contains("--sample"))
    }
  }

  @Test func countsAreDrawnExactly() throws {
    let sample = try RecordSample("700", seed: 1)
    #expect(sample.size == .count(700))
    let hashes = (0..<5000).map { sample.hash(of: ["id": .integer($0)]) }
    for count in [0, 1, 2, 700, 5000, 6000] {
      var smallest = SmallestHashes(count: count)
      for hash in hashes { smallest.insert(hash) }
      #expect(hashes.filter { smallest.contains($0) }.sorted() == hashes.sorted().prefix(count).map { $0 })
    }
  }
}
