import Basics
import Testing

@testable import Evaluation

@Suite struct ForgettingTests {
  private let loss = ForgettingProbe(name: "text", kind: .loss)
  private let answers = ForgettingProbe(name: "questions", kind: .accuracy)

  private func items(_ pairs: [(Double, Double)]) -> [ProbeItem] { pairs.map { ProbeItem(sum: $0.0, weight: $0.1) } }

  /// A loss is the mean over tokens, whatever texts they are in; more is worse.
  @Test func aLossThatRisesIsForgotten() throws {
    let base = items([(10, 5), (2, 1), (6, 4)]), tuned = items([(15, 5), (3, 1), (10, 4)])
    let found = try ProbeComparison(loss, base: base, tuned: tuned, bootstrap: PairedBootstrap())
    #expect(abs(found.base - 1.8) < 1e-12 && abs(found.tuned - 2.8) < 1e-12)
    // Every text's loss rose by one a token, so every sample's did.
    #expect(abs(found.forgotten - 1) < 1e-12 && found.isSignificant)
    #expect(abs(found.interval.lowerBound - 1) < 1e-9 && abs(found.interval.upperBound - 1) < 1e-9)
  }

  @Test func answersThatAreLostAreForgotten() throws {
    let base = items((0..<100).map { ($0 < 60 ? 1 : 0, 1) }), tuned = items((0..<100).map { ($0 < 40 ? 1 : 0, 1) })
    let found = try ProbeComparison(answers, base: base, tuned: tuned, bootstrap: PairedBootstrap())
    #expect(abs(found.base - 0.6) < 1e-12 && abs(found.forgotten - 0.2) < 1e-12)
    // 20 of 100 items changed: the standard deviation of their share is 0.04.
    #expect(found.isSignificant && abs(found.interval.lowerBound - 0.12) < 0.03)
    #expect(abs(found.interval.upperBound - 0.28) < 0.03)
    let same = try ProbeComparison(answers, base: base, tuned: base, bootstrap: PairedBootstrap())
    #expect(same.forgotten == 0 && same.interval == 0...0 && !same.isSignificant)
  }

  @Test func whatWasTrainedIsNotForgotten() throws {
    let trained = ForgettingProbe(name: "task", kind: .loss, isTrained: true), bootstrap = try PairedBootstrap()
    let worse = items([(4, 1), (4, 1)]), better = items([(1, 1), (1, 1)])
    let found = try [
      ProbeComparison(trained, base: better, tuned: worse, bootstrap: bootstrap),
      ProbeComparison(loss, base: worse, tuned: better, bootstrap: bootstrap),
      ProbeComparison(answers, base: better, tuned: items([(0, 1), (1, 1)]), bootstrap: bootstrap),
    ]
    #expect(found.worst?.probe.name == "questions")
    #expect(found.prefix(1).map { $0 }.worst == nil)
  }

  @Test func otherItemsAreAnError() throws {
    let one = items([(1, 1)])
    #expect(throws: TuneError.self) {
      try ProbeComparison(loss, base: one, tuned: [], bootstrap: PairedBootstrap())
    }
    #expect(throws: TuneError.self) { try ProbeComparison(loss, base: [], tuned: [], bootstrap: PairedBootstrap()) }
  }
}

@Suite struct MultipleChoiceTests {
  private func parse(_ text: String) throws -> [MultipleChoiceItem] {
    try MultipleChoiceItem.parse(text, path: "q.jsonl")
  }

  @Test(arguments: ["1", "\"B\"", "\"blue\""]) func anAnswerIsAPlaceALetterOrAText(answer: String) throws {
    let items = try parse("{\"question\": \"Sky?\", \"choices\": [\"red\", \"blue\"], \"answer\": \(answer)}\n\n")
    #expect(items == [MultipleChoiceItem(question: "Sky?", choices: ["red", "blue"], answer: 1, line: 1)])
    #expect(items[0].context == "Question: Sky?\nAnswer:" && items[0].continuations == [" red", " blue"])
  }

  @Test func theGauntletsNamesAreRead() throws {
    let items = try parse("{\"query\": \"Sky?\", \"choices\": [\"red\", \"blue\"], \"gold\": 0}")
    #expect(items[0].question == "Sky?" && items[0].answer == 0)
  }

  @Test(arguments: [
    ("nonsense", "is no JSON object"), ("[1]", "is no JSON object"), ("{\"choices\": [\"a\", \"b\"]}", "'question'"),
    ("{\"question\": \"Q\", \"choices\": [\"a\"], \"answer\": 0}", "two texts or more"),
    ("{\"question\": \"Q\", \"choices\": [\"a\", 3], \"answer\": 0}", "two texts or more"),
    (
      "{\"question\": \"Q\", \"choices\": [\"a\", \"b\"], \"answer\": 2}", "'answer' is 2; expected a place from 0 to 1"
    ),
    ("{\"question\": \"Q\", \"choices\": [\"a\", \"b\"], \"answer\": \"C\"}", "'answer' is \"C\""),
    ("{\"question\": \"Q\", \"choices\": [\"a\", \"b\"]}", "'answer' is missing"),
  ]) func damagedLinesAreNamed(line: String, part: String) throws {
    let good = "{\"question\": \"Q\", \"choices\": [\"a\", \"b\"], \"answer\": 0}\n"
    let error = try #require(throws: TuneError.self) { try parse(good + line) }
    #expect(error.kind == .data && error.message.hasPrefix("q.jsonl:2: ") && error.message.contains(part))
  }

  @Test func aFileWithoutQuestionsIsAnError() {
    #expect(throws: TuneError.self) { try parse("\n \n") }
  }

  /// Log-likelihood per byte, so that long choices are not at a loss; the first of equals.
  @Test func choicesAreComparedByTheByte() {
    let item = MultipleChoiceItem(question: "", choices: ["ab", "abcd", "é"], answer: 0, line: 1)
    #expect(item.choice([-2, -3.9, -2.1]) == 1)
    #expect(item.choice([-2, -4, -2]) == 0)
  }
}
