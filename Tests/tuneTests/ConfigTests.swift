import Basics
import Testing

/// `--config FILE`: a YAML file whose keys are flags.
@Suite struct ConfigTests {
  private func method(_ workspace: Workspace, _ arguments: String...) throws -> JSON {
    let outcome = try workspace.run(["train", "--model", Workspace.model, "--json", "--quiet"] + arguments)
    #expect(outcome.code == 0, "\(outcome.errors)")
    return try outcome.json
  }

  @Test func keysAreFlagsInAnySpelling() throws {
    let workspace = try Workspace.prepared()
    try workspace.write(
      """
      # All three spellings.
      lora: true
      rank: 4
      learning-rate: 1e-3
      lora_alpha: 12
      maxSteps: 1
      shuffle: false
      full: false
      lr_schedule: cosine
      """, to: "config.yaml")
    let run = try method(workspace, "--config", "config.yaml")
    #expect(run["method"]?["r"] == 4 && run["method"]?["lora_alpha"]?.doubleValue == 12)
    #expect(run["trainer"]?["learning_rate"] == 0.001 && run["trainer"]?["max_steps"] == 1)
    #expect(run["trainer"]?["lr_schedule"] == "cosine" && run["trainer"]?["shuffle"] == false)
    // What is typed wins, before or after.
    #expect(try method(workspace, "--rank", "2", "--config=config.yaml")["method"]?["r"] == 2)
    #expect(try method(workspace, "--config", "config.yaml", "--rank", "2", "--shuffle")["trainer"]?["shuffle"] == true)
  }

  @Test func listsRepeatAFlag() throws {
    let workspace = try Workspace()
    try workspace.write("stop: [takes, \"a\"]\nmax_new_tokens: 20\n", to: "config.yaml")
    let arguments = ["generate", "Ann: I want tea.", "--model", Workspace.model, "--json"]
    let typed = try workspace.run(arguments + ["--stop", "takes", "--stop", "a", "--max-new-tokens", "20"])
    #expect(try workspace.run(arguments + ["--config", "config.yaml"]).output == typed.output)
    #expect(typed.code == 0 && !typed.output.isEmpty)
  }

  @Test(arguments: [
    ("rank: 4\n\nrnak: 3\n", ["config.yaml:3: unknown key 'rnak'", "did you mean 'rank'?"]),
    ("learningrate: 1\n", ["config.yaml:1: unknown key 'learningrate'; did you mean 'learning-rate'?"]),
    ("zzzzzzzz: 1\n", ["config.yaml:1: unknown key 'zzzzzzzz'"]),
    ("config: other.yaml\n", ["config.yaml:1: unknown key"]),
    ("rank: {a: 1}\n", ["config.yaml:1: 'rank' needs a plain value"]), ("rank:\n", ["config.yaml:1: 'rank' needs"]),
    ("rank: [\n", ["config.yaml:2: is not valid YAML", "such as 'rank: 8'"]),
    ("just text\n", ["config.yaml: expected keys with values"]), ("", ["config.yaml: expected keys with values"]),
    ("rank: 1\nrank: 2\n", ["config.yaml: is not valid YAML: the key 'rank' appears twice"]),
    ("rank: four\n", ["the value 'four' is invalid for '--rank <r>'"]), ("rank: -4\n", ["--rank: -4 is too small"]),
  ]) func mistakesAreNamed(text: String, parts: [String]) throws {
    let workspace = try Workspace()
    try workspace.write(text, to: "config.yaml")
    try workspace.fail(["train", "--config", "config.yaml"], code: 2, saying: parts)
    #expect(workspace.contents() == ["config.yaml"])
  }

  @Test func deepFilesAreRefused() throws {
    let workspace = try Workspace()
    for text in ["a: " + String(repeating: "[", count: 50_000), String(repeating: "- ", count: 50_000)] {
      try workspace.write(text, to: "config.yaml")
      try workspace.fail(["train", "--config", "config.yaml"], code: 2, saying: ["config.yaml", "is not valid YAML"])
    }
  }

  @Test func missingFilesAreNamed() throws {
    let workspace = try Workspace()
    try workspace.fail(
      ["train", "--config", "no.yaml"], code: 2, saying: ["--config no.yaml: no such file", "name a YAML"])
    try workspace.fail(["train", "--config"], code: 2, saying: ["--config: a file name is missing"])
    try workspace.write([0x72, 0x3A, 0xFF], to: "config.yaml")
    try workspace.fail(["train", "--config=config.yaml"], code: 2, saying: ["config.yaml: is not valid UTF-8"])
  }
}
