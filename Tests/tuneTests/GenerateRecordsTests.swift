import Basics
import Testing

/// `tune prepare --generate`.
@Suite struct GenerateRecordsTests {
  @Test func wrongFlagsAreRefused() throws {
    let workspace = try Workspace()
    let mistakes: [([String], String)] = [
      (["--generate", "5"], "--generate needs --model"), (["--model", "m"], "--model needs --generate"),
      (["--top-p", "0.9"], "--top-p needs --generate"),
      (["--generate", "0", "--model", "m"], "--generate: 0 is too small"),
      (["--generate", "1", "--model", "m", "--top-p", "0"], "--top-p: 0.0 is out of range"),
      (["--generate", "1", "--model", "m", "--temperature", "nan"], "--temperature: nan"),
      (["--generate", "1", "--model", "m", "--generate-examples", "0"], "--generate-examples: 0 is too small"),
    ]
    for (arguments, message) in mistakes {
      try workspace.fail(["prepare", Workspace.dialogues] + arguments, code: 2, saying: [message])
    }
    try workspace.fail(
      ["prepare", Workspace.dialogues, "--generate", "1", "--model", "none"], code: 3,
      saying: ["--model none: no such file or folder"])
    try workspace.write("sources: [{files: [\(Workspace.dialogues)]}]\n", to: "mixture.yaml")
    try workspace.fail(
      ["prepare", "mixture.yaml", "--generate", "1", "--model", Workspace.model], code: 2,
      saying: ["a mixture has several; prepare the source alone with --generate"])
    #expect(!workspace.exists("prepared"))
  }

  /// The model of the tests is far too small to write a record that makes sense; either it says so, or what it wrote is
  /// marked.
  @Test func aModelWritesOrSaysThatItCannot() throws {
    let workspace = try Workspace()
    let arguments = [
      "prepare", Workspace.dialogues, "--generate", "2", "--model", Workspace.model, "--json", "--quiet",
    ]
    let outcome = try workspace.run(arguments)
    #expect(!outcome.crashed && [0, 3].contains(outcome.code), "\(outcome.errors)")
    if outcome.code == 0 {
      let generated = try outcome.json["generated"]
      #expect(generated?["asked"] == 2 && generated?["model"] == "model")
      let written = generated?["written"]?.intValue
      #expect(try workspace.lines("prepared/generated.jsonl").count == written)
      #expect(try workspace.lines("prepared/train.jsonl").filter { $0["generated"] == true }.count == written)
    } else {
      #expect(outcome.failure.contains("wrote no record that can be used in 16 attempts"), "\(outcome.failure)")
      #expect(!workspace.exists("prepared/train.jsonl"))
    }
    #expect(try workspace.run(arguments).output == outcome.output)
  }
}
