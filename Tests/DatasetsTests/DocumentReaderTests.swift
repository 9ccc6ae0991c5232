import Basics
import Foundation
import Testing
import Text

@testable import Datasets

@Suite struct DocumentReaderTests {
  private static let fixtures =
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .path + "/Fixtures/cli"

  private func options(_ length: Int, _ change: (inout DocumentOptions) -> Void = { _ in }) -> DocumentOptions {
    var options = DocumentOptions(windowLength: length)
    options.validationShare = 0
    change(&options)
    return options
  }

  /// Reads files by name and content, each a part of one folder.
  private func read(
    _ files: [(name: String, text: String)], _ options: DocumentOptions,
    encoding: any TextEncoding = ByteEncoding(), path: String = ""
  ) throws -> (training: ExampleSet, validation: ExampleSet, tasks: [String]) {
    try Fixture.inFolder { folder in
      for (name, text) in files { try Fixture.write(text, to: "\(folder)/\(name)") }
      var tasks = TaskNames()
      let reader = DocumentReader(encoding: encoding, conversations: PlainConversations(), options: options)
      let sets = try reader.read(DataLocation(folder + path), task: "texts", tasks: &tasks)
      return (sets.training, sets.validation, tasks.names)
    }
  }

  private func texts(_ set: ExampleSet) -> [String] {
    set.examples.map { String(decoding: $0.tokens.map { $0 == 0 ? UInt8(ascii: "|") : UInt8($0) }, as: UTF8.self) }
  }

