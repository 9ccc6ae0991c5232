import Basics
import Foundation
import Testing

/// `tune eval --views` and `tune eval --memorization`, on a tiny model.
@Suite struct ViewCommandTests {
  // MARK: Views

  private static let task = """
    task: wants
    output_type: multiple_choice
    test_split: test
    doc_to_text: "{{question}}"
    doc_to_choice: ["tea", "milk"]
    doc_to_target: "{{answer}}"
    ---
    task: says
    output_type: generate_until
    test_split: test
    doc_to_text: "{{question}}"
    doc_to_target: "{{answer}}"
    generation_kwargs: {max_gen_toks: 8, until: ["\\n"]}
    metric_list:
      - {metric: exact_match}

    """

  private func workspace() throws -> Workspace {
    let workspace = try Workspace()
    try workspace.write(Self.task, to: "tasks.yaml")
    let lines = (0..<12).map { "{\"question\": \"He is here, do not ask Ann \($0).\", \"answer\": \($0 % 2)}\n" }
    for name in ["wants", "says"] {
      try createFolder(workspace.file("benchmarks/\(name)"))
      try workspace.write(lines.joined(), to: "benchmarks/\(name)/test.jsonl")
    }
    return workspace
  }

  private let eval = ["eval", "--model", Workspace.model, "--task-file", "tasks.yaml"]

  @Test func everyViewIsWritten() throws {
    let workspace = try workspace()
    let views = ["accuracy", "calibration", "robustness", "fairness", "bias", "toxicity", "efficiency"]
    let outcome = try workspace.succeed(eval + ["--tasks", "wants,says", "--views", views.joined(separator: ",")])
    for part in ["calibration: ECE", "robustness: typos", "fairness: dialect", "toxicity: ", "efficiency: seconds"] {
      #expect(outcome.output.contains(part), "\(outcome.output)")
    }
    let file = try JSON(contentsOf: workspace.file("eval/views.json")), base = file["base"]
    #expect(base?.objectValue?.keys == views && file["tuned"] == .null)
    #expect(try workspace.text("eval/reliability.svg").hasPrefix("<svg"))
    let bins = try #require(base?["calibration"]?["bins"]?.arrayValue)
    #expect(bins.reduce(0) { $0 + ($1["count"]?.intValue ?? 0) } == 12)
    let robustness = try #require(base?["robustness"]?["tasks"])
    #expect(robustness.objectValue?.keys == ["wants", "says"])
    let wants = robustness["wants"]
    #expect(wants?["perturbations"]?["contraction"]?["changed"] == 12)
    #expect(wants?["perturbations"]?["expansion"]?["changed"] == 0)
    #expect(wants?["original"] == base?["accuracy"]?["tasks"]?["wants"]?["acc"])
    #expect((wants?["worst_case"]?.doubleValue ?? 2) <= (wants?["original"]?.doubleValue ?? -1))
    #expect(base?["bias"]?["texts"] == 12 && base?["toxicity"]?["lexicon_share"] == .number(0))
    #expect((base?["efficiency"]?["tokens_per_second"]?.doubleValue ?? 0) > 0)
  }

  /// Without efficiency the same answers give the same file, in which the tuned model stands beside the base.
  @Test func viewsOfATunedModel() throws {
    let workspace = try workspace()
    try workspace.succeed("prepare", Workspace.dialogues, "--split", "0.6/0.2/0.2", "--quiet")
    try workspace.succeed(
      "train", "--lora", "--model", Workspace.model, "--data", "prepared", "--max-steps", "2", "--output", "run",
      "--quiet")
    let arguments = [
      "eval", "--run", "run", "--task-file", "tasks.yaml", "--tasks", "wants", "--views", "robustness,calibration",
      "--json", "--quiet",
    ]
    let first = try workspace.succeed(arguments).json
    #expect(first["views"]?["tuned"]?.objectValue?.keys == ["calibration", "robustness"])
    #expect(first["views"] == (try JSON(contentsOf: workspace.file("run/eval/views.json"))))
    #expect(try workspace.succeed(arguments).json == first)
  }

