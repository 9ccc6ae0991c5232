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

  /// Gives one slot a known value.
  mutating func set(_ name: String, to value: SlotValue) { values[name] = value }

  /// Two persons with different names.
  mutating func fillPersons(_ names: [String] = ["A", "B"]) throws {
    try fill(names.map { Slot(name: $0, source: "firstNames", values: words.lists["firstNames"] ?? []) })
  }

  /// Whether something of this probability happens.
  mutating func happens(_ probability: Double) -> Bool {
    Double.random(in: 0..<1, using: &random) < probability
  }

  /// One of the wordings, expanded.
  mutating func write(anyOf templates: [Template]) throws -> String {
    guard let template = templates.randomElement(using: &random) else { throw place.error("there is no wording") }
    return English.capitalised(try write(template))
  }

  /// The template with all slots filled and alternatives chosen.
  mutating func write(_ template: Template, depth: Int = 0) throws -> String {
    if depth > 8 { throw place.error("the slots of \"\(template.source)\" refer to each other in a circle") }
    var text = ""
    for piece in template.pieces {
      switch piece {
      case .literal(let literal): text += literal
      case .slot(let reference): text += try write(reference, depth: depth + 1)
      case .choice(let options):
        if let option = options.randomElement(using: &random) { text += try write(option, depth: depth + 1) }
      }
    }
    return text
  }

  private mutating func write(_ reference: Template.Reference, depth: Int) throws -> String {
    let (template, capital) = try find(reference)
    var text = try write(template, depth: depth)
    if capital { text = English.capitalised(text) }
    guard reference.article else { return text }
    let article = English.article(for: text)
    return (reference.capitalArticle ? English.capitalised(article) : article) + " " + text
  }

  /// The template behind a slot, and whether its first letter is to be upper case.
  private mutating func find(_ reference: Template.Reference) throws -> (Template, capital: Bool) {
    for (name, capital) in [(reference.name, false), (Self.lowered(reference.name), true)] {
      if reference.key == nil, let phrase = words.phrases[name]?.randomElement(using: &random) {
        return (phrase, capital)
      }
      if values[name] == nil, let list = words.lists[name] {
        try fill([Slot(name: name, source: name, values: list)])
      }
      guard let value = values[name] else { continue }
      guard let key = reference.key else { return (value.name, capital) }
      if let linked = value.linked[key] { return (linked, capital) }
      if let linked = value.linked[Self.lowered(key)] { return (linked, true) }
      throw place.error("the value \"\(value.name.source)\" of the slot '\(name)' has no key '\(key)'")
    }
    throw place.error("there is no slot '\(reference.name)'")
  }

  private static func lowered(_ name: String) -> String { name.prefix(1).lowercased() + name.dropFirst() }
}
