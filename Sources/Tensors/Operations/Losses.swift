import Basics
import CKernels

/// The result of `headCrossEntropy`.
public struct CrossEntropy {
  /// scale * sum of the rows' losses, [1]; `backward()` on it sends the gradient.
  public let loss: Tensor
  /// -log p(target) of each row, unscaled.
  public let rowLosses: [Float]
  /// The sum of the rows' losses in double precision, unscaled.
  public let sum: Double
}

/// Output head and cross-entropy in one: x [rows, width] (only the rows that have a target), head [vocabulary, width].
///
/// Logits exist for one chunk of rows at a time; the gradient is computed in the same pass, so that they never exist
/// whole. `scale` multiplies the loss (one over the trained tokens of a step). With a `softcap` the logits are
/// softcap * tanh(logits / softcap); a bias [vocabulary] is added to them.
public func headCrossEntropy(
  _ x: Tensor, head: Parameter, bias: Parameter? = nil, targets: [Int32], scale: Float, softcap: Float? = nil
) -> CrossEntropy {
  headCrossEntropy(x, head: Head(weight: head, bias: bias, softcap: softcap), targets: targets, scale: scale)
}

/// The same for a head with all that belongs to it.
public func headCrossEntropy(_ x: Tensor, head: Head, targets: [Int32], scale: Float) -> CrossEntropy {
  precondition(targets.count == x.rows, "\(targets.count) targets for \(x.shape)")
  var rowLosses = [Float](repeating: 0, count: x.rows)
  let loss = headLoss(x, head, "head and loss", scale: scale) { logits, rows, scale in
    crossEntropyRows(&rowLosses, logits, targets, rows: rows, scale: scale)
  } value: {
    rowLosses.reduce(0.0) { $0 + Double($1) }
  }
  return CrossEntropy(loss: loss.scaled, rowLosses: rowLosses, sum: loss.sum)
}

/// An output head: logits are x * weightᵀ + bias, capped where a model does so. Changes come before bias and cap.
public struct Head {
  /// [vocabulary, width]
  public let weight: Parameter
  /// [vocabulary]
  public let bias: Parameter?
  public let softcap: Float?
  /// What adapters make of it for the rows of one pass.
  public let changes: [HeadChange]

  public init(weight: Parameter, bias: Parameter? = nil, softcap: Float? = nil, changes: [HeadChange] = []) {
    self.weight = weight
    self.bias = bias
    self.softcap = softcap
    self.changes = changes
  }
}

/// What `headDistillation` compares with: another model's states of the same rows, and its head.
public struct HeadReference {
  /// [rows, width of that model]
  public let hidden: Tensor
  public let head: Head

  public init(hidden: Tensor, head: Head) {
    self.hidden = hidden
    self.head = head
  }
}

/// The result of `headDistillation`.
public struct DistillationLoss {
  /// scale * sum, [1]; `backward()` on it sends the gradient.
  public let loss: Tensor
  /// -log p(target) of each row.
  public let rowLosses: [Float]
  /// KL(reference || model) of each row at the temperature.
  public let rowDivergences: [Float]
  /// hard * losses + soft * temperature² * divergences, unscaled.
  public let sum: Double
}

