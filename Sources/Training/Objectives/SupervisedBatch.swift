import Datasets
import Models

/// Token rows with the rows that have a target.
public struct SupervisedBatch {
  public let tokens: TokenBatch
  /// What an encoder reads; nil for a decoder alone.
  public let source: TokenBatch?
  /// Rows whose next token is trained.
  public let rows: [Int32]
  /// The next token of each of these rows.
  public let targets: [Int32]
  /// The targets of example i are `targetOffsets[i] ..< targetOffsets[i + 1]`.
  public let targetOffsets: [Int]

  /// - Parameter decoderStartID: the token that a decoder begins with where an encoder reads what comes before the
  ///   first trained token; nil for a decoder alone.
  public init(_ examples: [Example], decoderStartID: Int32? = nil) {
    let starts = examples.map { decoderStartID == nil ? 0 : $0.trained.first?.lowerBound ?? $0.tokens.count }
    source = decoderStartID.map { _ in TokenBatch(zip(examples, starts).map { Array($0.tokens[..<$1]) }) }
    tokens = TokenBatch(
      zip(examples, starts).map { example, start in
        decoderStartID.map { [$0] + example.tokens[start...].dropLast() } ?? example.tokens
      })
    // Without a token to begin with, the first one is predicted from nothing, so it is never a target.
    let shift = decoderStartID == nil ? 1 : 0
    var rows: [Int32] = [], targets: [Int32] = [], offsets = [0]
    for (index, example) in examples.enumerated() {
      // The first row of a text stands for its class.
      if let label = example.label {
        rows.append(Int32(tokens.offsets[index]))
        targets.append(label)
      }
      for place in example.trained.lazy.flatMap({ $0 }) where place >= shift {
        rows.append(Int32(tokens.offsets[index] + place - starts[index] - shift))
        targets.append(example.tokens[place])
      }
      offsets.append(rows.count)
    }
    self.rows = rows
    self.targets = targets
    targetOffsets = offsets
  }
}

/// Splits examples, in order, into passes of at most so many tokens but at least one example.
public func passes(of examples: [Example], tokens limit: Int) -> [[Example]] {
  var passes: [[Example]] = []
  var held = 0
  for example in examples {
    if passes.isEmpty || held + example.tokens.count > limit {
      passes.append([])
      held = 0
    }
    passes[passes.count - 1].append(example)
    held += example.tokens.count
  }
  return passes
}
