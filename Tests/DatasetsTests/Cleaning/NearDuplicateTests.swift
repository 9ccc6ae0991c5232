import Basics
import Foundation
import Testing

@testable import Datasets

@Suite struct NearDuplicateTests {
  private func shingles(_ text: String) -> Set<UInt64> {
    text.withBytes { bytes in
      let words = Words(bytes, punctuation: .separates)
      return Set(words.runHashes(ofLength: min(3, words.count)))
    }
  }

  private func hexadecimal(_ signature: MinHash.Signature) -> String {
    withUnsafeBytes(of: signature.words) { $0.map { String(UInt16($0) + 256, radix: 16).dropFirst() }.joined() }
  }

  @Test func signaturesEqualThoseOfNumpy() throws {
    let minHash = try MinHash()
    for row in try CleaningFixture.golden("minhash.json").arrayValue ?? [] {
      let a = try #require(row["a"]?.stringValue), b = try #require(row["b"]?.stringValue)
      let first = shingles(a), second = shingles(b)
      let jaccard = Double(first.intersection(second).count) / Double(first.union(second).count)
      #expect(abs(jaccard - (row["jaccard"]?.doubleValue ?? -1)) < 1e-12, "\(a)")
      #expect(hexadecimal(minHash.signature(of: a)) == row["signature"]?.stringValue, "\(a)")
      let estimate = minHash.signature(of: a).similarity(to: minHash.signature(of: b))
      #expect(abs(estimate - (row["estimate"]?.doubleValue ?? -1)) < 1e-12, "\(a)")
    }
  }

  /// Two texts of `count` distinct words, the last `changed` of which differ: with m = count - 2 shingles each, their
  /// similarity is (m - changed) / (m + changed).
  private func pair(_ name: Int, count: Int, changed: Int) -> (String, String) {
    let words = (0..<count + changed).map { "w\(name)x\($0)" }
    return (
      words[..<count].joined(separator: " "), (words[..<(count - changed)] + words[count...]).joined(separator: " ")
    )
  }

  /// The share of pairs found, each second text among all first ones.
  private func recall(count: Int, changed: Int, threshold: Double = 0.8, pairs: Int = 1500) throws -> Double {
    var duplicates = try NearDuplicates(threshold: threshold)
    let texts = (0..<pairs).map { pair($0, count: count, changed: changed) }
    let (a, b) = try #require(texts.first)
    let common = Double(shingles(a).intersection(shingles(b)).count) / Double(shingles(a).union(shingles(b)).count)
    #expect(abs(common - Double(count - 2 - changed) / Double(count - 2 + changed)) < 1e-12)
    for text in texts { #expect(duplicates.insert(duplicates.minHash.signature(of: text.0)) == nil) }
    let found = texts.enumerated().count { index, text in
      let place = duplicates.insert(duplicates.minHash.signature(of: text.1))
      #expect(place == nil || place == index)
      return place == index
    }
    return Double(found) / Double(pairs)
  }

  @Test(arguments: [(11, 1), (20, 2), (92, 10), (272, 30)])
  func pairsAtTheThresholdAreFound(count: Int, changed: Int) throws {
    #expect(try recall(count: count, changed: changed) >= 0.95)
  }

  /// With 90 shingles: similarities of 0.5, 0.6, 0.714 and 0.915.
  @Test(arguments: [(0.5, 30), (0.59, 22), (0.7, 15), (0.9, 4)])
  func otherThresholds(threshold: Double, changed: Int) throws {
    #expect(try recall(count: 92, changed: changed, threshold: threshold, pairs: 500) >= 0.95)
    #expect(try recall(count: 92, changed: 60, threshold: threshold, pairs: 500) < 0.01)
  }

  @Test func unlikePairsAreNot() throws {
    #expect(try recall(count: 92, changed: 30) < 0.01)
    #expect(try recall(count: 92, changed: 5) > 0.999)
  }

  @Test func bandsFollowTheThreshold() throws {
    #expect(NearDuplicates.banding(threshold: 0.8) == (17, 7))
    #expect(NearDuplicates.banding(threshold: 1) == (1, 128))
    for tenths in 1...10 {
      let banding = NearDuplicates.banding(threshold: Double(tenths) / 10)
      #expect(banding.bands * banding.rows <= 128)
      let candidates = 1 - pow(1 - pow(Double(tenths) / 10, Double(banding.rows)), Double(banding.bands))
      #expect(candidates > 0.975, "\(banding) at 0.\(tenths)")
    }
    #expect(throws: TuneError.self) { _ = try NearDuplicates(threshold: 0) }
    #expect(throws: TuneError.self) { _ = try NearDuplicates(threshold: .nan) }
    #expect(throws: TuneError.self) { _ = try NearDuplicates(shingleWords: 0) }
  }

  @Test func shortTextsAreOneShingle() throws {
    var duplicates = try NearDuplicates()
    let places = ["Yes.", "yes", "No", "!!!", "???", "", "", "Yes, no", "日本", "日本。"].map {
      duplicates.insert(duplicates.minHash.signature(of: $0))
    }
    #expect(places == [nil, 0, nil, nil, nil, nil, 5, nil, nil, 8])
    #expect(duplicates.keptCount == 7)
  }

  @Test func sharedBoilerplateStaysFast() throws {
    // Similarity 0.7: often candidates, seldom duplicates.
    var duplicates = try NearDuplicates()
    let frame = (0..<84).map { "frame\($0)" }.joined(separator: " ")
    for index in 0..<3000 {
      let own = (0..<16).map { "own\(index)x\($0)" }.joined(separator: " ")
      _ = duplicates.insert(duplicates.minHash.signature(of: "\(frame) \(own)"))
    }
    #expect(duplicates.insert(duplicates.minHash.signature(of: frame + " " + "own0x0")) != nil)
  }

  @Test func exactSetEqualsSet() {
    var random = SeededRandom(seed: 3)
    var exact = ExactSet(), expected: Set<UInt64> = []
    for _ in 0..<20_000 {
      let hash = random.integer(below: 3) == 0 ? UInt64(random.integer(below: 50)) : random.next()
      #expect(exact.contains(hash) == expected.contains(hash))
      #expect(exact.insert(hash) == expected.insert(hash).inserted)
    }
    #expect(exact.count == expected.count)
  }
}
