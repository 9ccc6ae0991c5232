import Basics
import COpenBLAS

/// Matrix products on OpenBLAS. This is the only file that calls it.
///
/// OpenBLAS runs on one thread and we split its products ourselves: one thread pool for everything, nothing to
/// oversubscribe, and the speed is the same (sgemm at these shapes doubles from one core to two either way).
enum Products {
  /// Switches OpenBLAS's own threads off, once.
  private static let singleThreaded: Void = openblas_set_num_threads(1)

  /// c = alpha * a * b + beta * c with a: [m, k] (or [k, m] when transposed), b: [k, n] (or [n, k]), c: [m, n].
  static func multiply(
    _ c: UnsafeMutablePointer<Float>, _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, m: Int, n: Int, k: Int,
    transposeA: Bool = false, transposeB: Bool = false, alpha: Float = 1, beta: Float = 0
  ) {
    guard m > 0, n > 0, k > 0 else { return }
    _ = singleThreaded
    let work = m * n * k
    let splitsRows = m >= n
    let grain = work < 1 << 17 ? max(m, n) : 16
    parallelRanges(splitsRows ? m : n, grain: grain) { range in
      let rows = splitsRows ? range : 0..<m
      let columns = splitsRows ? 0..<n : range
      cblas_sgemm(
        CblasRowMajor, transposeA ? CblasTrans : CblasNoTrans, transposeB ? CblasTrans : CblasNoTrans,
        Int32(rows.count), Int32(columns.count), Int32(k), alpha,
        a + (transposeA ? rows.lowerBound : rows.lowerBound * k), Int32(transposeA ? m : k),
        b + (transposeB ? columns.lowerBound * k : columns.lowerBound), Int32(transposeB ? k : n), beta,
        c + rows.lowerBound * n + columns.lowerBound, Int32(n))
    }
  }
}

/// x * weightᵀ (+ bias): x [tokens, in], weight [out, in], bias [out] → [tokens, out].
public func linear(_ x: Tensor, _ weight: Parameter, bias: Parameter? = nil) -> Tensor {
  let (rows, input, output) = (x.rows, x.width, weight.shape[0])
  precondition(weight.shape == [output, input], "\(weight.name): weight \(weight.shape) applied to \(x.shape)")
  let out = Tensor(shape: [rows, output])
  if let bias { fillRows(out, with: bias) }
  Products.multiply(
    out.pointer, x.pointer, weight.pointer, m: rows, n: output, k: input, transposeB: true, beta: bias == nil ? 0 : 1)
  // A frozen weight needs no input for its gradient: then the input is not kept.
  let kept = weight.isTrainable ? x : nil
  return out.recorded(from: [x], trains: weight.isTrainable || bias?.isTrainable == true) { [node = x.node] gradient in
    if let kept { addWeightGradient(gradient, kept, weight) }
    if let bias, bias.isTrainable { addBiasGradient(gradient, bias) }
    guard let node else { return }
    let below = Tensor(shape: [rows, input])
    Products.multiply(below.pointer, gradient.pointer, weight.pointer, m: rows, n: input, k: output)
    node.accumulate(below)
  }
}

/// weight's gradient += gradientᵀ * x.
private func addWeightGradient(_ gradient: Tensor, _ x: Tensor, _ weight: Parameter) {
  weight.accumulateGradient {
    Products.multiply(
      $0, gradient.pointer, x.pointer, m: weight.shape[0], n: x.width, k: x.rows, transposeA: true, beta: 1)
  }
}

private func addBiasGradient(_ gradient: Tensor, _ bias: Parameter) {
  bias.accumulateGradient { sum in
    for row in 0..<gradient.rows {
      cblas_saxpy(Int32(bias.count), 1, gradient.pointer + row * bias.count, 1, sum, 1)
    }
  }
}

private func fillRows(_ out: Tensor, with bias: Parameter) {
  for row in 0..<out.rows { (out.pointer + row * out.width).update(from: bias.pointer, count: out.width) }
}

/// base + scale * (x * aᵀ) * bᵀ: the low-rank update of LoRA (Hu et al. 2021) added to a layer's output.
///
/// x [tokens, in], a [rank, in], b [out, rank], base [tokens, out]. `base` must not be used elsewhere.
public func addLowRank(to base: Tensor, _ x: Tensor, a: Parameter, b: Parameter, scale: Float) -> Tensor {
  let (rows, input, output, rank) = (x.rows, x.width, b.shape[0], a.shape[0])
  precondition(
    a.shape == [rank, input] && b.shape == [output, rank] && base.shape == [rows, output],
    "\(a.name): low-rank update \(a.shape), \(b.shape) of \(x.shape) → \(base.shape)")
  let low = Tensor(shape: [rows, rank])
  Products.multiply(low.pointer, x.pointer, a.pointer, m: rows, n: rank, k: input, transposeB: true)
  Products.multiply(
    base.pointer, low.pointer, b.pointer, m: rows, n: output, k: rank, transposeB: true, alpha: scale, beta: 1)
  return base.detached.recorded(from: [base, x], trains: a.isTrainable || b.isTrainable) {
    [baseNode = base.node] gradient in
    let lowGradient = Tensor(shape: [rows, rank])
    Products.multiply(lowGradient.pointer, gradient.pointer, b.pointer, m: rows, n: rank, k: output, alpha: scale)
    if b.isTrainable {
      b.accumulateGradient {
        Products.multiply(
          $0, gradient.pointer, low.pointer, m: output, n: rank, k: rows, transposeA: true, alpha: scale, beta: 1)
      }
    }
    if a.isTrainable {
      a.accumulateGradient {
        Products.multiply($0, lowGradient.pointer, x.pointer, m: rank, n: input, k: rows, transposeA: true, beta: 1)
      }
    }
    if let node = x.node {
      let below = Tensor(shape: x.shape)
      Products.multiply(below.pointer, lowGradient.pointer, a.pointer, m: rows, n: input, k: rank)
      node.accumulate(below)
    }
    baseNode?.accumulate(gradient)
  }
}
