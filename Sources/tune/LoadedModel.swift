import Adapters
import Basics
import Datasets
import Foundation
import Models
import Tensors
import Text

/// A model with its tokenizer and chat template: what every command but `prepare` works on.
struct LoadedModel {
  /// What the user named, or the default model's name.
  let name: String
  let model: any LanguageModel
  private(set) var tokenizer: Tokenizer
  private(set) var chatTemplate: ChatTemplate?
  /// Where the tokenizer's files are, for copying beside a tuned model.
  let path: String
  /// In the order in which they were put on.
  private(set) var adapters: [AttachedAdapter] = []
  /// Without a chat template of an adapter or of the user's choice.
  private let ownTokenizer: Tokenizer
  /// The ends that generation_config.json names: instruct models often have more than their config.json.
  private let generationStopIDs: [Int]

  /// Loads a model by name: a folder, a GGUF file, a model of the hub (fetched where it is not in the Hugging Face cache),
  /// or nil for the default model.
  ///
  /// - Parameters:
  ///   - newWeightsSeed: builds the model with new random weights instead, for training from scratch.
  ///   - labels: of a classifier, instead of those that its configuration names.
  ///   - quantization: of the frozen weights of linear layers.
  ///   - flag: that named the model, for errors.
  ///   - console: shows how far a download is.
  init(
    _ name: String?, flag: String = "--model", newWeightsSeed: UInt64? = nil, labels: [String]? = nil,
    quantization: WeightQuantization? = nil,
    console: Console = Console(isJSON: false, isQuiet: false)
  ) throws {
    let isEmbedded = name == nil || name == EmbeddedFiles.modelName
    self.name = isEmbedded ? EmbeddedFiles.modelName : name!
    if let newWeightsSeed, !isEmbedded {
      path = try HubModels.resolve(self.name, flag: "--model", content: .tokenizer, console: console)
      let config = ConfigFile(try JSON(contentsOf: "\(path)/config.json"), path: "\(path)/config.json")
      model = try newModel(config, seed: newWeightsSeed)
      tokenizer = try Tokenizer(folder: path)
    } else {
      var files =
        try isEmbedded
        ? EmbeddedFiles.model()
        : ModelFiles.open(try HubModels.resolve(self.name, flag: flag, content: .model, console: console))
      if let labels { files = files.relabelled(labels) }
      path = files.path
      model = try loadModel(files, quantization: quantization)
      tokenizer = try isEmbedded ? EmbeddedFiles.tokenizer() : Self.tokenizer(of: files)
    }
    ownTokenizer = tokenizer
    generationStopIDs = try Self.generationStopIDs(in: path)
    chatTemplate = try Self.chatTemplate(of: tokenizer)
  }

  /// Loads a model with adapters on it.
  ///
  /// - Parameters:
  ///   - name: nil for the model that the first adapter names as its base.
  ///   - adapters: folders with their weights.
  init(_ name: String?, adapters: [AdapterChoice], quantization: WeightQuantization? = nil, console: Console) throws {
    guard let first = adapters.first?.name else {
      try self.init(name, quantization: quantization, console: console)
      return
    }
    let base = try name ?? AdapterFolder.baseModel(of: first)
    try self.init(
      base, labels: ClassLabels.known(base, tuned: first, console: console), quantization: quantization,
      console: console)
    try attach(adapters)
  }

  /// The adapter that is trained, where there is one.
  var adapter: AttachedAdapter? { adapters.first }

  /// Puts the adapters of folders on the model; one that changes nothing is told.
  ///
  /// - Throws: `TuneError` where one cannot be read or does not fit; none of them is then on the model.
  mutating func attach(_ choices: [AdapterChoice]) throws {
    let before = adapters
    do {
      for choice in choices { try attach(choice.name, weight: choice.weight) }
    } catch {
      for adapter in adapters.dropFirst(before.count).reversed() { adapter.isEnabled = false }
      adapters = before
      throw error
    }
  }

  /// Puts the adapter of a folder on the model; one that changes nothing is told.
  mutating func attach(_ folder: String, weight: Double = 1) throws {
    let adapter = try AdapterFolder.load(folder, onto: model, weight: weight)
    if !adapter.changesLogits(of: model) {
      Console.printError(
        "warning: \(folder): the adapter does nothing yet: the model answers as its base does\n")
    }
    adapters.append(adapter)
  }

  mutating func attach(_ adapter: AttachedAdapter) { adapters.append(adapter) }

  /// Takes the adapters off the model and puts others in their place.
  ///
  /// - Throws: `TuneError` as `attach` does; those of before are then on the model again.
  mutating func replaceAdapters(by choices: [AdapterChoice]) throws {
    let before = adapters
    for adapter in before.reversed() { adapter.isEnabled = false }
    adapters = []
    do {
      try attach(choices)
    } catch {
      for adapter in before { adapter.isEnabled = true }
      adapters = before
      throw error
    }
  }

  /// What is computed of the base alone.
  func withoutAdapters<Result>(_ body: () throws -> Result) rethrows -> Result {
    for adapter in adapters.reversed() { adapter.isEnabled = false }
    defer { for adapter in adapters { adapter.isEnabled = true } }
    return try body()
  }

