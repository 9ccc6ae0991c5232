import Basics
import Tensors

/// A language model: token rows in, hidden rows out, and a head that turns hidden rows into logits.
///
/// Where it is an encoder and a decoder, the tokens are the decoder's and the encoder reads a source beside them.
public protocol LanguageModel: AnyObject {
  var config: ConfigFile { get }
  /// What its family is like.
  var traits: ModelTraits { get }
  var dimensions: ModelDimensions { get }
  /// Every weight, in the order in which a checkpoint lists them; tied weights once.
  var parameters: [Parameter] { get }
  /// Every linear layer that an adapter may sit on.
  var linears: [Linear] { get }
  /// The linear layers whose outputs are added to the residual stream.
  var residualOutputs: ResidualOutputs { get }
  /// The attention of each layer of a decoder alone, which an adapter may sit on; empty for other models.
  var attentions: [SelfAttention] { get }
  /// What PEFT methods put on the model beside its linear layers.
  var hooks: ModelHooks { get }
  /// The output head, [vocabulary, hidden]; the embedding itself when they are tied.
  var head: Parameter { get }
  /// Added to the head's logits, [vocabulary]; nil for none.
  var headBias: Parameter? { get }
  /// The paths of the modules that look up the embeddings of tokens; they have one weight.
  var embeddingModules: [String] { get }
  /// Whether training keeps only each layer's input and computes the layer again for its gradient; off at first.
  var checkpointsActivations: Bool { get set }

  /// The normalised hidden states of the tokens that are wanted, [rows.count, hidden].
  ///
  /// - Parameters:
  ///   - source: what the encoder reads, a sequence for each of the batch; nil for a decoder alone, and where the caches
  ///     have read it.
  ///   - caches: one per sequence of the batch to extend and attend to; nil computes each sequence whole.
  ///   - rows: rows of the batch; nil for all. What only other rows need is not computed.
  func hiddenStates(_ batch: TokenBatch, source: TokenBatch?, caches: [SequenceCache]?, rows: [Int32]?) -> Tensor

  /// Layers before the first with anything trained; 0 where what enters them may change.
  var frozenLayerCount: Int { get }

  /// What of a pass no training can change; nil where the first layer or what is before it trains. Records nothing.
  func frozenStates(_ batch: TokenBatch, source: TokenBatch?) -> FrozenStates?

  /// The hidden states of whole sequences as above, from their frozen states on.
  func hiddenStates(_ batch: TokenBatch, source: TokenBatch?, rows: [Int32]?, from frozen: FrozenStates) -> Tensor

  /// Puts what is virtual before a cache's first token.
  func beginCache(_ cache: SequenceCache)

  /// Lets an encoder read a source into a cache, before the decoder's first token.
  func read(source: [Int32], into cache: SequenceCache)
}

/// The linear layers whose outputs are added to the residual stream, by what they are the last of.
public struct ResidualOutputs {
  public let attention: [Linear]
  public let feedForward: [Linear]
}

/// A family of models: one file in `Families/` that says how a configuration and the names of tensors become layers.
public protocol ModelFamily: SendableMetatype {
  /// The `model_type` values of config.json that this family reads.
  static var modelTypes: [String] { get }

  /// - Throws: `TuneError.data` when config and weights do not fit, or a setting changes the arithmetic in a way that
  ///   is not built.
  static func model(_ config: ConfigFile, _ weights: WeightLoader) throws -> any LanguageModel
}

/// What adapters, training and files need to know of a family.
public struct ModelTraits: Sendable, Equatable {
  /// The class of Hugging Face transformers, as config.json names it.
  public var architecture: String
  /// The layers that LoRA sits on unless told otherwise, as in PEFT.
  public var loraTargets: [String]
  /// Whether checkpoints have the weights of linear layers as [in, out].
  public var storesTransposed = false
  /// Logits become softcap * tanh(logits / softcap); nil leaves them.
  public var logitSoftcap: Float?
  /// The classes of texts where this is a classifier: the head then has a row for each, and its hidden rows are of whole
  /// texts. Nil for models that write.
  public var labels: [String]?
  /// The modules of a classifier that a checkpoint of the encoder alone does not have; adapters train and save them too.
  public var classifierModules: [String] = []
  /// The token that a decoder begins with where an encoder reads the prompt; nil for a decoder alone.
  public var decoderStartID: Int32?

  public init(architecture: String, loraTargets: [String], storesTransposed: Bool = false) {
    self.architecture = architecture
    self.loraTargets = loraTargets
    self.storesTransposed = storesTransposed
  }
}

/// Sizes that generation, training and reports need of any family.
public struct ModelDimensions: Sendable, Equatable {
  public let vocabularySize: Int
  public let hiddenSize: Int
  public let layerCount: Int
  /// keyValueHeadCount * headSize
  public let keyValueWidth: Int
  public let maxPositions: Int

  public init(vocabularySize: Int, hiddenSize: Int, layerCount: Int, keyValueWidth: Int, maxPositions: Int) {
    self.vocabularySize = vocabularySize
    self.hiddenSize = hiddenSize
    self.layerCount = layerCount
    self.keyValueWidth = keyValueWidth
    self.maxPositions = maxPositions
  }
}

extension LanguageModel {
  /// The normalised hidden state of each token, [tokens, hidden].
  public func hiddenStates(
    _ batch: TokenBatch, source: TokenBatch? = nil, caches: [SequenceCache]?, rows: [Int32]? = nil
  ) -> Tensor {
    hiddenStates(batch, source: source, caches: caches, rows: rows)
  }

  public var headBias: Parameter? { nil }
  public var embeddingModules: [String] { [inputEmbeddingModule] }

