import Basics
import Foundation
import Testing

@testable import write_datasets

/// The grammar folder of this checkout.
private let folder = URL(fileURLWithPath: #filePath)
  .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
  .appendingPathComponent("Datasets/grammar").path

@Suite struct GrammarTests {
  let grammar: Grammar

  init() throws { grammar = try Grammar(folder: folder) }

  @Test func everyOutcomeExpandsWithoutFaults() throws {
    #expect(try GrammarCheck(grammar: grammar, seeds: 20).complaints() == [])
  }

  @Test func everyFileExpandsForTwoHundredSeeds() throws {
    for seed in UInt64(0)..<200 {
      let random = SeededRandom(seed: seed, stream: "test")
      for topic in grammar.dialogues {
        let scenario = topic.scenarios[Int(seed) % topic.scenarios.count]
        #expect(try !scenario.write(words: grammar.words, random: random).text.contains("{"))
      }
      for category in grammar.reviews {
        #expect(try !category.write(stars: Int(seed % 5) + 1, words: grammar.words, random: random).body.contains("{"))
      }
      for kind in grammar.texts {
        #expect(try !kind.write(words: grammar.words, random: random).contains("{"))
      }
    }
  }

  @Test func publishedDialoguesKeepTheirPromises() throws {
    let dialogues = try PublishedDatasets(grammar: grammar, seed: 1).dialogues(count: 300)
    #expect(Set(dialogues.map(\.text)).count == 300)
    for dialogue in dialogues {
      #expect(dialogue.isOfPublishedLength)
      #expect(["A", "B"].allSatisfy { dialogue.summary.contains(dialogue.expansion.name(of: $0)) })
    }
  }

  @Test func aSeedAlwaysGivesTheSame() throws {
    let first = try PublishedDatasets(grammar: grammar, seed: 7).dialogues(count: 60).map(\.text)
    let second = try PublishedDatasets(grammar: grammar, seed: 7).dialogues(count: 60).map(\.text)
    let other = try PublishedDatasets(grammar: grammar, seed: 8).dialogues(count: 60).map(\.text)
    #expect(first == second)
    #expect(first != other)
  }

  @Test func pretrainingLeavesPublishedDialoguesOut() throws {
    let open = PretrainingStream(grammar: grammar, seed: 3, published: [])
    let raw = try (0..<40).map(open.document)
    let closed = PretrainingStream(grammar: grammar, seed: 3, published: Set(raw))
    for (index, text) in raw.enumerated() where grammar.isRawDialogue(text) {
      #expect(try closed.document(index) != text)
    }
    #expect(!raw.contains { $0.lowercased().contains("summar") })
  }

  @Test func reviewsHaveStarsAndDifferentBodies() throws {
    let reviews = try PublishedDatasets(grammar: grammar, seed: 1).reviews(count: 300)
    #expect(Set(reviews.map(\.body)).count == reviews.count)
    #expect(Set(reviews.map(\.stars)) == [1, 2, 3, 4, 5])
    #expect(!reviews.contains { ($0.headline + $0.body).contains("{") })
  }
}

extension Grammar {
  /// Whether a document is a dialogue and nothing else.
  fileprivate func isRawDialogue(_ text: String) -> Bool {
    !text.contains("\n\n") && text.split(separator: "\n").count > 4 && !text.contains("tars")
      && text.split(separator: "\n").allSatisfy { $0.contains(": ") }
  }
}
