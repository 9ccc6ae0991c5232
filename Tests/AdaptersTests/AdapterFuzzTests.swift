import Basics
import Foundation
import Fuzzing
import Models
import Tensors
import Testing

@testable import Adapters

/// Damaged adapters of PEFT and MLX, some in every run of the suite and for minutes in `make fuzz`: loading ends soon and
/// in little memory, with an adapter that runs on the model, or a `TuneError`.
@Suite(.serialized) struct AdapterFuzzTests {
  private static let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("Fixtures").path

  /// One adapter and its base.
  struct Kind: Sendable, CustomTestStringConvertible {
    let name: String
    let folder: String
    let base: String
    let weights: String

    var testDescription: String { name }
  }

  static let kinds =
    [
      Kind(name: "peft", folder: "llama/tied/lora_qv", base: "llama/tied", weights: "adapter_model.safetensors"),
      Kind(name: "gpt2", folder: "families/gpt2/adapter", base: "families/gpt2", weights: "adapter_model.safetensors"),
      Kind(name: "mlx", folder: "mlx/llama", base: "llama/untied", weights: "adapters.safetensors"),
    ]
    + ["lora-dora", "ia3", "vera", "prompt-random", "prefix", "p-tuning-lstm", "adaption_prompt", "ln_tuning"].map {
      Kind(
        name: $0, folder: "peft/\($0)-gpt2/initial", base: "families/gpt2", weights: "adapter_model.safetensors")
    }
  private static let configTokens = [
    "\"r\":", "\"lora_alpha\":", "\"rank_pattern\": {\"q_proj\": 4}", "\"alpha_pattern\":", "\"target_modules\":",
    "\"all-linear\"", "\".*q_proj\"", "\"(.*)*x\"", "(", ")", "*", ".*", "{9}", "|", "[a-", "\\\\w+", "\"peft_type\":",
    "\"use_rslora\": true", "\"num_virtual_tokens\":", "\"adapter_len\":",
    "\"ADAPTION_PROMPT\"", "\"adapter_layers\":", "\"encoder_num_layers\":", "\"IA3\"", "\"VERA\"", "\"PREFIX_TUNING\"",
    "\"use_dora\": true",
    "\"save_projection\": false", "\"layers_to_transform\":", "\"modules_to_save\": [\"wpe\"]", "\"lora_parameters\":",
    "\"fine_tune_type\":", "\"num_layers\":", "\"keys\":", "null",
    "true",
    "-1", "1e9", "{", "}", "[", "]", ",",
  ]
  private static let weightsTokens = ["lora_A", "lora_B", "\"F16\"", "\"dtype\":", "\"shape\":", "[0]", "{", "}", ","]
  /// Beside the file itself: the adapter's tensors and what checks of a model's layers take.
  private static let memory = FuzzMemory(perByte: 64, fixed: 1 << 19)

  @Test(arguments: kinds) func configuration(kind: Kind) throws {
    let bench = try AdapterBench(kind, damaged: "adapter_config.json", fixtures: Self.fixtures)
    try Fuzzer(
      fileName: "\(kind.name).adapter_config.json", corpus: [bench.seed, Self.withExpression(bench.seed)],
      tokens: Self.configTokens, form: .json,
      memory: Self.memory
    )
    .runReader(inputs: 150, share: 0.6 / Double(Self.kinds.count)) { _, input in try bench.load(input) }
  }

  /// The same with a rank and an alpha for some layers, by an expression.
  private static func withExpression(_ config: [UInt8]) throws -> [UInt8] {
    var object = try JSON(parsing: config).objectValue ?? [:]
    // Adaption prompts name one module, by no expression.
    guard object["peft_type"] != nil, object["target_modules"]?.stringValue == nil else { return config }
    let names = object["target_modules"]?.arrayValue?.compactMap(\.stringValue) ?? []
    object["target_modules"] = .string(".*\\.(\(names.joined(separator: "|")))")
    object["alpha_pattern"] = [".*0\\..*": 3.5]
    return Array(JSON.object(object).text().utf8)
  }

  @Test(arguments: kinds) func weights(kind: Kind) throws {
    let bench = try AdapterBench(kind, damaged: kind.weights, fixtures: Self.fixtures)
    let length = bench.seed[..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
    let tensors = bench.seed[(8 + length)...]
    try Fuzzer(
      fileName: "\(kind.name).safetensors", corpus: [Array(bench.seed[8..<8 + length])], tokens: Self.weightsTokens,
      form: .json, memory: Self.memory,
      wrap: { header in
        (0..<8).map { UInt8(truncatingIfNeeded: header.count >> (8 * $0)) } + header + tensors
      }
    )
    .runReader(inputs: 150, share: 0.4 / Double(Self.kinds.count)) { _, input in try bench.load(input) }
  }
}

/// An adapter's folder of which one file is replaced by damaged ones, and the base model.
private struct AdapterBench {
  let seed: [UInt8]
  private let model: any LanguageModel
  private let temporary: TemporaryFolder
  private let damaged: String

  init(_ kind: AdapterFuzzTests.Kind, damaged name: String, fixtures: String) throws {
    temporary = try TemporaryFolder()
    model = try loadModel(ModelFiles.open("\(fixtures)/\(kind.base)"))
    for file in ["adapter_config.json", kind.weights] where file != name {
      symlink("\(fixtures)/\(kind.folder)/\(file)", "\(temporary.path)/\(file)")
    }
    damaged = "\(temporary.path)/\(name)"
    seed = Array(try Data(contentsOf: URL(fileURLWithPath: "\(fixtures)/\(kind.folder)/\(name)")))
  }

  /// Loads the adapter with this file in the place of the damaged one, runs it and takes it off again.
  func load(_ input: String) throws {
    unlink(damaged)
    symlink(input, damaged)
    let adapter = try AdapterFolder.load(temporary.path, onto: model)
    // Virtual tokens may leave less room.
    _ = model.allLogits(Array([0, 1, 2].prefix(model.maxTokens)))
    adapter.isEnabled = false
  }
}
