import ArgumentParser
import Basics
import Foundation

extension Tune {
  struct Train: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Fine-tune a model on prepared data: an adapter, virtual tokens, or every weight.",
      discussion: """
        Examples:
          tune train --lora --rank 8
          tune train --lora --rank 16 --target-modules all-linear --model SmolLM2.gguf --epochs 1
          tune train --method ia3 --model SmolLM2.gguf
          tune train --lora --init-lora-weights pissa --bias lora_only
          tune train --method adalora --init-r 12 --target-r 4
          tune train --prompt-tuning 20 --prompt-tuning-init-text "Summarise the dialogue:"
          tune train --lora --load-in-4bit --target-modules all-linear
          tune train --full --learning-rate 2e-5 --data chats.jsonl
          tune train --lora --data summaries --data titles.jsonl --task-sampling uniform --balanced-batches
          tune train --full --objective lm --data books/

        Writes runs/<name>/ with adapter/ (a PEFT folder) or model/ (a Hugging Face folder), metrics.jsonl and run.json.
        """)

    @OptionGroup(title: "Method") var method: MethodOptions
    @OptionGroup(title: "Data") var data: DataOptions
    @OptionGroup(title: "Loop") var loop: LoopOptions
    @OptionGroup(title: "Objective") var objective: ObjectiveOptions
    @OptionGroup(title: "Keeping what the model knows") var retention: RetentionOptions
    @OptionGroup(title: "Model") var modelOptions: ModelOptions
    @OptionGroup(title: "Model") var quantization: QuantizationOptions

    @Option(help: ArgumentHelp("The run's folder (default: runs/<date>-<method>).", valueName: "folder"))
    var output: String?

    @OptionGroup(title: "Output") var reporting: ReportingOptions
    @OptionGroup(title: "Output") var outputOptions: OutputOptions

    func validate() throws {
      if loop.layerwiseUpdates && objective.adversarialEpsilon != nil {
        throw ValidationError(
          "--adversarial-epsilon needs the gradients of two passes together, which --layerwise-updates does not hold; "
            + "leave one of them out")
      }
      if retention.klWeight != nil && method.fromScratch {
        throw ValidationError("--kl-weight follows the base model, and --from-scratch has none; leave one of them out")
      }
      if retention.klWeight != nil && objective.teacherModel != nil {
        throw ValidationError(
          "--kl-weight and --teacher-model exclude each other: both follow another model's probabilities; choose one")
      }
      if method.chosen.trainsMatrices, let flag = quantization.flag {
        throw ValidationError(
          "\(flag): --\(method.chosen == .full ? "full" : "method \(method.chosen.rawValue)") trains weights, and a weight "
            + "that is trained cannot be quantised; leave \(flag) out, or train an adapter, for example with --lora")
      }
      // Before a model is loaded and a run's folder is made.
      if loop.loraplusLrRatio != nil, ![.lora, .dora].contains(method.chosen) {
        throw ValidationError("--loraplus-lr-ratio needs --lora or --dora, whose B it speeds up")
      }
      if method.chosen == .adalora, loop.layerwiseUpdates {
        throw ValidationError(
          "--layerwise-updates frees the gradients by which adalora weighs ranks; leave it out, or use another method")
      }
      if loop.optim == .galoreAdamW, method.chosen != .full {
        throw ValidationError("--optim galore_adamw needs --full: it projects the gradients of the model's own weights")
      }
    }

    func run() throws {
      let console = outputOptions.start()
      let run = try TrainingRun(command: self, console: console)
      let summary = try run.execute()
      if summary.wasInterrupted { throw ExitCode(Interrupt.exitCode) }
    }
  }
}
