/// A text as numbers of its words, as a whole and, where they are needed, by line.
struct RougeText {
  let tokens: [UInt32]
  let lines: [[UInt32]]

  var tokenCounts: [UInt32: Int] {
    var counts: [UInt32: Int] = [:]
    for token in tokens { counts[token, default: 0] += 1 }
    return counts
  }
}

/// Hits of ROUGE-Lsum: for each line of the reference the union of its longest common subsequences with all lines of the
/// prediction. Each token of the union counts while both texts still have an uncounted one of its kind.
///
/// - Parameter lines: those of the prediction.
func unionHits(_ prediction: RougeText, _ lines: [CommonSubsequence], _ reference: RougeText) -> Int {
  var predictionLeft = prediction.tokenCounts, referenceLeft = reference.tokenCounts
  var hits = 0
  for line in reference.lines {
    var isInUnion = [Bool](repeating: false, count: line.count)
    for predictionLine in lines {
      for index in predictionLine.rowIndices(with: line) { isInUnion[index] = true }
    }
    for (token, isHit) in zip(line, isInUnion) where isHit {
      guard let left = predictionLeft[token], left > 0, let other = referenceLeft[token], other > 0 else { continue }
      predictionLeft[token] = left - 1
      referenceLeft[token] = other - 1
      hits += 1
    }
  }
  return hits
}
