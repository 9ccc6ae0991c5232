import ArgumentParser
import Basics
import Datasets
import Foundation
import Text

extension Tune {
  struct Tokenize: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Turn text or JSONL records into token ids as training sees them, or back, or train a tokenizer.",
      discussion: """
        Examples:
          tune tokenize "Hello there"
          tune tokenize --model SmolLM2.gguf prepared/test.jsonl --json
          tune tokenize --model llama/tokenizer.model --add-special-tokens "Hello there"
          tune tokenize --decode "9906 1070"
          tune tokenize --train corpus.txt --vocab-size 4096 --output new-model
          tune tokenize --train corpus.jsonl --model-type unigram --vocab-size 8000 --output tokenizer.json
        """)

    @Argument(
      help: "Text, or a .jsonl file of records (text, prompt/completion, or messages); standard input if absent.")
    var input: String?

    @Option(
      help: ArgumentHelp(
        "A model's folder, .gguf file or name, or a tokenizer.json, SentencePiece .model or .tiktoken file "
          + "(default: the model inside tune).", valueName: "path"))
    var model: String?

    @Option(
      help: ArgumentHelp(
        "Render messages with this chat template: the name of one of the model's, or a .jinja file.",
        valueName: "name|file"))
    var chatTemplate: String?

    @Flag(help: "Turn the ids of the input, separated by spaces or commas, into text.")
    var decode = false

    @Flag(help: "Put the tokens around a text that its tokenizer names, such as <s>; with --decode, write them.")
    var addSpecialTokens = false

    @OptionGroup(title: "Training a tokenizer") var vocabulary: VocabularyOptions
    @OptionGroup var outputOptions: OutputOptions

    func validate() throws {
      guard vocabulary.train.isEmpty || (input == nil && model == nil && !decode && !addSpecialTokens) else {
        throw ValidationError("--train makes a tokenizer and takes no text, --model or --decode; name files behind it")
      }
    }

    func run() throws {
      let console = outputOptions.start()
      if !vocabulary.train.isEmpty { return try VocabularyTraining(vocabulary, console: console).run() }
      let loaded = try LoadedTokenizer(model, flag: "--model", chatTemplate: chatTemplate, console: console)
      if decode {
        try decodeIDs(try input ?? StandardInput.text(), loaded.tokenizer, console)
      } else if let input, input.hasSuffix(".jsonl") || input.hasSuffix(".jsonl.gz") {
        try tokenizeRecords(input, loaded, console)
      } else {
        try tokenizeText(try input ?? StandardInput.text(), loaded.tokenizer, console)
      }
    }

    private func tokenizeText(_ text: String, _ tokenizer: Tokenizer, _ console: Console) throws {
      let ids = tokenizer.encode(text, addSpecialTokens: addSpecialTokens)
      console.json(["input_ids": .array(ids.map { .integer($0) })])
      if !console.isJSON { console.answer(ids.map { String($0) }.joined(separator: " ")) }
    }

    private func decodeIDs(_ text: String, _ tokenizer: Tokenizer, _ console: Console) throws {
      let words = text.split { $0 == "," || $0 == "[" || $0 == "]" || $0.isWhitespace }
      let ids = try words.map { word in
        guard let id = Int(word) else {
          throw TuneError.usage("--decode: \"\(word)\" is no token id; give numbers, for example \"9906 1070\"")
        }
        return id
      }
      try tokenizer.check(ids: ids)
      let decoded = tokenizer.decode(ids, skipSpecialTokens: !addSpecialTokens)
      console.json(["text": .string(decoded)])
      if !console.isJSON { console.answer(decoded) }
    }

    private func tokenizeRecords(_ path: String, _ loaded: LoadedTokenizer, _ console: Console) throws {
      let reader = ExampleReader(
        encoding: TokenizerEncoding(loaded.tokenizer),
        conversations: loaded.chatTemplate.map { ChatTemplateRendering($0) })
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
