// Every heavy operation at the shapes of a 135M model, first checked against double precision, then timed against its
// bound measured in the same run: OpenBLAS's sgemm for arithmetic, a streaming copy for memory.
import Basics
import Foundation
import Tensors

struct Case {
  enum Bound {
    /// Floating-point operations.
    case arithmetic(Double)
    /// Bytes read and written.
    case memory(Double)
  }

  let name: String
  let shape: String
  let bound: Bound
  /// The largest error relative to a double-precision result at sampled places.
  let error: () -> Double
  let run: () -> Void
}

/// The best of several runs, in seconds.
func best(of runs: Int = 7, _ body: () -> Void) -> Double {
  body()
  return (0..<runs).map { _ in
    let start = ContinuousClock.now
    body()
    return (ContinuousClock.now - start) / .seconds(1)
  }.min() ?? 0
}

func random(_ shape: [Int], _ name: String) -> Tensor {
  var random = SeededRandom(seed: 1, stream: name)
  return Tensor((0..<shape.reduce(1, *)).map { _ in Float(random.normal()) }, shape: shape)
}

/// Bytes a second of copying memory that no cache holds, on all threads.
func memoryLimit() -> Double {
  let source = Tensor.zeros([1 << 26]), target = Tensor.zeros([1 << 26])
  let seconds = best {
    parallelRanges(source.count, grain: 1 << 14) { range in
      (target.pointer + range.lowerBound).update(from: source.pointer + range.lowerBound, count: range.count)
    }
  }
  return Double(2 * source.count * MemoryLayout<Float>.stride) / seconds
}

let limits = (arithmetic: Profile.productLimit(), memory: memoryLimit())
print(
  "sgemm \(text(limits.arithmetic / 1e9)) GFLOP/s · memory \(text(limits.memory / 1e9)) GB/s · \(Threads.count) threads"
)
print(row(["operation", "shape", "error", "ms", "rate", "of bound"]))
var failed = false
var results: [JSON] = []
for item in productCases() + rowCases() + attentionCases() {
  let error = item.error()
  if !(error <= 1e-5) { failed = true }
  let seconds = best(item.run)
  let (rate, limit, unit) =
    switch item.bound {
    case .arithmetic(let count): (count / seconds, limits.arithmetic, "GFLOP/s")
    case .memory(let count): (count / seconds, limits.memory, "GB/s")
    }
  print(
    row([
      item.name, item.shape, String(format: "%.0e", error), text(seconds * 1e3, 3), "\(text(rate / 1e9)) \(unit)",
      "\(text(100 * rate / limit, 0)) %",
    ]))
  results.append([
    "operation": .string(item.name), "shape": .string(item.shape), "error": .number(error),
    "seconds": .number(seconds), "rate": .number(rate), "limit": .number(limit),
  ])
}
if let path = CommandLine.arguments.dropFirst().first {
  let object: JSON = [
    "threads": .integer(Threads.count), "product_limit": .number(limits.arithmetic),
    "memory_limit": .number(limits.memory), "operations": .array(results),
  ]
  try AtomicFile.write(object.text(.pretty) + "\n", to: path)
}
if failed {
  FileHandle.standardError.write(Data("an operation differs from double precision by more than 1e-5\n".utf8))
  exit(1)
}

func text(_ value: Double, _ decimals: Int = 1) -> String { String(format: "%.\(decimals)f", value) }

func row(_ cells: [String]) -> String {
  zip(cells, [26, 22, 7, 9, 16, 9]).enumerated().map { index, cell in
    let padding = String(repeating: " ", count: max(0, cell.1 - cell.0.count))
    return index < 2 ? cell.0 + padding : padding + cell.0
  }.joined(separator: " ")
}
