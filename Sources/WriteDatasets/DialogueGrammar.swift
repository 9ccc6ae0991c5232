import Basics

/// A dialogue with what can be said about it.
struct Dialogue: Sendable {
  let topic: String
  let scenario: String
  /// Lines "Anna: …" joined by line breaks.
  let text: String
  /// One or two sentences in the present tense.
  let summary: String
  /// The same told in the past tense.
  let recap: String
  /// The expansion, so that a frame around the dialogue can use the same names.
  let expansion: Expansion

  /// The number of lines.
  var turns: Int { text.utf8.count { $0 == 10 } + 1 }

  /// Whether the lengths are those promised for the published records.
  var isOfPublishedLength: Bool {
    (5...12).contains(turns) && (60...160).contains(English.wordCount(text))
      && (12...35).contains(English.wordCount(summary))
  }
}

/// A part of a scenario: a line, or a block that may be left out, or one of several blocks.
indirect enum Step: Sendable {
  case line(speaker: String, wordings: [Template])
  case maybe(Double, [Step])
  case either([[Step]])

  /// Reads a list of steps.
  static func list(_ yaml: YAMLValue) throws -> [Step] {
    try yaml.list().map { entry in
      if let probability = try entry.optional("maybe") {
        guard let value = Double(try probability.text()), (0...1).contains(value) else {
          throw probability.place.error("expected a probability from 0 to 1")
        }
        return .maybe(value, try list(entry.required("lines")))
      }
      if let blocks = try entry.optional("either") {
        return .either(try blocks.list().map(list))
      }
      guard let (speaker, wordings) = try entry.pairs().first, ["A", "B"].contains(speaker) else {
        throw entry.place.error("expected one of the keys A, B, maybe, either")
      }
      return .line(speaker: speaker, wordings: try wordings.templates())
    }
  }

  /// Appends what someone says; who has just spoken goes on in the same line.
  static func add(_ words: String, by name: String, to lines: inout [String]) {
    if let last = lines.last, last.hasPrefix(name + ": ") {
      lines[lines.count - 1] = last + " " + words
    } else {
      lines.append("\(name): \(words)")
    }
  }

  /// Appends the lines of these steps.
  static func write(_ steps: [Step], into lines: inout [String], with expansion: inout Expansion) throws {
    for step in steps {
      switch step {
      case .line(let speaker, let wordings):
        add(try expansion.write(anyOf: wordings), by: expansion.name(of: speaker), to: &lines)
      case .maybe(let probability, let block):
        if expansion.happens(probability) { try write(block, into: &lines, with: &expansion) }
      case .either(let blocks):
        if let block = blocks.randomElement(using: &expansion.random) {
          try write(block, into: &lines, with: &expansion)
        }
      }
    }
  }
}

/// One way a scenario may end.
struct Outcome: Sendable {
  let weight: Double
  let slots: [Slot]
  let steps: [Step]
  let summary: [Template]
  let recap: [Template]

  init(_ yaml: YAMLValue, words: WordLists, after slots: [Slot]) throws {
    weight = try yaml.optional("weight").flatMap { Double(try $0.text()) } ?? 1
    self.slots = try words.slots(yaml.optional("slots"), after: slots)
    steps = try Step.list(yaml.required("lines"))
    summary = try yaml.required("summary").templates()
    recap = try yaml.required("recap").templates()
  }
}

/// A situation between two persons, with several outcomes.
struct Scenario: Sendable {
  let topic: String
  let name: String
  let place: Place
  /// How the two speak with each other: the name of a list of small talk.
  let tone: String
  let slots: [Slot]
  let steps: [Step]
  let outcomes: [Outcome]

  init(_ yaml: YAMLValue, topic: String, tone: String, words: WordLists) throws {
    self.topic = topic
    let tone = try yaml.optional("tone")?.text() ?? tone
    self.tone = tone
    if words.smallTalk[tone] == nil && words.smallTalk[tone + "A"] == nil {
      throw yaml.place.at("tone").error("there is no small talk '\(tone)'")
    }
    name = try yaml.required("name").text()
    place = Place(file: yaml.place.file, keys: [name])
    let slots = try words.slots(yaml.optional("slots"))
    self.slots = slots
    steps = try Step.list(yaml.required("lines"))
    outcomes = try yaml.required("outcomes").list().map { try Outcome($0, words: words, after: slots) }
    if outcomes.isEmpty { throw yaml.place.error("there are no outcomes") }
  }

  /// Writes one dialogue; `outcome` forces an ending.
  func write(
    words: WordLists, random: SeededRandom, outcome forced: Int? = nil, tellingSeed: UInt64? = nil
  ) throws -> Dialogue {
    var expansion = Expansion(words: words, place: place, random: random)
    try expansion.fillPersons()
    try expansion.fill(slots)
    let outcome = outcomes[forced ?? choose(with: &expansion)]
    try expansion.fill(outcome.slots)
    var lines: [String] = []
    try Step.write(steps + outcome.steps, into: &lines, with: &expansion)
    try addSmallTalk(to: &lines, with: &expansion)
    if let tellingSeed { expansion.random = SeededRandom(seed: tellingSeed, stream: "telling") }
    let summary = try expansion.write(anyOf: outcome.summary)
    let recap = try expansion.write(anyOf: outcome.recap)
    return Dialogue(
      topic: topic, scenario: name, text: lines.joined(separator: "\n"), summary: summary, recap: recap,
      expansion: expansion)
  }

  /// Sometimes, and always when the dialogue is short, a few words about something else follow.
  ///
  /// Whoever did not speak last begins: `{N}`; the other is `{L}`.
  private func addSmallTalk(to lines: inout [String], with expansion: inout Expansion) throws {
    let wordCount = lines.reduce(0) { $0 + English.wordCount($1) }
    let names = ["A", "B"].map(expansion.name(of:))
    let lastIsA = lines.last?.hasPrefix(names[0] + ":") ?? false
    let smallTalk = expansion.words.smallTalk
    guard expansion.happens(0.25) || wordCount < 61,
      let blocks = smallTalk[tone + (lastIsA ? "B" : "A")] ?? smallTalk[tone]
    else { return }
    let speakers = lastIsA ? [names[1], names[0]] : names
    for (slot, name) in zip(["N", "L"], speakers) { expansion.set(slot, to: SlotValue(plain: name)) }
    let block = blocks[expansion.random.integer(below: blocks.count)]
    for (index, wordings) in block.enumerated() {
      Step.add(try expansion.write(anyOf: wordings), by: speakers[index % 2], to: &lines)
    }
  }

  private func choose(with expansion: inout Expansion) -> Int {
    var point = expansion.random.uniform() * outcomes.reduce(0) { $0 + $1.weight }
    for (index, outcome) in outcomes.enumerated() {
      point -= outcome.weight
      if point < 0 { return index }
    }
    return outcomes.count - 1
  }
}

/// All scenarios of one topic.
struct DialogueTopic: Sendable {
  let topic: String
  let scenarios: [Scenario]

  init(_ yaml: YAMLValue, words: WordLists) throws {
    let topic = try yaml.required("topic").text()
    self.topic = topic
    let tone = try yaml.optional("tone")?.text() ?? "friends"
    scenarios = try yaml.required("scenarios").list().map {
      try Scenario($0, topic: topic, tone: tone, words: words)
    }
    if scenarios.isEmpty { throw yaml.place.error("there are no scenarios") }
  }
}
