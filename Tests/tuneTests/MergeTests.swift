import Basics
import Foundation
import Models
import Tensors
import Testing

/// `tune merge`: the merged folder, its check, and what a failure leaves.
@Suite struct MergeTests {
  private static let model = ["--model", Workspace.model]

  /// A workspace with a trained adapter in `run/`.
  private static func trained() throws -> Workspace {
    let workspace = try Workspace.prepared()
    try workspace.succeed(
      ["train", "--max-steps", "3", "--learning-rate", "0.05", "--output", "run", "--quiet"] + model)
    return workspace
  }

  @Test func theMergedModelAnswersAsTheAdapter() throws {
    let workspace = try Self.trained()
    let json = try workspace.succeed("merge", "--run", "run", "--output", "out/merged/", "--json").json
    #expect(json["merged_weights"] == 4 && json["files"] == ["model.safetensors"])
    let difference = try #require(json["largest_logit_difference"]?.doubleValue)
    #expect(difference <= (try #require(json["tolerance"]?.doubleValue)))
    #expect(try #require(json["largest_adapter_effect"]?.doubleValue) > 10 * difference)
    let files = try FileManager.default.contentsOfDirectory(atPath: workspace.file("out/merged")).sorted()
    #expect(
      files == [
        "config.json", "generation_config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json",
      ])
    let prompt = ["generate", "Ann: I want", "--top-logprobs", "5", "--json"]
    let tuned = try workspace.succeed(prompt + ["--run", "run"]).json
    let merged = try workspace.succeed(prompt + ["--model", "out/merged"]).json
    let base = try workspace.succeed(prompt + Self.model).json
    #expect(tuned["prompt_ids"] == merged["prompt_ids"])
    func values(_ json: JSON) -> [Double] {
      json["top_logprobs"]?.arrayValue?.compactMap { $0["logprob"]?.doubleValue } ?? []
    }
    #expect(values(tuned).count == 5)
    #expect(zip(values(tuned), values(merged)).allSatisfy { abs($0 - $1) < 1e-4 })
    #expect(!zip(values(base), values(merged)).allSatisfy { abs($0 - $1) < 1e-2 })
    #expect(workspace.contents().allSatisfy { !$0.contains(".tmp-") })
  }

  /// Every tensor keeps the base's format, and another one where it is asked for.
  @Test func formatsAreTheBases() throws {
    let workspace = try Self.trained()
    let base = try Safetensors("\(Workspace.model)/model.safetensors")
    try workspace.succeed("merge", "--run", "run", "--output", "same")
    let same = try Safetensors(workspace.file("same/model.safetensors"))
    #expect(same.tensorNames.allSatisfy { same.tensor($0)?.format == base.tensor($0)?.format })
    try workspace.succeed(
      "merge", "--run", "run", "--output", "half", "--save-dtype", "float16", "--max-shard-size", "8KB")
    let half = try ShardedSafetensors(index: workspace.file("half/model.safetensors.index.json"))
    #expect(half.tensorNames.allSatisfy { half.tensor($0)?.format == .f16 })
    #expect(try JSON(contentsOf: workspace.file("half/config.json"))["torch_dtype"] == "float16")
    // A base in float16 stays one.
    let adapter = ["--adapter", "run/adapter", "--model", "half"]
    try workspace.succeed(["merge", "--output", "twice"] + adapter)
    let twice = try Safetensors(workspace.file("twice/model.safetensors"))
    #expect(twice.tensorNames.allSatisfy { twice.tensor($0)?.format == .f16 })
  }

  @Test func dataCanBeCompared() throws {
    let workspace = try Self.trained()
    let json = try workspace.succeed("merge", "--run", "run", "--output", "merged", "--data", "prepared", "--json").json
    #expect(json["compared_on"]?.stringValue == "prepared/test.jsonl")
    #expect(try #require(json["tokens"]?.intValue) > 100)
  }

  /// The gate's exit code, and nothing under the name of the output.
  @Test func aDifferenceBeyondTheToleranceFails() throws {
    let workspace = try Self.trained()
    try workspace.fail(
      ["merge", "--run", "run", "--output", "merged", "--save-dtype", "bfloat16", "--tolerance", "1e-9"], code: 4,
      saying: ["more than the tolerance of 1e-09", "nothing was written", "--save-dtype float32"])
    #expect(!workspace.contents().contains { $0.hasPrefix("merged") })
  }

  /// An update smaller than the rounding of the format is lost, which the default tolerance notices.
  @Test func adaptersLostToRoundingFail() throws {
    let workspace = try Self.trained()
    let path = workspace.file("run/adapter/adapter_config.json")
    var config = try #require(try JSON(contentsOf: path).objectValue)
    config["lora_alpha"] = .number(1e-4)
    try AtomicFile.write(JSON.object(config).text(), to: path)
    try workspace.fail(
      ["merge", "--run", "run", "--output", "merged", "--save-dtype", "bfloat16"], code: 4, saying: ["tolerance"])
    #expect(!workspace.exists("merged"))
  }

  @Test func wrongCallsAreNamed() throws {
    let workspace = try Self.trained()
    try workspace.fail(["merge"] + Self.model, code: 2, saying: ["--output"])
    try workspace.fail(
      ["merge", "--output", "merged"] + Self.model, code: 2, saying: ["no adapter to merge", "--adapter", "--run"])
    try workspace.fail(["merge", "--run", "run", "--output", "run"], code: 2, saying: ["run exists already"])
    try workspace.fail(["merge", "--run", "run", "--output", "/"], code: 2, saying: ["exists already"])
    try workspace.fail(
      ["merge", "--run", "run", "--output", "m", "--save-dtype", "int8"], code: 2, saying: ["'int8' is unknown"])
    for size in ["5XB", "-1GB", "0", "nan", "1e400GB"] {
      try workspace.fail(
        ["merge", "--run", "run", "--output", "m", "--max-shard-size=\(size)"], code: 2, saying: ["is no size"])
    }
    try workspace.fail(
      ["merge", "--run", "run", "--output", "m", "--tolerance", "-1"], code: 2, saying: ["--tolerance"])
    try workspace.fail(
      ["merge", "--adapter", "missing", "--output", "m"] + Self.model, code: 3,
      saying: ["--adapter missing: no such file or folder"])
    #expect(!workspace.exists("m"))
    try workspace.succeed(
      ["train", "--full", "--max-steps", "1", "--output", "whole", "--quiet"] + Self.model)
    try workspace.fail(
      ["merge", "--run", "whole", "--output", "m"], code: 2, saying: ["every weight was trained", "whole/model"])
  }

  /// An adapter that was never trained: each command that puts it on a model says so.
  @Test func adaptersThatDoNothingAreTold() throws {
    let workspace = try Self.trained()
    let path = workspace.file("run/adapter/adapter_model.safetensors")
    let store = try Safetensors(path)
    let descriptions = try store.tensorNames.map { name in
      TensorDescription(name: name, shape: try #require(store.tensor(name)).shape, format: .f32)
    }
    let zeros = [Float](repeating: 0, count: 4096), ones = [Float](repeating: 1, count: 4096)
    try zeros.withUnsafeBufferPointer { zeros in
      try ones.withUnsafeBufferPointer { ones in
        try SafetensorsWriter.write(descriptions, to: path) {
          ($0.name.contains("lora_B") ? zeros.baseAddress : ones.baseAddress)!
        }
      }
    }
    let adapter = ["--adapter", "run/adapter"] + Self.model
    for command in [
      ["generate", "Ann", "--max-new-tokens", "1"] + adapter, ["merge", "--output", "merged"] + adapter,
      ["eval", "--loss", "prepared/test.jsonl"] + adapter,
    ] {
      let outcome = try workspace.succeed(command)
      #expect(outcome.errors.contains("warning: run/adapter: the adapter does nothing yet"), "\(outcome.errors)")
    }
    let inspected = try workspace.succeed(["inspect", "run/adapter", "--json"]).json
    #expect(inspected["changes_logits"] == false && inspected["fits"] == true)
  }
}
