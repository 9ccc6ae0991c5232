import Basics
import Tensors

/// DistilBERT with a classification head. Reference: `DistilBertForSequenceClassification` of Hugging Face transformers.
enum DistilBERT: ModelFamily {
  static let modelTypes = ["distilbert"]

  static func model(_ config: ConfigFile, _ weights: WeightLoader) throws -> any LanguageModel {
    weights.basePrefix = "distilbert."
    let hidden = try config.count("dim"), inner = try config.count("hidden_dim")
    let vocabulary = try config.count("vocab_size"), layerCount = try config.layerCount("n_layers")
    let positions = try config.count("max_position_embeddings", default: 512)
    let activation = try config.activation("activation", default: "gelu"), labels = try config.labels()

    func norm(_ name: String) throws -> Norm {
      try Norm(weights, "distilbert.\(name)", size: hidden, kind: .layer, epsilon: 1e-12)
    }
    func linear(_ name: String, _ input: Int, _ output: Int) throws -> Linear {
      try Linear(weights, "distilbert.transformer.layer.\(name)", input: input, output: output, bias: true)
    }
    func head(_ name: String, _ output: Int) throws -> Linear {
      try Linear(weights, name, input: hidden, output: output, bias: true, mayBeNew: true)
    }
    func table(_ name: String, _ rows: Int) throws -> Parameter {
      try weights.take("distilbert.embeddings.\(name)_embeddings.weight", shape: [rows, hidden])
    }
    let shape = try config.attentionShape(headsKey: "n_heads", hiddenSize: hidden, isCausal: false)
    let parts = SequenceClassifier.Parts(
      embeddings: [(try table("word", vocabulary), .token), (try table("position", positions), .position(first: 0))],
      embeddingNorm: try norm("embeddings.LayerNorm"),
      blocks: try (0..<layerCount).map { layer in
        func own(_ name: String) throws -> Linear { try linear("\(layer).attention.\(name)", hidden, hidden) }
        return EncoderBlock(
          attention: SelfAttention(
            layer: layer, .separate(query: try own("q_lin"), key: try own("k_lin"), value: try own("v_lin")),
            output: try own("out_lin"), shape: shape, rotary: nil),
          attentionNorm: try norm("transformer.layer.\(layer).sa_layer_norm"),
          feedForward: FeedForward(
            up: try linear("\(layer).ffn.lin1", hidden, inner), down: try linear("\(layer).ffn.lin2", inner, hidden),
            activation: activation),
          feedForwardNorm: try norm("transformer.layer.\(layer).output_layer_norm"))
      },
      pooler: (try head("pre_classifier", hidden), .relu), classifier: try head("classifier", labels.count))
    // Checkpoints of pretraining have a head of their own.
    try weights.finish { $0.hasPrefix("vocab_") }
    var traits = ModelTraits(architecture: "DistilBertForSequenceClassification", loraTargets: ["q_lin", "v_lin"])
    traits.labels = labels
    traits.classifierModules = ["classifier"]
    return SequenceClassifier(
      config: config, traits: traits,
      dimensions: ModelDimensions(
        vocabularySize: vocabulary, hiddenSize: hidden, layerCount: layerCount, keyValueWidth: hidden,
        maxPositions: positions),
      parts: parts)
  }
}
