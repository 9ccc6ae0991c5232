import Basics
import Foundation

/// How much of a task a mixture takes.
public enum MixtureAmount: Sendable, Equatable {
  /// As the sampling has it.
  case natural
  /// A share of the mixture, relative to the other tasks' weights.
  case weight(Double)
  /// So many examples.
  case count(Int)
}

/// How the examples of several tasks become one set.
///
/// Examples-proportional sampling with a cap is that of Raffel et al. ("T5", 2020, section 3.5.2) and FLAN (Wei et al.,
/// 2022): a task with n examples has the rate min(n, cap). Temperature T raises the rates to 1/T.
public struct MixtureSampling: Sendable, Equatable {
  /// The largest number of examples that count for a task's rate; nil for no cap.
  public var cap: Int?
  /// 1 is examples-proportional; larger values approach equal shares.
  public var temperature: Double
  /// Every task has the same rate.
  public var isEqual: Bool
  /// All examples together; nil takes as many as the rates give without one used twice.
  public var total: Int?
  /// Uses examples of the training split more than once where a task has fewer than its share.
  public var repeats: Bool

  public init(
    cap: Int? = nil, temperature: Double = 1, isEqual: Bool = false, total: Int? = nil, repeats: Bool = false
  ) {
    self.cap = cap
    self.temperature = temperature
    self.isEqual = isEqual
    self.total = total
    self.repeats = repeats
  }

  /// How many examples each task gives, of those that it has. Without `repeats` no task gives more than it has.
  public func counts(of available: [Int], amounts: [MixtureAmount]) -> [Int] {
    var counts = [Int](repeating: 0, count: available.count)
    var rates = [Double](repeating: 0, count: available.count)
    let usesWeights = amounts.contains { if case .weight = $0 { true } else { false } }
    for index in available.indices where available[index] > 0 {
      let capped = Double(min(available[index], cap ?? .max))
      switch amounts[index] {
      case .count(let count): counts[index] = count
      case .weight(let weight): rates[index] = weight
      case .natural: rates[index] = isEqual || usesWeights ? 1 : rate(capped)
      }
    }
    let fixed = counts.reduce(0, +)
    let natural = available.indices.filter { rates[$0] > 0 }
    let sum = rates.reduce(0, +)
    if sum > 0 {
      let rest = total.map { max(0, $0 - fixed) } ?? size(natural, available, rates)
      for (index, share) in apportion(rest, natural.map { rates[$0] / sum }).enumerated() {
        counts[natural[index]] = share
      }
    }
    if !repeats { for index in counts.indices { counts[index] = min(counts[index], available[index]) } }
    return counts
  }

  private func rate(_ capped: Double) -> Double { temperature == 1 ? capped : pow(capped, 1 / temperature) }

  /// The largest set in which every task has its share and none is used twice; with repeats, what the caps allow.
  private func size(_ tasks: [Int], _ available: [Int], _ rates: [Double]) -> Int {
    let sum = tasks.reduce(0) { $0 + rates[$1] }
    let capped = tasks.map { min(available[$0], cap ?? .max) }
    if repeats { return capped.reduce(0, +) }
    let largest = zip(tasks, capped).map { Double($1) * sum / rates[$0] }.min() ?? 0
    return Int(largest.rounded(.down))
  }

  /// Splits a number by shares that sum to one, the remainders to the largest fractions.
  private func apportion(_ number: Int, _ shares: [Double]) -> [Int] {
    let exact = shares.map { $0 * Double(number) }
    // A hair of slack: 0.1 + 0.2 must not lose a whole example.
    var counts = exact.map { Int(($0 + 1e-9).rounded(.down)) }
    let order = exact.indices.sorted {
      let (a, b) = (exact[$0] - Double(counts[$0]), exact[$1] - Double(counts[$1]))
      return a == b ? $0 < $1 : a > b
    }
    for index in order.prefix(max(0, number - counts.reduce(0, +))) { counts[index] += 1 }
    return counts
  }
}
