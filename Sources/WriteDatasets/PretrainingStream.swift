import Basics

/// An endless row of pretraining documents; document `n` depends only on the seed and `n`.
struct PretrainingStream {
  let grammar: Grammar
  let seed: UInt64
  /// Dialogue texts and review bodies that must not appear.
  let published: Set<String>
  /// The share of documents in which a dialogue is told again several times: what teaches a model to read.
  var retoldShare = 0.0

  /// Document number `index`.
  func document(_ index: Int) throws -> String {
    for attempt in 0..<100 {
      var random = SeededRandom(seed: seed, stream: "pretraining/\(index)/\(attempt)")
      if let text = try write(&random) { return text }
    }
    throw TuneError.runtime("document \(index): every attempt gave a published text; widen the grammar")
  }

  private func write(_ random: inout SeededRandom) throws -> String? {
    if retoldShare > 0, random.uniform() < retoldShare { return try retold(&random) }
    let kind = random.uniform()
    if kind < 0.40 { return try dialogue(framed: false, &random) }
    if kind < 0.75 { return try dialogue(framed: true, &random) }
    if kind < 0.90, !grammar.reviews.isEmpty { return try review(&random) }
    if let texts = grammar.texts.randomElement(using: &random) {
      return try texts.write(words: grammar.words, random: random)
    }
    return try dialogue(framed: false, &random)
  }

  private func dialogue(framed: Bool, _ random: inout SeededRandom) throws -> String? {
    let topic = grammar.dialogues[random.integer(below: grammar.dialogues.count)]
    let scenario = topic.scenarios[random.integer(below: topic.scenarios.count)]
    let dialogue = try scenario.write(words: grammar.words, random: random)
    if published.contains(dialogue.text) { return nil }
    if !framed { return dialogue.text }
    var expansion = dialogue.expansion
    let told = expansion.happens(1.0 / 3) ? dialogue.summary : dialogue.recap
    expansion.set("recap", to: SlotValue(plain: told))
    if expansion.happens(0.7) {
      return dialogue.text + "\n\n" + (try expansion.write(anyOf: grammar.frames.after))
    }
    return try expansion.write(anyOf: grammar.frames.before) + "\n\n" + dialogue.text
  }

  /// A dialogue told by several people, each in other words; now and then it stands there twice.
  private func retold(_ random: inout SeededRandom) throws -> String? {
    let topic = grammar.dialogues[random.integer(below: grammar.dialogues.count)]
    let scenario = topic.scenarios[random.integer(below: topic.scenarios.count)]
    var parts: [String] = []
    // The same seed gives the same dialogue; what follows differs in the wordings of its recap.
    let dialogueSeed = random
    for _ in 0..<(3 + random.integer(below: 3)) {
      let dialogue = try scenario.write(words: grammar.words, random: dialogueSeed, tellingSeed: random.next())
      if parts.isEmpty {
        if published.contains(dialogue.text) { return nil }
        parts.append(dialogue.text)
        if random.uniform() < 0.1 { parts.append(dialogue.text) }
      }
      var expansion = dialogue.expansion
      expansion.set("recap", to: SlotValue(plain: expansion.happens(0.5) ? dialogue.summary : dialogue.recap))
      parts.append(try expansion.write(anyOf: grammar.frames.after))
    }
    return parts.joined(separator: "\n\n")
  }

  private func review(_ random: inout SeededRandom) throws -> String? {
    let category = grammar.reviews[random.integer(below: grammar.reviews.count)]
    let stars = ReviewCategory.realisticStars(&random)
    let review = try category.write(stars: stars, words: grammar.words, random: random)
    if published.contains(review.body) { return nil }
    let place = grammar.frames.place
    var expansion = Expansion(words: grammar.words, place: place, random: random)
    try expansion.fillPersons()
    let starWords = ["one star", "two stars", "three stars", "four stars", "five stars"][stars - 1]
    for (name, text) in [
      ("title", review.product), ("category", review.category), ("stars", String(stars)), ("starWords", starWords),
      ("headline", review.headline), ("body", review.body),
    ] {
      expansion.set(name, to: SlotValue(plain: text))
    }
    return try expansion.write(anyOf: grammar.frames.reviews)
  }
}
