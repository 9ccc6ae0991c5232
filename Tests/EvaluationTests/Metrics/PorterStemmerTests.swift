import Basics
import Testing

@testable import Evaluation

@Suite struct PorterStemmerTests {
  @Test func agreesWithGoldenStems() throws {
    for vector in try MetricVectors.golden("porter") { try check(vector) }
  }

  @Test(.enabled(if: MetricVectors.hasShared, MetricVectors.reason))
  func agreesWithSharedStems() throws {
    for vector in try MetricVectors.shared("porter") { try check(vector) }
  }

  @Test func anyTextHasAStem() {
    var random = SeededRandom(seed: 1, stream: "stems")
    let letters = Array("aeiouybdlstzngé".unicodeScalars)
    for _ in 0..<2000 {
      let word = (0..<random.integer(below: 9)).map { _ in letters[random.integer(below: letters.count)] }
      #expect(PorterStemmer().stem(ofLowercase: word).count <= word.count + 1)
    }
  }

  private func check(_ vector: JSON) throws {
    let words = try vector.hypotheses, stems = try vector.at("expected").at("stems").strings()
    for (word, stem) in zip(words, stems) { #expect(same(PorterStemmer().stem(word), stem), "\(word)") }
  }
}
