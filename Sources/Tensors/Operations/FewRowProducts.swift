import Basics
import CKernels

/// Up to so many rows a product reads the weights where they lie; beyond, OpenBLAS's packing pays.
let fewRows = 32

/// out = x * weightᵀ for several weights that meet the same few rows, in one parallel region: a decoded token has about
/// 120 of them, each as short as its weights take to come from memory.
func multiplyFewRows(_ x: Products.Operand, rows: Int, _ products: [FewRowProduct]) {
  let columns = products[0].weight.shape[1], total = products.reduce(0) { $0 + $1.weight.shape[0] }
  countOperations(2 * Double(rows) * Double(total) * Double(columns))
  // Two parts a thread: whoever is done first takes the next.
  let part = max(32, (total + 2 * Threads.count - 1) / (2 * Threads.count))
  let parts = products.indices.flatMap { index in
    stride(from: 0, to: products[index].weight.shape[0], by: part).map { (product: index, start: $0) }
  }
  let sources = products.map { $0.weight.rowSource }
  let scratchSize = sources.map { tune_few_rows_scratch($0.format, rows, columns) }.max() ?? 0
  let scratch = Tensor(shape: [parts.count, scratchSize])
  nonisolated(unsafe) let (input, work, targets) = (x, sources, products)
  parallelFor(parts.count) { index in
    let (product, start) = parts[index], target = targets[product], source = work[product]
    tune_few_rows(
      target.out + start, target.stride, input.pointer, input.stride, rows, source.weights, source.format, start,
      min(part, source.rows - start), columns, scratch.pointer + index * scratchSize)
  }
}

/// A weight and where its outputs go, with rows `stride` floats apart.
struct FewRowProduct {
  let weight: Parameter
  let out: UnsafeMutablePointer<Float>
  let stride: Int

  init(_ weight: Parameter, _ out: UnsafeMutablePointer<Float>, stride: Int) {
    self.weight = weight
    self.out = out
    self.stride = stride
  }
}

/// A weight's rows in their storage format.
private struct RowSource {
  let format: tune_format
  let weights: UnsafeRawPointer
  let rows: Int
}

extension Parameter {
  fileprivate var rowSource: RowSource {
    switch storage {
    case .float32(let weight):
      RowSource(format: TUNE_F32, weights: UnsafeRawPointer(weight.pointer), rows: shape[0])
    case .compact(let matrix):
      RowSource(format: matrix.format, weights: matrix.weights, rows: matrix.rows)
    }
  }
}