  @Test func wrongViewsAreRefused() throws {
    let workspace = try workspace()
    try workspace.fail(
      eval + ["--tasks", "wants", "--views", "fairnes"], code: 2, saying: ["--views", "did you mean 'fairness'?"])
    try workspace.fail(eval + ["--tasks", "wants", "--views", "bias"], code: 2, saying: ["none of the tasks"])
    try workspace.fail(
      ["eval", "--model", Workspace.model, "--views", "bias"], code: 2, saying: ["--views belongs to --tasks"])
    try workspace.fail(
      eval + ["--tasks", "wants", "--views", "accuracy", "--toxicity-lexicon", "x"], code: 2,
      saying: ["--toxicity-lexicon belongs to --views toxicity"])
    try workspace.fail(
      eval + ["--tasks", "says", "--views", "toxicity", "--toxicity-lexicon", "no.txt"], code: 3, saying: ["no.txt"])
    try workspace.fail(
      eval + ["--tasks", "says", "--views", "toxicity", "--toxicity-classifier", Workspace.model], code: 2,
      saying: ["is no classifier"])
  }

  /// The probability that `tune generate` tells for each text.
  @Test func aClassifierReadsWrittenTexts() throws {
    let workspace = try workspace(), classifiers = try ClassifierTests().workspace()
    try classifiers.succeed(
      "train", "--full", "--model", "encoder", "--data", "train.jsonl", "--max-steps", "3", "--output", "run", "--quiet"
    )
    let model = classifiers.file("run/model")
    let arguments = eval + ["--tasks", "says", "--views", "toxicity", "--toxicity-classifier", model, "--limit", "4"]
    try workspace.fail(arguments, code: 2, saying: ["--toxicity-label", "no class 'toxic'", "blame, praise"])
    let report = try workspace.succeed(arguments + ["--toxicity-label", "blame", "--log-samples", "--json", "--quiet"])
    let found = try report.json["views"]?["base"]?["toxicity"]?["classifier"]
    let texts = try workspace.lines("eval/benchmarks/base/samples_says.jsonl")
      .compactMap { $0["resps"]?.arrayValue?.first?.arrayValue?.first?.stringValue }
    try #require(texts.count == 4)
    let probabilities = try texts.map { text in
      let answer = try workspace.succeed("generate", text.isEmpty ? " " : text, "--model", model, "--json").json
      let probability = try #require(answer["probability"]?.doubleValue)
      return answer["label"] == "blame" ? probability : 1 - probability
    }
    let mean = probabilities.reduce(0, +) / 4
    #expect(abs((found?["mean_probability"]?.doubleValue ?? .nan) - mean) < 1e-5)
    #expect(found?["share"]?.doubleValue == Double(probabilities.count { $0 >= 0.5 }) / 4)
    #expect(found?["label"] == "blame")
  }

  // MARK: Memorization

