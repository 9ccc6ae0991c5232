import ArgumentParser
import Basics
import Datasets
import Foundation
import Text

/// The flags of `tune tokenize --train`.
struct VocabularyOptions: ParsableArguments {
  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "Train a tokenizer on these files: text, JSONL, JSON or CSV, plain, .gz or .zst.", valueName: "file"))
  var train: [String] = []

  @Option(help: ArgumentHelp("bpe (of bytes, as GPT-2's) or unigram (as SentencePiece's).", valueName: "type"))
  var modelType: String?

  @Option(help: ArgumentHelp("Tokens in all, the special ones too.", valueName: "count"))
  var vocabSize: Int?

  @Option(help: ArgumentHelp("bpe: merge no pair that is rarer (default: 2).", valueName: "count"))
  var minFrequency: Int?

  @Option(
    help: ArgumentHelp(
      "Tokens with the first ids (default: <|endoftext|> for bpe, <unk>,<s>,</s> for unigram).", valueName: "a,b"))
  var specialTokens: String?

  @Option(
    help: ArgumentHelp(
      "unigram: the share of all characters that get a token, such as 0.9995 (default: 1).", valueName: "share"))
  var characterCoverage: Double?

  @Flag(help: "unigram: write characters without a token as their bytes.")
  var byteFallback = false

  @Option(
    help: ArgumentHelp(
      "unigram: nmt_nfkc, nfkc or identity, SentencePiece's names (default: nmt_nfkc).", valueName: "rule"))
  var normalizationRuleName: String?

  @Option(help: ArgumentHelp("Fields of the records to train on (default: text).", valueName: "a,b"))
  var textField: String?

  @Option(help: ArgumentHelp("What a tokenizer is written to: a folder, or a file named .json.", valueName: "path"))
  var output: String?

  func validate() throws {
    guard train.isEmpty else {
      try vocabSize?.requirePositive("--vocab-size")
      try minFrequency?.requirePositive("--min-frequency")
      if let share = characterCoverage, !(share > 0 && share <= 1) {
        throw ValidationError("--character-coverage: \(share) is out of range; use a share above 0 and at most 1")
      }
      return
    }
    let given: [(flag: String, isGiven: Bool)] = [
      ("--model-type", modelType != nil), ("--vocab-size", vocabSize != nil), ("--min-frequency", minFrequency != nil),
      ("--special-tokens", specialTokens != nil), ("--character-coverage", characterCoverage != nil),
      ("--byte-fallback", byteFallback), ("--normalization-rule-name", normalizationRuleName != nil),
      ("--text-field", textField != nil), ("--output", output != nil),
    ]
    if let first = given.first(where: { $0.isGiven }) {
      throw ValidationError("\(first.flag) belongs to --train; name the files to train a tokenizer on")
    }
  }
}

/// `tune tokenize --train`: learns a tokenizer from files and writes it as a tokenizer.json.
struct VocabularyTraining {
  private enum ModelType: String, CaseIterable {
    case bpe, unigram
  }

  /// So many texts are cut at a time.
  private static let batchSize = 4096

  private let options: VocabularyOptions
  private let console: Console
  private let output: String
  private let modelType: ModelType
  private let vocabularySize: Int
  private let specialTokens: [String]

  init(_ options: VocabularyOptions, console: Console) throws {
    guard let size = options.vocabSize, let output = options.output else {
      throw TuneError.usage(
        "--train needs --vocab-size and --output, for example: "
          + "tune tokenize --train corpus.txt --vocab-size 4096 --output new-model")
    }
    (self.options, self.console, self.output, vocabularySize) = (options, console, output, size)
    modelType = try Self.named(options.modelType ?? ModelType.bpe.rawValue, "--model-type")
    specialTokens =
      try options.specialTokens.map { try Self.list($0, "--special-tokens") }
      ?? (modelType == .bpe ? ["<|endoftext|>"] : ["<unk>", "<s>", "</s>"])
    try requireFreeOutput()
  }

  func run() throws {
    let trainer = try trainer()
    let corpus = try readCorpus(trainer)
    let progress = Progress(total: 100, console: console)
    let file = try trainer.tokenizerFile(corpus) { done, total in
      progress.update(done * 100 / max(1, total), label: "training", details: modelType.rawValue)
    }
    progress.finish()
    let tokenizer = try Tokenizer(jsonFile: file, configuration: configuration, name: output)
    let path = isFile ? output : "\(output)/tokenizer.json"
    if isFile {
      try AtomicFile.write(file.text(.pretty) + "\n", to: path)
    } else {
      try createFolder(output)
      try tokenizer.write(toFolder: output)
    }
    let size = tokenizer.vocabularySize
    if size < vocabularySize {
      console.note("the texts give \(grouped(size)) tokens, fewer than --vocab-size \(grouped(vocabularySize))")
    }
    console.field("texts", "\(grouped(corpus.textCount)) · \(grouped(corpus.characterCount)) characters")
    console.field("vocabulary", "\(grouped(size)) tokens (\(modelType.rawValue)) → \(path)")
    console.json([
      "model_type": .string(modelType.rawValue), "vocabulary_size": .integer(size),
      "texts": .integer(corpus.textCount), "characters": .integer(corpus.characterCount), "output": .string(path),
    ])
  }

