import Basics
import Foundation
import Testing

@testable import Datasets

/// Answers as the test says, and remembers what it was asked.
private final class ScriptedGenerator: TextGenerator {
  let name = "scripted"
  var contextLength = 100_000
  var conversations: (any ConversationRendering)?
  private(set) var prompts: [GenerationPrompt] = []
  private let answer: (Int) -> GeneratedText

  /// - Parameter answer: by the number of the prompt, from 0, without the beginning that the prompt gives.
  init(_ answer: @escaping (Int) -> GeneratedText) { self.answer = answer }

  func tokenCount(of text: String) -> Int { text.utf8.count }

  func texts(continuing prompts: [GenerationPrompt], seed: UInt64) -> [GeneratedText] {
    prompts.map { prompt in
      defer { self.prompts.append(prompt) }
      return answer(self.prompts.count)
    }
  }
}

@Suite struct GenerationTests {
  private static let given = (0..<200).map {
    #"{"id": "\#($0)", "dialogue": "A: given number \#($0)?\nB: yes", "summary": "They talk about \#($0).", "#
      + #""mood": "\#($0 % 2 == 0 ? "glad" : "sad")", "score": \#($0 % 3)}"#
  }

  private static let words = [
    "river", "lamp", "stone", "cloud", "bread", "piano", "ticket", "garden", "winter", "mirror",
  ]

  /// A text that no other number gives, in words that no given record has.
  private static func sentence(_ number: Int) -> String {
    var random = SeededRandom(seed: UInt64(number))
    return (0..<12).map { _ in words[random.integer(below: words.count)] }.joined(separator: " ") + " \(number)"
  }

  private static func fresh(_ number: Int) -> GeneratedText {
    GeneratedText(text: " \(sentence(number))\nsummary: New \(number)", isFinished: true)
  }

  private func preparing(
    _ generator: ScriptedGenerator, count: Int = 10,
    configure: (inout PreparationOptions) throws -> Void = { _ in },
    body: (PreparationReport, String) throws -> Void
  ) throws {
    try Fixture.inFolder { folder in
      try Fixture.write(Self.given.joined(separator: "\n"), to: "\(folder)/in.jsonl")
      var options = PreparationOptions(sources: [.init(inputs: ["\(folder)/in.jsonl"])], output: "\(folder)/out")
      options.generation = GenerationOptions(count: count)
      try configure(&options)
      try body(try prepare(options, library: TemplateTests.library(), generator: generator), "\(folder)/out")
    }
  }

  private func lines(_ path: String) throws -> [JSON] {
    try Fixture.text(path).split(separator: "\n").map { try JSON(parsing: String($0)) }
  }

  @Test func writtenRecordsGoToTrainingAlone() throws {
    let generator = ScriptedGenerator(Self.fresh)
    try preparing(generator, configure: { $0.keepsProvenance = true }) { report, out in
      let generation = try #require(report.generation)
      #expect(generation.written == 10 && generation.attempts == 10 && generation.rejected.isEmpty)
      #expect(report.recordsAccepted == 200 && report.warnings.isEmpty)
      for split in SplitName.allCases {
        let written = try lines("\(out)/\(split.fileName)").filter { $0["generated"] == true }
        #expect(written.count == (split == .train ? 10 : 0))
        #expect(written.map { $0["line"]?.intValue } == (split == .train ? Array(1...10) : []))
        #expect(written.allSatisfy { $0["source"] == "generated.jsonl" && $0["task"] == "dialogue-summary" })
      }
      let records = try lines("\(out)/generated.jsonl")
      #expect(records.map { $0.objectValue?.keys } == .init(repeating: ["dialogue", "summary"], count: 10))
      #expect(records.first?["dialogue"]?.stringValue == Self.sentence(0))
      let example = try #require(try lines("\(out)/train.jsonl").first { $0["generated"] == true })
      #expect(example["prompt"]?.stringValue == Self.sentence(0) && example["completion"]?.stringValue == " New 0")
      let card = try JSON(contentsOf: "\(out)/dataset.json")["generation"]
      #expect(card?["model"] == "scripted" && card?["written"] == 10 && card?["shown_records"] == 3)
      #expect(try Fixture.text("\(out)/dataset.md").contains("10 of the training records were written by the model"))
    }
  }

