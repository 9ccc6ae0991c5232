import Basics

/// Plain documents for pretraining: diaries, notices, recipes.
struct TextKind: Sendable {
  let kind: String
  let place: Place
  private let slots: [Slot]
  private let documents: [[Part]]

  /// A paragraph with alternatives, or a block that may be left out.
  private indirect enum Part: Sendable {
    case sentence([Template])
    case maybe(Double, [Part])
  }

  init(_ yaml: YAMLValue, words: WordLists) throws {
    kind = try yaml.required("kind").text()
    place = yaml.place
    slots = try words.slots(yaml.optional("slots"))
    documents = try yaml.required("documents").list().map { try Self.parts($0.required("paragraphs")) }
    if documents.isEmpty { throw yaml.place.at("documents").error("the list is empty") }
  }

  private static func parts(_ yaml: YAMLValue) throws -> [Part] {
    try yaml.list().map { entry in
      guard entry.node.mapping != nil else { return .sentence(try entry.templates()) }
      guard let probability = Double(try entry.required("maybe").text()) else {
        throw entry.place.at("maybe").error("expected a probability from 0 to 1")
      }
      let inner = try entry.optional("paragraphs") ?? entry.required("lines")
      return .maybe(probability, try parts(inner))
    }
  }

  /// Writes one document.
  func write(words: WordLists, random: SeededRandom) throws -> String {
    var expansion = Expansion(words: words, place: place, random: random)
    try expansion.fillPersons()
    try expansion.fill(slots)
    let index = expansion.random.integer(below: documents.count)
    var sentences: [String] = []
    try write(documents[index], into: &sentences, with: &expansion)
    return sentences.joined(separator: " ")
  }

  private func write(_ parts: [Part], into sentences: inout [String], with expansion: inout Expansion) throws {
    for part in parts {
      switch part {
      case .sentence(let wordings): sentences.append(try expansion.write(anyOf: wordings))
      case .maybe(let probability, let inner):
        if expansion.happens(probability) { try write(inner, into: &sentences, with: &expansion) }
      }
    }
  }
}
