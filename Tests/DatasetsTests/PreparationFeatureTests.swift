import Basics
import Foundation
import Testing

@testable import Datasets

@Suite struct PreparationFeatureTests {
  private static func reviews(_ count: Int) -> String {
    (0..<count).map { index in
      let stars = index % 10 < 6 ? 5 : index % 10 < 9 ? 3 : 1
      return #"{"star_rating": \#(stars), "review_headline": "Title \#(index)", "review_body": "Body of \#(index)", "#
        + #""product_title": "Lamp \#(index)", "user": "u\#(index / 3)"}"#
    }.joined(separator: "\n")
  }

  /// Examples by split and answer.
  private func answers(_ out: String) throws -> [SplitName: [String: Int]] {
    var counts: [SplitName: [String: Int]] = [:]
    for split in SplitName.allCases {
      for line in try Fixture.jsonLines("\(out)/\(split.fileName)") {
        counts[split, default: [:]][line["completion"]?.stringValue ?? "", default: 0] += 1
      }
    }
    return counts
  }

  @Test func everyStratumHasItsShareInEverySplit() throws {
    try Fixture.preparing(
      Self.reviews(1000),
      configure: {
        $0.stratifyColumn = "star_rating"; $0.fractions = try SplitFractions(parsing: "0.8/0.1/0.1")
      }
    ) { _, out in
      let counts = try answers(out)
      for (stars, total) in [(" 5", 600.0), (" 3", 300.0), (" 1", 100.0)] {
        for (split, share) in [(SplitName.train, 0.8), (.validation, 0.1), (.test, 0.1)] {
          let count = Double(counts[split]?[stars] ?? 0)
          #expect(abs(count - share * total) <= 2, "\(split) \(stars): \(count) of \(total)")
        }
      }
    }
  }

  @Test func noGroupStandsInTwoSplitsOverManySeeds() throws {
    for seed in 0..<100 {
      try Fixture.preparing(
        Self.reviews(90),
        configure: {
          $0.groupColumn = "user"
          $0.seed = UInt64(seed)
          $0.fractions = try SplitFractions(parsing: "0.5/0.25/0.25")
          // Every other run spreads the stars as well.
          if seed % 2 == 1 { $0.stratifyColumn = "star_rating" }
          $0.keepsProvenance = true
        }
      ) { _, out in
        var splits: [Int: Set<SplitName>] = [:]
        for split in SplitName.allCases {
          for line in try Fixture.jsonLines("\(out)/\(split.fileName)") {
            splits[((line["line"]?.intValue ?? 0) - 1) / 3, default: []].insert(split)
          }
        }
        #expect(splits.count == 30 && splits.values.allSatisfy { $0.count == 1 }, "seed \(seed)")
      }
    }
  }

  @Test func heldOutWordingsAreForTestsAlone() throws {
    try Fixture.preparing(
      Self.reviews(300),
      configure: {
        $0.heldOutTemplates = ["both"]
        $0.keepsProvenance = true
        $0.fractions = try SplitFractions(parsing: "0.6/0.2/0.2")
      }
    ) { report, out in
      for split in SplitName.allCases {
        let templates = Set(try Fixture.jsonLines("\(out)/\(split.fileName)").map { $0["template"]?.stringValue })
        #expect(templates == [split == .test ? "review-rating/both" : "review-rating/named"])
      }
      #expect(report.recordsAccepted == 300)
    }
    let unknown = Fixture.message(.usage) {
      try Fixture.preparing(Self.reviews(3), configure: { $0.heldOutTemplates = ["bth"] }) { _, _ in }
    }
    #expect(unknown.contains("no such wording"))
    let all = Fixture.message(.usage) {
      try Fixture.preparing(Self.reviews(3), configure: { $0.heldOutTemplates = ["both", "named"] }) { _, _ in }
    }
    #expect(all.contains("no wording to train with"))
  }