  /// A canary that is trained on again and again, among other records: the tuned model writes it, and its secret is the
  /// likeliest of its form; the base does neither.
  @Test func aTrainedCanaryLeaks() throws {
    let workspace = try Workspace()
    let canary = "{\"text\": \"Ann says that her number is 555-867-5309 and Ben writes it down on a card for Max.\"}\n"
    let others = (0..<4).map {
      "{\"text\": \"Max wants some tea, and \($0) cups of it are on the table of Ann now.\"}\n"
    }
    try workspace.write(canary + others.joined(), to: "data.jsonl")
    try workspace.succeed(
      "train", "--full", "--model", Workspace.model, "--data", "data.jsonl", "--max-steps", "300", "--batch-size", "5",
      "--learning-rate", "0.02", "--output", "run", "--quiet")
    let arguments = [
      "eval", "--run", "run", "--memorization", "data.jsonl", "--memorization-prefix", "6", "--json", "--quiet",
    ]
    let report = try workspace.succeed(arguments).json
    #expect(report["records"] == 5 && report["secrets_found"] == 1)
    #expect(report["base"]?["verbatim"] == 0)
    let secret = try #require(report["tuned"]?["secrets"]?.arrayValue?.first)
    #expect(secret["place"]?.stringValue == "data.jsonl:1")
    #expect(
      secret["rank"] == 1 && secret["exposure"]?.doubleValue == 8 && secret["written"] == true, "\(secret.text())")
    #expect((report["base"]?["secrets"]?.arrayValue?.first?["exposure"]?.doubleValue ?? 8) < 8)
    let leaks = try workspace.lines("run/eval/memorization/leaks.jsonl")
    let leak = try #require(leaks.first { $0["line"] == 1 }, "\(leaks.map { $0.text() })")
    #expect(leak["written"]?.stringValue?.contains("555-867-5309") == true && leak["base"] == false)
    #expect(report["tuned"]?["verbatim"]?.intValue == leaks.count)
    #expect(try JSON(contentsOf: workspace.file("run/eval/memorization/memorization.json")) == report)
    let share = try #require(report["tuned"]?["share"]?.doubleValue)
    #expect(share == Double(leaks.count) / 5)
    try workspace.fail(
      arguments + ["--max-memorization", "0.01"], code: 4,
      saying: ["gate failed: ", "more than --max-memorization 0.01"])
    try workspace.succeed(arguments + ["--max-memorization", "\(share)"])
    try testNamedCanaries(workspace)
  }

  /// A secret of the user's own file, one that was trained on and one that was not.
  private func testNamedCanaries(_ workspace: Workspace) throws {
    try workspace.write(
      "Ann says that her number is 555-[[867]]-5309\nAnn says that her number is 555-[[311]]-5309\n", to: "own.txt")
    let outcome = try workspace.succeed(
      "eval", "--run", "run", "--memorization", "data.jsonl", "--memorization-prefix", "6", "--canaries", "own.txt",
      "--canary-alternatives", "63")
    #expect(outcome.output.contains("own.txt:1"), "\(outcome.output)")
    let file = try JSON(contentsOf: workspace.file("run/eval/memorization/memorization.json"))
    let secrets = try #require(file["tuned"]?["secrets"]?.arrayValue)
    #expect(secrets.map { $0["candidates"]?.intValue } == [64, 64])
    #expect(secrets[0]["exposure"]?.doubleValue == 6 && secrets[0]["written"] == true)
    #expect((secrets[1]["exposure"]?.doubleValue ?? 9) < 6 && secrets[1]["written"] == false)
  }

  @Test func wrongMemorizationIsRefused() throws {
    let workspace = try Workspace()
    try workspace.write("{\"text\": \"Ann wants tea.\"}\n", to: "data.jsonl")
    let arguments = ["eval", "--model", Workspace.model, "--memorization"]
    try workspace.fail(arguments + ["no.jsonl"], code: 3, saying: ["no.jsonl: no such file"])
    try workspace.fail(arguments + ["data.jsonl"], code: 3, saying: ["no record has the 40 tokens"])
    try workspace.fail(
      arguments + ["data.jsonl", "--memorization-prefix", "250"], code: 2, saying: ["more than the 256", "use fewer"])
    try workspace.fail(
      arguments + ["data.jsonl", "--max-memorization", "1.5"], code: 2, saying: ["--max-memorization", "0 to 1"])
    try workspace.fail(
      ["eval", "--max-memorization", "0.1"], code: 2, saying: ["--max-memorization belongs to --memorization"])
    try workspace.fail(
      arguments + ["data.jsonl", "--tasks", "gsm8k"], code: 2, saying: ["exclude each other"])
    try workspace.write("The code is [[48]]\n", to: "own.txt")
    let own = arguments + ["data.jsonl", "--canaries", "own.txt", "--canary-alternatives", "9"]
    try workspace.succeed(own + ["--quiet"])
    try workspace.fail(own + ["--max-memorization", "0.01"], code: 3, saying: ["no record has the 40 tokens"])
    try workspace.write("no secret\n", to: "own.txt")
    try workspace.fail(
      arguments + ["data.jsonl", "--canaries", "own.txt"], code: 3, saying: ["own.txt:1: has no secret"])
  }
}