/// Output head, cross-entropy with the targets and divergence from a reference in one: hard * cross-entropy + soft *
/// temperature² * KL(reference || model). Logits exist for one chunk of rows at a time. Where vocabularies are padded to
/// different sizes, the tokens that both have are compared.
///
/// Source: Hinton, Vinyals and Dean, "Distilling the Knowledge in a Neural Network", 2015, section 2.
public func headDistillation(
  _ x: Tensor, head: Head, targets: [Int32], reference: HeadReference, hard: Float, soft: Float, temperature: Float,
  scale: Float
) -> DistillationLoss {
  let vocabulary = head.weight.shape[0], theirVocabulary = reference.head.weight.shape[0]
  precondition(targets.count == x.rows && reference.hidden.rows == x.rows, "\(targets.count) targets for \(x.shape)")
  var rowLosses = [Float](repeating: 0, count: x.rows), divergences = rowLosses
  let loss = headLoss(x, head, "head and distillation", scale: scale) { logits, rows, scale in
    let theirs = Tensor(shape: [rows.count, theirVocabulary]), start = rows.lowerBound
    reference.head.multiply(theirs, reference.hidden.rows(from: start), rows: rows)
    rowLosses.withUnsafeMutableBufferPointer { losses in
      divergences.withUnsafeMutableBufferPointer { divergences in
        targets.withUnsafeBufferPointer { targets in
          nonisolated(unsafe) let losses = losses.baseAddress! + start
          nonisolated(unsafe) let divergences = divergences.baseAddress! + start
          nonisolated(unsafe) let targets = targets.baseAddress! + start
          parallelRanges(rows.count) { own in
            let first = own.lowerBound
            tune_distillation(
              losses + first, divergences + first, logits.pointer + first * vocabulary,
              theirs.pointer + first * theirVocabulary, targets + first, hard, soft, temperature, scale, own.count,
              vocabulary, theirVocabulary)
          }
        }
      }
    }
  } value: {
    let squared = Double(soft) * Double(temperature) * Double(temperature)
    return zip(rowLosses, divergences).reduce(0.0) { $0 + Double(hard) * Double($1.0) + squared * Double($1.1) }
  }
  return DistillationLoss(loss: loss.scaled, rowLosses: rowLosses, rowDivergences: divergences, sum: loss.sum)
}

/// A loss of logits, chunk by chunk.
///
/// - Parameters:
///   - rowLoss: gets the logits of a range of rows, and puts their gradient in their place unless the scale is 0.
///   - value: the sum of the rows' losses, once all are known.
private func headLoss(
  _ x: Tensor, _ head: Head, _ operation: String, scale: Float,
  _ rowLoss: (_ logits: Tensor, _ rows: Range<Int>, _ scale: Float) -> Void, value: () -> Double
) -> (scaled: Tensor, sum: Double) {
  let (rows, width, vocabulary) = (x.rows, x.width, head.weight.shape[0]), bias = head.bias
  precondition(head.weight.shape[1] == width, "head \(head.weight.shape) on \(x.shape)")
  let changes = HeadChanges(head.changes, rows: rows), inputs = [x] + changes.inputs
  let parameters = [head.weight, bias].compactMap { $0 } + changes.parameters
  let wantsGradient =
    Recording.isOn && (inputs.contains { $0.node != nil } || parameters.contains { $0.isTrainable })
  let chunk = chunkRows(rows, vocabulary: vocabulary, trainsHead: wantsGradient && head.weight.isTrainable)
  let logits = Tensor(shape: [chunk, vocabulary])
  // The slope of the cap needs the capped logits after the loss has put its gradient in their place.
  let capped = head.softcap.flatMap { _ in wantsGradient ? Tensor(shape: logits.shape) : nil }
  let below = wantsGradient && x.node != nil ? Tensor(shape: x.shape) : nil
  profiled(operation) {
    for start in stride(from: 0, to: rows, by: chunk) {
      let count = min(chunk, rows - start), chunkInput = x.rows(from: start)
      head.multiply(logits, chunkInput, rows: start..<start + count, copy: capped)
      rowLoss(logits, start..<start + count, wantsGradient ? scale : 0)
      guard wantsGradient else { continue }
      if let softcap = head.softcap, let capped { uncap(logits, softcap, rows: count, capped: capped) }
      if let bias, bias.isTrainable {
        bias.addToGradient { Products.addColumns($0, of: logits, rows: count) }
      }
      changes.takeGradient(from: logits, chunkInput, rows: start..<start + count)
      if let below {
        head.weight.multiplyBack(below.pointer + start * width, stride: width, logits.operand, rows: count)
        changes.addInputGradient(to: below, rows: start..<start + count)
      }
      if head.weight.isTrainable {
        head.weight.accumulateGradient { sum, beta in
          Products.multiply(
            sum, stride: width, logits.transposed, chunkInput, m: vocabulary, n: width, k: count, beta: beta)
        }
      }
    }
  }
  let sum = value()
  let loss = Tensor([Float(sum) * scale], shape: [1]).recorded(
    operation, from: inputs, parameters: parameters
  ) { gradient in
    precondition(gradient.pointer[0] == 1, "the gradient of the loss is already scaled by `scale`")
    if let below { x.node?.accumulate(below) }
    changes.sendGradients()
  }
  return (loss, sum)
}