  private func trainer() throws -> any TokenizerTrainer {
    let isUnigram = modelType == .unigram
    let foreign: [(flag: String, isGiven: Bool)] =
      isUnigram
      ? [("--min-frequency", options.minFrequency != nil)]
      : [
        ("--character-coverage", options.characterCoverage != nil), ("--byte-fallback", options.byteFallback),
        ("--normalization-rule-name", options.normalizationRuleName != nil),
      ]
    if let first = foreign.first(where: { $0.isGiven }) {
      throw TuneError.usage(
        "\(first.flag) belongs to --model-type \(isUnigram ? "bpe" : "unigram"); leave it out, or choose that type")
    }
    guard isUnigram else {
      return BPETrainer(
        vocabularySize: vocabularySize, minimumFrequency: options.minFrequency ?? 2, specialTokens: specialTokens)
    }
    let rule: UnigramTrainer.NormalizationRule = try Self.named(
      options.normalizationRuleName ?? UnigramTrainer.NormalizationRule.nmtNFKC.rawValue, "--normalization-rule-name")
    return UnigramTrainer(
      vocabularySize: vocabularySize, specialTokens: specialTokens, characterCoverage: options.characterCoverage ?? 1,
      byteFallback: options.byteFallback, normalizationRule: rule)
  }

  private func readCorpus(_ trainer: any TokenizerTrainer) throws -> TrainingCorpus {
    var corpus = try trainer.emptyCorpus()
    let fields = try Self.list(options.textField ?? "text", "--text-field")
    let progress = RecordProgress(console: console)
    var texts: [String] = []
    for path in try inputFiles(options.train) {
      let reader = try RecordReader(path)
      while let outcome = try reader.next() {
        switch outcome {
        case .rejected(let rejection): throw TuneError.data(rejection.description)
        case .record(let record): for field in fields { texts.append(try text(field, of: record, path)) }
        }
        if texts.count >= Self.batchSize {
          try corpus.add(texts)
          texts.removeAll(keepingCapacity: true)
          progress.update(corpus.textCount)
        }
      }
    }
    try corpus.add(texts)
    progress.finish()
    return corpus
  }

  private func text(_ field: String, of record: Record, _ path: String) throws -> String {
    guard let value = record.fields[field] else {
      let found = record.fields.keys.prefix(8).joined(separator: ", ")
      throw TuneError.data(
        "\(path):\(record.line): field '\(field)' is missing; found \(found): name the one to train on with --text-field"
      )
    }
    guard let text = value.stringValue else {
      throw TuneError.data(
        "\(path):\(record.line): field '\(field)' is \(value.kindName); expected text: name another with --text-field")
    }
    return text
  }

  /// The roles of special tokens whose names are customary, for tokenizer_config.json.
  private var configuration: JSON {
    let roles: [(key: String, names: [String])] = [
      ("bos_token", ["<s>", "<bos>", "<|begin_of_text|>", "[BOS]"]),
      ("eos_token", ["</s>", "<eos>", "<|endoftext|>", "<|end_of_text|>", "[EOS]"]),
      ("unk_token", ["<unk>", "[UNK]"]), ("pad_token", ["<pad>", "[PAD]", "<|pad|>"]),
    ]
    let known = modelType == .unigram ? specialTokens + ["<unk>"] : specialTokens
    return .object(
      JSONObject(
        entries: roles.map { role in
          let token = role.names.first { name in known.contains { $0.isSame(as: name) } }
          return JSONObject.Entry(key: role.key, value: token.map { .string($0) } ?? .null)
        }))
  }

  private var isFile: Bool { output.hasSuffix(".json") }

  private func requireFreeOutput() throws {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: output, isDirectory: &isFolder) else { return }
    let taken = isFolder.boolValue && !isFile ? "\(output)/tokenizer.json" : output
    guard FileManager.default.fileExists(atPath: taken) else { return }
    throw TuneError.usage("--output: \(taken) is there already; name another place or remove it")
  }

  private static func list(_ text: String, _ flag: String) throws -> [String] {
    let parts = text.split(separator: ",", omittingEmptySubsequences: false).map { String($0) }
    guard !parts.contains("") else {
      throw TuneError.usage("\(flag): '\(text)' has an empty part; give names with commas between them, such as a,b")
    }
    return parts
  }

  private static func named<Choice: RawRepresentable<String> & CaseIterable>(
    _ name: String, _ flag: String
  ) throws -> Choice {
    guard let choice = Choice(rawValue: name) else {
      let known = Choice.allCases.map { $0.rawValue }.joined(separator: ", ")
      throw TuneError.usage("\(flag): '\(name)' is not known; expected one of \(known)")
    }
    return choice
  }
}
