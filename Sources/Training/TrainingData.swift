import Datasets
import Foundation

/// What a run learns and what it is measured on.
public struct TrainingData: Sendable {
  public var examples: [Example]
  /// Examples whose loss is measured during training.
  public var validation: [Example]
  /// The names of the tasks that examples are of.
  public var tasks: [String]
  /// Tasks that are measured but not trained: they have no share in the validation loss.
  public var heldOutTasks: Set<Int> = []
  /// Examples of other data, mixed in so that a model does not forget it.
  public var replay: [Example] = []
  /// The share of `replay` among the examples of a step, from 0 to less than 1.
  public var replayRatio = 0.0

  public init(_ examples: [Example], validation: [Example] = [], tasks: [String] = []) {
    self.examples = examples
    self.validation = validation
    self.tasks = tasks
  }
}

/// How often each task is trained on.
public enum TaskSampling: Sendable, Equatable {
  /// Every example once an epoch.
  case all
  /// Every task equally often, whatever its size.
  case uniform
  /// A task of n examples in proportion to n^(1/temperature): 1 is in proportion, large is uniform.
  case temperature(Double)

  /// The share of tasks with so many examples each; sums to 1.
  public func shares(_ counts: [Int]) -> [Double] {
    let weights = counts.map { count -> Double in
      switch self {
      case .all: Double(count)
      case .uniform: count == 0 ? 0 : 1
      case .temperature(let temperature): pow(Double(count), 1 / temperature)
      }
    }
    let total = weights.reduce(0, +)
    return weights.map { $0 / total }
  }
}
