import Foundation

/// The probability of counts at least as unequal as these where better and worse are equally likely, from 0 to 1: the
/// sign test, of right and wrong labels McNemar's exact test.
///
/// Source: McNemar, "Note on the sampling error of the difference between correlated proportions or percentages", 1947;
/// scipy's `binomtest(better, better + worse, 0.5)`.
public func signTest(better: Int, worse: Int) -> Double {
  let count = better + worse
  guard count > 0 else { return 1 }
  // Sums of logarithms: the terms of many items are too small for numbers.
  var logarithm = -Double(count) * log(2), tail = 0.0
  for index in 0...min(better, worse) {
    tail += exp(logarithm)
    logarithm += log(Double(count - index) / Double(index + 1))
  }
  return min(1, 2 * tail)
}
