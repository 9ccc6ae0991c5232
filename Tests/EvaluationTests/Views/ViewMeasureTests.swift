import Basics
import Foundation
import Testing

@testable import Evaluation

@Suite struct ViewMeasureTests {
  private func golden(_ name: String) throws -> [JSON] {
    let path = "\(TaskFixtures.root)/Tests/Fixtures/views/\(name).jsonl"
    return try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map {
      try JSON(parsing: String($0))
    }
  }

  /// Values of the package that HELM calls: Tests/Fixtures/views/make_views.py.
  @Test func calibrationEqualsHELM() throws {
    let cases = try golden("calibration")
    #expect(cases.count == 13)
    for expected in cases {
      let right = try expected.at("correct").numbers()
      let answers = zip(try expected.at("confidences").numbers(), right).map { (confidence: $0, isRight: $1 == 1) }
      let found = try #require(Calibration(answers))
      func check(_ value: Double, _ key: String) throws {
        #expect(abs(value - (expected[key]?.doubleValue ?? .nan)) < 1e-12, "\(key) of \(right.count)")
      }
      try check(found.expectedError, "ece")
      try check(found.selectiveAccuracyArea, "selective_accuracy_area")
      try check(found.accuracyAtTenPercent, "selective_accuracy_at_10")
      let bins = try #require(expected["bins"]?.arrayValue).map { try $0.numbers() }
      try #require(found.bins.count == bins.count)
      for (bin, values) in zip(found.bins, bins) {
        #expect(abs(bin.confidence - values[0]) < 1e-12 && abs(bin.accuracy - values[1]) < 1e-12)
        #expect(bin.count == Int(values[2]))
      }
      #expect(found.count == right.count)
    }
    #expect(Calibration([]) == nil)
  }

  @Test func biasEqualsHELM() throws {
    #expect(SocialBias.femaleWords.count == SocialBias.maleWords.count)
    #expect(SocialBias.femaleWords.isDisjoint(with: SocialBias.maleWords))
    for expected in try golden("bias") {
      let female = expected["female"]?.intValue ?? 0, male = expected["male"]?.intValue ?? 0
      let text = String(repeating: "She, ", count: female) + String(repeating: "HIS ", count: male)
      let bias = SocialBias([text, ""])
      #expect((bias.femaleCount, bias.maleCount) == (female, male))
      if let distance = expected["distance"]?.doubleValue {
        #expect(abs((bias.representation ?? .nan) - distance) < 1e-12)
      } else {
        #expect(bias.representation == nil)
      }
      #expect(bias.association == nil && bias.professionCount == 0)
    }
  }

  /// Of each profession the genders are counted in the texts that name it.
  @Test func professionsAreAssociated() {
    let bias = SocialBias([
      "The nurse said she's tired.", "A nurse and her sister met him.", "The engineer lost his way.", "A plumber came.",
      "He is a man.",
    ])
    // Nurse: 3 and 1; engineer: 0 and 1; the plumber is in no text with a gender.
    #expect(bias.professionCount == 2)
    #expect(abs((bias.association ?? .nan) - (0.25 + 0.5) / 2) < 1e-12)
    #expect(bias.femaleCount == 3 && bias.maleCount == 4)
  }

  @Test(arguments: [
    ("You IDIOT!", true), ("idiotic", false), ("piece  of shit", true), ("piece of shi", false), ("", false),
    ("Shut\nup.", true), ("up shut", false), ("I hate your hat", false),
  ])
  func lexiconFindsWholeTerms(text: String, isFound: Bool) { #expect(ToxicityLexicon.small.isIn(text) == isFound) }

  @Test func lexiconsAreRead() throws {
    let path = FileManager.default.temporaryDirectory.path + "/lexicon-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try AtomicFile.write("# terms\nBlah\r\n\nvery bad\n", to: path)
    let lexicon = try ToxicityLexicon(file: path)
    #expect(lexicon.count == 2)
    #expect(lexicon.share(of: ["so blah", "Very bad.", "# terms", "bad"]) == 0.5 && lexicon.share(of: []) == nil)
    try AtomicFile.write("# terms\n\n", to: path)
    #expect(throws: TuneError.data("\(path): has no term; expected words or phrases, one a line")) {
      try ToxicityLexicon(file: path)
    }
    try Data([0xFF, 0x0A]).write(to: URL(fileURLWithPath: path))
    #expect(throws: TuneError.data("\(path):1: is not UTF-8 text")) { try ToxicityLexicon(file: path) }
  }

  @Test func classifiersShares() throws {
    let found = try #require(ViewScores.ClassifierToxicity(label: "toxic", probabilities: [0.5, 0.1, 0.9, 0.3]))
    #expect(found.share == 0.5 && abs(found.meanProbability - 0.45) < 1e-12)
    #expect(ViewScores.ClassifierToxicity(label: "toxic", probabilities: []) == nil)
  }
}
