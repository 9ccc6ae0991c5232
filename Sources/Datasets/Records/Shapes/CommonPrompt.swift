/// Splits two answers that both begin with their prompt into the prompt and what remains of each.
///
/// In texts with hh-rlhf's turns the prompt ends after the last "\n\nAssistant:" that both share (as in
/// preference_datasets.py of github.com/eric-mitchell/direct-preference-optimization); otherwise where they part, a
/// space before that going to the answers (TRL, `extract_prompt`).
/// - Throws: `FieldProblem` where the answers are the same, share nothing, or one has nothing of its own.
func withCommonPrompt(_ chosen: Passage, _ rejected: Passage) throws(FieldProblem) -> ExampleContent.Kind {
  switch (chosen, rejected) {
  case (.messages(let first), .messages(let second)):
    let count = zip(first, second).prefix { $0 == $1 }.count
    try check(shared: count, first.count, second.count)
    return .pair(
      prompt: .messages(Array(first[..<count])), chosen: .messages(Array(first[count...])),
      rejected: .messages(Array(second[count...])))
  case (.text(let first), .text(let second)):
    let a = Array(first.unicodeScalars), b = Array(second.unicodeScalars)
    let parting = zip(a, b).prefix { $0 == $1 }.count
    let count = lastTurnEnd(in: a[..<parting]) ?? (parting > 0 && a[parting - 1] == " " ? parting - 1 : parting)
    try check(shared: count, a.count, b.count)
    func text(_ scalars: ArraySlice<Unicode.Scalar>) -> Passage {
      var text = String.UnicodeScalarView()
      text.append(contentsOf: scalars)
      return .text(String(text))
    }
    return .pair(prompt: text(a[..<count]), chosen: text(a[count...]), rejected: text(b[count...]))
  default: preconditionFailure("both answers are texts or both are messages")
  }
}

private func check(shared count: Int, _ first: Int, _ second: Int) throws(FieldProblem) {
  if count == first, count == second {
    throw FieldProblem(field: "rejected", reason: "the same as the chosen answer; expected another one")
  }
  if count == 0 {
    throw FieldProblem(
      field: "prompt", reason: "missing, and the answers have no common beginning to take it from; add a prompt")
  }
  if count == first || count == second {
    throw FieldProblem(
      field: count == first ? "chosen" : "rejected", reason: "nothing follows the prompt; expected an answer",
      isEmptyCompletion: true)
  }
}

/// The place after the last "\n\nAssistant:".
private func lastTurnEnd(in scalars: ArraySlice<Unicode.Scalar>) -> Int? {
  let mark = Array("\n\nAssistant:".unicodeScalars)
  var end = scalars.endIndex
  while end - scalars.startIndex >= mark.count {
    if scalars[end - mark.count..<end].elementsEqual(mark) { return end }
    end -= 1
  }
  return nil
}
