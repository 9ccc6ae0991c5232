import Basics

/// One product review.
struct Review: Sendable {
  let product: String
  let category: String
  let stars: Int
  let headline: String
  let body: String
}

/// Something that can be said about a product, for or against it.
struct ReviewPoint: Sendable {
  let name: String
  let positive: [Template]
  let negative: [Template]
  let positiveHeadlines: [Template]
  let negativeHeadlines: [Template]

  init(_ yaml: YAMLValue) throws {
    name = try yaml.required("name").text()
    positive = try yaml.required("positive").templates()
    negative = try yaml.required("negative").templates()
    let headlines = try yaml.optional("headline")
    positiveHeadlines = try headlines?.optional("positive")?.templates() ?? []
    negativeHeadlines = try headlines?.optional("negative")?.templates() ?? []
  }
}

/// The sentence banks of one category of products.
struct ReviewCategory: Sendable {
  let category: String
  let place: Place
  let products: [SlotValue]
  let slots: [Slot]
  let headlines: [Int: [Template]]
  let openings: [Int: [Template]]
  let closings: [Int: [Template]]
  let points: [ReviewPoint]

  init(_ yaml: YAMLValue, words: WordLists) throws {
    category = try yaml.required("category").text()
    place = yaml.place
    products = try yaml.required("products").list().map(SlotValue.init)
    slots = try words.slots(yaml.optional("slots"))
    headlines = try Self.byStars(yaml.required("headlines"))
    let bodies = try yaml.required("bodies")
    openings = try Self.byStars(bodies.required("opening"))
    closings = try Self.byStars(bodies.required("closing"))
    points = try bodies.required("points").list().map(ReviewPoint.init)
    if products.isEmpty { throw yaml.place.at("products").error("the list is empty") }
    if points.isEmpty { throw bodies.place.at("points").error("the list is empty") }
  }

  private static func byStars(_ yaml: YAMLValue) throws -> [Int: [Template]] {
    try Dictionary(uniqueKeysWithValues: (1...5).map { ($0, try yaml.required(String($0)).templates()) })
  }

  /// Writes one review with the given number of stars.
  func write(stars: Int, words: WordLists, random: SeededRandom) throws -> Review {
    var expansion = Expansion(words: words, place: place, random: random)
    try expansion.fill([Slot(name: "product", source: "product", values: products)])
    try expansion.fillPersons()
    expansion.spread("product")
    try expansion.fill(slots)
    var chosen = points.shuffled(using: &expansion.random).prefix(1 + expansion.random.integer(below: 3)).map { $0 }
    if stars == 3 && chosen.count == 1 { chosen = Array(points.shuffled(using: &expansion.random).prefix(2)) }
    let praised = praise(count: chosen.count, stars: stars, random: &expansion.random)
    var sentences = [try expansion.write(anyOf: openings[stars] ?? [])]
    for (point, isPraised) in zip(chosen, praised) {
      sentences.append(try expansion.write(anyOf: isPraised ? point.positive : point.negative))
    }
    if chosen.count < 3 || expansion.happens(0.6) {
      sentences.append(try expansion.write(anyOf: closings[stars] ?? []))
    }
    let headline = try headline(stars: stars, points: chosen, praised: praised, with: &expansion)
    return Review(
      product: expansion.name(of: "product"), category: category, stars: stars, headline: headline,
      body: sentences.joined(separator: " "))
  }

  /// Which of the points are praised: the stars decide.
  private func praise(count: Int, stars: Int, random: inout SeededRandom) -> [Bool] {
    var praised = [Bool](repeating: stars >= 3, count: count)
    switch stars {
    case 2, 4: if count > 1 && random.uniform() < 0.5 { praised[count - 1] = stars == 2 }
    case 3: for index in 0..<count where index % 2 == 1 { praised[index] = false }
    default: break
    }
    if stars == 3 { praised.shuffle(using: &random) }
    return praised
  }

  /// A headline about a point that speaks for the stars, or one that fits any product.
  private func headline(
    stars: Int, points: [ReviewPoint], praised: [Bool], with expansion: inout Expansion
  ) throws -> String {
    if stars != 3 && expansion.happens(0.6) {
      for (point, isPraised) in zip(points, praised) where isPraised == (stars > 3) {
        let wordings = isPraised ? point.positiveHeadlines : point.negativeHeadlines
        if !wordings.isEmpty { return try expansion.write(anyOf: wordings) }
      }
    }
    return try expansion.write(anyOf: headlines[stars] ?? [])
  }

  /// Stars as real shops see them: many fives, a few ones.
  static func realisticStars(_ random: inout SeededRandom) -> Int {
    let point = random.uniform()
    return point < 0.11 ? 1 : point < 0.20 ? 2 : point < 0.35 ? 3 : point < 0.62 ? 4 : 5
  }
}