extension Head {
  /// Logits of some rows.
  ///
  /// - Parameters:
  ///   - x: from the first of the rows on.
  ///   - copy: gets them too.
  fileprivate func multiply(_ logits: Tensor, _ x: Products.Operand, rows: Range<Int>, copy: Tensor? = nil) {
    weight.multiply(logits.pointer, stride: logits.width, x, rows: rows.count)
    for change in changes { change.apply(to: logits, x, rows: rows) }
    if let bias { Products.addToRows(logits, bias, rows: rows.count) }
    if let softcap { cap(logits, softcap, rows: rows.count, copy: copy) }
  }
}

/// Rows whose logits exist at one time, in chunks of equal size: 16 MiB, enough for fast products, or 64 MiB where each
/// chunk adds to the gradient of the whole head.
private func chunkRows(_ rows: Int, vocabulary: Int, trainsHead: Bool) -> Int {
  let most = max(1, (trainsHead ? 1 << 24 : 1 << 22) / vocabulary)
  let chunks = max(1, (rows + most - 1) / most)
  return max(1, (rows + chunks - 1) / chunks)
}

private func crossEntropyRows(
  _ rowLosses: inout [Float], _ logits: Tensor, _ targets: [Int32], rows: Range<Int>, scale: Float
) {
  let vocabulary = logits.width
  rowLosses.withUnsafeMutableBufferPointer { losses in
    targets.withUnsafeBufferPointer { targets in
      nonisolated(unsafe) let losses = losses.baseAddress! + rows.lowerBound
      nonisolated(unsafe) let targets = targets.baseAddress! + rows.lowerBound
      parallelRanges(rows.count) { range in
        let start = range.lowerBound
        _ = tune_cross_entropy(
          losses + start, logits.pointer + start * vocabulary, targets + start, scale, range.count, vocabulary)
      }
    }
  }
}

private func cap(_ logits: Tensor, _ softcap: Float, rows: Int, copy: Tensor?) {
  parallelRanges(rows * logits.width, grain: elementGrain) { range in
    tune_softcap_forward(logits.pointer + range.lowerBound, softcap, range.count)
    if let copy {
      (copy.pointer + range.lowerBound).update(from: logits.pointer + range.lowerBound, count: range.count)
    }
  }
}

private func uncap(_ gradient: Tensor, _ softcap: Float, rows: Int, capped: Tensor) {
  parallelRanges(rows * gradient.width, grain: elementGrain) { range in
    tune_softcap_backward(
      gradient.pointer + range.lowerBound, capped.pointer + range.lowerBound, softcap, range.count)
  }
}

/// x * headᵀ + bias without recording: the logits of chosen rows, capped where a model does so. x [rows, width] →
/// [rows, vocabulary].
public func logits(_ x: Tensor, head: Parameter, bias: Parameter? = nil, softcap: Float? = nil) -> Tensor {
  logits(x, head: Head(weight: head, bias: bias, softcap: softcap))
}

/// The same for a head with all that belongs to it.
public func logits(_ x: Tensor, head: Head) -> Tensor {
  let out = Tensor(shape: [x.rows, head.weight.shape[0]])
  profiled("logits") { head.multiply(out, x.operand, rows: 0..<x.rows) }
  return out
}