  @Test func subsetsAreNested() throws {
    try Fixture.preparing(Self.reviews(600), configure: { $0.subsets = [0.1, 0.5, 1] }) { report, out in
      let all = Set(try Fixture.text("\(out)/train.jsonl").split(separator: "\n"))
      let half = Set(try Fixture.text("\(out)/train-0.5.jsonl").split(separator: "\n"))
      let tenth = Set(try Fixture.text("\(out)/train-0.1.jsonl").split(separator: "\n"))
      #expect(tenth.isSubset(of: half) && half.isSubset(of: all))
      // Four standard deviations of a binomial count.
      #expect(abs(Double(half.count) / Double(all.count) - 0.5) < 0.09)
      #expect(abs(Double(tenth.count) / Double(all.count) - 0.1) < 0.06)
      #expect(report.files.count == 5)
    }
  }

  @Test func demonstrationsComeFromOtherTrainingRecords() throws {
    let text = (0..<120).map { #"{"dialogue": "talk \#($0).", "summary": "sum \#($0)."}"# }.joined(separator: "\n")
    var train: Set<String> = []
    try Fixture.preparing(text) { _, out in
      train = Set(try Fixture.jsonLines("\(out)/train.jsonl").compactMap { $0["completion"]?.stringValue })
    }
    try Fixture.preparing(text, configure: { $0.shots = 2 }) { _, out in
      for split in SplitName.allCases {
        for line in try Fixture.jsonLines("\(out)/\(split.fileName)") {
          let prompt = line["prompt"]?.stringValue ?? "", completion = line["completion"]?.stringValue ?? ""
          let shown = prompt.components(separatedBy: "\n\n").dropLast()
          #expect(shown.count == 2)
          for text in shown { #expect(train.contains { text.hasSuffix($0) && $0 != completion }, "\(text)") }
        }
      }
    }
  }

  /// Strata give places in the order of the records that are kept: the demonstrations must see the same ones.
  @Test func demonstrationsOfStrataAreInTraining() throws {
    let text = (0..<200).map { index in
      let number = index < 120 ? index : index - 120
      return #"{"dialogue": "talk \#(number).", "summary": "sum \#(number).", "kind": "\#(number % 3)"}"#
    }.joined(separator: "\n")
    try Fixture.preparing(
      text,
      configure: {
        $0.shots = 1; $0.stratifyColumn = "kind"; $0.fractions = try SplitFractions(parsing: "0.5/0/0.5")
      }
    ) { report, out in
      #expect(report.duplicatesDropped == 80)
      let train = Set(try Fixture.jsonLines("\(out)/train.jsonl").compactMap { $0["completion"]?.stringValue })
      let all = try SplitName.allCases.filter { $0 != .validation }.flatMap {
        try Fixture.jsonLines("\(out)/\($0.fileName)")
      }
      #expect(all.count == 120)
      for line in all {
        let shown = (line["prompt"]?.stringValue ?? "").components(separatedBy: "\n\n")[0]
        #expect(train.contains { shown.hasSuffix($0) }, "\(shown)")
      }
    }
  }

  @Test func aFolderIsNotReplacedByWhatIsMadeOfIt() throws {
    try Fixture.inFolder { folder in
      try Fixture.write(Self.reviews(20), to: "\(folder)/train.jsonl")
      let options = PreparationOptions(sources: [.init(inputs: [folder])], output: folder)
      let message = Fixture.message(.usage) { _ = try prepare(options, library: TemplateTests.library()) }
      #expect(message.contains("train.jsonl: is a file that --output"))
    }
  }

  @Test func nearDuplicatesGoBeforeSplitting() throws {
    let words = (0..<400).map { "word\($0)" }
    var random = SeededRandom(seed: 5)
    let texts = (0..<60).map { _ in (0..<80).map { _ in words[random.integer(below: words.count)] } }
    // The same text with its last word changed: a Jaccard similarity of 77 shingles in 79.
    let near = texts.prefix(40).map { Array($0.dropLast()) + ["other"] }
    let lines = (texts + near).map { #"{"prompt": "\#($0.joined(separator: " "))", "completion": "yes"}"# }
    try Fixture.preparing(lines.joined(separator: "\n"), configure: { $0.cleaning.nearDuplicateThreshold = 0.8 }) {
      report, _ in
      #expect(report.cleaning.nearDuplicatesDropped >= 38 && report.recordsAccepted >= 60)
      #expect(report.recordsAccepted + report.cleaning.nearDuplicatesDropped == 100)
    }
  }

  @Test func dropsWhatStandsInABenchmark() throws {
    let run = "one two three four five six seven eight nine ten eleven twelve thirteen"
    try Fixture.inFolder { folder in
      try Fixture.write(#"{"question": "Say: \#(run), will you?"}"#, to: "\(folder)/bench.jsonl")
      let text =
        #"{"prompt": "He said \#(run) and left", "completion": "a"}"# + "\n" + #"{"prompt": "p", "completion": "b"}"#
      try Fixture.preparing(text, configure: { $0.cleaning.decontaminationFiles = ["\(folder)/bench.jsonl"] }) {
        report, _ in
        #expect(report.cleaning.contaminatedDropped == 1 && report.recordsAccepted == 1)
        #expect(report.cleaning.contaminated.first?.match.source.line == 1)
      }
    }
  }

  @Test func redactsBeforeAnythingElse() throws {
    let text = #"{"prompt": "Write to ann@example.org", "completion": "ann@example.org is it"}"#
    try Fixture.preparing(
      text,
      configure: {
        $0.cleaning.redacts = [.email]; $0.fractions = try SplitFractions(parsing: "1/0/0")
      }
    ) { report, out in
      let written = try Fixture.text("\(out)/train.jsonl")
      #expect(!written.contains("@") && written.contains("<email>"))
      #expect(report.cleaning.counts[.email] == nil)
    }
  }

  @Test func findingsAreListedAndStrictRefusesThem() throws {
    let text =
      #"{"prompt": "Call <b>now</b>", "completion": "ok then"}"# + "\n" + #"{"prompt": "p", "completion": "fine"}"#
    try Fixture.preparing(text) { report, out in
      #expect(report.cleaning.counts == [.markup: 1])
      let findings = try Fixture.jsonLines("\(out)/findings.jsonl")
      #expect(findings.map { $0["line"]?.intValue } == [1] && findings[0]["kind"]?.stringValue == "markup")
    }
    let message = Fixture.message(.data) {
      try Fixture.preparing(text, configure: { $0.cleaning.isStrict = true }) { _, _ in }
    }
    #expect(message.contains("1 findings") && message.contains("in.jsonl:1: prompt: markup"))
  }

  @Test func parallelFilesAreRecords() throws {
    try Fixture.inFolder { folder in
      try Fixture.write("A dog.\nA cat.\n", to: "\(folder)/t.en")
      try Fixture.write("Ein Hund.\nEine Katze.\n", to: "\(folder)/t.de")
      var source = PreparationOptions.Source(inputs: ["\(folder)/t.en", "\(folder)/t.de"])
      source.parallelFields = ["prompt", "completion"]
      var options = PreparationOptions(
        sources: [source], output: "\(folder)/out", fractions: try SplitFractions(parsing: "1/0/0"))
      let report = try prepare(options, library: TemplateTests.library())
      #expect(report.recordsAccepted == 2 && report.sources.count == 2)
      #expect(
        try Fixture.jsonLines("\(folder)/out/train.jsonl").map { $0["completion"]?.stringValue } == [
          " Ein Hund.", " Eine Katze.",
        ])
      try Fixture.write("Ein Hund.\n", to: "\(folder)/t.de")
      let message = Fixture.message(.data) { _ = try prepare(options, library: TemplateTests.library()) }
      #expect(message.contains("t.de: ends after 1 lines"))
      options.sources[0].parallelFields = ["en"]
      #expect(
        Fixture.message(.usage) { _ = try prepare(options, library: TemplateTests.library()) }.contains("--parallel en")
      )
    }
  }

  @Test func theNumberOfThreadsChangesNothing() throws {
    defer { Threads.count = Threads.available }
    var seen: [[String]] = []
    for threads in [1, 2, 7] {
      Threads.count = threads
      try Fixture.preparing(Self.reviews(5000), configure: { $0.subsets = [0.25] }) { report, out in
        #expect(report.recordsAccepted == 5000)
        seen.append(
          try ["train.jsonl", "validation.jsonl", "test.jsonl", "train-0.25.jsonl", "dataset.md", "dataset.svg"].map {
            try Fixture.text("\(out)/\($0)").replacing(bytesOf: (out as NSString).deletingLastPathComponent, with: "")
          })
      }
    }
    #expect(seen[0] == seen[1] && seen[1] == seen[2])
  }
}