  @Test func withoutGenerationNothingIsMarked() throws {
    try Fixture.inFolder { folder in
      try Fixture.write(Self.given.joined(separator: "\n"), to: "\(folder)/in.jsonl")
      // A file of an earlier run goes away with it.
      let options = PreparationOptions(sources: [.init(inputs: ["\(folder)/in.jsonl"])], output: "\(folder)/out")
      var generating = options
      generating.generation = GenerationOptions(count: 1)
      _ = try prepare(generating, library: TemplateTests.library(), generator: ScriptedGenerator(Self.fresh))
      #expect(FileManager.default.fileExists(atPath: "\(folder)/out/generated.jsonl"))
      let report = try prepare(options, library: TemplateTests.library())
      #expect(report.generation == nil)
      #expect(!FileManager.default.fileExists(atPath: "\(folder)/out/generated.jsonl"))
      #expect(try JSON(contentsOf: "\(folder)/out/dataset.json")["generation"] == nil)
      #expect(try !Fixture.text("\(folder)/out/train.jsonl").contains("generated"))
    }
  }

  @Test func onlyTrainingRecordsAreShown() throws {
    for limit in [60, 200] {
      let generator = ScriptedGenerator(Self.fresh)
      let shares = try SplitFractions(parsing: "0.5/0.25/0.25")
      try preparing(
        generator, count: 40,
        configure: {
          $0.fractions = shares
          $0.sources[0].limit = limit
        }
      ) { _, out in
        let training = try lines("\(out)/train.jsonl").compactMap { $0["prompt"]?.stringValue }
        var shown: Set<String> = []
        for prompt in generator.prompts {
          let records = prompt.text.components(separatedBy: "\n\n###\n\n").dropLast()
          #expect(records.count == 3 && Set(records).count == 3)
          shown.formUnion(records)
        }
        #expect(shown.count > 20)
        for record in shown {
          let dialogue = try #require(record.split(onBytes: "\nsummary: ").first)
          #expect(training.containsSame(as: String(dialogue.dropFirst("dialogue: ".count))), "\(dialogue)")
        }
      }
    }
  }

