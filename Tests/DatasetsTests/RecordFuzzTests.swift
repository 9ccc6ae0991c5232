import Basics
import Foundation
import Testing

@testable import Datasets

/// Random texts of the formats' own characters: nothing crashes or hangs, and the cuts do not change the records.
///
/// A second each, or as long as `TUNE_FUZZ_SECONDS` says.
@Suite struct RecordFuzzTests {
  private static let seconds = ProcessInfo.processInfo.environment["TUNE_FUZZ_SECONDS"].flatMap { Double($0) } ?? 1

  /// Calls `body` with ever new random streams until the time is over; the name and round tell how to repeat one.
  private func fuzz(_ name: String, _ body: (inout SeededRandom, Int) throws -> Void) rethrows {
    let end = ContinuousClock.now + .seconds(Self.seconds)
    var round = 0
    repeat {
      var random = SeededRandom(seed: UInt64(round), stream: name)
      try body(&random, round)
      round += 1
    } while ContinuousClock.now < end
  }

  private func text(_ pieces: [String], _ random: inout SeededRandom) -> [UInt8] {
    var bytes: [UInt8] = []
    for _ in 0..<random.integer(below: 60) { bytes += Array(pieces[random.integer(below: pieces.count)].utf8) }
    // Now and then what is not UTF-8.
    if random.integer(below: 8) == 0, !bytes.isEmpty { bytes[random.integer(below: bytes.count)] = 0xC3 }
    return bytes
  }

  private static let pieces: [String: [String]] = [
    "csv": ["a", "\"", "\"\"", ",", "\n", "\r\n", "\r", ",\"", "\",", "\"\n", "\n\"", "x,y\n", "é", "\0", "\u{FEFF}"],
    "tsv": ["a", "\"", "\"\"", "\t", "\n", "\r\n", "\r", "\t\"", "\"\t", "\"\n", "\n\"", "x\ty\n", "é"],
    "json": ["{", "}", "[", "]", "\"", "\\", ",", ":", "\n", " ", "1", "{\"a\": 1}", "\"b\"", "\n{", "\n]", "null"],
    "jsonl": ["{", "}", "\"a\"", ":", "\n", "\r\n", "\r", "1e3", "-", "{\"a\": \"é\"}\n", "[]", "\\u00e9", " ", "tru"],
    "text-paragraph": ["a", "\n", "\r\n", "\r", " ", "\n\n", "é", "\t"],
    "instruction-task": [
      "{\"Definition\": [\"d\"], ", "\"Instances\"", ": [", "{\"input\": \"i\", \"output\": [\"o\"]}", ",", "]", "}",
      "\"", "\\", "\n", "[", "{", "\"Instances\": [",
    ],
  ]

  @Test(arguments: ["csv", "tsv", "json", "jsonl", "text-paragraph", "instruction-task"])
  func theCutsDoNotMatter(format name: String) throws {
    let format = try RecordFormat(named: name)
    let pieces = try #require(Self.pieces[name])
    let starts = [
      "csv": "a,b\n", "tsv": "a\tb\n", "json": "[", "instruction-task": "{\"Definition\": \"d\", \"Instances\": [",
    ]
    try Fixture.inFolder { folder in
      try fuzz(name) { random, round in
        let start = random.integer(below: 4) == 0 ? "" : starts[name] ?? ""
        let path = "\(folder)/t"
        try Fixture.write(Array(start.utf8) + text(pieces, &random), to: path)
        let whole = outcomes(path, format, chunkSize: 1 << 18)
        for size in [1, 2 + random.integer(below: 40)] {
          let cut = outcomes(path, format, chunkSize: size)
          #expect(cut.0 == whole.0, "round \(round), chunks of \(size)")
          #expect(cut.1 == whole.1, "round \(round), chunks of \(size)")
        }
      }
    }
  }

  /// The outcomes and the error that ended them.
  private func outcomes(_ path: String, _ format: RecordFormat, chunkSize: Int) -> ([RecordOutcome], TuneError?) {
    var all: [RecordOutcome] = []
    do {
      let chunker = try RecordChunker(path, format: format, chunkSize: chunkSize)
      while let chunk = try chunker.next() { all += chunk.parse() }
      return (all, nil)
    } catch let error as TuneError {
      return (all, error)
    } catch {
      Issue.record(error)
      return (all, nil)
    }
  }

  /// What is read from JSON is written and read back the same, numbers in their own words.
  @Test func jsonIsReadBack() {
    let pieces = [
      "{", "}", "[", "]", ":", ",", "\"a\"", "1", "-0", "1.50", "1e5", "true", "null", "\"\\ud83d\\ude00\"", "\\", "\"",
      " ", "[1,2]", "{\"k\": 1.0}", "12345678901234567890",
    ]
    fuzz("json values") { random, round in
      let bytes = text(pieces, &random)
      let parsed = bytes.withUnsafeBytes { raw in try? JSON(parsing: raw, keepingNumbers: true) }
      guard let value = parsed else { return }
      let again = Array(value.text(.compact).utf8).withUnsafeBytes { try? JSON(parsing: $0, keepingNumbers: true) }
      #expect(again == value, "round \(round)")
    }
  }

  @Test func conditionsNeverCrash() {
    let pieces = [
      "a", " and ", " or ", "not ", "(", ")", "==", ">", "'x'", "\"", "`", "4", " in ", "[", "]", ",", " is empty", "/",
      " matches /a*(b|c)/i", " contains ", ".", "\\", "é", "-", "{2,3}", "^", "$", "[^", "\\d",
    ]
    fuzz("conditions") { random, round in
      let text = String(decoding: text(pieces, &random), as: UTF8.self)
      do {
        let condition = try RecordCondition(text)
        _ = condition.holds(for: ["a": "abc", "b": .null])
      } catch let error as TuneError {
        #expect(error.kind == .usage, "round \(round)")
      } catch {
        Issue.record(error, "round \(round): \(text)")
      }
      if let pattern = try? LinearPattern(text) { _ = pattern.occurs(in: "abc 12 é") }
    }
  }
}
