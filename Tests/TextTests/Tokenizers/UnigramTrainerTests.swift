import Basics
import Foundation
import Testing

@testable import Text

/// Unigram training against what Hugging Face's `UnigramTrainer` learnt from the same texts, and its parts against
/// sums over everything there is.
struct UnigramTrainerTests {
  static func dialogues() throws -> [String] {
    let path = TokenizerFixtures.path("../../../Datasets/dialogues.jsonl")
    return try TokenizerFixtures.lines(path).prefix(300).compactMap { $0["dialogue"]?.stringValue }
  }

  /// The logarithm of the likelihood of texts, each written in the best way.
  private func logLikelihood(_ file: JSON, _ texts: [String]) throws -> Double {
    let tokenizer = try Tokenizer(jsonFile: file, configuration: nil, name: "test")
    let entries = try #require(file["model"]?["vocab"]?.arrayValue)
    let scores = entries.map { $0.arrayValue?.last?.doubleValue ?? .nan }
    return texts.reduce(0) { sum, text in
      tokenizer.encode(text, addSpecialTokens: false).reduce(sum) { $0 + scores[$1] }
    }
  }

  @Test func textsAreAsLikelyAsWithHuggingFace() throws {
    let texts = try Self.dialogues()
    let file = try UnigramTrainer(vocabularySize: 800, specialTokens: ["<unk>", "<s>", "</s>"]).tokenizerFile(texts)
    let reference = try TokenizerFixtures.json(TokenizerFixtures.path("trained_unigram_reference.json"))
    let own = try logLikelihood(file, texts), expected = try logLikelihood(reference, texts)
    // Both are below zero. The seeds are SentencePiece's, with which texts may come out likelier, never by much.
    #expect((0.93...1.01).contains(own / expected), "\(own) against \(expected)")

    let tokens = try #require(file["model"]?["vocab"]?.arrayValue)
    #expect(tokens.count == 800)
    #expect(tokens.prefix(3).map { $0.arrayValue?.first?.stringValue } == ["<unk>", "<s>", "</s>"])

    // The tokenizer whose ids the reference has checked.
    let golden = try TokenizerFixtures.json(TokenizerFixtures.path("trained_unigram.json"))
    let goldenTokens = try #require(golden["model"]?["vocab"]?.arrayValue)
    for (token, other) in zip(tokens, goldenTokens) {
      #expect(token.arrayValue?.first == other.arrayValue?.first)
      let score = try #require(token.arrayValue?.last?.doubleValue)
      #expect(abs(score - (other.arrayValue?.last?.doubleValue ?? .nan)) < 1e-8)
    }
    for key in ["normalizer", "pre_tokenizer", "decoder", "added_tokens"] { #expect(file[key] == golden[key]) }
  }

  @Test func encodesAsHuggingFaceDoes() throws {
    let tokenizer = try TokenizerFixtures.small("trained_unigram.json")
    let rows = try TokenizerFixtures.lines(TokenizerFixtures.path("trained_unigram_ids.jsonl"))
    #expect(rows.count == 1000)
    for row in rows {
      let text = try #require(row["text"]?.stringValue)
      let ids = tokenizer.encode(text, addSpecialTokens: false)
      #expect(ids == row["ids"]?.ids, "\(text.debugDescription)")
      #expect(sameBytes(tokenizer.decode(ids), row["decoded"]?.stringValue), "\(text.debugDescription)")
    }
  }

  @Test func equalOnAnyNumberOfThreads() throws {
    let texts = try Array(Self.dialogues().prefix(20))
    let trainer = UnigramTrainer(vocabularySize: 300)
    let first = try trainer.tokenizerFile(texts)
    let threads = Threads.count
    Threads.count = 1
    defer { Threads.count = threads }
    #expect(try trainer.tokenizerFile(texts) == first)
  }

  @Test func byteFallbackLosesNothing() throws {
    let trainer = UnigramTrainer(
      vocabularySize: 400, characterCoverage: 0.95, byteFallback: true, normalizationRule: .identity)
    let tokenizer = try trainer.train(Self.dialogues(), name: "test")
    var random = SeededRandom(seed: 4)
    for _ in 0..<300 {
      // A space that begins a text, and ▁ for a space, are the losses of Metaspace.
      let text = "x" + TokenizerFixtures.randomText(&random)
      let ids = tokenizer.encode(text, addSpecialTokens: false)
      #expect(tokenizer.unknownID.map { !ids.contains($0) } ?? false)
      #expect(sameBytes(text, tokenizer.decode(ids)), "\(text.debugDescription)")
    }
  }

  @Test func coverageLeavesRareCharactersOut() throws {
    let texts = Array(repeating: "aaaa bbbb", count: 50) + ["ž"]
    let all = try UnigramTrainer(vocabularySize: 30).train(texts, name: "test")
    #expect(all.id(of: "ž") != nil && all.id(of: "▁") != nil)
    let most = try UnigramTrainer(vocabularySize: 30, characterCoverage: 0.99).train(texts, name: "test")
    #expect(most.id(of: "ž") == nil && most.encode("až", addSpecialTokens: false).contains(0))
  }

  @Test func whatCannotBeLearntIsRefused() throws {
    let error = #expect(throws: TuneError.self) { try UnigramTrainer(vocabularySize: 4).tokenizerFile(["abcd"]) }
    #expect(error?.message.contains("expected at least 6, for 5 characters and 1 special tokens") == true)
    for texts in [[], [""], [" \n"]] {
      let trainer = UnigramTrainer(vocabularySize: 300, normalizationRule: .nmtNFKC)
      if texts == [" \n"] {
        // White space alone is one token.
        #expect(try trainer.train(texts, name: "test").vocabularySize == 2)
      } else {
        #expect(throws: TuneError.self) { try trainer.tokenizerFile(texts) }
        #expect(throws: TuneError.self) { try BPETrainer(vocabularySize: 300).tokenizerFile(texts) }
      }
    }
  }

  @Test(.timeLimit(.minutes(2))) func awkwardTextsEnd() throws {
    var random = SeededRandom(seed: 9)
    var texts = [
      String(repeating: "a", count: 20_000), String(repeating: "ab", count: 10_000),
      String(repeating: " ", count: 9999),
      "\u{0}\u{0}\u{0}", "<unk><unk>", "</s>", "<0x0A>",
    ]
    for _ in 0..<200 { texts.append(TokenizerFixtures.randomText(&random)) }
    for rule in UnigramTrainer.NormalizationRule.allCases {
      for fallback in [false, true] {
        let trainer = UnigramTrainer(
          vocabularySize: 900, specialTokens: ["</s>", "a"], byteFallback: fallback, normalizationRule: rule)
        let tokenizer = try trainer.train(texts, name: "test")
        for text in texts { #expect(!tokenizer.encode(text, addSpecialTokens: false).contains { $0 < 0 }) }
      }
    }
  }
}

/// The parts of training against brute force.
struct UnigramEstimationTests {
  private func words(_ random: inout SeededRandom) -> UnigramWords {
    var counter = WordCounter()
    for _ in 0..<30 {
      let word = (0..<1 + random.integer(below: 7)).map { _ in UInt32(0x61 + random.integer(below: 3)) }
      counter.add(Pieces(word))
    }
    return UnigramWords(counter, coverage: 1)
  }

  private func words(of corpus: UnigramWords) -> [(scalars: [UInt32], count: Int)] {
    corpus.starts.indices.map { (Array(corpus.text[corpus.range($0)]), corpus.counts[$0]) }
  }

  /// Every substring that repeats and whose occurrences go on in different ways.
  @Test func seedsAreTheSubstringsThatRepeat() {
    var random = SeededRandom(seed: 1)
    for maximumLength in [2, 3, 16] {
      let corpus = words(&random)
      var frequencies: [[UInt32]: Int] = [:], next: [[UInt32]: Set<[UInt32]>] = [:]
      for (word, count) in words(of: corpus) {
        for start in word.indices {
          for end in start + 1...word.count {
            let substring = Array(word[start..<end])
            frequencies[substring, default: 0] += count
            // Ends of words go on in a different way each time.
            for time in 0..<(end == word.count ? count : 1) {
              let follower = end == word.count ? word + [0, UInt32(time)] : [word[end]]
              next[substring, default: []].insert(follower)
            }
          }
        }
      }
      let expected = frequencies.filter { substring, _ in
        (2...maximumLength).contains(substring.count) && (next[substring]?.count ?? 0) > 1
      }
      let seeds = UnigramSeeds.pieces(corpus, maximumLength: maximumLength, limit: 10_000)
      let found = seeds.filter { $0.length > 1 }
      #expect(Set(found.map { Array(corpus.text[$0.range]) }) == Set(expected.keys))
      #expect(found.count == expected.count)
      let total = seeds.reduce(0) { $0 + exp($1.score) }
      #expect(abs(total - 1) < 1e-9)
      let sum =
        expected.reduce(0) { $0 + $1.value * $1.key.count } + corpus.characters.reduce(0) { $0 + $1.count }
      for piece in found {
        let text = Array(corpus.text[piece.range])
        #expect(abs(exp(piece.score) * Double(sum) - Double((expected[text] ?? 0) * text.count)) < 1e-6)
      }
    }
  }

  /// All ways to write a word, by recursion.
  private func ways(_ word: ArraySlice<UInt32>, _ scores: [[UInt32]: Double]) -> [(pieces: [[UInt32]], score: Double)] {
    guard !word.isEmpty else { return [([], 0)] }
    return (1...word.count).flatMap { length -> [(pieces: [[UInt32]], score: Double)] in
      let first = Array(word.prefix(length))
      guard let score = scores[first] else { return [] }
      return ways(word.dropFirst(length), scores).map { ([first] + $0.pieces, $0.score + score) }
    }
  }

  @Test func expectedCountsAndBestPathsAreThoseOfAllWays() throws {
    var random = SeededRandom(seed: 2)
    for _ in 0..<10 {
      let corpus = words(&random)
      let estimate = UnigramEstimate(
        corpus, seeds: UnigramSeeds.pieces(corpus, maximumLength: 16, limit: 10_000))
      let scores = Dictionary(
        uniqueKeysWithValues: estimate.pieces.map { (Array(corpus.text[$0.range]), $0.score) })
      var lattice = UnigramLattice()
      var counts = [Double](repeating: 0, count: estimate.pieces.count)
      var expected: [[UInt32]: Double] = [:]
      for (index, word) in words(of: corpus).enumerated() {
        let ways = ways(word.scalars[...], scores)
        let total = ways.reduce(0) { $0 + exp($1.score) }
        for way in ways {
          for piece in way.pieces { expected[piece, default: 0] += Double(word.count) * exp(way.score) / total }
        }
        lattice.fill(corpus.text, corpus.range(index), estimate)
        lattice.addExpectedCounts(Double(word.count), to: &counts)
        let best = lattice.bestPath().reduce(0) { $0 + $1.score }
        #expect(abs(best - (ways.map { $0.score }.max() ?? .nan)) < 1e-9)
        let other = lattice.bestPath(withoutWhole: true)
        let next = ways.filter { $0.pieces.count > 1 }.map { $0.score }.max()
        #expect(other.isEmpty == (next == nil))
        if let next { #expect(abs(other.reduce(0) { $0 + $1.score } - next) < 1e-9) }
      }
      for (piece, count) in zip(estimate.pieces, counts) {
        #expect(abs(count - (expected[Array(corpus.text[piece.range])] ?? 0)) < 1e-9)
      }
    }
  }

  @Test func characterCoverageKeepsTheMostFrequent() {
    var counter = WordCounter()
    for (text, count) in [("aaaaaaaa", 10), ("bb", 9), ("c", 2)] {
      for _ in 0..<count { counter.add(Pieces(Array(scalarsOf: text))) }
    }
    func kept(_ coverage: Double) -> [UInt32] {
      UnigramWords(counter, coverage: coverage).characters.map { $0.scalar }
    }
    #expect(kept(1) == [0x61, 0x62, 0x63])
    #expect(kept(0.98) == [0x61, 0x62])
    #expect(kept(0.8) == [0x61])
  }
}