  @Test func everyReasonIsCounted() throws {
    let copied = "A: given number 7?\nB: yes"
    let texts: [GenerationFault: String] = [
      .malformed: " A text with a stray field\ndialogue: again", .duplicate: " \(copied)\nsummary: They talk about 7.",
      .degenerate: " " + Array(repeating: "it is very good", count: 12).joined(separator: " ") + "\nsummary: Good",
      .unfinished: " \(Self.sentence(500))\nsummary: and so",
      .contaminated: " the quick brown fox jumps over the lazy dog while nobody looks at it\nsummary: Fox",
      // A word more than the one that was accepted first.
      .nearDuplicate: " \(Self.sentence(0)) \(Self.sentence(1)) \(Self.sentence(2)) more\nsummary: Long",
    ]
    let first = " \(Self.sentence(0)) \(Self.sentence(1)) \(Self.sentence(2))\nsummary: Long"
    let faults = GenerationFault.allCases.filter { texts[$0] != nil }
    let generator = ScriptedGenerator { number in
      guard number > 0 else { return GeneratedText(text: first, isFinished: true) }
      let fault = faults[number % faults.count]
      return GeneratedText(text: texts[fault] ?? "", isFinished: fault != .unfinished)
    }
    try Fixture.inFolder { folder in
      try Fixture.write(
        #"{"text": "The quick brown fox jumps over the lazy dog, while nobody looks at it."}"#,
        to: "\(folder)/benchmark.jsonl")
      try preparing(
        generator, count: 20, configure: { $0.cleaning.decontaminationFiles = ["\(folder)/benchmark.jsonl"] }
      ) { report, out in
        let generation = try #require(report.generation)
        // Attempts are bounded.
        #expect(generation.attempts == 80 && generation.written == 1 && generator.prompts.count == 80)
        #expect(Set(generation.rejected.keys) == Set(faults))
        #expect(generation.rejected.values.allSatisfy { $0 >= 13 } && generation.rejected.values.reduce(1, +) == 80)
        #expect(
          report.warnings.contains { $0.hasPrefix("scripted wrote 1 of 20 records in 80 attempts; not used: 13 ") })
        #expect(generation.firstRejections.count == 3)
        #expect(try lines("\(out)/generated.jsonl").count == 1)
        // What is wrong with a generated text does not count against the given ones.
        #expect(report.rejectedCount == 0 && report.cleaning.contaminatedDropped == 0 && report.cleaning.total == 0)
      }
    }
  }

  @Test func labelsAreThoseOfGivenRecords() throws {
    let generator = ScriptedGenerator(Self.fresh)
    try preparing(
      generator, count: 40,
      configure: { $0.sources[0].condition = try RecordCondition("mood == 'glad' and score >= 0") }
    ) { report, out in
      #expect(generator.prompts[0].text.hasPrefix("mood: glad\nscore: "))
      #expect(generator.prompts[0].stops == ["\n###\n", "\nmood:"])
      #expect(generator.prompts.allSatisfy { $0.text.hasSuffix("\ndialogue:") })
      let records = try lines("\(out)/generated.jsonl")
      #expect(records.count == 40 && records.allSatisfy { $0["mood"] == "glad" && $0["id"] == nil })
      for score in 0..<3 {
        // A third of the given records have each score; four standard deviations.
        let count = records.filter { $0["score"]?.intValue == score }.count
        #expect(abs(count - 13) <= 12, "\(score): \(count)")
      }
    }
  }

  @Test func conditionsHoldForWrittenRecords() throws {
    try preparing(
      ScriptedGenerator(Self.fresh),
      configure: { $0.sources[0].condition = try RecordCondition("score > 0 or summary contains 'talk'") }
    ) { report, out in
      #expect(report.recordsAccepted == 200)
      #expect(report.generation?.rejected.keys.elementsEqual([.filtered]) == true)
      let records = try lines("\(out)/generated.jsonl")
      #expect(records.count == 10 && records.allSatisfy { ($0["score"]?.intValue ?? 0) > 0 })
    }
  }

  @Test func sameSeedSameBytes() throws {
    var files: [[String]] = []
    let count = Threads.count
    defer { Threads.count = count }
    for (threads, seed) in [(1, 7), (2, 7), (2, 8)] {
      Threads.count = threads
      let generator = ScriptedGenerator(Self.fresh)
      try preparing(generator, configure: { $0.seed = UInt64(seed) }) { _, out in
        let names = ["train.jsonl", "validation.jsonl", "test.jsonl", "generated.jsonl", "dataset.md"]
        files.append(try names.map { try Fixture.text("\(out)/\($0)") } + generator.prompts.map { $0.text })
      }
    }
    // The card names the input's folder, which differs.
    #expect(files[0].count == 17 && files[0][5...] == files[1][5...] && files[0][..<4] == files[1][..<4])
    #expect(files[0][5...] != files[2][5...])
  }

  @Test func aModelThatWritesNothingUsefulIsAnError() throws {
    let generator = ScriptedGenerator { _ in GeneratedText(text: "\n\n", isFinished: true) }
    let message = Fixture.message(.data) {
      try preparing(generator, count: 1000) { _, _ in }
    }
    #expect(message.contains("scripted wrote no record that can be used in 64 attempts (64 malformed)"))
    #expect(message.contains("\n  malformed: dialogue: missing or empty"))
    #expect(generator.prompts.count == 64)
  }

  @Test func aMissingFieldIsAskedForByName() throws {
    // The model stops before the summary, then is asked for it.
    let generator = ScriptedGenerator { number in GeneratedText(text: " \(Self.sentence(number))", isFinished: true) }
    try preparing(generator, count: 4) { report, out in
      #expect(report.generation?.written == 4 && report.generation?.attempts == 4)
      let records = try lines("\(out)/generated.jsonl")
      #expect(records.map { $0["dialogue"]?.stringValue } == (0..<4).map { Self.sentence($0) })
      #expect(records.map { $0["summary"]?.stringValue } == (8..<12).map { Self.sentence($0) })
      let (first, second) = (generator.prompts[0], generator.prompts[8])
      #expect(second.text == first.text + " \(Self.sentence(0))\nsummary:")
      #expect(second.maxNewTokens == first.maxNewTokens - " \(Self.sentence(0))\nsummary:".utf8.count)
    }
    let silent = ScriptedGenerator { number in
      GeneratedText(text: number % 16 < 8 ? " \(Self.sentence(number))" : "\n\n###", isFinished: true)
    }
    let message = Fixture.message(.data) { try preparing(silent, count: 4) { _, _ in } }
    #expect(message.contains("in 16 attempts (16 malformed)") && silent.prompts.count == 32)
  }

  @Test func whatCannotBeAskedForIsRefused() throws {
    let generator = ScriptedGenerator(Self.fresh)
    let mixture = Fixture.message(.usage) {
      try preparing(
        generator,
        configure: { $0.mixture = MixtureSampling() }
      ) { _, _ in }
    }
    #expect(mixture.contains("a mixture has several"))
    let split = Fixture.message(.usage) {
      try preparing(generator, configure: { $0.fractions = try SplitFractions(parsing: "0/0.5/0.5") }) { _, _ in }
    }
    #expect(split.contains("--generate needs a training split"))
    generator.contextLength = 40
    let context = Fixture.message(.data) { try preparing(generator) { _, _ in } }
    #expect(context.contains("is short enough to be shown to scripted in 40 tokens"))
    #expect(generator.prompts.isEmpty)
  }

  @Test func promptsFitTheContext() throws {
    let generator = ScriptedGenerator(Self.fresh)
    generator.contextLength = 300
    try preparing(generator, configure: { $0.generation?.shownRecords = 20 }) { _, _ in
      for prompt in generator.prompts {
        #expect(prompt.text.utf8.count + prompt.maxNewTokens <= 300)
        #expect(prompt.text.contains("###"))
      }
    }
  }

  @Test func chatModelsGoOnWithTheirOwnAnswer() throws {
    let generator = ScriptedGenerator(Self.fresh)
    generator.conversations = PlainConversations()
    try preparing(generator, configure: { $0.generation?.shownRecords = 2 }) { report, _ in
      #expect(report.generation?.written == 10)
      let parts = generator.prompts[0].text.components(separatedBy: "<assistant>")
      #expect(
        parts.count == 2 && parts[0].hasPrefix("<user>Write records of a data set with the fields dialogue, summary"))
      let records = parts[1].components(separatedBy: "\n\n###\n\n")
      #expect(records.count == 3 && records[0].hasPrefix("dialogue: A: given number") && records[2] == "dialogue:")
    }
  }

  @Test func givenNearDuplicatesStayUnlessAskedFor() throws {
    let generator = ScriptedGenerator { _ in
      GeneratedText(text: " A: Given number 5!\nB: yes\nsummary: They talk about 5!", isFinished: true)
    }
    let message = Fixture.message(.data) { try preparing(generator, count: 2) { _, _ in } }
    #expect(message.contains("near-duplicate"), "\(message)")
    try preparing(ScriptedGenerator(Self.fresh)) { report, _ in
      #expect(report.recordsAccepted == 200 && !report.cleaning.looksForNearDuplicates)
    }
  }

  @Test func otherShapesAreShownByTheirMembers() throws {
    try Fixture.inFolder { folder in
      let text = (0..<40).map {
        #"{"id": \#($0), "messages": [{"role": "user", "content": "Say \#($0)"}, {"role": "assistant", "content": "\#($0)!"}]}"#
      }.joined(separator: "\n")
      try Fixture.write(text, to: "\(folder)/in.jsonl")
      var options = PreparationOptions(sources: [.init(inputs: ["\(folder)/in.jsonl"])], output: "\(folder)/out")
      options.generation = GenerationOptions(count: 2)
      let generator = ScriptedGenerator { number in
        let answer =
          number == 0
          ? " [{\"role\": \"user\""
          : #" [{"role": "user", "content": "Sing \#(number)"}, {"role": "assistant", "content": "La"}]"#
        return GeneratedText(text: answer, isFinished: true)
      }
      let report = try prepare(options, library: TemplateTests.library(), generator: generator)
      #expect(report.generation?.written == 2 && report.generation?.rejected == [.malformed: 1])
      #expect(generator.prompts[0].text.hasPrefix(#"messages: [{"role":"user","content":"Say "#))
      let written = try lines("\(folder)/out/train.jsonl").filter { $0["generated"] == true }
      #expect(written.first?["messages"]?.arrayValue?.first?["content"] == "Sing 1")
    }
  }
}

