import Basics
import Foundation
import Testing

/// `tune train --method NAME` from data to text, on a tiny model.
@Suite struct MethodCommandTests {
  private static let methods: [(name: String, flags: [String], type: String)] = [
    ("lora", ["--rank", "2", "--use-rslora", "--exclude-modules", "v_proj"], "LORA"),
    ("dora", ["--rank", "2", "--layers-to-transform", "1"], "LORA"), ("ia3", [], "IA3"),
    ("vera", ["--rank", "8"], "VERA"),
    ("prompt-tuning", ["--num-virtual-tokens", "4", "--prompt-tuning-init-text", "Sum up:"], "PROMPT_TUNING"),
    ("p-tuning", ["--num-virtual-tokens", "4"], "P_TUNING"),
    ("p-tuning", ["--num-virtual-tokens", "4", "--encoder-reparameterization-type", "LSTM"], "P_TUNING"),
    ("adaption-prompt", ["--adapter-len", "4", "--adapter-layers", "2"], "ADAPTION_PROMPT"),
    ("prefix-tuning", ["--num-virtual-tokens", "4", "--prefix-projection"], "PREFIX_TUNING"),
    ("norms", [], "LN_TUNING"), ("last-layers", ["--last-layers", "1"], "SELECTIVE"),
    ("head", [], "SELECTIVE"), ("parameters", ["--trainable-parameters", "model.norm,q_proj"], "SELECTIVE"),
    ("lora", ["--rank", "2", "--init-lora-weights", "pissa"], "LORA"),
    ("lora", ["--rank", "2", "--init-lora-weights", "olora", "--use-rslora"], "LORA"),
    ("lora", ["--rank", "2", "--lora-bias"], "LORA"),
    ("lora", ["--rank", "2", "--trainable-token-indices", "5,9"], "LORA"),
    ("lora", ["--rank", "2", "--target-modules", "q_proj,lm_head"], "LORA"),
    ("adalora", ["--init-r", "4", "--target-r", "2", "--delta-t", "1"], "ADALORA"),
    ("trainable-tokens", ["--trainable-token-indices", "40,41,42,43,44,45,46,47,48,49,50"], "TRAINABLE_TOKENS"),
    ("bottleneck", ["--bottleneck-size", "4", "--bottleneck-placement", "pfeiffer"], "BOTTLENECK"),
  ]

