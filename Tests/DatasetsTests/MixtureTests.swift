import Basics
import Foundation
import Testing

@testable import Datasets

@Suite struct MixtureTests {
  @Test func proportionalWithACap() {
    let sampling = MixtureSampling(cap: 300)
    #expect(sampling.counts(of: [100, 300, 5000], amounts: [.natural, .natural, .natural]) == [100, 300, 300])
    let total = MixtureSampling(cap: 300, total: 70)
    #expect(total.counts(of: [100, 300, 5000], amounts: [.natural, .natural, .natural]) == [10, 30, 30])
  }

  /// Rates of T5's section 3.5.2, r_m^(1/T) normalised: 100^(1/2), 10000^(1/2) are 10 to 100.
  @Test func temperatureDrawsSharesTogether() {
    let sampling = MixtureSampling(temperature: 2, total: 110)
    #expect(sampling.counts(of: [100, 10_000], amounts: [.natural, .natural]) == [10, 100])
    // Without a total no example is used twice: the large task may give ten times what the small one has.
    #expect(MixtureSampling(temperature: 2).counts(of: [100, 10_000], amounts: [.natural, .natural]) == [100, 1000])
  }

  @Test func equalWeightedAndCounted() {
    #expect(
      MixtureSampling(isEqual: true).counts(of: [50, 80, 0], amounts: [.natural, .natural, .natural]) == [50, 50, 0])
    #expect(MixtureSampling(total: 100).counts(of: [500, 500], amounts: [.weight(3), .weight(1)]) == [75, 25])
    #expect(
      MixtureSampling(total: 100).counts(of: [500, 500, 500], amounts: [.count(40), .natural, .natural]) == [
        40, 30, 30,
      ])
    #expect(MixtureSampling(total: 10).counts(of: [9, 9, 9], amounts: [.natural, .natural, .natural]) == [4, 3, 3])
    #expect(MixtureSampling(total: 100).counts(of: [10, 500], amounts: [.weight(1), .weight(1)]) == [10, 50])
    #expect(
      MixtureSampling(total: 100, repeats: true).counts(of: [10, 500], amounts: [.weight(1), .weight(1)]) == [50, 50])
  }

  private static func records(_ name: String, _ count: Int) -> String {
    (0..<count).map { #"{"prompt": "\#(name) \#($0)", "completion": "\#(name) answer \#($0)"}"# }.joined(
      separator: "\n")
  }

  private func mixing(
    _ yaml: String, configure: (inout PreparationOptions) throws -> Void = { _ in },
    body: (PreparationReport, String) throws -> Void
  ) throws {
    try Fixture.inFolder { folder in
      try Fixture.write(Self.records("small", 60), to: "\(folder)/small.jsonl")
      try Fixture.write(Self.records("large", 900), to: "\(folder)/large.jsonl")
      try Fixture.write(yaml, to: "\(folder)/mixture.yaml")
      let mixture = try MixtureFile(contentsOf: "\(folder)/mixture.yaml")
      var options = PreparationOptions(sources: mixture.sources, output: "\(folder)/out")
      options.mixture = mixture.sampling
      try configure(&options)
      try body(try prepare(options, library: TemplateTests.library()), "\(folder)/out")
    }
  }

  @Test func tasksAreMixedAndKeepTheirPlace() throws {
    let yaml = "cap: 120\nsources:\n  - files: [small.jsonl]\n  - task: big\n    files: [large.jsonl]\n"
    try mixing(yaml) { report, out in
      #expect(report.tasks.map { $0.name } == ["small", "big"])
      let train = try Fixture.jsonLines("\(out)/train.jsonl")
      let small = report.tasks[0].available
      #expect(train.count == small + 120 && report.tasks[1].splits[.train] == 120)
      #expect(train.count { $0["task"]?.stringValue == "small" } == small)
      // Mixed, not one after the other.
      let first = train.prefix(train.count / 2).count { $0["task"]?.stringValue == "small" }
      #expect(first > small / 4 && first < small * 3 / 4)
      for line in train {
        let place = (line["source"]?.stringValue ?? "", line["line"]?.intValue ?? 0)
        #expect(place.0.hasSuffix(line["task"] == "big" ? "large.jsonl" : "small.jsonl"))
        #expect(line["prompt"]?.stringValue?.hasSuffix(" \(place.1 - 1)") == true)
      }
      #expect(Set(train.map { $0["prompt"]?.stringValue }).count == train.count)
    }
  }

  @Test func aHeldOutTaskIsForTestsAlone() throws {
    let yaml = "sources:\n  - files: [small.jsonl]\n    hold_out: true\n  - files: [large.jsonl]\n    count: 50\n"
    try mixing(yaml) { _, out in
      let train = try Fixture.jsonLines("\(out)/train.jsonl"), test = try Fixture.jsonLines("\(out)/test.jsonl")
      #expect(train.count == 50 && train.allSatisfy { $0["task"] == "large" })
      #expect(test.count { $0["task"] == "small" } == 60)
    }
    let plain = "sources:\n  - files: [small.jsonl]\n  - files: [large.jsonl]\n"
    try mixing(plain, configure: { $0.heldOutTasks = ["large"] }) { report, out in
      let train = try Fixture.jsonLines("\(out)/train.jsonl")
      #expect(train.allSatisfy { $0["task"] == "small" } && report.tasks[1].isHeldOut)
    }
    #expect(
      Fixture.message(.usage) { try mixing(plain, configure: { $0.heldOutTasks = ["larg"] }) { _, _ in } }
        .contains("did you mean 'large'?"))
  }

  @Test func repeatsWhereAsked() throws {
    let yaml =
      "total: 400\nrepeat: true\nsources:\n  - {files: [small.jsonl], weight: 1}\n  - {files: [large.jsonl], weight: 1}\n"
    try mixing(yaml) { report, out in
      let train = try Fixture.jsonLines("\(out)/train.jsonl").filter { $0["task"] == "small" }
      #expect(train.count == 200)
      var counts: [String: Int] = [:]
      for line in train { counts[line["prompt"]?.stringValue ?? "", default: 0] += 1 }
      #expect((counts.values.max() ?? 0) - (counts.values.min() ?? 0) <= 1 && counts.count == report.tasks[0].available)
      // Nothing that is trained on is repeated in what is measured.
      let test = try Fixture.jsonLines("\(out)/test.jsonl").filter { $0["task"] == "small" }.map {
        $0["prompt"]?.stringValue
      }
      #expect(Set(test).count == test.count)
    }
  }

  @Test(arguments: [
    ("sources: []", "empty"), ("sorces:\n  - files: [a]", "did you mean 'sources'?"),
    ("sampling: fair\nsources:\n  - files: [small.jsonl]", "expected proportional"),
    ("temperature: 2\nsources:\n  - files: [small.jsonl]", "belongs to 'sampling: temperature'"),
    ("sources:\n  - task: x", "files"), ("sources:\n  - files: [small.jsonl]\n    weight: 0", "above 0"),
    ("sources:\n  - files: [small.jsonl]\n    weight: 1\n    count: 3", "beside weight"),
    ("cap: many\nsources:\n  - files: [small.jsonl]", "whole number"),
    ("sources:\n  - files: [small.jsonl]\n    hold_out: true", "every task is held out"),
  ])
  func mistakesNameTheLine(_ yaml: String, _ expected: String) {
    let message = Fixture.message(.usage) { try mixing(yaml) { _, _ in } }
    #expect(message.contains(expected), "\(message)")
  }
}
