import Basics
import Foundation
import Testing

/// What single commands print, and what their options do.
@Suite struct CommandTests {
  private let model = ["--model", Workspace.model]

  @Test func textIsContinued() throws {
    let workspace = try Workspace(), prompt = "Ann: I want tea, number 3."
    let arguments = ["generate"] + model + ["--max-new-tokens", "24"]
    let argument = try workspace.run(arguments + [prompt])
    #expect(argument.code == 0 && argument.errors.isEmpty && argument.output.count > 5)
    #expect(try workspace.run(arguments, input: prompt).output == argument.output)
    let json = try workspace.run(arguments + [prompt, "--json"]).json
    #expect(json["text"]?.stringValue.map { $0 + "\n" } == argument.output)
    #expect(json["ids"]?.arrayValue?.count == 24 || json["stopped"] == true)
    let tokens = try workspace.run(["tokenize", prompt, "--json"] + model).json
    #expect(json["prompt_ids"] == tokens["input_ids"])
  }

  @Test func aStopStringEndsTheText() throws {
    let workspace = try Workspace()
    let arguments = ["generate", "Ann: I want tea, number 3."] + model + ["--max-new-tokens", "24", "--json"]
    let whole = try #require(try workspace.run(arguments).json["text"]?.stringValue)
    let stop = try #require(whole.split(whereSeparator: \.isWhitespace).dropFirst(2).first.map { String($0) })
    let json = try workspace.run(arguments + ["--stop", stop, "--stop", "never there"]).json
    #expect(json["stopped"] == true)
    #expect(json["text"]?.stringValue == whole.range(of: stop).map { String(whole[..<$0.lowerBound]) })
  }

  @Test func sampledTextDependsOnItsSeed() throws {
    let workspace = try Workspace()
    func text(_ seed: String) throws -> String {
      try workspace.run(["generate", "Ann", "--temperature", "1.5", "--top-p", "0.95", "--seed", seed] + model).output
    }
    #expect(try text("7") == text("7"))
    #expect(try text("7") != text("8"))
    let greedy = try workspace.run(["generate", "Ann"] + model).output
    #expect(try workspace.run(["generate", "Ann", "--temperature", "3", "--top-k", "1"] + model).output == greedy)
  }

  @Test func theLikeliestTokensAreListed() throws {
    let workspace = try Workspace()
    let arguments = ["generate", "Max: Then take", "--top-logprobs", "4"] + model
    let rows = try workspace.run(arguments).output.split(separator: "\n").map { $0.split(separator: "\t") }
    #expect(rows.count == 4 && rows.allSatisfy { $0.count == 3 })
    let values = rows.compactMap { Double($0[0]) }
    #expect(values == values.sorted(by: >) && values.allSatisfy { $0 < 0 })
    let json = try #require(try workspace.run(arguments + ["--json"]).json["top_logprobs"]?.arrayValue)
    #expect(json.map { $0["id"]?.intValue } == rows.map { Int($0[1]) })
    let next = try workspace.run(["generate", "Max: Then take", "--max-new-tokens", "1", "--json"] + model).json
    #expect(next["ids"]?.arrayValue?.first == json[0]["id"])
  }

  @Test func textAndRecordsAreTokenised() throws {
    let workspace = try Workspace()
    let ids = try workspace.run(["tokenize", "Ann takes tea."] + model).output.split(separator: " ").count
    #expect(ids > 3 && ids <= 14)
    #expect(try workspace.run(["tokenize"] + model, input: "Ann takes tea.").output.split(separator: " ").count == ids)
    try workspace.write(
      "{\"prompt\": \"Ann:\", \"completion\": \" tea\"}\n\n{\"text\": \"Ann takes tea.\"}\n", to: "records.jsonl")
    let rows = try workspace.run(["tokenize", "records.jsonl", "--json"] + model).jsonLines
    #expect(rows.map { $0["line"] } == [1, 3])
    #expect(rows[1]["input_ids"] == rows[1]["labels"] && rows[1]["input_ids"]?.arrayValue?.count == ids + 1)
    let labels = try #require(rows[0]["labels"]?.arrayValue), tokens = try #require(rows[0]["input_ids"]?.arrayValue)
    let prompt = labels.prefix { $0 == -100 }.count
    #expect(prompt > 0 && Array(labels[prompt...]) == Array(tokens[prompt...]) && tokens.last == 0)
    #expect(try workspace.run(["tokenize", "records.jsonl"] + model).output.split(separator: "\n").count == 2)
  }

  /// The loss of each example adds up to the one that training measures before its first step.
  @Test func lossesAddUpToTheValidationLoss() throws {
    let workspace = try Workspace.prepared()
    let rows = try workspace.run(["eval", "--loss", "prepared/validation.jsonl", "--json"] + model).jsonLines
    let sum = rows.compactMap { $0["nll_sum"]?.doubleValue }.reduce(0, +)
    let count = rows.compactMap { $0["trained_tokens"]?.intValue }.reduce(0, +)
    let run = try workspace.run(["train", "--max-steps", "1", "--json"] + model).json
    let expected = try #require(run["result"]?["first_eval_loss"]?.doubleValue)
    #expect(abs(sum / Double(count) - expected) < 1e-6)
    let plain = try workspace.run(["eval", "--loss", "prepared/validation.jsonl", "--limit", "2"] + model)
    #expect(plain.output.split(separator: "\n").map { $0.split(separator: "\t").count } == [3, 3])
    #expect(plain.output.hasPrefix("prepared/validation.jsonl:1\t") && plain.errors.contains("mean loss"))
  }

