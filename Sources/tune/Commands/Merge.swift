import ArgumentParser
import Basics
import Foundation
import Models

extension Tune {
  struct Merge: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Merge an adapter into its base model: a Hugging Face folder that needs no adapter.",
      discussion: """
        Examples:
          tune merge --output merged
          tune merge --run runs/2026-11-25-lora --output merged --save-dtype bfloat16
          tune merge --model SmolLM2-135M --adapter adapter --output merged --data prepared --tolerance 0.05

        Writes the weights with the adapter added, config.json, generation_config.json, the tokenizer and the chat
        template; transformers loads the folder. The merged model is read back from its files and held against base
        and adapter on test prompts: where their logits differ by more than the tolerance, the exit code is 4 and
        nothing is written.
        """)

    @OptionGroup var modelOptions: ModelOptions
    @OptionGroup var tuned: TunedOptions

    @Option(help: ArgumentHelp("The folder for the merged model; it must not exist.", valueName: "folder"))
    var output: String

    @Option(
      help: ArgumentHelp(
        "Write every weight as float32, bfloat16 or float16 (default: each in the base's format).", valueName: "dtype"))
    var saveDtype: String?

    @Option(
      help: ArgumentHelp(
        "Split larger models into files of at most this size, such as 5GB or 500MB.", valueName: "size"))
    var maxShardSize = "5GB"

    @Option(
      help: ArgumentHelp(
        "Compare logits on this prepared folder or JSONL file (default: built-in prompts).", valueName: "path"))
    var data: String?

    @Option(
      help: ArgumentHelp(
        "The largest difference of logits that is no error (default: by the format, see Documentation/merge.md).",
        valueName: "logits"))
    var tolerance: Double?

    @OptionGroup var outputOptions: OutputOptions

    func validate() throws {
      try tolerance?.requireNotNegative("--tolerance")
      if let saveDtype, SavedFormat(rawValue: saveDtype) == nil {
        throw ValidationError("--save-dtype: '\(saveDtype)' is unknown; use float32, bfloat16 or float16")
      }
      if ByteSize.parse(maxShardSize) == nil {
        throw ValidationError("--max-shard-size: '\(maxShardSize)' is no size; use for example 5GB or 500MB")
      }
    }

    func run() throws {
      let console = outputOptions.start()
      let run = try tuned.resolvedRun(model: modelOptions.model, console: console)
      try AdapterMerge(command: self, run: run, console: console).execute()
    }
  }
}

/// Sizes as Hugging Face's tools read them: `5GB` is 5 * 10⁹ bytes.
enum ByteSize {
  private static let units = [("KB", 1e3), ("MB", 1e6), ("GB", 1e9), ("TB", 1e12)]

  /// A size of at least one byte; nil for other texts.
  static func parse(_ text: String) -> Int? {
    let unit = units.first { text.uppercased().hasSuffix($0.0) }
    let number = unit == nil ? text[...] : text.dropLast(2)
    guard let value = Double(number.trimmingCharacters(in: .whitespaces)) else { return nil }
    let bytes = value * (unit?.1 ?? 1)
    return bytes >= 1 && bytes <= 1e18 ? Int(bytes) : nil
  }
}