@Suite struct RecordFormTests {
  private static let pieces = [
    "a", " ", "\n", "\r\n", ":", "b:", "\nb:", "\nc: ", "a:", "###", "\n###\n", "é", "e\u{301}", "\u{0}", "👍", "\"",
    "7",
    "true", "\t",
  ]

  private static func text(_ random: inout SeededRandom) -> String {
    (0..<random.integer(below: 8)).map { _ in pieces[random.integer(below: pieces.count)] }.joined()
  }

  @Test func whatIsShownReadsBackAsTheSame() throws {
    let form = RecordForm(columns: ["a", "b", "c"], samples: [["a": "x", "b": 5, "c": .null]])
    var random = SeededRandom(seed: 5), shown = 0
    for _ in 0..<20_000 {
      var record: JSONObject = ["z": "not shown"]
      for name in ["a", "c"] where random.integer(below: 5) > 0 { record[name] = .string(Self.text(&random)) }
      if random.integer(below: 5) > 0 {
        record["b"] = [.integer(random.integer(below: 9)), .null, ["x\n": "y"]][random.integer(below: 3)]
      }
      let part = form.part(of: record)
      guard let text = form.text(of: part) else { continue }
      shown += 1
      #expect(try form.record(in: text).canonicalBytes == part.canonicalBytes)
      #expect(try form.record(in: "\n" + text + "\n\n###\n\na: other").canonicalBytes == part.canonicalBytes)
    }
    #expect(shown > 5000)
  }

