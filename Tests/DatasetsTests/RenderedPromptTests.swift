import Basics
import Foundation
import Testing

@testable import Datasets

/// promptsource's templates against what promptsource itself rendered: training data of T0 (Sanh et al., 2022), 155
/// templates over up to 200 rows each. Skipped where the data are absent.
@Suite struct RenderedPromptTests {
  /// The rows of every template by the name that P3 gives it: data set, subset and template, joined by `_`.
  private static let rendered: [(name: String, lines: [String])]? = Fixture.sharedData.flatMap { folder in
    try? TarArchive.texts(folder + "/p3-rendered/p3-t0-train-50k-selected.tar.gz").compactMap { file in
      let name = (file.path as NSString).lastPathComponent
      guard name.hasSuffix(".jsonl") else { return nil }
      return (String(name.dropLast(6)), file.text.split(separator: "\n").map { String($0) })
    }
  }

  private static func p3Name(_ parts: [String?]) -> String {
    let whole = parts.compactMap { $0 }.joined(separator: "_")
    let words = whole.utf8.split { !(0x30...0x39).contains($0) && !(0x41...0x5A).contains($0 & 0xDF) }
    // A name that ends in a sign ends in `_`.
    let endsInSign = whole.utf8.last.map { !(0x30...0x39).contains($0) && !(0x41...0x5A).contains($0 & 0xDF) } ?? false
    return words.map { String(decoding: Array($0), as: UTF8.self) }.joined(separator: "_") + (endsInSign ? "_" : "")
  }

  /// The values to try for fields that are no texts, as the data sets have them.
  private static func values(_ dataset: String) -> [String: [JSON]] {
    let marks = (0..<8).map { PromptInversion.mark(100 + $0) }
    let letters: [JSON] = ["A", "B", "C", "D", "E"]
    var values: [String: [JSON]] = [
      "label": (0..<14).map { .integer($0) }, "star": (1...5).map { .integer($0) },
      "coarse_label": (0..<6).map { .integer($0) }, "fine_label": (0..<50).map { .integer($0) },
      "answerKey": letters, "choices": [["label": .array(letters), "text": .array(Array(marks[..<5]))]],
      "concepts": (1...6).map { .array(Array(marks[..<$0])) },
    ]
    if dataset == "social_i_qa" { values["label"] = ["1", "2", "3"] }
    return values
  }

  private struct Counts {
    var equal = 0
    var different: [String] = []
    /// Rows that cannot be compared, and why, by template.
    var undecided: [String: (rows: Int, reason: String)] = [:]

    mutating func leaveOut(_ rows: Int, of name: String, _ reason: String) {
      undecided[name] = (rows + (undecided[name]?.rows ?? 0), reason)
    }
  }

  @Test(
    .enabled(
      if: rendered != nil && TemplateFormatTests.archive != nil, "the rendered prompts of ../shared/data are absent"))
  func rendersWhatPromptsourceRendered() throws {
    var wordings: [String: (dataset: String, wording: Wording)] = [:]
    for file in try #require(TemplateFormatTests.archive) {
      let task = try TaskTemplate(yaml: file.text, origin: file.path)
      for wording in task.wordings {
        wordings[Self.p3Name([task.dataset, task.subset, wording.name])] = (task.dataset ?? "", wording)
      }
    }
    var counts = Counts()
    for (name, lines) in try #require(Self.rendered) {
      guard let (dataset, wording) = wordings[name] else {
        counts.leaveOut(lines.count, of: name, "no template of this name")
        continue
      }
      try Self.compare(PromptInversion(wording, values: Self.values(dataset)), name, lines, &counts)
    }
    // All but seven templates of trec: their column `label-coarse` had another name when the rows were made, so that
    // the completions are empty, and the order of the answers has changed since.
    let reasons = Set(counts.undecided.map { "\($0.key): \($0.value.reason)" })
    #expect(reasons.allSatisfy { $0.hasPrefix("trec_") && $0.hasSuffix("the completion is empty") }, "\(reasons)")
    #expect(counts.undecided.values.reduce(0) { $0 + $1.rows } == 1400)
    #expect(counts.equal == 27175 && counts.different.isEmpty, "\(counts.different.prefix(5))")
  }

  /// Recovers the record behind every row and renders it again.
  private static func compare(
    _ inversion: PromptInversion, _ name: String, _ lines: [String], _ counts: inout Counts
  ) throws {
    for line in lines {
      let row = try JSON(parsing: line)
      // The rows end their prompts with a line feed and their completions with a mark of the end.
      let prompt = String(try #require(row["prompt"]?.stringValue).unicodeScalars.dropLast())
      let target = try #require(row["completion"]?.stringValue).replacing(bytesOf: "<|endoftext|>", with: "")
      let equal = try inversion.records(prompt: prompt, target: target).contains { record, draw in
        let rendered = try inversion.wording.render(record, draw: draw)
        return rendered.prompt.isSame(as: prompt) && rendered.target.isSame(as: target)
      }
      if equal {
        counts.equal += 1
      } else if target.isEmpty {
        counts.leaveOut(1, of: name, "the completion is empty")
      } else {
        counts.different.append("\(name): \(line)")
      }
    }
  }
}
