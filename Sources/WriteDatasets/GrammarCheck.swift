import Basics

/// Expands every part of the grammar many times and tells what is wrong with the texts.
struct GrammarCheck {
  let grammar: Grammar
  let seeds: Int

  /// One sentence for each outcome that often has the wrong length; errors in templates are thrown.
  func complaints() throws -> [String] {
    var complaints: [String] = []
    for scenario in grammar.dialogues.flatMap(\.scenarios) {
      for outcome in scenario.outcomes.indices {
        var dialogues: [Dialogue] = []
        for seed in 0..<seeds {
          let random = SeededRandom(seed: UInt64(seed), stream: "check")
          dialogues.append(try scenario.write(words: grammar.words, random: random, outcome: outcome))
        }
        complaints += complain(about: dialogues, at: scenario.place.at("outcomes").at(outcome))
      }
    }
    try expandOthers()
    return complaints
  }

  private func complain(about dialogues: [Dialogue], at place: Place) -> [String] {
    var complaints: [String] = []
    func complain(_ text: String) { complaints.append(place.error(text).message) }
    let wrong = dialogues.filter { !$0.isOfPublishedLength }
    if wrong.count * 2 > dialogues.count, let example = wrong.first {
      complain(
        "\(wrong.count) of \(dialogues.count) have the wrong length, such as \(example.turns) turns, "
          + "\(English.wordCount(example.text)) words, \(English.wordCount(example.summary)) in the summary")
    }
    for dialogue in dialogues {
      for text in [dialogue.text, dialogue.summary, dialogue.recap] {
        if let fault = Self.fault(in: text) {
          complain("\(fault): \(text)")
          return complaints
        }
      }
      let names = ["A", "B"].map(dialogue.expansion.name(of:))
      for (kind, text) in [("summary", dialogue.summary), ("recap", dialogue.recap)] {
        if let name = names.first(where: { !text.contains($0) }) {
          complain("the \(kind) does not name \(name): \(text)")
          return complaints
        }
      }
    }
    return complaints
  }

  private func expandOthers() throws {
    for seed in 0..<seeds {
      let random = SeededRandom(seed: UInt64(seed), stream: "check")
      for category in grammar.reviews {
        _ = try category.write(stars: seed % 5 + 1, words: grammar.words, random: random)
      }
      for texts in grammar.texts { _ = try texts.write(words: grammar.words, random: random) }
    }
  }

  /// A slip that a machine can see: an unfilled slot, a doubled word, a doubled space.
  static func fault(in text: String) -> String? {
    let bytes = Array(text.utf8)
    if bytes.contains(where: { [UInt8(ascii: "{"), UInt8(ascii: "}"), UInt8(ascii: "|")].contains($0) }) {
      return "an unfilled slot"
    }
    for (byte, next) in zip(bytes, bytes.dropFirst()) {
      if byte == UInt8(ascii: " ") && next == byte { return "a doubled space" }
      let endsTwice = [UInt8(ascii: " "), UInt8(ascii: "."), UInt8(ascii: ",")].contains(byte)
      if endsTwice && (next == UInt8(ascii: ".") || next == UInt8(ascii: ",")) { return "wrong punctuation" }
    }
    let words = bytes.split(separator: UInt8(ascii: " "))
    for (word, next) in zip(words, words.dropFirst()) where word == next && word.allSatisfy({ $0 >= 65 }) {
      let doubled = String(decoding: word, as: UTF8.self)
      if !["had", "that", "very", "so"].contains(doubled) { return "a doubled word '\(doubled)'" }
    }
    return nil
  }
}
