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
  let (rows, width, vocabulary) = (x.rows, x.width, head.shape[0])
  precondition(head.shape[1] == width && targets.count == rows, "head \(head.shape) on \(x.shape)")
  let wantsGradient = Recording.isOn && (x.node != nil || head.isTrainable || bias?.isTrainable ?? false)
  let chunk = chunkRows(rows, vocabulary: vocabulary, trainsHead: wantsGradient && head.isTrainable)
  let logits = Tensor(shape: [chunk, vocabulary])
  // The slope of the cap needs the capped logits after the loss has put its gradient in their place.
  let capped = softcap.flatMap { _ in wantsGradient ? Tensor(shape: logits.shape) : nil }
  let below = wantsGradient && x.node != nil ? Tensor(shape: x.shape) : nil
  var rowLosses = [Float](repeating: 0, count: rows)
  profiled("head and loss") {
    for start in stride(from: 0, to: rows, by: chunk) {
      let count = min(chunk, rows - start)
      let chunkInput = x.rows(from: start)
      head.multiply(logits.pointer, stride: vocabulary, chunkInput, rows: count)
      if let bias { Products.addToRows(logits, bias, rows: count) }
      if let softcap { cap(logits, softcap, rows: count, copy: capped) }
      crossEntropyRows(&rowLosses, logits, targets, rows: start..<start + count, scale: wantsGradient ? scale : 0)
      if let softcap, let capped { uncap(logits, softcap, rows: count, capped: capped) }
      if let below {
        head.multiplyBack(below.pointer + start * width, stride: width, logits.operand, rows: count)
      }
      if let bias, wantsGradient, bias.isTrainable {
        bias.addToGradient { Products.addColumns($0, of: logits, rows: count) }
      }
      if wantsGradient, head.isTrainable {
        head.accumulateGradient { sum, beta in
          Products.multiply(
            sum, stride: width, logits.transposed, chunkInput, m: vocabulary, n: width, k: count, beta: beta)
        }
      }
    }
  }
  let sum = rowLosses.reduce(0.0) { $0 + Double($1) }
  let loss = Tensor([Float(sum) * scale], shape: [1]).recorded(
    "head and loss", from: [x], parameters: [head, bias].compactMap { $0 }
  ) { gradient in
    precondition(gradient.pointer[0] == 1, "the gradient of the loss is already scaled by `scale`")
    if let below { x.node?.accumulate(below) }
  }
  return CrossEntropy(loss: loss, rowLosses: rowLosses, sum: sum)
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
  let out = Tensor(shape: [x.rows, head.shape[0]])
  profiled("logits") {
    head.multiply(out.pointer, stride: out.width, x.operand, rows: x.rows)
    if let bias { Products.addToRows(out, bias) }
    if let softcap { cap(out, softcap, rows: x.rows, copy: nil) }
  }
  return out
}
