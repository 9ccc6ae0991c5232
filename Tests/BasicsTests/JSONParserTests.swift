import Testing

@testable import Basics

@Suite struct JSONParserTests {
  @Test func valuesEqualPython() throws {
    let entries = try fixtureEntries("values.jsonl")
    #expect(entries.count > 500)
    for entry in entries {
      let text = try #require(entry["text"]?.stringValue)
      #expect(spelled(try JSON(parsing: text)) == entry["value"]?.stringValue, "\(text)")
    }
  }

  @Test func whatPythonRefusesIsRefused() throws {
    for entry in try fixtureEntries("invalid.jsonl") {
      let text = try #require(entry["text"]?.stringValue)
      #expect(throws: JSONSyntaxError.self, "\(text)") { try JSON(parsing: text) }
    }
    // Python's json takes these, which are not JSON.
    for text in ["NaN", "Infinity", "-Infinity"] {
      #expect(throws: JSONSyntaxError.self) { try JSON(parsing: text) }
    }
  }

  @Test func errorsNameTheByte() {
    let cases: [(String, Int, String)] = [
      ("[1, x]", 4, "unexpected 'x' where a value was expected"), ("{\"a\" 1}", 5, "expected ':' after the key \"a\""),
      ("[1 2]", 3, "expected ',' or ']'"), ("12 3", 3, "expected the end of the text"),
      ("\"abc", 4, "the text ends inside a string"), ("", 0, "the text ends where a value was expected"),
      ("\"a\nb\"", 2, "unescaped control character in a string"),
    ]
    for (text, offset, reason) in cases {
      #expect(throws: JSONSyntaxError(offset: offset, reason: reason)) { try JSON(parsing: text) }
    }
  }

  @Test func nestingHasALimit() throws {
    func nested(_ depth: Int, _ open: String, _ close: String) -> String {
      String(repeating: open, count: depth) + String(repeating: close, count: depth)
    }
    var depth = 0
    var value = try JSON(parsing: nested(512, "[", "]"))
    while case .array(let elements) = value {
      depth += 1
      value = elements.first ?? .null
    }
    #expect(depth == 512)
    #expect(throws: JSONSyntaxError.self) { try JSON(parsing: nested(513, "[", "]")) }
    #expect(throws: JSONSyntaxError.self) { try JSON(parsing: nested(1_000_000, "[", "]")) }
    #expect(throws: JSONSyntaxError.self) { try JSON(parsing: String(repeating: "{\"a\":", count: 1_000_000)) }
  }

  @Test func loneSurrogatesBecomeReplacementCharacters() throws {
    #expect(try JSON(parsing: #""\ud83d""#) == "\u{FFFD}")
    #expect(try JSON(parsing: #""\ude42x""#) == "\u{FFFD}x")
    #expect(try JSON(parsing: #""\ud83d\ud83d\ude42""#) == "\u{FFFD}🙂")
    #expect(try JSON(parsing: #""\ud83dA\n""#) == "\u{FFFD}A\n")
    #expect(try JSON(parsing: #""\ud83d\u0041""#) == "\u{FFFD}A")
  }

