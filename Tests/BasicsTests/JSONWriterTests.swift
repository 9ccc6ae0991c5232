import Basics
import Foundation
import Testing

@Suite struct JSONWriterTests {
  @Test func textEqualsPython() throws {
    for entry in try fixtureEntries("values.jsonl") {
      let text = try #require(entry["text"]?.stringValue)
      let value = try JSON(parsing: text)
      expectEqualBytes(value.text(), entry["line"], text)
      expectEqualBytes(value.text(.compact), entry["compact"], text)
      guard let pretty = entry["pretty"] else { continue }
      expectEqualBytes(value.text(JSON.Style(indent: 2, sortsKeys: true)), pretty, text)
    }
  }

  /// Stretches of eight bytes and more are looked at as words.
  @Test func everyControlCharacterIsEscapedWhereverItStands() {
    for control in UInt8(0)..<0x20 {
      for place in 0..<20 {
        for neighbor in ["a", "b", "\u{FEFF}"] {
          var text = String(repeating: neighbor, count: 20)
          text.insert(Character(Unicode.Scalar(control)), at: text.index(text.startIndex, offsetBy: place))
          #expect(!JSON.string(text).text().utf8.contains { $0 < 0x20 }, "\(control) at \(place)")
        }
      }
    }
  }

  @Test func everyDoubleReadsBackTheSame() throws {
    var random = SeededRandom(seed: 42, stream: "doubles")
    for _ in 0..<2000 {
      let number = Double(bitPattern: random.next())
      guard number.isFinite else { continue }
      let read = try JSON(parsing: JSON.number(number).text())
      #expect(read == .number(number))
    }
  }

  @Test func nonFiniteNumbersBecomeNull() {
    #expect(JSON.array([.number(.nan), .number(.infinity), .number(-.infinity)]).text() == "[null, null, null]")
  }

  @Test func literalsMakeValues() {
    let value: JSON = ["a": [1, 2.5, true, "x", [:], []], "b": .null]
    #expect(value.text() == #"{"a": [1, 2.5, true, "x", {}, []], "b": null}"#)
    #expect(value.text(.pretty).split(separator: "\n").count == 11)
  }

  private func expectEqualBytes(_ found: String, _ expected: JSON?, _ text: String) {
    let expected = expected?.stringValue ?? ""
    #expect(Array(found.utf8) == Array(expected.utf8), "\(text): \(found), expected \(expected)")
  }
}