  /// With --json, standard output is JSON and nothing else; with --quiet only answers and errors are printed.
  @Test(arguments: [
    ["prepare", Workspace.dialogues, "--output", "again"], ["train", "--max-steps", "1", "--model", Workspace.model],
    ["train", "--full", "--max-steps", "1", "--model", Workspace.model],
  ]) func workIsReportedOnlyWhenWanted(arguments: [String]) throws {
    let workspace = try Workspace.prepared()
    let plain = try workspace.run(arguments)
    #expect(plain.code == 0 && !plain.output.isEmpty)
    let json = try workspace.run(arguments + ["--json"])
    #expect(json.code == 0 && !json.errors.isEmpty)
    #expect(try json.json.objectValue?.isEmpty == false)
    let quiet = try workspace.run(arguments + ["--quiet"])
    #expect(quiet.code == 0 && quiet.output.isEmpty && quiet.errors.isEmpty)
    let both = try workspace.run(arguments + ["--quiet", "--json"])
    #expect(try both.json.objectValue?.isEmpty == false && both.errors.isEmpty)
  }

  @Test(arguments: [
    ["eval", "--max-new-tokens", "2"], ["eval", "--loss", "prepared/test.jsonl"],
    ["generate", "Ann", "--max-new-tokens", "3"], ["generate", "Ann", "--top-logprobs", "2"], ["tokenize", "Ann"],
  ]) func answersAreAlwaysPrinted(arguments: [String]) throws {
    let workspace = try Workspace.prepared(), arguments = arguments + model
    let quiet = try workspace.run(arguments + ["--quiet"])
    #expect(quiet.code == 0 && !quiet.output.isEmpty && quiet.errors.isEmpty)
    let json = try workspace.run(arguments + ["--json"])
    #expect(try json.code == 0 && json.jsonLines.allSatisfy { $0.objectValue != nil })
    let both = try workspace.run(arguments + ["--quiet", "--json"])
    #expect(both.output == json.output && both.errors.isEmpty)
  }

  @Test func gatesDecideTheExitCode() throws {
    let workspace = try Workspace.prepared()
    let arguments = ["eval", "--max-new-tokens", "4", "--limit", "3"] + model
    #expect(try workspace.run(arguments + ["--fail-under", "rougeL=0", "--fail-under", "bleu=0"]).code == 0)
    let failed = try workspace.fail(
      arguments + ["--fail-under", "rouge1=0.0", "--fail-under=rougeL=0.99"], code: 4,
      saying: ["gate failed: rougeL", "is below 0.99"])
    #expect(failed.output.contains("rougeL"))
    try workspace.fail(arguments + ["--fail-under", "bleu=100"], code: 4, saying: ["bleu", "below 100"])
  }

  @Test func overlongExamplesFollowThePolicy() throws {
    let workspace = try Workspace.prepared()
    let arguments = ["train", "--max-steps", "1", "--max-length", "80", "--output", "run"] + model
    let error = try workspace.fail(
      arguments, code: 3, saying: ["prepared/train.jsonl", "have more than 80 tokens", "truncate"])
    let over = try #require(error.failure.firstMatch(of: /: (\d+) of (\d+) examples/))
    let (count, total) = (try #require(Int(over.1)), try #require(Int(over.2)))
    #expect(count > 0 && count < total && !workspace.exists("run"))
    for (policy, left) in [("drop", total - count), ("truncate-prompt", total), ("truncate-end", total)] {
      let outcome = try workspace.run(arguments + ["--overlong", policy, "--json"])
      #expect(outcome.errors.contains("\(count) over the limit: \(policy)"), "\(outcome.errors)")
      let train = try outcome.json["data"]?["train"]
      #expect(train?["overlong"]?.intValue == count)
      #expect((train?["examples"]?.intValue ?? 0) + (train?["empty"]?.intValue ?? 0) == left)
      if policy == "truncate-prompt" { #expect(train?["empty"] == 0) }
    }
  }

  @Test(arguments: [[], ["prepare"], ["train"], ["eval"], ["generate"], ["tokenize"]]) func helpHasAnExample(
    command: [String]
  ) throws {
    let workspace = try Workspace()
    let help = try workspace.run(command + ["--help"])
    #expect(help.code == 0 && help.errors.isEmpty)
    #expect(help.output.contains("\n  tune \(command.first ?? "prepare")"), "\(help.output)")
    #expect(try workspace.run(["help"] + command).output == help.output)
    #expect(workspace.contents().isEmpty)
  }

  @Test func theVersionIsPrinted() throws {
    let version = try Workspace().run("--version")
    #expect(version.code == 0 && version.errors.isEmpty)
    #expect(version.output.wholeMatch(of: /\d+\.\d+\.\d+\n/) != nil)
  }

  /// Where an answer cannot be written or a question not be read, an error says so.
  @Test(.enabled(if: FileManager.default.fileExists(atPath: "/dev/full"))) func fullDisksAreErrors() throws {
    let workspace = try Workspace()
    let process = Process()
    process.executableURL = URL(fileURLWithPath: Program.path)
    process.arguments = ["tokenize", "Ann"] + model
    process.standardOutput = FileHandle(forWritingAtPath: "/dev/full")
    try workspace.write([], to: "errors")
    process.standardError = FileHandle(forWritingAtPath: workspace.file("errors"))
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationReason == .exit && process.terminationStatus == 1)
    #expect(try workspace.text("errors").hasPrefix("tune: standard output cannot be written"))
  }
}