  @Test func invalidUTF8IsRefused() {
    let bodies: [[UInt8]] = [[0xFF], [0xC3], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0x80]]
    for body in bodies {
      #expect(throws: JSONSyntaxError.self) { try JSON(parsing: [0x22] + body + [0x22]) }
      #expect(throws: JSONSyntaxError.self) { try JSON(parsing: [0x22, 0x5C, 0x6E] + body + [0x22]) }
    }
  }

  @Test func byteOrderMarkIsSkipped() throws {
    #expect(try JSON(parsing: [0xEF, 0xBB, 0xBF, 0x31]) == 1)
  }

  @Test func numbersKeepTheirKind() throws {
    #expect(try JSON(parsing: "1") == .integer(1))
    #expect(try JSON(parsing: "1.0") == .number(1))
    #expect(try JSON(parsing: "1.0").intValue == 1)
    #expect(try JSON(parsing: "1.5").intValue == nil)
    #expect(try JSON(parsing: "9223372036854775808") == .number(0x1p63))
    #expect(try JSON(parsing: "9223372036854775808").intValue == nil)
    #expect(try JSON(parsing: "1e400").doubleValue == .infinity)
    #expect(try JSON(parsing: "true").intValue == nil)
  }

  @Test func objectsKeepOrderAndBytes() throws {
    // The second and third key look alike but have other bytes; of equal keys the last counts.
    let object = try #require(try JSON(parsing: "{\"z\":1,\"\u{E9}\":2,\"e\u{301}\":3,\"a\":4,\"z\":5}").objectValue)
    #expect(object.keys.map { Array($0.utf8).count } == [1, 2, 3, 1, 1])
    #expect(object["\u{E9}"] == 2)
    #expect(object["e\u{301}"] == 3)
    #expect(object["z"] == 5)
    #expect(object["missing"] == nil)
  }

  @Test func objectsAreEdited() {
    var object: JSONObject = ["a": 1, "b": 2]
    object["c"] = 3
    object["a"] = nil
    object["b"] = "two"
    #expect(JSON.object(object).text(.compact) == #"{"b":"two","c":3}"#)
    #expect(object.count == 2)
  }

  @Test func filesAreNamedInErrors() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(Array("{\"a\": }".utf8), "config.json")
    let error = try failure { _ = try JSON(contentsOf: path) }
    #expect(error.kind == .data)
    #expect(error.message.hasPrefix("\(path): not valid JSON at byte 6: "))
    let missing = try failure { _ = try JSON(contentsOf: "\(path).gone") }
    #expect(missing.message == "\(path).gone: no such file; check the name and the folder")
    #expect(try failure { _ = try JSON(contentsOf: folder.path) }.message.contains("is not a regular file"))
    let empty = try folder.write([], "empty.json")
    #expect(try failure { _ = try JSON(contentsOf: empty) }.kind == .data)
  }

  /// Damaged texts are refused or read; what is read is written and read back as the same value.
  @Test func damagedTextsNeverCrash() throws {
    let texts = try fixtureEntries("values.jsonl").compactMap { $0["text"]?.stringValue }.filter { $0.utf8.count > 8 }
    let special = Array("{}[]\",:\\u0dD8e-+.tfn \n".utf8) + [0x00, 0x80, 0xC3, 0xE2, 0xED, 0xF0, 0xFF]
    var random = SeededRandom(seed: 42, stream: "json")
    var read = 0
    for _ in 0..<3000 {
      var bytes = Array(texts[random.integer(below: texts.count)].utf8)
      for _ in 0...random.integer(below: 3) {
        let place = random.integer(below: bytes.count)
        switch random.integer(below: 4) {
        case 0: bytes[place] = special[random.integer(below: special.count)]
        case 1: bytes.insert(special[random.integer(below: special.count)], at: place)
        case 2: bytes[place] ^= 1 << UInt8(random.integer(below: 8))
        default: bytes.removeSubrange(place..<min(bytes.count, place + 1 + random.integer(below: 3)))
        }
        if bytes.isEmpty { bytes = [0x31] }
      }
      guard let value = try? JSON(parsing: bytes) else { continue }
      read += 1
      #expect(try JSON(parsing: value.text(.compact)) == finite(value))
    }
    #expect(read > 100)
  }

  /// The value as it is written: numbers that are not finite become null.
  private func finite(_ value: JSON) -> JSON {
    switch value {
    case .number(let number) where !number.isFinite: .null
    case .array(let elements): .array(elements.map { finite($0) })
    case .object(let object):
      .object(JSONObject(entries: object.map { JSONObject.Entry(key: $0.key, value: finite($0.value)) }))
    default: value
    }
  }
}

/// A value spelled out with its types, as make_json.py does.
private func spelled(_ value: JSON) -> String {
  switch value {
  case .null: return "n"
  case .bool(let value): return value ? "t" : "f"
  case .integer(let value): return "i\(value)"
  case .exactNumber(let text): return "x" + text
  case .number(let value):
    let hex = String(value.bitPattern, radix: 16)
    return "d" + String(repeating: "0", count: 16 - hex.count) + hex
  case .string(let value): return spelled(value)
  case .array(let elements): return "[" + elements.map { spelled($0) }.joined(separator: ",") + "]"
  case .object(let object):
    return "{" + object.map { "\(spelled($0.key)):\(spelled($0.value))" }.joined(separator: ",") + "}"
  }
}

private func spelled(_ text: String) -> String {
  "s" + text.utf8.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}

@Suite struct ExactNumberTests {
  private func parse(_ text: String) throws -> JSON {
    try Array(text.utf8).withUnsafeBytes { try JSON(parsing: $0, keepingNumbers: true) }
  }

  /// Any number that JSON allows comes out in the words it came in with.
  @Test(arguments: [
    "0", "-0", "1", "-1", "1.0", "1e3", "1E3", "1.50", "0.10", "12345678901234567890", "9223372036854775807",
    "9223372036854775808", "-9223372036854775808", "1e-7", "0.00001", "1e400", "-0.0", "3.141592653589793238462643",
    "100000000000000000000.5", "1e+5", "1E-05",
  ]) func keepTheirWords(text: String) throws {
    #expect(try parse(text).text() == text)
    #expect(try parse("{\"a\": [\(text)]}").text() == "{\"a\": [\(text)]}")
  }

  @Test func haveTheirValue() throws {
    #expect(try parse("1e3").intValue == 1000)
    #expect(try parse("1.50").doubleValue == 1.5)
    #expect(try parse("-0").intValue == 0)
    #expect(try parse("12345678901234567890").intValue == nil)
    #expect(try parse("1.5") == .number(1.5) && parse("7") == .integer(7))
  }

  @Test func randomNumbersKeepTheirWords() throws {
    var random = SeededRandom(seed: 4, stream: "numbers")
    func digits(_ most: Int) -> String {
      (0...random.integer(below: most)).map { _ in String(random.integer(below: 10)) }.joined()
    }
    for _ in 0..<2000 {
      let sign = random.integer(below: 2) == 0 ? "-" : ""
      let whole = random.integer(below: 3) == 0 ? "0" : String(1 + random.integer(below: 9)) + digits(20)
      let fraction = random.integer(below: 2) == 0 ? "." + digits(20) : ""
      let exponent =
        random.integer(below: 3) == 0
        ? ["e", "E"][random.integer(below: 2)] + ["", "-", "+"][random.integer(below: 3)] + digits(2) : ""
      let text = sign + whole + fraction + exponent
      #expect(try parse(text).text() == text)
    }
  }
}