  public var attentions: [SelfAttention] { [] }

  /// The logits of hidden rows, [rows, vocabulary]; records nothing.
  public func headLogits(of hidden: Tensor) -> Tensor {
    Recording.off { logits(hidden, head: outputHead(for: hidden)) }
  }

  /// The head with its bias and its cap, and with what adapters make of it for these hidden rows.
  public func outputHead(for hidden: Tensor) -> Head {
    Head(
      weight: head, bias: headBias, softcap: traits.logitSoftcap, changes: hooks.heads.map { $0.change(for: hidden) })
  }

  public func beginCache(_ cache: SequenceCache) {
    preconditionFailure("\(traits.architecture) has no virtual tokens")
  }

  public func read(source: [Int32], into cache: SequenceCache) {
    preconditionFailure("\(traits.architecture) has no encoder")
  }

  public var parameterCount: Int { parameters.reduce(0) { $0 + $1.count } }

  /// Every trained parameter: the model's own and those of adapters on its linear layers.
  public var trainableParameters: [Parameter] {
    let adapters = linears.flatMap { $0.adapterParameters }
    return (parameters + adapters + hooks.parameters).filter { $0.isTrainable }
  }

  /// A cache for so many tokens.
  ///
  /// - Parameter beginning: a cache whose tokens, virtual ones included, it takes over instead of computing them.
  public func makeCache(capacity: Int, beginning: SequenceCache? = nil) -> SequenceCache {
    let cache = SequenceCache(
      layerCount: dimensions.layerCount, capacity: capacity + virtualTokenCount, width: dimensions.keyValueWidth)
    if let beginning {
      cache.copy(beginning)
    } else if virtualTokenCount > 0 {
      Recording.off { beginCache(cache) }
    }
    return cache
  }

  /// Virtual tokens and keys before each sequence of a decoder; where there is an encoder, it reads virtual tokens.
  var virtualTokenCount: Int {
    (traits.decoderStartID == nil ? hooks.prompt?.count ?? 0 : 0) + (hooks.prefix?.count ?? 0)
  }

  /// The embeddings of tokens, [vocabulary, hidden], which checkpoints list first.
  public var inputEmbedding: Parameter { parameters[0] }
  /// The path of its module.
  public var inputEmbeddingModule: String { module(of: inputEmbedding) }
  /// The path of the head's module, which has no weight of its own where it is the embedding.
  public var headModule: String { head === inputEmbedding ? "lm_head" : module(of: head) }

  private func module(of parameter: Parameter) -> String {
    parameter.name.lastIndex(of: ".").map { String(parameter.name[..<$0]) } ?? parameter.name
  }

  /// The most tokens that a sequence may have beside the virtual ones.
  public var maxTokens: Int { dimensions.maxPositions - virtualTokenCount }

  /// - Throws: `TuneError.data` naming the first id that the vocabulary does not have.
  public func checkVocabulary(_ ids: some Sequence<Int>, source: String) throws {
    for id in ids where id < 0 || id >= dimensions.vocabularySize {
      throw TuneError.data(
        "\(source): token id \(id) is outside the model's vocabulary of \(dimensions.vocabularySize); "
          + "the tokenizer belongs to another model")
    }
  }
}

/// The families, one a file in `Families/`.
public let modelFamilies: [any ModelFamily.Type] = [
  Llama.self, Mistral.self, SmolLM3.self, Qwen2.self, Qwen3.self, Gemma.self, Gemma2.self, Gemma3.self, Phi3.self,
  GPT2.self, GPTNeoX.self, OPT.self, T5.self,
  BERT.self, RoBERTa.self, DistilBERT.self,
]

/// Whether a config.json describes an encoder that classifies texts.
public func isClassifier(_ config: JSON) -> Bool {
  let types = [BERT.modelTypes, RoBERTa.modelTypes, DistilBERT.modelTypes].flatMap { $0 }
  return types.contains(config["model_type"]?.stringValue ?? "")
}

/// The names of the classes that a config.json gives; nil where it gives none.
public func classLabels(_ config: JSON) -> [String]? {
  config["id2label"]?.objectValue.map { named in (0..<named.count).compactMap { named[String($0)]?.stringValue } }
}

/// Builds the model of a checkpoint; building is loading.
///
/// - Parameter quantization: of the frozen weights of linear layers; embeddings, norms, heads and layers that may be new
///   (those of classes) stay as they are.
/// - Throws: `TuneError.data` for an unknown `model_type`, missing or extra tensors, wrong shapes, NaN weights.
public func loadModel(_ files: ModelFiles, quantization: WeightQuantization? = nil) throws -> any LanguageModel {
  let config = ConfigFile(files.config, path: files.gguf == nil ? "\(files.path)/config.json" : files.path)
  return try family(of: config).model(config, WeightLoader(files.weights, quantization: quantization))
}

/// Builds a model with new random weights from a configuration, to be trained from scratch.
public func newModel(_ config: ConfigFile, seed: UInt64) throws -> any LanguageModel {
  let deviation = try config.number("initializer_range", default: 0.02)
  return try family(of: config).model(config, WeightLoader(randomSeed: seed, deviation: deviation))
}

private func family(of config: ConfigFile) throws -> any ModelFamily.Type {
  let type = config.text("model_type") ?? ""
  guard let family = modelFamilies.first(where: { $0.modelTypes.contains(type) }) else {
    let known = modelFamilies.flatMap { $0.modelTypes }.joined(separator: ", ")
    throw TuneError.data("\(config.path): model_type '\(type)' is not supported; use one of: \(known)")
  }
  return family
}