  /// Puts one LoRA in the place of the adapters.
  ///
  /// - Parameter weights: of the adapters, which are on the model with weights of 1.
  mutating func combineAdapters(_ combination: AdapterCombination, weights: [Double]) throws {
    let pairs = zip(adapters, weights).map { (adapter: $0, weight: $1) }
    adapters = [try combination.combine(pairs, on: model)]
  }

  /// Renders conversations with a chosen chat template, or else with the first one beside what was tuned, or else with
  /// the model's own.
  mutating func useChatTemplate(_ choice: String?, tuned folders: [String] = []) throws {
    let choice = choice ?? folders.lazy.compactMap { ChatTemplateChoice.file(in: $0) }.first
    tokenizer =
      try choice.map {
        ownTokenizer.with(chatTemplate: try ChatTemplateChoice.source($0, of: ownTokenizer))
      } ?? ownTokenizer
    chatTemplate = try Self.chatTemplate(of: tokenizer)
  }

  /// Tokens that end a text: the configuration's ends, and those of `LoadedTokenizer.stopIDs`.
  var stopIDs: Set<Int> {
    LoadedTokenizer.stopIDs(tokenizer, chatTemplate).union(
      model.config.tokenIDs("eos_token_id") + generationStopIDs)
  }

  private static func generationStopIDs(in folder: String) throws -> [Int] {
    let path = "\(folder)/generation_config.json"
    guard FileManager.default.fileExists(atPath: path) else { return [] }
    return ConfigFile(try JSON(contentsOf: path), path: path).tokenIDs("eos_token_id")
  }

  /// The path for `run.json`, so that a run finds its model from any folder; the default model is a name.
  var absolutePath: String {
    FileManager.default.fileExists(atPath: path) ? URL(fileURLWithPath: path).path : path
  }

  var encoding: TokenizerEncoding {
    TokenizerEncoding(tokenizer, readsSource: model.traits.decoderStartID != nil || model.traits.labels != nil)
  }
  var conversations: ChatTemplateRendering? { chatTemplate.map { ChatTemplateRendering($0) } }

  /// "SmolLM2-135M-Instruct · 134.5 M parameters".
  var summary: String {
    "\(name) · \(fixed(Double(model.parameterCount) / 1e6, 1)) M parameters"
  }

  static func tokenizer(of files: ModelFiles) throws -> Tokenizer {
    if let folder = files.folder, Tokenizer.isIn(folder: folder) {
      return try Tokenizer(folder: folder)
    }
    guard let gguf = files.gguf else {
      throw TuneError.data("\(files.path): has no tokenizer.json; copy the model's tokenizer files into the folder")
    }
    return try Tokenizer(gguf: try GGUFVocabulary(gguf), name: files.path)
  }

  static func chatTemplate(of tokenizer: Tokenizer) throws -> ChatTemplate? {
    guard let sources = tokenizer.chatTemplates else { return nil }
    var tokens: [String: String] = [:]
    let ids = [
      ("bos_token", tokenizer.bosID), ("eos_token", tokenizer.eosID), ("pad_token", tokenizer.padID),
      ("unk_token", tokenizer.unknownID),
    ]
    for (name, id) in ids { tokens[name] = id.flatMap { tokenizer.token($0) } }
    return try ChatTemplate(sources, name: "\(tokenizer.name): chat template", specialTokens: tokens)
  }
}

extension GGUFVocabulary {
  /// The tokenizer that a GGUF file carries in its metadata.
  init(_ file: GGUFFile) throws {
    let metadata = file.metadata
    func text(_ key: String) -> String? { metadata["tokenizer.\(key)"]?.stringValue }
    func id(_ key: String) -> Int? { metadata["tokenizer.ggml.\(key)_token_id"]?.integerValue }
    guard let tokens = metadata["tokenizer.ggml.tokens"]?.stringsValue else {
      throw TuneError.data("\(file.path): has no tokenizer in its metadata; use a file that holds one")
    }
    self.init(
      tokens: tokens, tokenTypes: metadata["tokenizer.ggml.token_type"]?.integersValue ?? [],
      merges: metadata["tokenizer.ggml.merges"]?.stringsValue ?? [], model: text("ggml.model") ?? "",
      preTokenizer: text("ggml.pre") ?? "default", bosID: id("bos"), eosID: id("eos"), unknownID: id("unknown"),
      paddingID: id("padding"), addBOS: metadata["tokenizer.ggml.add_bos_token"]?.boolValue,
      addEOS: metadata["tokenizer.ggml.add_eos_token"]?.boolValue, chatTemplate: text("chat_template"),
      scores: (metadata["tokenizer.ggml.scores"]?.numbersValue ?? []).map { Float($0) },
      addsSpacePrefix: metadata["tokenizer.ggml.add_space_prefix"]?.boolValue,
      removesExtraSpaces: metadata["tokenizer.ggml.remove_extra_whitespaces"]?.boolValue,
      precompiledCharacters: (metadata["tokenizer.ggml.precompiled_charsmap"]?.integersValue ?? [])
        .map { UInt8(truncatingIfNeeded: $0) })
    let prefix = "tokenizer.chat_template."
    namedChatTemplates = metadata.keys.filter { $0.hasPrefix(prefix) }.sorted().compactMap { key in
      metadata[key]?.stringValue.map { .init(name: String(key.dropFirst(prefix.count)), source: $0) }
    }
  }
}
