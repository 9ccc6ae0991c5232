import Basics
import Tensors

/// BERT with a classification head. Reference: `BertForSequenceClassification` of Hugging Face transformers.
enum BERT: ModelFamily {
  static let modelTypes = ["bert"]

  static func model(_ config: ConfigFile, _ weights: WeightLoader) throws -> any LanguageModel {
    let encoder = try BERTEncoder(config, weights, prefix: "bert", firstPosition: 0)
    return try encoder.classifier(
      "BertForSequenceClassification", pooler: "bert.pooler.dense", classifier: "classifier")
  }
}

/// RoBERTa with a classification head: BERT whose positions begin after the padding id. Reference:
/// `RobertaForSequenceClassification` of Hugging Face transformers.
enum RoBERTa: ModelFamily {
  static let modelTypes = ["roberta"]

  static func model(_ config: ConfigFile, _ weights: WeightLoader) throws -> any LanguageModel {
    let padding = config.json["pad_token_id"]?.intValue ?? 1
    let positions = try config.count("max_position_embeddings", default: 512)
    guard (0..<positions - 1).contains(padding) else {
      throw config.wrong(
        "pad_token_id", .integer(padding),
        "a token id after which positions begin, below max_position_embeddings \(positions)")
    }
    let encoder = try BERTEncoder(config, weights, prefix: "roberta", firstPosition: padding + 1)
    return try encoder.classifier(
      "RobertaForSequenceClassification", pooler: "classifier.dense", classifier: "classifier.out_proj")
  }
}

/// The layers that BERT and RoBERTa share.
private struct BERTEncoder {
  let config: ConfigFile
  let weights: WeightLoader
  let prefix: String
  let hiddenSize: Int
  let vocabularySize: Int
  let maxPositions: Int
  let epsilon: Float
  private let firstPosition: Int

  init(_ config: ConfigFile, _ weights: WeightLoader, prefix: String, firstPosition: Int) throws {
    try config.refuse("is_decoder", unless: false)
    try config.refuse("add_cross_attention", unless: false)
    if let kind = config.text("position_embedding_type"), kind != "absolute" {
      throw config.wrong("position_embedding_type", .string(kind), "absolute")
    }
    self.config = config
    self.weights = weights
    self.prefix = prefix
    self.firstPosition = firstPosition
    weights.basePrefix = "\(prefix)."
    hiddenSize = try config.count("hidden_size")
    vocabularySize = try config.count("vocab_size")
    maxPositions = try config.count("max_position_embeddings", default: 512)
    epsilon = Float(try config.number("layer_norm_eps", default: 1e-12))
  }

  private func linear(_ name: String, _ input: Int? = nil, _ output: Int? = nil, isNew: Bool = false) throws -> Linear {
    try Linear(
      weights, name, input: input ?? hiddenSize, output: output ?? hiddenSize, bias: true, mayBeNew: isNew)
  }

  private func norm(_ name: String) throws -> Norm {
    try Norm(weights, name, size: hiddenSize, kind: .layer, epsilon: epsilon)
  }

  /// - Parameters:
  ///   - pooler: the name of the layer between the encoder and the classes.
  ///   - classifier: the name of the layer of classes.
  func classifier(_ architecture: String, pooler: String, classifier: String) throws -> SequenceClassifier {
    let labels = try config.labels(), layerCount = try config.layerCount("num_hidden_layers")
    let embeddings = "\(prefix).embeddings"
    let isPoolerNew = !weights.has("\(pooler).weight")
    func table(_ name: String, _ rows: Int) throws -> Parameter {
      try weights.take("\(embeddings).\(name)_embeddings.weight", shape: [rows, hiddenSize])
    }
    let parts = SequenceClassifier.Parts(
      embeddings: [
        (try table("word", vocabularySize), .token),
        (try table("position", maxPositions), .position(first: firstPosition)),
        (try table("token_type", try config.count("type_vocab_size", default: 2)), .only),
      ],
      embeddingNorm: try norm("\(embeddings).LayerNorm"),
      blocks: try (0..<layerCount).map { try block("\(prefix).encoder.layer.\($0)", layer: $0) },
      // After the layers that every checkpoint has, which tell whether the sizes are true.
      pooler: (try linear(pooler, hiddenSize, hiddenSize, isNew: true), .tanh),
      classifier: try linear(classifier, hiddenSize, labels.count, isNew: true))
    // Checkpoints of pretraining have heads of their own.
    try weights.finish { name in
      name.hasSuffix("position_ids") || ["cls.", "lm_head."].contains { name.hasPrefix($0) }
        || (prefix == "roberta" && name.contains("pooler."))
    }
    var traits = ModelTraits(architecture: architecture, loraTargets: ["query", "value"])
    traits.labels = labels
    traits.classifierModules = ["classifier"] + (isPoolerNew && !pooler.hasPrefix("classifier.") ? [pooler] : [])
    return SequenceClassifier(
      config: config, traits: traits,
      dimensions: ModelDimensions(
        vocabularySize: vocabularySize, hiddenSize: hiddenSize, layerCount: layerCount, keyValueWidth: hiddenSize,
        maxPositions: maxPositions - firstPosition),
      parts: parts)
  }

  private func block(_ prefix: String, layer: Int) throws -> EncoderBlock {
    let inner = try config.count("intermediate_size")
    func own(_ name: String) throws -> Linear { try linear("\(prefix).attention.self.\(name)") }
    return EncoderBlock(
      attention: SelfAttention(
        layer: layer,
        .separate(query: try own("query"), key: try own("key"), value: try own("value")),
        output: try linear("\(prefix).attention.output.dense"),
        shape: try config.attentionShape(
          headsKey: "num_attention_heads", hiddenSize: hiddenSize, isCausal: false), rotary: nil),
      attentionNorm: try norm("\(prefix).attention.output.LayerNorm"),
      feedForward: FeedForward(
        up: try linear("\(prefix).intermediate.dense", hiddenSize, inner),
        down: try linear("\(prefix).output.dense", inner, hiddenSize),
        activation: try config.activation("hidden_act", default: "gelu")),
      feedForwardNorm: try norm("\(prefix).output.LayerNorm"))
  }
}
