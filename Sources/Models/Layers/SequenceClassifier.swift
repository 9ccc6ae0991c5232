import Basics
import Foundation
import Tensors

/// An encoder whose first token's state is classified.
///
/// It is a language model with one word a text: the hidden rows are those of whole texts, and the head has a row for
/// each class.
public final class SequenceClassifier: LanguageModel {
  public let config: ConfigFile
  public let traits: ModelTraits
  public let dimensions: ModelDimensions
  public var checkpointsActivations = false
  public let hooks = ModelHooks()
  private let parts: Parts

  /// What a family gives.
  struct Parts {
    /// The tables that are added up, and the row that each takes for a token at a position.
    var embeddings: [(table: Parameter, row: Row)]
    var embeddingNorm: Norm
    var blocks: [EncoderBlock]
    /// The layer between the encoder and the classes, and its activation.
    var pooler: (layer: Linear, activation: Activation)
    var classifier: Linear
  }

  enum Row {
    case token
    /// The position and so many more.
    case position(first: Int)
    /// The same for all: a text that is not one of a pair.
    case only
  }

  init(config: ConfigFile, traits: ModelTraits, dimensions: ModelDimensions, parts: Parts) {
    self.config = config
    self.traits = traits
    self.dimensions = dimensions
    self.parts = parts
  }

  public var head: Parameter { parts.classifier.weight }
  public var headBias: Parameter? { parts.classifier.bias }
  public var linears: [Linear] { parts.blocks.flatMap { $0.linears } }
  public var residualOutputs: ResidualOutputs {
    ResidualOutputs(
      attention: parts.blocks.map { $0.attention.output }, feedForward: parts.blocks.map { $0.feedForward.down })
  }
  public var parameters: [Parameter] {
    parts.embeddings.map { $0.table } + parts.embeddingNorm.parameters + parts.blocks.flatMap { $0.parameters }
      + parts.pooler.layer.parameters + parts.classifier.parameters
  }

  /// - Parameter rows: the first row of each text that is wanted; nil for those of all texts.
  public func hiddenStates(
    _ batch: TokenBatch, source: TokenBatch?, caches: [SequenceCache]?, rows: [Int32]?
  ) -> Tensor {
    precondition(source == nil && caches == nil, "\(traits.architecture) reads whole texts")
    return pooled(layers(parts.blocks.indices, embedded(batch), batch, rows: rows ?? firstRows(batch)))
  }

  public func frozenStates(_ batch: TokenBatch, source: TokenBatch?) -> FrozenStates? {
    let frozen = frozenLayerCount
    guard frozen > 0 else { return nil }
    return Recording.off { FrozenStates(tokens: layers(0..<frozen, embedded(batch), batch, rows: nil)) }
  }

  public func hiddenStates(
    _ batch: TokenBatch, source: TokenBatch?, rows: [Int32]?, from frozen: FrozenStates
  ) -> Tensor {
    guard let x = frozen.tokens else { preconditionFailure("no states of the tokens") }
    let wanted = rows ?? firstRows(batch)
    return pooled(layers(frozenLayerCount..<parts.blocks.count, x, batch, rows: wanted))
  }

  public var frozenLayerCount: Int {
    let below = parts.embeddings.map { $0.table } + parts.embeddingNorm.parameters
    guard hooks.keepFrozenStates, !below.contains(where: { $0.isTrainable }) else { return 0 }
    return parts.blocks.prefix { !$0.trains }.count
  }

  private func embedded(_ batch: TokenBatch) -> Tensor {
    var x: Tensor?
    for (table, row) in parts.embeddings {
      let term =
        switch row {
        case .token: hooks.lookUp(batch.ids, in: table, as: inputEmbeddingModule)
        case .position(let first): embedding(table, ids: batch.positions.map { $0 + Int32(first) })
        case .only: embedding(table, ids: Array(repeating: 0, count: batch.tokenCount))
        }
      x = x.map { add($0, term) } ?? term
    }
    guard var sum = x else { preconditionFailure("an encoder without embeddings") }
    if let change = hooks.changeEmbeddings { sum = change(sum, batch) }
    return parts.embeddingNorm(sum)
  }

  /// Some of the layers, one after the other; the rows that are wanted are those of the very last.
  private func layers(_ numbers: Range<Int>, _ x: Tensor, _ batch: TokenBatch, rows: [Int32]?) -> Tensor {
    if numbers.isEmpty, let rows { return gatherRows(x, rows) }
    let pass = ForwardPass(batch: batch, caches: nil)
    return numbers.reduce(x) { states, index in
      let block = parts.blocks[index], wanted = index == parts.blocks.count - 1 ? rows : nil
      let layer = { block($0, pass, rows: wanted) }
      return checkpointsActivations ? checkpointed(states, trains: block.trains, layer) : layer(states)
    }
  }

  private func firstRows(_ batch: TokenBatch) -> [Int32] { batch.offsets.dropLast().map { Int32($0) } }

  private func pooled(_ states: Tensor) -> Tensor {
    activated(parts.pooler.layer(states), by: parts.pooler.activation)
  }
}

extension ConfigFile {
  /// The names of the classes, from `id2label` or `num_labels`.
  ///
  /// - Throws: `TuneError.data` for fewer than two classes: regression is not built.
  func labels() throws -> [String] {
    if let named = json["id2label"]?.objectValue, !named.isEmpty {
      let labels = (0..<named.count).compactMap { named[String($0)]?.stringValue }
      guard labels.count == named.count, labels.count > 1 else {
        throw wrong("id2label", .object(named), "a name for each id from 0, and at least two of them")
      }
      return labels
    }
    let labels = try count("num_labels", default: 2)
    guard (2...100_000).contains(labels) else { throw wrong("num_labels", .integer(labels), "2 to 100,000 classes") }
    return (0..<labels).map { "LABEL_\($0)" }
  }
}

/// What a classifier says of a text.
public struct ClassPrediction: Sendable {
  /// The most likely class.
  public let label: String
  /// The probability of each class, in the order of the model's.
  public let probabilities: [(label: String, probability: Float)]
  /// Of the most likely class.
  public let probability: Float

  init(logits: [Float], labels: [String]) {
    let best = logits.indices.max { (logits[$0], $1) < (logits[$1], $0) } ?? 0
    let exponentials = logits.map { Foundation.exp($0 - logits[best]) }
    let total = exponentials.reduce(0, +)
    label = labels[best]
    probabilities = zip(labels, exponentials.map { $0 / total }).map { ($0, $1) }
    probability = 1 / total
  }
}

extension SequenceClassifier {
  /// What each text is taken for, in passes of about so many tokens.
  public func classify(_ texts: [[Int32]], tokensPerPass: Int = 2048) -> [ClassPrediction] {
    let labels = traits.labels ?? []
    var found: [ClassPrediction] = []
    Recording.off {
      var start = 0
      while start < texts.count {
        var end = start, tokens = 0
        while end < texts.count, end == start || tokens + texts[end].count <= tokensPerPass {
          tokens += texts[end].count
          end += 1
        }
        let scores = headLogits(of: hiddenStates(TokenBatch(Array(texts[start..<end])), caches: nil))
        for row in 0..<scores.rows {
          let logits = Array(scores.values[row * scores.width..<(row + 1) * scores.width])
          found.append(ClassPrediction(logits: logits, labels: labels))
        }
        start = end
      }
    }
    return found
  }
}