  @Test func anyTextIsReadOrRefused() {
    let form = RecordForm(columns: ["a", "b", "c"], samples: [["a": "x", "b": 5]])
    var random = SeededRandom(seed: 6), read = 0
    for _ in 0..<20_000 {
      guard let record = try? form.record(in: "a:" + Self.text(&random) + "\nb:" + Self.text(&random)) else { continue }
      read += 1
      #expect(record.keys.allSatisfy { ["a", "b", "c"].contains($0) })
      #expect(record.allSatisfy { !($0.value.stringValue?.isBlank ?? false) })
    }
    #expect(read > 500)
  }

  @Test func refusalsSayWhatIsWrong() {
    let form = RecordForm(columns: ["a", "b"], samples: [["a": "x", "b": 5]])
    func problem(_ text: String) -> String {
      do throws(FieldProblem) {
        return "\(try form.record(in: text).keys)"
      } catch {
        return error.sentence
      }
    }
    #expect(problem("Sure! Here:\na: x") == "begins with 'Sure! Here:'; expected 'field: value'")
    #expect(problem("a: x\nb: five") == "b: 'five' is no number, boolean or other JSON")
    #expect(problem("b: 5\na: x") == "a: stands twice, or after a field that it belongs before")
    #expect(problem("a: x\na: y") == "a: stands twice, or after a field that it belongs before")
    #expect(problem("a: x\nmore\nb: 5\n###\nb: 6") == #"["a", "b"]"#)
  }
}
