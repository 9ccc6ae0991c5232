import Basics
import Foundation
import Testing

/// `tune score` and `tune selftest metrics`.
@Suite struct ScoreCommandTests {
  /// Six predictions, of which the last two miss their references.
  private func workspace() throws -> Workspace {
    let workspace = try Workspace()
    let references = (0..<6).map { "the lake number \($0) is cold in the morning" }
    let predictions = references.enumerated().map { $0.offset < 4 ? $0.element : "a warm day" }
    let records = zip(predictions, references).map { #"{"prediction": "\#($0)", "reference": "\#($1)"}"# }
    try workspace.write(records.joined(separator: "\n") + "\n", to: "records.jsonl")
    let worse = references.map { #"{"prediction": "the lake", "reference": "\#($0)"}"# }
    try workspace.write(worse.joined(separator: "\n") + "\n", to: "worse.jsonl")
    try workspace.write(predictions.joined(separator: "\n") + "\n", to: "hypotheses.txt")
    try workspace.write(references.joined(separator: "\n") + "\n", to: "references.txt")
    return workspace
  }

  @Test func recordsAndTextsScoreAlike() throws {
    let workspace = try workspace()
    let flags = ["--metric", "rouge,bleu,exact_match", "--json"]
    let records = try workspace.succeed(["score", "records.jsonl"] + flags).json
    #expect(try records == workspace.succeed(["score", "hypotheses.txt", "references.txt"] + flags).json)
    #expect(records["scores"]?["exact_match"]?["score"]?.doubleValue == 4.0 / 6)
    #expect(records["scores"]?["bleu"]?["signature"]?.stringValue?.hasPrefix("nrefs:1|case:mixed") == true)
    #expect(records["examples"] == 6)
  }

  @Test func baselinesAreCompared() throws {
    let workspace = try workspace()
    let report = try workspace.succeed(
      "score", "records.jsonl", "--paired", "worse.jsonl", "--metric", "rougeL", "--json", "--gate",
      "rougeL >= base + 0.1"
    ).json
    let score = try #require(report["scores"]?["rougeL"])
    #expect(score["better"] == 4 && score["worse"] == 2)
    #expect((score["approximate_randomization_p"]?.doubleValue ?? 0) > 0)
    try workspace.fail(
      ["score", "records.jsonl", "--gate", "rougeL > base"], code: 2, saying: ["compares with a base"])
    try workspace.fail(
      ["score", "records.jsonl", "--fail-under", "rougeL=0.9"], code: 4,
      saying: ["gate failed: rougeL 0.", "below 0.9"])
  }

  /// Never a score over fewer items than there are.
  @Test func filesThatDoNotMatchAreRefused() throws {
    let workspace = try workspace()
    try workspace.write("one\ntwo\n", to: "short.txt")
    try workspace.fail(["score", "short.txt", "references.txt"], code: 3, saying: ["2", "6"])
    try workspace.fail(["score", "hypotheses.txt", "short.txt"], code: 3, saying: ["short.txt", "2"])
    try workspace.write("", to: "empty.jsonl")
    try workspace.fail(["score", "empty.jsonl"], code: 3, saying: ["empty.jsonl"])
    try workspace.write(
      "{\"prediction\": \"a\", \"reference\": \"b\"}\n{\"prediction\": [1], \"reference\": \"b\"}\n", to: "bad.jsonl")
    try workspace.fail(["score", "bad.jsonl"], code: 3, saying: ["bad.jsonl:2: prediction: expected a text"])
  }

  @Test func bundledCasesAgree() throws {
    let report = try Workspace().succeed("selftest", "metrics", "--json").json
    #expect((report["cases"]?.intValue ?? 0) > 1000 && report["mismatches"] == [])
  }

  @Test func mismatchesAreListed() throws {
    let workspace = try Workspace()
    try workspace.write(
      #"{"id": "off", "metric": "porter_stem", "hypotheses": ["lakes"], "expected": {"stems": ["lakess"]}}"# + "\n",
      to: "case.jsonl")
    let outcome = try workspace.run("selftest", "metrics", "case.jsonl")
    #expect(outcome.code == 1 && outcome.output.contains("off: stems"), "\(outcome.output)")
    try workspace.write("{\"metric\": \"none\", \"expected\": 1}\n", to: "unknown.jsonl")
    try workspace.fail(
      ["selftest", "metrics", "unknown.jsonl"], code: 3, saying: ["unknown.jsonl:1: there is no metric 'none'"])
  }

  private static let vectors = "\(Workspace.fixtures)/../../../shared/vectors/metrics/public"

  @Test(.enabled(if: FileManager.default.fileExists(atPath: Self.vectors), "../shared is not beside the project"))
  func allPublicVectorsAgree() throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: Self.vectors).filter { $0.hasSuffix(".jsonl") }
    let report = try Workspace().succeed(
      ["selftest", "metrics", "--json"] + names.sorted().map { "\(Self.vectors)/\($0)" }
    ).json
    #expect(report["mismatches"] == [] && (report["cases"]?.intValue ?? 0) > 1000)
  }
}
