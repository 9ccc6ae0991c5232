import ArgumentParser
import Basics
import Datasets
import Foundation

extension Tune {
  struct Tokenize: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Turn text or JSONL records into token ids as training sees them, or train a new vocabulary.",
      discussion: """
        Examples:
          tune tokenize "Hello there"
          tune tokenize --model SmolLM2.gguf prepared/test.jsonl --json
          tune tokenize --train-vocabulary 4096 --output new-model corpus.jsonl
        """)

    @Argument(
      help: "Text, or a .jsonl file of records (text, prompt/completion, or messages); standard input if absent.")
    var input: String?

    @OptionGroup var modelOptions: ModelOptions

    @Option(
      help: ArgumentHelp("Train a byte-level BPE vocabulary of this size on a JSONL file of texts.", valueName: "size"))
    var trainVocabulary: Int?

    @Option(help: ArgumentHelp("The folder for a trained vocabulary.", valueName: "folder"))
    var output: String?

    @OptionGroup var outputOptions: OutputOptions

    func run() throws {
      let console = outputOptions.start()
      if let size = trainVocabulary {
        return try VocabularyTraining(size: size, input: input, output: output).run(console)
      }
      let model = try LoadedModel(modelOptions.model, console: console)
      if let input, input.hasSuffix(".jsonl") || input.hasSuffix(".jsonl.gz") {
        try tokenizeRecords(input, model, console)
      } else {
        try tokenizeText(try input ?? StandardInput.text(), model, console)
      }
    }

    private func tokenizeText(_ text: String, _ model: LoadedModel, _ console: Console) throws {
      let ids = model.tokenizer.encode(text, addSpecialTokens: false)
      console.json(["input_ids": .array(ids.map { .integer($0) })])
      if !console.isJSON { console.answer(ids.map { String($0) }.joined(separator: " ")) }
    }

    private func tokenizeRecords(_ path: String, _ model: LoadedModel, _ console: Console) throws {
      let reader = ExampleReader(encoding: model.encoding, conversations: model.conversations)
      for example in try reader.read(file: path).examples {
        console.json([
          "line": .integer(example.line), "input_ids": .array(example.tokens.map { .integer(Int($0)) }),
          "labels": .array(example.labels.map { .integer(Int($0)) }),
        ])
        if !console.isJSON { console.answer(example.tokens.map { String($0) }.joined(separator: " ")) }
      }
    }
  }
}

/// What was piped into the program.
enum StandardInput {
  static func text() throws -> String {
    if isatty(STDIN_FILENO) == 1 {
      Console.printError("reading standard input; end with Ctrl-D\n")
    }
    let data: Data
    do {
      data = try FileHandle.standardInput.readToEnd() ?? Data()
    } catch {
      throw TuneError.data("standard input: cannot be read; pipe a text into tune or name it as an argument")
    }
    guard let text = String(validating: data, as: UTF8.self) else {
      throw TuneError.data("standard input: is not valid UTF-8; convert it, for example with iconv")
    }
    return text
  }
}
