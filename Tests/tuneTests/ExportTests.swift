import Basics
import Foundation
import Testing

@Suite struct ExportTests {
  @Test func aModelIsExportedVerifiedAndUsed() throws {
    let workspace = try Workspace()
    let report = try workspace.succeed(
      "export", "--model", Workspace.model, "--gguf", "out/model.gguf", "--outtype", "f32", "--verify", "--json"
    ).json
    #expect(report["same_texts"] == report["texts"])
    #expect(report["same_greedy_tokens"] == report["greedy_tokens"])
    #expect(report["outtype"] == "F32")
    let modelfile = try workspace.text("out/Modelfile")
    #expect(modelfile.contains("FROM ./model.gguf\n") && modelfile.contains("PARAMETER stop "), "\(modelfile)")
    let arguments = ["the weather", "--max-new-tokens", "8", "--json"]
    let ours = try workspace.succeed(["generate", "--model", Workspace.model] + arguments).json
    let copy = try workspace.succeed(["generate", "--model", "out/model.gguf"] + arguments).json
    #expect(ours["ids"] == copy["ids"])
  }

  @Test func adaptersAreMergedOrWrittenBesideTheModel() throws {
    let workspace = try Workspace.prepared()
    try workspace.succeed(
      "train", "--lora", "--rank", "2", "--model", Workspace.model, "--max-steps", "3", "--learning-rate", "0.05",
      "--output", "runs/a", "--quiet")
    try workspace.succeed(
      "export", "--run", "runs/a", "--gguf", "tuned.gguf", "--outtype", "F32", "--verify", "--quiet")
    try workspace.succeed("export", "--run", "runs/a", "--gguf-adapter", "adapter.gguf", "--quiet")
    let bytes = try workspace.bytes("adapter.gguf")
    for text in ["adapter.lora.alpha", "blk.0.attn_q.weight.lora_a", "blk.1.attn_v.weight.lora_b"] {
      #expect(bytes.firstRange(of: Array(text.utf8)) != nil, "\(text)")
    }
    try workspace.fail(
      ["export", "--gguf", "tuned.gguf", "--model", "tuned.gguf"], code: 2, saying: ["is the model that is read"])
  }

  @Test func somebodyElsesModelfileIsLeftAlone() throws {
    let workspace = try Workspace()
    try workspace.write("FROM llama3\n", to: "Modelfile")
    try workspace.succeed("export", "--model", Workspace.model, "--gguf", "m.gguf", "--outtype", "Q8_0")
    #expect(try workspace.text("Modelfile") == "FROM llama3\n")
  }

  @Test func mistakesAreNamed() throws {
    let workspace = try Workspace()
    try workspace.fail(["export", "--model", Workspace.model], code: 2, saying: ["nothing to write"])
    try workspace.fail(
      ["export", "--model", Workspace.model, "--gguf", "m.bin"], code: 2,
      saying: ["--gguf: 'm.bin' does not end in .gguf"])
    try workspace.fail(
      ["export", "--model", Workspace.model, "--gguf", "m.gguf", "--outtype", "Q3"], code: 2, saying: ["Q3"])
    try workspace.fail(
      ["export", "--model", Workspace.model, "--gguf-adapter", "a.gguf"], code: 2, saying: ["there is no adapter on"])
    #expect(workspace.contents().isEmpty)
  }
}