  @Test(arguments: methods.indices) func aMethodTrainsAndItsAdapterIsUsed(index: Int) throws {
    let (name, flags, type) = Self.methods[index], workspace = try Workspace.prepared()
    try workspace.succeed(
      [
        "train", "--method", name, "--model", Workspace.model, "--max-steps", "3", "--learning-rate", "0.05",
        "--output",
        "run", "--quiet",
      ] + flags)
    let config = try JSON(contentsOf: workspace.file("run/adapter/adapter_config.json"))
    #expect(config["peft_type"] == .string(type))
    #expect((config["use_dora"] == true) == (name == "dora"))
    let losses = try ["metrics.jsonl"].flatMap {
      try String(contentsOfFile: workspace.file("run/\($0)"), encoding: .utf8).split(separator: "\n")
    }.compactMap { try JSON(parsing: String($0))["loss"]?.doubleValue }
    #expect(losses.count >= 2 && losses.allSatisfy { $0.isFinite })
    let prompt = ["generate", "Ann: I want tea", "--max-new-tokens", "6", "--json", "--quiet"]
    let tuned = try workspace.succeed(prompt + ["--run", "run", "--top-logprobs", "5"]).json
    let base = try workspace.succeed(prompt + ["--model", Workspace.model, "--top-logprobs", "5"]).json
    #expect(tuned["top_logprobs"] != base["top_logprobs"])
    // The same through the folder alone, and again from where it stopped.
    let again = try workspace.succeed(
      prompt + ["--model", Workspace.model, "--adapter", "run/adapter", "--top-logprobs", "5"]
    ).json
    #expect(again["top_logprobs"] == tuned["top_logprobs"] && again["ids"] == tuned["ids"])
    try workspace.succeed(
      "train", "--method", name, "--init-adapter", "run/adapter", "--model", Workspace.model, "--max-steps", "1",
      "--output", "more", "--quiet")
    let other = name == "ia3" ? "lora" : "ia3"
    try workspace.fail(
      ["train", "--method", other, "--init-adapter", "run/adapter", "--model", Workspace.model], code: 2,
      saying: ["--init-adapter run/adapter: is of method"])
    let merged = try workspace.run(["merge", "--run", "run", "--output", "merged", "--quiet"])
    // The model has no biases that those of adapters could go into, and its head is the embedding.
    let canMerge =
      !["prompt-tuning", "p-tuning", "prefix-tuning", "adaption-prompt", "bottleneck"].contains(name)
      && !flags.contains("--lora-bias") && !flags.contains("q_proj,lm_head")
    #expect(merged.code == (canMerge ? 0 : 2), "\(merged.errors)")
    if !canMerge { #expect(merged.failure.contains("cannot be merged"), "\(merged.errors)") }
  }

  /// A conversation with rows beside the text: its second turn, read behind the first, is answered as by a new one.
  @Test(arguments: ["adaption-prompt", "prefix-tuning"]) func aTunedModelTalks(method: String) throws {
    let workspace = try Workspace.prepared()
    try workspace.write("{% for m in messages %}{{ m.content }}\n{% endfor %}", to: "chat.jinja")
    try workspace.succeed(
      "train", "--method", method, "--model", Workspace.model, "--max-steps", "2", "--learning-rate", "0.5", "--output",
      "run", "--quiet")
    let chat = ["chat", "--run", "run", "--chat-template", "chat.jinja", "--max-new-tokens", "6", "--json", "--quiet"]
    let answers = try workspace.succeed(chat, input: "Ann: tea\nMax: no\n/reset\nAnn: tea\n").jsonLines
    #expect(answers.count == 3 && answers[2]["content"] == answers[0]["content"])
    let generated = try workspace.succeed(
      "generate", "Ann: tea\n", "--run", "run", "--max-new-tokens", "6", "--json", "--quiet"
    ).json
    let text = try #require(generated["text"]?.stringValue).trimmingCharacters(in: .whitespacesAndNewlines)
    #expect(answers[0]["content"]?.stringValue == text)
  }

  @Test(arguments: [
    (["--lora", "--full"], "--lora and --full exclude each other"),
    (["--method", "ia3", "--prompt-tuning", "4"], "--prompt-tuning and --ia3 exclude each other"),
    (["--method", "ia3", "--rank", "4"], "--rank does not belong to --method ia3"),
    (["--full", "--target-modules", "q_proj"], "--target-modules does not belong to --method full"),
    (["--method", "lora", "--num-virtual-tokens", "4"], "--num-virtual-tokens does not belong to --method lora"),
    (["--method", "nothing"], "--method"), (["--prompt-tuning", "0"], "--num-virtual-tokens: 0 is too small"),
    (["--prompt-tuning", "100000"], "--num-virtual-tokens: 100000 is out of range"),
    (["--method", "bitfit"], "has no biases"), (["--method", "parameters"], "needs --trainable-parameters"),
    (["--method", "adaption-prompt", "--adapter-layers", "9"], "--adapter-layers: 9 is out of range; the model has"),
    (["--method", "lora", "--adapter-len", "9"], "--adapter-len does not belong to --method lora"),
    (["--method", "p-tuning", "--encoder-reparameterization-type", "GRU"], "--encoder-reparameterization-type"),
    (["--last-layers", "9"], "--last-layers: 9 is out of range; the model has"),
    (["--layers-to-transform", "x"], "'x' is no number of a block"),
    (["--layers-to-transform", "77"], "none of the 4 targeted layers is left"),
    (
      ["--method", "adalora", "--init-r", "4", "--tinit", "2", "--tfinal", "2", "--max-steps", "4"],
      "none of the training's 4 steps"
    ),
    (["--method", "adalora", "--init-r", "4", "--target-r", "5"], "--target-r: 5 is out of range"),
    (["--method", "adalora", "--layerwise-updates"], "--layerwise-updates frees the gradients"),
    (["--method", "trainable-tokens"], "needs --trainable-token-indices"),
    (["--method", "trainable-tokens", "--trainable-token-indices", "5,x"], "'x' is no id of a token"),
    (["--method", "trainable-tokens", "--trainable-token-indices", "5,5"], "name each token once"),
    (["--lora", "--trainable-token-indices", "99999999"], "is outside the model's vocabulary"),
    (["--lora", "--bias", "all"], "has no such biases"), (["--lora", "--init-lora-weights", "svd"], "pissa"),
    (["--dora", "--init-lora-weights", "pissa"], "--init-lora-weights does not belong to --method dora"),
    (["--lora", "--init-lora-weights", "pissa", "--lora-bias"], "--lora-bias goes with"),
    (["--lora", "--init-r", "4"], "--init-r does not belong to --method lora"),
    (["--method", "bottleneck", "--bottleneck-placement", "x"], "use houlsby or pfeiffer"),
  ]) func wrongMethodsAreExplained(flags: [String], part: String) throws {
    let workspace = try Workspace.prepared()
    try workspace.fail(["train", "--model", Workspace.model] + flags, code: 2, saying: [part])
  }
}
