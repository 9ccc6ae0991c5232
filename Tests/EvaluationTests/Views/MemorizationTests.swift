import Basics
import Foundation
import Testing

@testable import Evaluation

@Suite struct MemorizationTests {
  @Test(arguments: [
    ([1, 2, 3], [1, 2, 3], 3, 3), ([1, 2], [1, 2, 3], 2, 2), ([9, 1, 2, 3], [1, 2, 3], 0, 3), ([], [1], 0, 0),
    ([1, 9, 2, 3], [1, 2, 3], 1, 2), ([1, 2, 3, 4], [1, 2, 3], 3, 3), ([4, 4, 4], [4, 4], 2, 2),
  ])
  func matches(written: [Int], record: [Int], leading: Int, longest: Int) {
    let match = VerbatimMatch(written: written, record: record)
    #expect(match.leading == leading && match.longestRun == longest && match.count == record.count)
    #expect(match.isVerbatim == (leading == record.count))
  }

  /// The longest run is that of trying all.
  @Test func runsEqualThoseOfTryingAll() {
    var random = SeededRandom(seed: 2, stream: "runs")
    for _ in 0..<200 {
      let written = (0..<random.integer(below: 12)).map { _ in random.integer(below: 3) }
      let record = (0..<(1 + random.integer(below: 12))).map { _ in random.integer(below: 3) }
      var longest = 0
      for start in record.indices {
        for end in (start + 1)...record.count {
          let part = Array(record[start..<end])
          let isThere = (0...max(0, written.count - part.count)).contains { written.dropFirst($0).starts(with: part) }
          if isThere { longest = max(longest, part.count) }
        }
      }
      #expect(VerbatimMatch(written: written, record: record).longestRun == longest)
    }
  }

  /// The definition in Carlini et al., 2019: log2 of the candidates less log2 of the rank.
  @Test func exposure() {
    let alternatives = (0..<255).map { -Double($0) }
    let first = Exposure(secret: 1, alternatives: alternatives),
      last = Exposure(secret: -300, alternatives: alternatives)
    #expect(first.rank == 1 && first.candidates == 256 && first.bits == 8)
    #expect(last.rank == 256 && last.bits == 0)
    #expect(Exposure(secret: -2.5, alternatives: alternatives).rank == 4)
    #expect(Exposure(secret: 0, alternatives: alternatives).rank == 1)
    #expect(Exposure(secret: .nan, alternatives: alternatives).bits == 0)
    #expect(Exposure(secret: -127, alternatives: alternatives).bits == 1)
  }

  @Test func alternativesHaveTheSecretsForm() throws {
    let canary = Canary(context: "code ", secret: "ab-7 Z", place: "here")
    let found = canary.alternatives(count: 500, seed: 0)
    #expect(Set(found).count == 500 && !found.contains("ab-7 Z"))
    #expect(found.allSatisfy { $0.wholeMatch(of: /[a-z]{2}-[0-9] [A-Z]/) != nil })
    #expect(found == canary.alternatives(count: 500, seed: 0) && found != canary.alternatives(count: 500, seed: 1))
    // There are nine others of one digit.
    let digit = Canary(context: "", secret: "4", place: "here").alternatives(count: 100, seed: 0)
    #expect(Set(digit) == Set("012356789".map { String($0) }))
  }

  private func read(_ text: String) throws -> [Canary] {
    let path = FileManager.default.temporaryDirectory.path + "/canaries-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try AtomicFile.write(text, to: path)
    do {
      return try Canary.read(path).map {
        Canary(context: $0.context, secret: $0.secret, place: String($0.place.dropFirst(path.count)))
      }
    } catch let error as TuneError {
      throw TuneError(error.kind, error.message.replacingOccurrences(of: path, with: "FILE"))
    }
  }

  @Test func canariesAreRead() throws {
    #expect(
      try read("The code is [[4821]].\n \nMail ann.b@example.com now\r\nUse sk_live_4eC39HqLyjWDarjtT1zdp7dc\n") == [
        Canary(context: "The code is ", secret: "4821", place: ":1"),
        Canary(context: "Mail ", secret: "ann.b", place: ":3"),
        Canary(context: "Use sk_live_", secret: "4eC39HqLyjWDarjtT1zdp7dc", place: ":4"),
      ])
    for (text, message) in [
      ("nothing here\n", "FILE:1: has no secret; put the secret between [[ and ]], such as: the code is [[4821]]"),
      ("a\u{20}[[12\n", "FILE:1: has [[ without ]]; close the secret's mark"),
      ("a [[]] b\n", "FILE:1: the secret has no ASCII letter or digit; expected some that can be drawn anew"),
      ("\n", "FILE: has no canary; expected one a line"),
    ] {
      #expect(throws: TuneError.data(message)) { try read(text) }
    }
  }

  /// Any file is read or refused, and a secret stands where it was marked.
  @Test func anyFileIsTaken() throws {
    var random = SeededRandom(seed: 9, stream: "canaries")
    let parts = ["[[", "]]", "[", "]", "a", "7", " ", "\n", "\r", "\u{E9}", "@", "a@b.com"]
    var readCount = 0
    for _ in 0..<300 {
      let text = (0..<random.integer(below: 14)).map { _ in parts[random.integer(below: parts.count)] }.joined()
      do {
        for canary in try read(text) {
          readCount += 1
          #expect(
            text.contains("\(canary.context)[[\(canary.secret)]]") || text.contains(canary.context + canary.secret))
          #expect(!canary.alternatives(count: 3, seed: 0).isEmpty)
        }
      } catch let error as TuneError {
        #expect(error.message.hasPrefix("FILE"), "\(error.message)")
      }
    }
    #expect(readCount > 10)
  }

  @Test func secretsOfTextsAreFound() {
    let found = Canary.found(in: "Ann, 555-867-5309 x, card 4111 1111 1111 1111.", place: "p")
    #expect(found.map { $0.secret } == ["555-867-5309", "4111 1111 1111 1111"])
    #expect(found.last?.context == "Ann, 555-867-5309 x, card ")
    #expect(Canary.found(in: "no secret", place: "p").isEmpty)
  }
}
