import ArgumentParser
import Basics
import Foundation
import Models

extension Tune {
  struct Merge: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Merge adapters into their base model, or into one adapter; take a LoRA out of a tuned model.",
      discussion: """
        Examples:
          tune merge --output merged
          tune merge --run runs/2026-11-25-lora --output merged --save-dtype bfloat16
          tune merge --model SmolLM2-135M --adapter adapter --output merged --data prepared --tolerance 0.05
          tune merge --adapter letters --adapter style:0.5 --output merged
          tune merge --adapter letters --adapter style:0.5 --combination-type ties --as-adapter --output both
          tune merge --model SmolLM2-135M --extract-lora my-SmolLM2 --rank 16 --output lora

        Writes the weights with the adapter added, config.json, generation_config.json, the tokenizer and the chat
        template; transformers loads the folder. The merged model is read back from its files and held against base
        and adapter on test prompts: where their logits differ by more than the tolerance, the exit code is 4 and
        nothing is written.

        With --as-adapter the adapters become one PEFT LoRA; with --extract-lora the difference of two models does.
        """)

    @OptionGroup var modelOptions: ModelOptions
    @OptionGroup var tuned: TunedOptions

    @OptionGroup var combination: CombinationOptions
    @OptionGroup var extraction: ExtractionOptions

    @Option(
      help: ArgumentHelp(
        "The rank of the LoRA, with --extract-lora or a --combination-type with svd (default there: the largest of the "
          + "adapters').", valueName: "rank"))
    var rank: Int?

    @Option(help: ArgumentHelp("The folder for the model or adapter; it must not exist.", valueName: "folder"))
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
      try rank?.requirePositive("--rank")
      if let saveDtype, SavedFormat(rawValue: saveDtype) == nil {
        throw ValidationError("--save-dtype: '\(saveDtype)' is unknown; use float32, bfloat16 or float16")
      }
      if ByteSize.parse(maxShardSize) == nil {
        throw ValidationError("--max-shard-size: '\(maxShardSize)' is no size; use for example 5GB or 500MB")
      }
      if extraction.extractLora != nil {
        try validateExtraction()
      } else if rank != nil, combination.combinationType?.decomposes != true {
        throw ValidationError("--rank belongs to --extract-lora, or to a --combination-type with svd; leave it out")
      }
      guard extraction.extractLora != nil || combination.asAdapter else { return }
      if saveDtype != nil || tolerance != nil {
        throw ValidationError(
          "--save-dtype and --tolerance are of merged models, and adapters are float32; leave them out")
      }
    }

    private func validateExtraction() throws {
      guard tuned.adapter.isEmpty, tuned.run == nil, !combination.asAdapter, combination.combinationType == nil else {
        throw ValidationError(
          "--extract-lora compares two models; leave out --adapter, --run, --as-adapter and --combination-type")
      }
      guard (rank == nil) != (extraction.threshold == nil) else {
        throw ValidationError("--extract-lora needs either --rank or --threshold, for example --rank 16")
      }
    }

    func run() throws {
      let console = outputOptions.start()
      if let tunedModel = extraction.extractLora {
        return try ExtractedAdapter(command: self, tuned: tunedModel, console: console).execute()
      }
      let run = try tuned.resolvedRun(model: modelOptions.model, console: console)
      if combination.asAdapter {
        try CombinedAdapter(command: self, run: run, console: console).execute()
      } else {
        try AdapterMerge(command: self, run: run, console: console).execute()
      }
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
