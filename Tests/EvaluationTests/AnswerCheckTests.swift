import Testing

@testable import Evaluation

@Suite struct AnswerCheckTests {
  private func fault(
    _ name: String, _ answer: String, prompt: String = "Who called?", reference: String = "Anna called at 9.",
    stopped: Bool = true
  ) -> String? {
    answerChecks.first { $0.name == name }?.fault(
      in: AnswerItem(prompt: prompt, reference: reference, answer: answer, stopped: stopped))
  }

  @Test func goodAnswersHaveNoFault() {
    for check in answerChecks { #expect(fault(check.name, "Anna called at 9.") == nil, "\(check.name)") }
  }

  @Test func emptyAndEndlessAnswersAreFound() {
    #expect(fault("empty", " \n") == "no text" && fault("empty", "a") == nil)
    #expect(fault("never_stopped", "a b c", stopped: false) == "ran into the limit after 3 words")
  }

  @Test func repetitionIsFound() {
    let text = "the cat sat on the mat and the cat sat on the mat and the cat sat on the mat"
    #expect(fault("repetitive", text) != nil)
    #expect(fault("loop", "Well, he said no no no no no no") == "\"no\" 6 times at the end")
    #expect(fault("loop", "it is so it is so it is so") == "\"it is so\" 3 times at the end")
    #expect(fault("loop", "ha ha ha") == nil)
  }

  @Test func lengthsAreCompared() {
    #expect(fault("verbose", String(repeating: "word ", count: 20)) == "20 words for 4")
    #expect(fault("too_short", "No.", reference: String(repeating: "word ", count: 20)) == "1 words for 20")
  }

  @Test func whatIsCopiedIsFound() {
    let prompt = "He walked to the old mill by the river where the miller waited for him with a lamp."
    #expect(fault("copied", prompt, prompt: prompt)?.hasPrefix("18 words") ?? false)
    #expect(fault("copied", prompt, prompt: prompt, reference: prompt) == nil)
  }

  @Test func whatIsInventedIsFound() {
    #expect(fault("invented_numbers", "Anna called at 9 and 10.") == "10")
    #expect(fault("invented_numbers", "It cost 1,000.", prompt: "It cost 1000") == nil)
    #expect(fault("invented_names", "Then Bert's dog met Anna.") == "Bert")
    #expect(fault("invented_names", "Bert called.") == nil)
    #expect(fault("invented_names", "It is #Person1#'s tea.", prompt: "#Person1#: My tea.") == nil)
  }

  @Test func otherLanguagesAreFound() {
    let english = "The weather was so bad that nobody wanted to leave the house on that morning."
    let german = "Das Wetter war so schlecht, dass an diesem Morgen niemand das Haus verlassen wollte."
    #expect(fault("wrong_language", german, reference: english) == "de instead of en")
    #expect(fault("wrong_language", english, reference: english) == nil)
  }

  @Test func unknownWordsAreFound() {
    let check = Misspellings(words: ["the", "cat", "sat"])
    func wrong(_ answer: String) -> String? {
      check.fault(in: AnswerItem(prompt: "about mats", reference: "", answer: answer, stopped: true))
    }
    #expect(wrong("the cat saat on mats") == "saat" && wrong("The Cat sat, mats") == nil)
  }

  @Test func faultsOfTwoModelsAreCompared() {
    func items(_ answers: [String]) -> [AnswerItem] {
      answers.map { AnswerItem(prompt: "p", reference: "r", answer: $0, stopped: true) }
    }
    let table = FaultTable(checks: [EmptyAnswer()], base: items(["", "", "a"]), tuned: items(["", "b", ""]))
    let row = table.rows[0]
    #expect(row.baseCount == 2 && row.tunedCount == 2 && row.appeared == 1 && row.vanished == 1)
    #expect(table.advice().map { $0.count } == [2])
  }

  @Test func slicesHaveTheirOwnScores() {
    let metric = LengthRatio(), base = (1...20).map { [Double($0), 10] }
    let slicing = Slicing(metric, base: base, tuned: base.map { [$0[0] * 2, 10] })
    let quarters = slicing.quarters(by: "prompt length", unit: "words", values: Array(1...20))
    #expect(quarters.map { $0.name } == ["1–5 words", "6–10 words", "11–15 words", "16–20 words"])
    #expect(quarters[0].base == 0.3 && quarters[0].tuned == 0.6)
    let kinds = slicing.slices(by: "task", names: (1...20).map { $0 <= 10 ? "a" : "b" })
    #expect(kinds.map { $0.name } == ["a", "b"] && kinds[1].items == Array(10..<20))
    #expect(slicing.slices(by: "task", names: base.map { _ in "same" }).isEmpty)
  }
}
