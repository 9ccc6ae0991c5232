import Basics
import CKernels
import Foundation

/// How the next token is chosen from logits.
public struct SamplingOptions: Sendable, Equatable {
  /// 0 takes the most likely token; higher flattens the distribution.
  public var temperature: Double
  /// Only the k most likely tokens take part; 0 is no limit.
  public var topK: Int
  /// Only the smallest set of tokens whose probability reaches this takes part; 1 is no limit.
  public var topP: Double
  public var seed: UInt64

  public init(temperature: Double = 0, topK: Int = 0, topP: Double = 1, seed: UInt64 = 42) {
    self.temperature = temperature
    self.topK = topK
    self.topP = topP
    self.seed = seed
  }

  public static let greedy = SamplingOptions()
}

/// Draws tokens of one sequence; its random stream depends on the seed and the sequence's index only.
public struct Sampler {
  private let options: SamplingOptions
  private var random: SeededRandom

  public init(_ options: SamplingOptions, sequence: Int) {
    self.options = options
    random = SeededRandom(seed: options.seed, stream: "sampling/\(sequence)")
  }

  /// - Parameter logits: [vocabulary]
  public mutating func next(_ logits: UnsafePointer<Float>, count: Int) -> Int {
    let values = UnsafeBufferPointer(start: logits, count: count)
    guard options.temperature > 0 else { return largestIndex(values) }
    let candidates = nucleus(values)
    var draw = random.uniform() * candidates.reduce(0) { $0 + $1.weight }
    for candidate in candidates {
      draw -= candidate.weight
      if draw < 0 { return candidate.index }
    }
    return candidates[candidates.count - 1].index
  }

  /// The tokens that take part, most likely first, with unnormalised probabilities: top-k, then top-p.
  private func nucleus(_ values: UnsafeBufferPointer<Float>) -> [(index: Int, weight: Double)] {
    let largest = Double(values[largestIndex(values)])
    var candidates = values.indices.map {
      (index: $0, weight: exp((Double(values[$0]) - largest) / options.temperature))
    }
    candidates.sort { ($0.weight, $1.index) > ($1.weight, $0.index) }
    if options.topK > 0 { candidates.removeSubrange(min(options.topK, candidates.count)...) }
    guard options.topP < 1 else { return candidates }
    let limit = options.topP * candidates.reduce(0) { $0 + $1.weight }
    var sum = 0.0
    let kept = candidates.firstIndex { candidate in
      sum += candidate.weight
      return sum >= limit
    }
    return Array(candidates[...(kept ?? candidates.count - 1)])
  }
}

/// The index of the largest value; the first of equal ones.
func largestIndex(_ values: UnsafeBufferPointer<Float>) -> Int {
  var best = 0
  for index in values.indices where values[index] > values[best] { best = index }
  return best
}

/// A token and its natural-log probability.
public struct TokenProbability: Sendable, Equatable {
  public let id: Int
  public let logProbability: Float
}
