import Basics
import Foundation
import Testing

@testable import Datasets

/// Mutations of valid input: everything may be refused, nothing may crash, and no line may vanish without a word.
@Suite struct FuzzTests {
  private func mutate(_ bytes: [UInt8], _ random: inout SeededRandom) -> [UInt8] {
    var bytes = bytes
    let interesting = Array("\",\n\r\t[]{}|%\\:-#&*!'0 ".utf8) + [0, 0xFF, 0xC3, 0xEF]
    for _ in 0...random.integer(below: 4) {
      let place = random.integer(below: max(1, bytes.count))
      switch random.integer(below: 4) {
      case 0 where place < bytes.count: bytes.remove(at: place)
      case 1 where place < bytes.count: bytes[place] = interesting[random.integer(below: interesting.count)]
      case 2 where place < bytes.count:
        bytes.removeSubrange(place..<min(bytes.count, place + random.integer(below: 12)))
      default: bytes.insert(interesting[random.integer(below: interesting.count)], at: place)
      }
    }
    return bytes
  }

  @Test(arguments: [
    ("t.csv", "title,body,stars\n\"a \"\"b\"\"\",\"x\ny\",5\nc,d,4\r\ne,\"f,g\",3\n"),
    ("t.tsv", "title\tbody\n\"a\"\t\"x\ny\"\nc \"d\"\te\n"),
    ("t.jsonl", "{\"a\": \"é\", \"b\": [1, {\"c\": null}]}\n{\"a\": 2}\n{\"a\": \"\\ud83d\\ude00\"}\n"),
    ("t.json", "[\n  {\"a\": \"x]\", \"b\": [1, {\"c\": null}]},\n  {\"a\": 2},\n  {\"a\": 3.5}\n]\n"),
  ])
  func readersNeverCrash(name: String, text: String) throws {
    var random = SeededRandom(seed: 5, stream: name)
    try Fixture.inFolder { folder in
      let path = "\(folder)/\(name)"
      for _ in 0..<800 {
        try Fixture.write(mutate(Array(text.utf8), &random), to: path)
        do {
          let reader = try RecordReader(path)
          var count = 0
          while try reader.next() != nil { count += 1 }
          #expect(count < 200)
        } catch is TuneError {}
      }
    }
  }

  @Test func templateFilesNeverCrash() {
    var random = SeededRandom(seed: 6)
    for text in [TemplateTests.reviews, TemplateTests.dialogues] {
      for _ in 0..<250 {
        let mutated = String(decoding: mutate(Array(text.utf8), &random), as: UTF8.self)
        do { _ = try TaskTemplate(yaml: mutated, origin: "x") } catch is TuneError {} catch { Issue.record(error) }
      }
    }
    for deep in ["[", "{a: ", "- ", "? ", "a:\n "] {
      let text = String(repeating: deep, count: 20_000)
      #expect(throws: TuneError.self) { _ = try TaskTemplate(yaml: text, origin: "x") }
    }
    let staircase = (0..<400).map { String(repeating: " ", count: $0) + "a:\n" }.joined()
    #expect(throws: TuneError.self) { _ = try TaskTemplate(yaml: staircase, origin: "x") }
    let bomb =
      "a: &a [x,x,x,x,x,x,x,x,x]\n"
      + (1..<9).map { "b\($0): &b\($0) [\(String(repeating: "*\($0 == 1 ? "a" : "b\($0 - 1)"),", count: 9))]\n" }
      .joined()
    #expect(throws: TuneError.self) { _ = try TaskTemplate(yaml: bomb, origin: "x") }
  }

  @Test func trainingFilesNeverCrash() throws {
    var random = SeededRandom(seed: 8)
    let text =
      #"{"messages": [{"role": "user", "content": "u"}, "#
      + #"{"role": "assistant", "content": "a", "weight": 1}], "tools": []}"#
      + "\n" + #"{"prompt": "p", "completion": "c"}"# + "\n" + #"{"text": "t"}"# + "\n"
    try Fixture.inFolder { folder in
      for _ in 0..<400 {
        try Fixture.write(mutate(Array(text.utf8), &random), to: "\(folder)/t.jsonl")
        let reader = ExampleReader(
          encoding: ByteEncoding(), conversations: PlainConversations(),
          options: .init(
            maxLength: 2 + random.integer(below: 30), overlong: Overlong.allCases[random.integer(below: 4)]))
        do {
          for example in try reader.read(file: "\(folder)/t.jsonl").examples {
            #expect(example.trainedTokenCount > 0 && example.labels.count == example.tokens.count)
          }
        } catch is TuneError {}
      }
    }
  }
}
