import Basics

/// One text in the making: the values its slots have, and the random numbers that choose.
struct Expansion {
  let words: WordLists
  let place: Place
  var random: SeededRandom
  private var values: [String: SlotValue] = [:]
  private var used: [String: Set<String>] = [:]

  init(words: WordLists, place: Place, random: SeededRandom) {
    self.words = words
    self.place = place
    self.random = random
  }

  /// Gives each slot a value that no other slot of the same source has.
  mutating func fill(_ slots: [Slot]) throws {
    for slot in slots {
      let taken = used[slot.source] ?? []
      let free = taken.isEmpty ? slot.values : slot.values.filter { !taken.contains($0.name.source) }
      guard let value = free.randomElement(using: &random) else {
        throw place.error("the slot '\(slot.name)' has no value left that differs from the others")
      }
      values[slot.name] = value
      used[slot.source, default: []].insert(value.name.source)
    }
  }

  /// Makes the linked values of a slot slots of their own: `{noun}` beside `{product.noun}`.
  mutating func spread(_ name: String) {
    guard let value = values[name] else { return }
    for (key, linked) in value.linked { values[key] = SlotValue(name: linked) }
    values["name"] = value
  }

  /// Gives one slot a known value.
  mutating func set(_ name: String, to value: SlotValue) { values[name] = value }

  /// The plain value of a slot, such as a person's name.
  func name(of slot: String) -> String { values[slot]?.name.source ?? slot }

  /// Two persons with different names.
  mutating func fillPersons(_ names: [String] = ["A", "B"]) throws {
    try fill(names.map { Slot(name: $0, source: "firstNames", values: words.lists["firstNames"] ?? []) })
  }

  /// Whether something of this probability happens.
  mutating func happens(_ probability: Double) -> Bool {
    random.uniform() < probability
  }

  /// One of the wordings, expanded.
  mutating func write(anyOf templates: [Template]) throws -> String {
    guard let template = templates.randomElement(using: &random) else { throw place.error("there is no wording") }
    return English.capitalised(try write(template))
  }

  /// The template with all slots filled and alternatives chosen.
  mutating func write(_ template: Template) throws -> String {
    var text = ""
    try write(template, into: &text, depth: 0)
    return text
  }

  private mutating func write(_ template: Template, into text: inout String, depth: Int) throws {
    if depth > 16 { throw place.error("the slots of \"\(template.source)\" refer to each other in a circle") }
    for piece in template.pieces {
      switch piece {
      case .literal(let literal): text += literal
      case .slot(let reference): try write(reference, into: &text, depth: depth + 1)
      case .choice(let options):
        let option = options[random.integer(below: options.count)]
        try write(option, into: &text, depth: depth + 1)
      }
    }
  }

  private mutating func write(_ reference: Template.Reference, into text: inout String, depth: Int) throws {
    let found = try find(reference)
    var value = ""
    try write(found.template, into: &value, depth: depth)
    let startsSentence = English.startsSentence(after: text)
    if reference.article {
      let article = English.article(for: value) + " "
      text += (reference.capitalArticle || startsSentence ? English.capitalised(article) : article) + value
    } else if found.capital || startsSentence {
      text += English.capitalised(value)
    } else {
      text += found.isPhrase ? English.lowered(value) : value
    }
  }

  /// The template behind a slot, whether its first letter is to be upper case, and whether it is a common phrase.
  private mutating func find(
    _ reference: Template.Reference
  ) throws -> (template: Template, capital: Bool, isPhrase: Bool) {
    for (name, capital) in [(reference.name, false), (Self.lowered(reference.name), true)] {
      if reference.key == nil, let phrase = words.phrases[name]?.randomElement(using: &random) {
        return (phrase, capital, true)
      }
      if values[name] == nil, let list = words.lists[name] {
        try fill([Slot(name: name, source: name, values: list)])
      }
      if values[name] == nil, Self.isPerson(name) { try fillPersons([name]) }
      guard let value = values[name] else { continue }
      guard let key = reference.key else { return (value.name, capital, false) }
      if let linked = value.linked[key] { return (linked, capital, false) }
      if let linked = value.linked[Self.lowered(key)] { return (linked, true, false) }
      throw place.error("the value \"\(value.name.source)\" of the slot '\(name)' has no key '\(key)'")
    }
    throw place.error("there is no slot '\(reference.name)'")
  }

  /// A slot that is one capital letter is a person, also where nobody has named one yet: `{C}`.
  private static func isPerson(_ name: String) -> Bool { name.utf8.count == 1 && name.first?.isUppercase == true }

  private static func lowered(_ name: String) -> String { name.prefix(1).lowercased() + name.dropFirst() }
}
