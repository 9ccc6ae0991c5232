import Foundation

/// ROUGE-W: longest common subsequences in which unbroken runs count more.
///
/// The union over all lines of the prediction is taken for each line of the reference, as in ROUGE-L.
struct WeightedCommon {
  let weight: Double

  func comparison(_ prediction: RougeText, _ reference: RougeText) -> OriginalRouge.Score {
    let longest = max(prediction.tokens.count, reference.lines.reduce(0) { max($0, $1.count) })
    let values = (0...longest + 1).map { pow(Double($0), weight) }
    var score = OriginalRouge.Score()
    var predictionLeft = prediction.tokenCounts, referenceLeft = reference.tokenCounts
    for line in reference.lines where !line.isEmpty {
      var isMarked = [Bool](repeating: false, count: line.count + 1)
      for other in prediction.lines { mark(line, other, values, &isMarked) }
      var run = 0
      for (place, token) in line.enumerated() where isMarked[place] {
        guard let own = predictionLeft[token], own > 0, let left = referenceLeft[token], left > 0 else { continue }
        predictionLeft[token] = own - 1
        referenceLeft[token] = left - 1
        run += 1
        guard !isMarked[place + 1] else { continue }
        score.hits += values[run]
        run = 0
      }
    }
    // The script raises the reference's length twice.
    score.referenceCount = pow(reference.lines.reduce(0) { $0 + values[$1.count] }, weight)
    score.predictionCount = values[prediction.tokens.count]
    return score
  }

  private enum Step: UInt8 { case diagonal, up, left }

  /// Marks the places of a line that belong to the one weighted longest common subsequence which the script takes.
  private func mark(_ line: [UInt32], _ other: [UInt32], _ values: [Double], _ isMarked: inout [Bool]) {
    let width = other.count + 1
    var scores = [Double](repeating: 0, count: width), runs = [Int](repeating: 0, count: width)
    var steps = [Step](repeating: .up, count: line.count * width)
    for (row, token) in line.enumerated() {
      var above = scores[0], runAbove = runs[0]  // of the column before
      for column in stride(from: 1, to: width, by: 1) {
        let (oldScore, oldRun) = (scores[column], runs[column])
        if token == other[column - 1] {
          scores[column] = above + (values[runAbove + 1] - values[runAbove])
          runs[column] = runAbove + 1
          steps[row * width + column] = .diagonal
        } else {
          runs[column] = 0
          if oldScore < scores[column - 1] {
            scores[column] = scores[column - 1]
            steps[row * width + column] = .left
          }
        }
        (above, runAbove) = (oldScore, oldRun)
      }
    }
    var row = line.count, column = other.count
    while row > 0, column > 0 {
      switch steps[(row - 1) * width + column] {
      case .diagonal:
        (row, column) = (row - 1, column - 1)
        isMarked[row] = true
      case .up: row -= 1
      case .left: column -= 1
      }
    }
  }
}
