import Basics
import Foundation
import Testing

/// Damaged or wrong files end with code 3 and one sentence that names the file; nothing gets a final name.
@Suite struct DamagedFileTests {
  // MARK: Models

  /// A copy of the tiny model in the workspace, spoilt by `change`.
  private func spoilt(_ workspace: Workspace, _ change: (inout [UInt8]) throws -> Void) throws {
    try FileManager.default.copyItem(atPath: Workspace.model, toPath: workspace.file("bad"))
    var bytes = try workspace.bytes("bad/model.safetensors")
    try change(&bytes)
    try workspace.write(bytes, to: "bad/model.safetensors")
  }

  /// Training and generation refuse the model, and training leaves nothing behind.
  private func expectRefusal(_ workspace: Workspace, _ parts: [String], model: String = "bad") throws {
    let before = workspace.contents()
    try workspace.fail(["train", "--model", model, "--output", "run"], code: 3, saying: parts)
    try workspace.fail(["generate", "--model", model, "Ann"], code: 3, saying: parts)
    #expect(workspace.contents() == before)
  }

  @Test func missingModelsAreNamed() throws {
    let workspace = try Workspace.prepared()
    try expectRefusal(workspace, ["--model nowhere: no such file", "name a model folder"], model: "nowhere")
    try expectRefusal(workspace, ["prepared: has no weights"], model: "prepared")
    try expectRefusal(workspace, ["prepared/train.jsonl: is not a GGUF file"], model: "prepared/train.jsonl")
  }

  @Test func truncatedWeightsAreNamed() throws {
    for (count, part) in [(20_000, "the download is incomplete"), (500, ""), (4, ""), (0, "")] {
      let workspace = try Workspace.prepared()
      try spoilt(workspace) { $0.removeSubrange(count...) }
      try expectRefusal(workspace, ["bad/model.safetensors: ", part].filter { !$0.isEmpty })
    }
  }

  @Test func aHeaderLargerThanTheFileIsNamed() throws {
    for size in [40_000, 1 << 40, UInt64.max, 1 << 63] as [UInt64] {
      let workspace = try Workspace.prepared()
      try spoilt(workspace) { bytes in
        withUnsafeBytes(of: size.littleEndian) { bytes.replaceSubrange(0..<8, with: $0) }
      }
      try expectRefusal(workspace, ["bad/model.safetensors: "])
    }
  }

  @Test func shapesMustMatchTheConfiguration() throws {
    let workspace = try Workspace.prepared()
    try spoilt(workspace) { _ in }
    let config = try workspace.text("bad/config.json")
    try workspace.write(config.replacing("\"hidden_size\": 16", with: "\"hidden_size\": 32"), to: "bad/config.json")
    try expectRefusal(workspace, ["bad/model.safetensors", "[300, 16]", "the config asks for [300, 32]"])
    try workspace.write(config.replacing("\"llama\"", with: "\"mamba\""), to: "bad/config.json")
    try expectRefusal(workspace, ["bad/config.json: model_type 'mamba' is not supported; use one of"])
    try workspace.write(String(config.dropLast(20)), to: "bad/config.json")
    try expectRefusal(workspace, ["bad/config.json: not valid JSON"])
  }

  @Test func weightsMustBeNumbers() throws {
    let workspace = try Workspace.prepared()
    try spoilt(workspace) { $0.replaceSubrange($0.count - 4..<$0.count, with: [0, 0, 0xC0, 0x7F]) }
    try expectRefusal(workspace, ["bad/model.safetensors: tensor 'model.norm.weight' holds nan at index 15"])
  }

