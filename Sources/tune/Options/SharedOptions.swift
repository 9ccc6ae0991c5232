import ArgumentParser
import Basics
import Foundation
import Hub
import Tensors
import Training

/// `--json`, `--quiet`, `--threads`: the same on every command.
struct OutputOptions: ParsableArguments {
  @Flag(help: "Print JSON on standard output (one object, or one a line) and everything else on standard error.")
  var json = false

  @Flag(name: .shortAndLong, help: "Print nothing but the answer and errors.")
  var quiet = false

  @Option(
    help: ArgumentHelp("Threads to compute with (default: the processors this process may use).", valueName: "count"))
  var threads: Int?

  @Option(
    help: ArgumentHelp("A YAML file whose keys are flags of this command; what is typed wins.", valueName: "file"))
  var config: String?

  func validate() throws {
    try threads?.requirePositive("--threads")
  }

  /// The console of the command, with the thread count set.
  func start() -> Console {
    if let threads { Threads.count = threads }
    return Console(isJSON: json, isQuiet: quiet)
  }
}

/// `--model` and `--revision`.
struct ModelOptions: ParsableArguments {
  @Option(
    name: .customLong("model"),
    help: ArgumentHelp(
      "A model folder, a .gguf file, or a model of the Hugging Face hub: org/name, org/name@revision, "
        + "org/name/file.gguf (default: the model inside tune).",
      valueName: "path|org/name"))
  var modelName: String?

  @Option(help: ArgumentHelp("The hub model's branch, tag or commit (default: main).", valueName: "revision"))
  var revision: String?

  @Option(
    help: ArgumentHelp(
      "Render conversations with this chat template: the name of one of the model's, or a .jinja file.",
      valueName: "name|file"))
  var chatTemplate: String?

  func validate() throws {
    guard let revision else { return }
    guard let modelName else { throw ValidationError("--revision belongs to --model org/name; name the model") }
    guard !FileManager.default.fileExists(atPath: modelName), !modelName.contains("@") else {
      throw ValidationError("--revision \(revision) belongs to a model of the hub without a revision of its own")
    }
  }

  /// The model as the user named it, with its revision; nil for the default model.
  var model: String? {
    guard let modelName, let revision else { return modelName }
    guard let reference = try? HubReference(modelName, revision: revision, file: nil) else { return modelName }
    return reference.description
  }
}

/// `--load-in-4bit` and what belongs to it, named as in BitsAndBytesConfig of Hugging Face transformers.
struct QuantizationOptions: ParsableArguments {
  @Flag(
    name: .customLong("load-in-4bit"),
    help: "Quantise the frozen weights of linear layers to 4 bits while they load, as QLoRA does.")
  var loadIn4Bit = false

  @Flag(
    name: .customLong("load-in-8bit"),
    help: "Quantise the frozen weights of linear layers to 8 bits with a scale a row while they load.")
  var loadIn8Bit = false

  @Option(
    name: .customLong("bnb-4bit-quant-type"),
    help: ArgumentHelp("With --load-in-4bit: nf4 or fp4 (default: nf4).", valueName: "code"))
  var fourBitCode: FourBitCode?

  @Flag(
    name: .customLong("bnb-4bit-use-double-quant"), inversion: .prefixedNo,
    help: "With --load-in-4bit: quantise the blocks' scales too (default: yes).")
  var nestsScales: Bool?

  func validate() throws {
    if loadIn4Bit && loadIn8Bit {
      throw ValidationError("--load-in-4bit and --load-in-8bit exclude each other; choose one")
    }
    guard !loadIn4Bit else { return }
    if fourBitCode != nil { throw ValidationError("--bnb-4bit-quant-type belongs to --load-in-4bit; add it") }
    if nestsScales != nil { throw ValidationError("--bnb-4bit-use-double-quant belongs to --load-in-4bit; add it") }
  }

  var value: WeightQuantization? {
    if loadIn8Bit { return .eightBit }
    return loadIn4Bit ? .fourBit(fourBitCode ?? .nf4, nestsScales: nestsScales ?? true) : nil
  }

  /// As the flags say, or else as the base of a run's adapter was quantised while it was trained.
  func value(for run: Run?, console: Console) -> WeightQuantization? {
    guard value == nil, let run, run.adapter != nil,
      let text = run.description["model"]?["quantization"]?.stringValue, let trained = Self.parse(text)
    else { return value }
    console.note("the base is quantised as the run was trained: \(text)")
    return trained
  }

  /// What `json` wrote.
  private static func parse(_ text: String) -> WeightQuantization? {
    if text == "int8" { return .eightBit }
    let parts = text.components(separatedBy: ", ")
    return FourBitCode(rawValue: parts[0]).map { .fourBit($0, nestsScales: parts.contains("double")) }
  }

  /// The flag that was given, for errors.
  var flag: String? { loadIn4Bit ? "--load-in-4bit" : loadIn8Bit ? "--load-in-8bit" : nil }

  /// For `run.json`: null, "int8", or the code with whether scales are quantised too.
  var json: JSON {
    switch value {
    case nil: .null
    case .eightBit: "int8"
    case .fourBit(let code, let nestsScales): .string(nestsScales ? "\(code.rawValue), double" : code.rawValue)
    }
  }
}

extension FourBitCode: ExpressibleByArgument {}

/// The names that commands look under when none is given.
enum Defaults {
  static let prepared = "prepared"
  static let runs = "runs"
}

extension Double {
  /// For option validation: `--learning-rate` and kin.
  func requirePositive(_ flag: String) throws {
    guard self > 0, isFinite else { throw ValidationError("\(flag): \(self) is out of range; use a number above 0") }
  }

  func requireNotNegative(_ flag: String) throws {
    guard self >= 0, isFinite else { throw ValidationError("\(flag): \(self) is out of range; use 0 or more") }
  }
}

extension Int {
  /// The largest count that options accept: products of two stay far from overflow.
  private static let largest = 1_000_000_000

  func requirePositive(_ flag: String, atLeast smallest: Int = 1) throws {
    guard self >= smallest else { throw ValidationError("\(flag): \(self) is too small; use \(smallest) or more") }
    guard self <= Self.largest else {
      throw ValidationError("\(flag): \(self) is too large; use at most \(Self.largest)")
    }
  }
}
