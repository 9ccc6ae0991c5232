import Basics
import Foundation
import Testing

@testable import Text

/// Training against the tokenizer that Hugging Face's `BpeTrainer` learnt from the same text.
struct BPETrainerTests {
  private func corpus() throws -> [String] {
    try TokenizerFixtures.text(TokenizerFixtures.path("corpus.txt")).utf8
      .split(separator: 0x1E, omittingEmptySubsequences: false).map { String(Substring($0)) }
  }

  @Test func learnsWhatHuggingFaceLearns() throws {
    let trainer = BPETrainer(vocabularySize: 500, specialTokens: ["<pad>", "<|start|>", "<|end|>"])
    try expectSameModel(trainer.tokenizerFile(corpus()), "small.json")
  }

  @Test func learnsWithSingleDigitsAndAnotherFrequency() throws {
    let trainer = BPETrainer(
      vocabularySize: 420, minimumFrequency: 3, specialTokens: ["<|start|>", "<|end|>"], splitsDigits: true)
    try expectSameModel(trainer.tokenizerFile(corpus()), "small_digits.json")
  }

  @Test func learnsFromDialoguesWhatHuggingFaceLearns() throws {
    let trainer = BPETrainer(vocabularySize: 1000, specialTokens: ["<|endoftext|>"])
    try expectSameModel(trainer.tokenizerFile(UnigramTrainerTests.dialogues()), "trained_bpe.json")
  }

  private func expectSameModel(_ file: JSON, _ name: String) throws {
    let expected = try TokenizerFixtures.json(TokenizerFixtures.path(name))
    #expect(file["model"]?["merges"] == expected["model"]?["merges"])
    let vocabulary = try #require(expected["model"]?["vocab"]?.objectValue).entries.sorted {
      $0.value.intValue ?? 0 < $1.value.intValue ?? 0
    }
    #expect(file["model"]?["vocab"] == .object(JSONObject(entries: vocabulary)))
  }

  @Test func stopsWhereNoPairIsFrequent() throws {
    let tokenizer = try BPETrainer(vocabularySize: 300, specialTokens: ["<e>"]).train(["ab", "ab", "c"], name: "test")
    #expect(tokenizer.vocabularySize == 258)
    #expect(tokenizer.encode("ab<e>", addSpecialTokens: true) == [257, 0])
    #expect(tokenizer.specialIDs == [0])
    #expect(tokenizer.decode([257, 0]) == "ab")
  }

  @Test func refusesATooSmallVocabulary() {
    #expect(throws: TuneError.self) { try BPETrainer(vocabularySize: 256, specialTokens: ["<e>"]).tokenizerFile([""]) }
  }
}
