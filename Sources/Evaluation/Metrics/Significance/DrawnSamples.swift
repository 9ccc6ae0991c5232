import Basics

/// What is made of samples of examples that are drawn with replacement, one after the other and so always the same; they
/// are worked on by several threads.
///
/// - Parameters:
///   - count: how many examples there are, and in each sample.
///   - draw: the next example.
///   - value: of the examples of a sample.
func drawnValues<Value>(
  samples: Int, of count: Int, draw: () -> Int, _ value: ([Int]) -> Value
) -> [Value] {
  // So many examples are in memory at a time, and samples for all threads.
  let block = max(4 * Threads.count, min(64, (1 << 17) / max(1, count)))
  var values: [Value] = []
  values.reserveCapacity(samples)
  for first in stride(from: 0, to: samples, by: block) {
    let drawn = (first..<min(first + block, samples)).map { _ in (0..<count).map { _ in draw() } }
    values += parallelValues(drawn.count) { value(drawn[$0]) }
  }
  return values
}

/// A value for each index below `count`, on several threads.
func parallelValues<Value>(_ count: Int, _ value: (Int) -> Value) -> [Value] {
  [Value](unsafeUninitializedCapacity: count) { values, initialized in
    let base = values.baseAddress
    parallelFor(count) { index in (base.map { $0 + index })?.initialize(to: value(index)) }
    initialized = count
  }
}
