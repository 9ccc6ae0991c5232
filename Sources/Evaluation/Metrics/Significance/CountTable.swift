/// The counts of examples, of which scores of any choice are made: one row of memory where their sum is scored.
struct CountTable {
  private let metric: any Metric
  private let summed: (any SummedMetric)?
  private let rows: [[Double]]
  private let flat: [Double]
  private let width: Int

  init(_ metric: any Metric, _ counts: [[Double]]) {
    self.metric = metric
    width = counts.first?.count ?? 0
    let isEven = counts.allSatisfy { [width] in $0.count == width }
    summed = isEven ? metric as? any SummedMetric : nil
    (rows, flat) = summed == nil ? (counts, []) : ([], Array(counts.joined()))
  }

  /// The score of the examples with these numbers, of which one may come several times.
  func score(_ examples: [Int]) -> Double {
    guard let summed else { return metric.corpusScore(examples.map { rows[$0] }) }
    var sum = [Double](repeating: 0, count: width)
    add(examples, to: &sum)
    return summed.score(sum, examples: examples.count)
  }

  /// Adds the counts of examples to a sum.
  func add(_ examples: [Int], to sum: inout [Double]) {
    flat.withUnsafeBufferPointer { flat in
      sum.withUnsafeMutableBufferPointer { sum in
        for example in examples {
          let start = example * width
          for column in 0..<width { sum[column] += flat[start + column] }
        }
      }
    }
  }
}
