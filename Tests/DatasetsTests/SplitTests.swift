import Basics
import Testing

@testable import Datasets

@Suite struct SplitTests {
  /// Goldens of an independent implementation: a record never changes its split from version to version.
  @Test func splitsAreStable() throws {
    let standard = Splitter(fractions: .standard, seed: 42)
    let halves = Splitter(fractions: try SplitFractions(parsing: "0.5/0.25/0.25"), seed: 7)
    let goldens = try Fixture.golden("splits.json")
    #expect(goldens.count == 120)
    for golden in goldens {
      let content: JSONObject = ["completion": golden["completion"] ?? .null, "prompt": golden["prompt"] ?? .null]
      #expect(standard.split(of: content.canonicalText).rawValue == golden["seed 42"]?.stringValue)
      #expect(halves.split(of: content.canonicalText).rawValue == golden["seed 7, 0.5/0.25/0.25"]?.stringValue)
    }
  }

  @Test func sharesComeOutAsAsked() throws {
    let splitter = Splitter(fractions: try SplitFractions(parsing: "0.8/0.15/0.05"), seed: 1)
    var counts: [SplitName: Int] = [:]
    for index in 0..<20_000 { counts[splitter.split(of: "record \(index)"), default: 0] += 1 }
    // Three standard deviations of a binomial count are at most 170.
    #expect(abs((counts[.train] ?? 0) - 16_000) < 170)
    #expect(abs((counts[.validation] ?? 0) - 3_000) < 152)
    #expect(abs((counts[.test] ?? 0) - 1_000) < 93)
  }

  @Test func emptySharesGetNothing() throws {
    for text in ["1/0/0", "0/1/0", "0/0/1", "0.5/0/0.5", "0.5/0.5/0"] {
      let fractions = try SplitFractions(parsing: text)
      let splitter = Splitter(fractions: fractions, seed: 3)
      for index in 0..<500 { #expect(fractions[splitter.split(of: "\(index)")] > 0) }
    }
  }

  @Test(arguments: ["0.9/0.1", "0.9/0.2/0.1", "a/b/c", "-0.1/0.6/0.5", "", "nan/0/1", "inf/0/0"])
  func refusesOtherShares(text: String) {
    #expect(Fixture.message(.usage) { _ = try SplitFractions(parsing: text) }.contains("0.9/0.05/0.05"))
  }

  @Test func contentDoesNotDependOnTheOrderOfKeys() {
    let one: JSONObject = ["b": ["y": 1, "x": [2]], "a": "é"], other: JSONObject = ["a": "é", "b": ["x": [2], "y": 1]]
    #expect(one.canonicalText == other.canonicalText)
    #expect(one.canonicalText == #"{"a":"é","b":{"x":[2],"y":1}}"#)
  }
}
