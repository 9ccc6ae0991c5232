import Basics
import Foundation

/// The two published files: dialogues with summaries, and product reviews.
struct PublishedDatasets {
  let grammar: Grammar
  let seed: UInt64

  /// `count` different dialogues of the promised lengths, topics in equal shares, in random order.
  func dialogues(count: Int) throws -> [Dialogue] {
    var seen: Set<String> = []
    var dialogues: [Dialogue] = []
    for index in 0..<count {
      let topic = grammar.dialogues[index % grammar.dialogues.count]
      dialogues.append(
        try first(of: "dialogue/\(index)", in: topic.topic) { random in
          let scenario = topic.scenarios[random.integer(below: topic.scenarios.count)]
          let dialogue = try scenario.write(words: grammar.words, random: random)
          return dialogue.isOfPublishedLength && seen.insert(dialogue.text).inserted ? dialogue : nil
        })
    }
    var random = SeededRandom(seed: seed, stream: "dialogue order")
    return dialogues.shuffled(using: &random)
  }

  /// `count` reviews with different bodies, categories in equal shares, in random order.
  func reviews(count: Int) throws -> [Review] {
    if grammar.reviews.isEmpty { return [] }
    var seen: Set<String> = []
    var reviews: [Review] = []
    for index in 0..<count {
      let category = grammar.reviews[index % grammar.reviews.count]
      reviews.append(
        try first(of: "review/\(index)", in: category.category) { random in
          let stars = ReviewCategory.realisticStars(&random)
          let review = try category.write(stars: stars, words: grammar.words, random: random)
          return seen.insert(review.body).inserted ? review : nil
        })
    }
    var random = SeededRandom(seed: seed, stream: "review order")
    return reviews.shuffled(using: &random)
  }

  /// The first attempt that is neither a repetition nor too short or long.
  private func first<Value>(
    of stream: String, in name: String, attempt: (inout SeededRandom) throws -> Value?
  ) throws -> Value {
    for number in 0..<1000 {
      var random = SeededRandom(seed: seed, stream: "\(stream)/\(number)")
      if let value = try attempt(&random) { return value }
    }
    throw TuneError.data("\(name): 1000 attempts gave no new text of the right length; add wordings")
  }

  /// Writes `dialogues.jsonl` and `reviews.csv` into a folder.
  func write(to folder: String, count: Int) throws {
    let lines = try dialogues(count: count).enumerated().map { index, dialogue in
      JSON.object([
        "id": .string("dialogue-" + Self.padded(index + 1)), "dialogue": .string(dialogue.text),
        "summary": .string(dialogue.summary), "topic": .string(dialogue.topic),
      ]).text() + "\n"
    }
    try AtomicFile.write(lines.joined(), to: "\(folder)/dialogues.jsonl")
    let header = "review_id,product_title,product_category,star_rating,review_headline,review_body\r\n"
    let rows = try reviews(count: count).enumerated().map { index, review in
      [
        "review-" + Self.padded(index + 1), review.product, review.category, String(review.stars), review.headline,
        review.body,
      ].map(Self.csvField).joined(separator: ",") + "\r\n"
    }
    if !rows.isEmpty { try AtomicFile.write(header + rows.joined(), to: "\(folder)/reviews.csv") }
  }

  /// A field as RFC 4180 wants it.
  static func csvField(_ text: String) -> String {
    guard text.utf8.contains(where: { [34, 44, 10, 13].contains($0) }) else { return text }
    return "\"" + text.replacing("\"", with: "\"\"") + "\""
  }

  private static func padded(_ number: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
  }

  /// The dialogue texts of a published file, so that pretraining can leave them out.
  static func dialogueTexts(in file: String) throws -> Set<String> {
    let reader = try LineReader(file)
    var texts: Set<String> = []
    while let line = try reader.next() {
      let record: JSON
      do { record = try JSON(parsing: line) } catch {
        throw TuneError.data("\(file):\(reader.lineNumber): not valid JSON at \(error)")
      }
      guard let text = record["dialogue"]?.stringValue else {
        throw TuneError.data("\(file):\(reader.lineNumber): the key 'dialogue' is missing")
      }
      texts.insert(text)
    }
    return texts
  }
}
