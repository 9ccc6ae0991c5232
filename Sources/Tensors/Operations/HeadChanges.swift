/// What adapters make of the logits of an output head.
public enum HeadChange {
  /// logits + scale * low * bᵀ: low [rows, rank] of the hidden rows, b [vocabulary, rank].
  case lowRank(low: Tensor, b: Parameter, scale: Float)
  /// The head's rows of these tokens are the values, [tokens.count, width]; each token is named once.
  case rows(tokens: [Int32], values: Parameter)
}

/// The changes of one pass: they follow the gradients of the head's logits chunk by chunk.
struct HeadChanges {
  private let changes: [HeadChange]
  /// The gradient of what each change reads: of `low`, or of the logits of the tokens, [rows, rank or tokens].
  private let gradients: [Tensor]

  init(_ changes: [HeadChange], rows: Int) {
    self.changes = changes
    gradients = changes.map { Tensor(shape: [rows, $0.width]) }
  }

  var parameters: [Parameter] { changes.map { $0.parameter } }
  /// Tensors whose gradients `sendGradients` sends.
  var inputs: [Tensor] { changes.compactMap { $0.low } }

  /// Adds to the parameters' gradients from that of a chunk's logits. The logits of tokens with rows of their own get
  /// zeros: the head's rows do not see their gradient.
  func takeGradient(from logits: Tensor, _ x: Products.Operand, rows: Range<Int>) {
    let vocabulary = logits.width
    for (change, gradient) in zip(changes, gradients).reversed() {
      let place = gradient.pointer + rows.lowerBound * gradient.width
      switch change {
      case .lowRank(let low, let b, let scale):
        Products.multiply(
          place, stride: low.width, logits.operand, b.value.operand, m: rows.count, n: low.width, k: vocabulary,
          alpha: scale)
        guard b.isTrainable else { continue }
        b.accumulateGradient { sum, beta in
          Products.multiply(
            sum, stride: low.width, logits.transposed, low.rows(from: rows.lowerBound), m: vocabulary, n: low.width,
            k: rows.count, alpha: scale, beta: beta)
        }
      case .rows(let tokens, let values):
        for row in 0..<rows.count {
          for (index, token) in tokens.enumerated() {
            place[row * tokens.count + index] = logits.pointer[row * vocabulary + Int(token)]
            logits.pointer[row * vocabulary + Int(token)] = 0
          }
        }
        guard values.isTrainable else { continue }
        values.accumulateGradient { sum, beta in
          Products.multiply(
            sum, stride: values.shape[1], gradient.rows(from: rows.lowerBound).transposed, x, m: tokens.count,
            n: values.shape[1], k: rows.count, beta: beta)
        }
      }
    }
  }

  /// Adds what the hidden rows of a chunk have from rows of their own; that of `low` goes its own way.
  func addInputGradient(to below: Tensor, rows: Range<Int>) {
    for (change, gradient) in zip(changes, gradients) {
      guard case .rows(let tokens, let values) = change else { continue }
      Products.multiply(
        below.pointer + rows.lowerBound * below.width, stride: below.width, gradient.rows(from: rows.lowerBound),
        values.value.operand, m: rows.count, n: below.width, k: tokens.count, beta: 1)
    }
  }

  func sendGradients() {
    for (change, gradient) in zip(changes, gradients) { change.low?.node?.accumulate(gradient) }
  }
}

extension HeadChange {
  /// - Parameters:
  ///   - logits: of a chunk of rows, from its first row on.
  ///   - x: the hidden rows of the chunk.
  func apply(to logits: Tensor, _ x: Products.Operand, rows: Range<Int>) {
    let vocabulary = logits.width
    switch self {
    case .lowRank(let low, let b, let scale):
      Products.multiply(
        logits.pointer, stride: vocabulary, low.rows(from: rows.lowerBound), b.value.transposed, m: rows.count,
        n: vocabulary, k: low.width, alpha: scale, beta: 1)
    case .rows(let tokens, let values):
      let own = Tensor(shape: [rows.count, tokens.count])
      Products.multiply(
        own.pointer, stride: own.width, x, values.value.transposed, m: rows.count, n: own.width, k: values.shape[1])
      for row in 0..<rows.count {
        for (place, token) in tokens.enumerated() {
          logits.pointer[row * vocabulary + Int(token)] = own.pointer[row * own.width + place]
        }
      }
    }
  }

  fileprivate var parameter: Parameter {
    switch self {
    case .lowRank(_, let b, _): b
    case .rows(_, let values): values
    }
  }

  fileprivate var low: Tensor? {
    guard case .lowRank(let low, _, _) = self else { return nil }
    return low
  }

  fileprivate var width: Int {
    switch self {
    case .lowRank(let low, _, _): low.width
    case .rows(let tokens, _): tokens.count
    }
  }
}