  @Test func truncatedGGUFFilesAreNamed() throws {
    let whole = [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(Workspace.fixtures)/checkpoints/llama.gguf")))
    let workspace = try Workspace.prepared()
    for count in [0, 10, 700, whole.count / 2, whole.count - 1] {
      try workspace.write(Array(whole[..<count]), to: "cut.gguf")
      try expectRefusal(workspace, ["cut.gguf: "], model: "cut.gguf")
    }
  }

  @Test func aTokenizerOfAnotherModelIsNoticed() throws {
    let workspace = try Workspace.prepared()
    try spoilt(workspace) { _ in }
    let tokenizer = try String(contentsOfFile: "\(Workspace.fixtures)/tokenizers/small.json", encoding: .utf8)
    try workspace.write(tokenizer, to: "bad/tokenizer.json")
    let part = "is outside the model's vocabulary of 300; the tokenizer belongs to another model"
    try workspace.fail(["train", "--model", "bad"], code: 3, saying: ["prepared/train.jsonl:", part])
    try workspace.fail(["eval", "--model", "bad"], code: 3, saying: [part])
    try workspace.fail(
      ["eval", "--loss", "prepared/test.jsonl", "--model", "bad"], code: 3, saying: ["prepared/test.jsonl:", part])
    #expect(!workspace.exists("runs") && !workspace.exists("eval"))
    try workspace.write("{}", to: "bad/tokenizer.json")
    try workspace.fail(["tokenize", "Ann", "--model", "bad"], code: 3, saying: ["bad"])
    try FileManager.default.removeItem(atPath: workspace.file("bad/tokenizer.json"))
    try workspace.fail(["tokenize", "Ann", "--model", "bad"], code: 3, saying: ["bad: has no tokenizer.json"])
  }

  // MARK: Runs and adapters

  @Test func adaptersMustFitTheModel() throws {
    let workspace = try Workspace.prepared()
    let other = "\(Workspace.fixtures)/llama/tied/lora_qv"
    for arguments in [
      ["generate", "Ann", "--adapter", other], ["eval", "--limit", "1", "--max-new-tokens", "1", "--adapter", other],
      ["train", "--init-adapter", other],
    ] {
      try workspace.fail(
        arguments + ["--model", Workspace.model], code: 3,
        saying: ["lora_qv/adapter_model.safetensors", "the adapter was made for another model"])
    }
    try workspace.fail(
      ["generate", "Ann", "--adapter", Workspace.model, "--model", Workspace.model], code: 3,
      saying: ["has no adapter_config.json; expected a PEFT or MLX adapter folder"])
    #expect(!workspace.exists("runs"))
  }

  @Test func runsMustBeWhole() throws {
    let workspace = try Workspace.prepared()
    try workspace.fail(["eval", "--run", "no"], code: 3, saying: ["no: is not a training run", "tune train"])
    for (text, parts) in [
      ("{\"status\": \"comp", ["run/run.json: not valid JSON", "train again or name another run"]),
      ("[1]", ["run/run.json: is an array", "train again or name another run"]),
      ("{\"status\": \"failed\"}", ["run: holds neither adapter/ nor model/ (status: failed)", "another run"]),
      ("{}", ["run: holds neither adapter/ nor model/ (status: unknown)"]),
    ] {
      try workspace.write(text, to: "run/run.json")
      for command in [["eval"], ["eval", "--loss", "prepared/test.jsonl"], ["generate", "Ann"]] {
        try workspace.fail(command + ["--run", "run"], code: 3, saying: parts)
      }
    }
    // Such a run is never taken by itself.
    try workspace.write("{\"status\": \"comp", to: "runs/damaged/run.json")
    try workspace.fail(["eval"], code: 2, saying: ["there is no finished run in runs/"])
  }

  @Test func aTrainingThatDivergesLeavesNoAdapter() throws {
    let workspace = try Workspace.prepared()
    try workspace.fail(
      ["train", "--full", "--model", Workspace.model, "--learning-rate", "1e30", "--quiet", "--output", "run"], code: 1,
      saying: ["is not a finite number; lower --learning-rate"])
    #expect(workspace.contents().filter { $0.hasPrefix("run/") } == ["run/metrics.jsonl", "run/run.json"])
    #expect(try JSON(contentsOf: workspace.file("run/run.json"))["status"] == "failed")
  }

  // MARK: Data

  private func expectUnusable(_ text: String, _ parts: [String], prepare prepareParts: [String]? = nil) throws {
    try expectUnusable(Array(text.utf8), parts, prepare: prepareParts)
  }

  /// Training refuses the file, and so does preparation.
  private func expectUnusable(_ bytes: [UInt8], _ parts: [String], prepare prepareParts: [String]? = nil) throws {
    let workspace = try Workspace()
    try workspace.write(bytes, to: "data.jsonl")
    try workspace.fail(["train", "--data", "data.jsonl", "--model", Workspace.model], code: 3, saying: parts)
    try workspace.fail(["prepare", "data.jsonl"], code: 3, saying: prepareParts ?? parts)
    #expect(workspace.contents().filter { !$0.hasPrefix("prepared") } == ["data.jsonl"])
    #expect(!workspace.contents().contains { $0.hasSuffix(".jsonl") && $0 != "data.jsonl" })
  }

  @Test func emptyDataAreNamed() throws {
    try expectUnusable("", ["data.jsonl: the file is empty"])
    try expectUnusable("\n \n", ["data.jsonl: "])
  }

  @Test func emptyCompletionsAreNamed() throws {
    let records = "{\"prompt\": \"a\", \"completion\": \"\"}\n{\"prompt\": \"b\", \"completion\": \"\"}\n"
    try expectUnusable(
      records, ["data.jsonl: none of 2 examples has a token to learn", "data.jsonl:1: "],
      prepare: ["data.jsonl: every completion is empty (2 records)", "data.jsonl:1: "])
  }

  @Test func textsMustBeUTF8() throws {
    let record = Array("{\"prompt\": \"a\", \"completion\": \"b\"}\n".utf8)
    let wrong = Array("{\"prompt\": \"a".utf8) + [0xFF, 0xC3] + Array("\", \"completion\": \"b\"}\n".utf8)
    try expectUnusable(wrong, ["data.jsonl: ", "data.jsonl:1: ", "not valid UTF-8"])
    let workspace = try Workspace()
    try workspace.write(record + wrong, to: "data.jsonl")
    try workspace.fail(
      ["train", "--data", "data.jsonl", "--model", Workspace.model], code: 3,
      saying: ["data.jsonl: 1 of 2 records cannot be used", "data.jsonl:2: ", "not valid UTF-8"])
    try workspace.write(Array("prompt,completion\na,b\nx".utf8) + [0xFF] + Array(",y\n".utf8), to: "data.csv")
    for name in ["data.jsonl", "data.csv"] {
      let output = try workspace.succeed("prepare", name, "--output", "out-\(name)", "--json")
      #expect(try output.json["rejected"] == 1 && output.json["records_accepted"] == 1)
      let line = name == "data.csv" ? 3 : 2
      #expect(try output.json["rejections"]?.arrayValue?.first?.stringValue?.hasPrefix("\(name):\(line): ") == true)
      #expect(try workspace.lines("out-\(name)/rejected.jsonl").map { $0["line"] } == [.integer(line)])
    }
    try workspace.fail(
      ["train", "--data", "data.csv", "--model", Workspace.model], code: 3, saying: ["data.csv:3: ", "not valid UTF-8"])
    #expect(!workspace.exists("runs"))
  }

  @Test func missingDataAreNamed() throws {
    let workspace = try Workspace()
    try workspace.fail(["prepare", "no.csv"], code: 3, saying: ["no.csv: no such file"])
    try workspace.fail(["train", "--data", "no"], code: 3, saying: ["no: no such file or folder; expected"])
    try workspace.fail(
      ["eval", "--data", "no", "--model", Workspace.model], code: 3, saying: ["no: no such file or folder; expected"])
    try workspace.fail(
      ["eval", "--loss", "no.jsonl", "--model", Workspace.model], code: 3, saying: ["no.jsonl: no such file"])
    try workspace.fail(
      ["prepare", Workspace.dialogues, "--template", "no.yaml"], code: 3, saying: ["no.yaml: no such file"])
    try createFolder(workspace.file("empty"))
    try workspace.fail(
      ["train", "--data", "empty", "--model", Workspace.model], code: 3, saying: ["empty: has no train.jsonl; expected"]
    )
    #expect(workspace.contents() == ["empty"])
  }

  @Test func unknownColumnsAreNamed() throws {
    let workspace = try Workspace()
    try workspace.write("{\"alpha\": 1, \"beta\": 2}\n", to: "data.jsonl")
    try workspace.fail(
      ["prepare", "data.jsonl"], code: 2, saying: ["no template fits the columns alpha, beta", "rename the columns"])
    try workspace.fail(
      ["train", "--data", "data.jsonl", "--model", Workspace.model], code: 3,
      saying: ["data.jsonl:1: ", "found alpha, beta", "tune prepare"])
    #expect(workspace.contents() == ["data.jsonl"])
  }

  /// An output folder that cannot be made ends with a runtime error.
  @Test func outputsThatCannotBeWrittenAreNamed() throws {
    let workspace = try Workspace.prepared()
    try workspace.write("a file", to: "taken")
    try workspace.fail(["prepare", Workspace.dialogues, "--output", "taken"], code: 1, saying: ["taken"])
    try workspace.fail(
      ["train", "--model", Workspace.model, "--max-steps", "1", "--output", "taken/run"], code: 1, saying: ["taken/run"]
    )
    try workspace.fail(
      ["tokenize", "--train", "prepared/train.jsonl", "--vocab-size", "300", "--output", "taken"], code: 2,
      saying: ["--output: taken is there already"])
    #expect(try workspace.text("taken") == "a file")
  }
}