  /// The windows of run_clm's `group_texts` on the tokens of the same texts, and the rest that it drops.
  @Test(arguments: [2, 16, 100, 1024]) func windowsAreThoseOfRunCLM(length: Int) throws {
    let golden = try JSON(contentsOf: "\(Self.fixtures)/language_modelling.json")
    let texts = try #require(golden["texts"]?.arrayValue?.compactMap { $0.stringValue })
    let expected = try #require(golden["packed"]?["\(length)"]?.arrayValue).map {
      ($0.arrayValue ?? []).compactMap { $0.intValue.map { Int32($0) } }
    }
    let lines = texts.map { JSON.object(["text": .string($0)]).text() + "\n" }.joined()
    let encoding = TokenizerEncoding(try Tokenizer(folder: "\(Self.fixtures)/model"))
    let set = try read([("d.jsonl", lines)], options(length), encoding: encoding).training
    #expect(set.examples.prefix(expected.count).map { $0.tokens } == expected)
    let count = try #require(golden["tokens"]?.intValue) + texts.count
    let rest = count % length
    #expect(set.examples.count == expected.count + (rest > 1 ? 1 : 0))
    #expect(set.tokenCount == count - (rest == 1 ? 1 : 0))
    #expect(set.examples.allSatisfy { $0.trained == [0..<$0.tokens.count] })
  }

  @Test func filesOfAFolderAreLaidEndToEnd() throws {
    let files = [
      ("b.txt", "two"), ("a.txt", "one,1\nun,1\n"), ("c.jsonl", "{\"text\": \"three\"}\n"), ("d.csv", "text\nx\n"),
    ]
    let set = try read(files, options(6)).training
    #expect(texts(set) == ["one,1\n", "un,1\n|", "two|th", "ree|x|"])
    #expect(set.recordsRead == 4)
    #expect(
      try texts(read(files, options(6) { $0.packs = false }).training)
        == ["one,1\n", "un,1\n|", "two|", "three|", "x|"])
    #expect(try texts(read(files, options(6) { $0.limit = 2 }).training) == ["one,1\n", "un,1\n|", "two|"])
  }

  @Test(arguments: [(RecordFormat.TextUnit.file, "a\n\nb\nc|"), (.paragraph, "a|b\nc|"), (.line, "a|b|c|")])
  func textsAreFilesParagraphsOrLines(unit: RecordFormat.TextUnit, expected: String) throws {
    let set = try read([("a.txt", "a\n\nb\nc")], options(64) { $0.unit = unit }).training
    #expect(texts(set) == [expected])
  }

  @Test func examplesAndConversationsAreReadWhole() throws {
    let turns = #"[{"role": "user", "content": "u"}, {"role": "assistant", "content": "a"}]"#
    let set = try read(
      [
        (
          "d.jsonl",
          "{\"prompt\": \"ab\", \"completion\": \" c\"}\n{\"messages\": \(turns)}\n{\"prompt\": \"p\"}\n{\"text\": \" \"}\n"
        )
      ],
      options(64) { $0.packs = false }
    ).training
    #expect(texts(set) == ["ab c|", "<user>u.<assistant>a.|", "p|"])
    #expect(set.emptyCount == 1 && set.recordsRead == 4)
  }

  /// An end that the text has itself is not written twice.
  @Test func anEndComesOnce() throws {
    struct Ending: TextEncoding {
      func ids(of text: String) -> [Int] { text.utf8.map { $0 == UInt8(ascii: "|") ? 0 : Int($0) } }
      func text(of ids: [Int]) -> String { String(decoding: ids.map { UInt8($0) }, as: UTF8.self) }
      var endOfTextID: Int? { 0 }
    }
    let lines = ["a|", "b|\\n", "c"].map { "{\"text\": \"\($0)\"}\n" }.joined()
    #expect(try texts(read([("d.jsonl", lines)], options(64), encoding: Ending()).training) == ["a|b|\nc|"])
  }

  @Test func tasksHaveWindowsOfTheirOwn() throws {
    let lines = "{\"text\": \"aaa\", \"task\": \"x\"}\n{\"text\": \"bb\"}\n{\"text\": \"ccc\", \"task\": \"x\"}\n"
    let found = try read([("d.jsonl", lines)], options(4))
    #expect(found.tasks == ["x", "texts"])
    #expect(texts(found.training) == ["aaa|", "ccc|", "bb|"])
    #expect(found.training.examples.map { $0.task } == [0, 0, 1])
  }

  @Test func textsAreHeldOutByTheirContent() throws {
    let lines = (0..<400).map { "{\"text\": \"text number \($0)\"}\n" }
    let whole = options(64) { (options: inout DocumentOptions) in
      options.packs = false
      options.validationShare = 0.1
    }
    let found = try read([("d.jsonl", lines.joined())], whole)
    #expect((25...55).contains(found.validation.examples.count))
    #expect(found.training.examples.count + found.validation.examples.count == 400)
    let other = try read([("e.jsonl", lines.reversed().joined())], whole)
    #expect(Set(texts(other.validation)) == Set(texts(found.validation)))
    // Where there is nothing but what would be held out, it is learnt.
    let held = try #require(texts(found.validation).first).dropLast()
    let small = options(4) {
      $0.validationShare = 0.1
      $0.validationLimit = 1
    }
    let one = try read([("d.jsonl", "{\"text\": \"\(held)\"}\n")], small)
    #expect(one.training.tokenCount == held.count + 1 && one.validation.examples.isEmpty)
    let limited = try read(
      [("d.jsonl", lines.joined())],
      options(64) {
        $0 = whole
        $0.validationLimit = 5
      })
    #expect(texts(limited.validation) == Array(texts(found.validation).prefix(5)))
  }

  @Test func preparedFoldersKeepTheirSplits() throws {
    let files = [("train.jsonl", "a"), ("validation.jsonl", "b"), ("test.jsonl", "c")].map { name, text in
      (name, "{\"text\": \"\(text)\"}\n")
    }
    let found = try read(files, options(8) { $0.validationShare = 0.5 })
    #expect(texts(found.training) == ["a|"] && texts(found.validation) == ["b|"])
  }

  @Test func whatIsNoTextIsRefused() throws {
    func message(_ text: String, name: String = "d.jsonl") -> String {
      Fixture.message(.data) { _ = try read([(name, text)], options(8)) }
    }
    #expect(message("{\"txt\": \"a\"}\n").contains("d.jsonl:1: txt: unknown; did you mean 'text'?"))
    #expect(message("{\"text\": 5}\n").contains("text: an integer; expected a text"))
    #expect(message("{\"prompt\": \"a\", \"completion\": []}\n").contains("two texts or two lists of messages"))
    #expect(message("{\"text\": \"\"}\n").contains("no text in 1 records"))
    #expect(message("{\"text\": \"a\"}\nno JSON\n").contains("1 of 2 records cannot be used"))
    #expect(message("a\u{0}", name: "a.bin").contains("no data files in this folder"))
  }

  /// Whatever the length and the documents are, the windows hold all tokens in order.
  @Test func windowsHoldEveryToken() {
    var random = SeededRandom(seed: 3, stream: "windows")
    for _ in 0..<500 {
      let length = 2 + random.integer(below: 20), packs = random.integer(below: 2) == 0
      var windows = DocumentWindows(length: length, packs: packs)
      var found: [Example] = [], all: [Int32] = []
      for line in 1...(1 + random.integer(below: 8)) {
        let document = (0..<random.integer(below: 50)).map { _ in Int32(random.integer(below: 100)) }
        // Without packing a last window of one token is left out of every document.
        all += packs || document.count % length != 1 ? document : Array(document.dropLast())
        found += windows.add(document, line: line)
      }
      found += windows.finish()
      if packs, all.count % length == 1 { all.removeLast() }
      #expect(found.flatMap { $0.tokens } == all)
      #expect(found.allSatisfy { (2...length).contains($0.tokens.count) })
      if packs { #expect(found.dropLast().allSatisfy { $0.tokens.count == length }) }
    }
  }
}
