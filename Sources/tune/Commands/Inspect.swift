import Adapters
import ArgumentParser
import Basics

extension Tune {
  struct Inspect: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "What a file or folder holds: models, adapters, tokenizers, runs and prepared data.",
      discussion: """
        Examples:
          tune inspect
          tune inspect SmolLM2.gguf --rank 16 --target-modules all-linear
          tune inspect runs/2026-11-25-lora/adapter --tensors
          tune inspect runs/2026-11-25-prompt-tuning/adapter --nearest 5
          tune inspect prepared --json

        Reads model folders, .gguf and .safetensors files, model.safetensors.index.json, PEFT and MLX adapter folders,
        tokenizer.json, runs of tune train and folders of tune prepare. For a model it tells what LoRA with these
        options would train and about how much memory training and generation take.
        """)

    @Argument(help: "A file, a folder, or a model's name (default: the model inside tune).")
    var path: String?

    @Flag(help: "List every tensor instead of one line for those that differ in their numbers alone.")
    var tensors = false

    @Option(help: ArgumentHelp("LoRA: the inner size r (default: 8).", valueName: "r"))
    var rank: Int?

    @Option(
      help: ArgumentHelp(
        "LoRA: layer names separated by commas, a regular expression, or all-linear (default: the family's).",
        valueName: "layers"))
    var targetModules: String?

    @Option(
      help: ArgumentHelp(
        "For an adapter: the base to try it on (default: the one it names, where that is at hand).", valueName: "path"))
    var model: String?

    @Option(
      help: ArgumentHelp(
        "For prompt tuning and P-tuning: so many tokens of the vocabulary that are most like each virtual token.",
        valueName: "count"))
    var nearest: Int?

    @OptionGroup var quantization: QuantizationOptions
    @OptionGroup var outputOptions: OutputOptions

    func validate() throws {
      try rank?.requirePositive("--rank")
      try nearest?.requirePositive("--nearest")
    }

    func run() throws {
      let console = outputOptions.start()
      try Inspection(of: path, options: self, console: console).show(console)
    }

    var lora: LoRA { LoRA(rank: rank ?? 8, targetModules: targetModules.map { TargetModules(parsing: $0) }) }
  }
}
