import ArgumentParser
import Basics
import Datasets
import Foundation
import Models

extension Tune {
  struct Chat: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Talk with a model in the terminal.",
      discussion: """
        Examples:
          tune chat --model HuggingFaceTB/SmolLM2-135M-Instruct
          tune chat --model SmolLM2.gguf --system "Answer in one sentence."
          tune chat --run runs/2026-11-25-lora --temperature 0.7 --top-p 0.9
          tune chat --model Qwen/Qwen3-0.6B --tools tools.json
          tune chat --model SmolLM2 --adapter letters --adapter style:0.5
          printf 'Hello\\nWhat did I say?\\n' | tune chat --model SmolLM2.gguf --quiet

        A line is a message; a line that ends with \\ goes on in the next. /reset forgets the conversation, /system TEXT
        sets the system prompt, /tool TEXT answers for a tool that the model called, /history shows the messages,
        /adapter NAME:WEIGHT … answers with other adapters, /adapter none with the base;
        /save FILE writes them as a record to train on, /exit or Ctrl-D ends. Ctrl-C ends an answer.
        """)

    @OptionGroup var modelOptions: ModelOptions
    @OptionGroup var quantization: QuantizationOptions
    @OptionGroup var tuned: TunedOptions

    @Option(help: ArgumentHelp("The system message.", valueName: "text"))
    var system: String?

    @Option(
      help: ArgumentHelp(
        "Tools that the model may call: JSON with a list of function schemas, or an object with tools, documents and "
          + "chat_template_kwargs as records have them.", valueName: "file"))
    var tools: String?

    @Option(help: ArgumentHelp("The most tokens of an answer.", valueName: "count"))
    var maxNewTokens = 512

    @OptionGroup var sampling: SamplingFlags
    @OptionGroup var outputOptions: OutputOptions

    func validate() throws { try maxNewTokens.requirePositive("--max-new-tokens") }

    func run() throws {
      let console = outputOptions.start()
      let inputs = try tools.map { try TemplateInputs(file: $0) } ?? TemplateInputs()
      let run = try tuned.resolvedRun(model: modelOptions.model, console: console)
      let loaded = try LoadedModel.tuned(
        run: run, model: modelOptions.model, tuned: tuned, chatTemplate: modelOptions.chatTemplate,
        quantization: quantization.value(for: run, console: console), console: console)
      var chat = try ChatSession(
        loaded, chatTemplate: modelOptions.chatTemplate, system: system, inputs: inputs, maxNewTokens: maxNewTokens,
        sampling, console)
      try chat.run()
    }
  }
}
