import Foundation

/// How the learning rate moves over a run: a pure function from step to factor, as Hugging Face's schedulers.
public enum Schedule: String, Sendable, CaseIterable {
  case constant
  case linear
  case cosine

  /// The factor on the learning rate at `step` (from 0) of `totalSteps`; warm-up rises from 0 over `warmupSteps`.
  public func factor(step: Int, totalSteps: Int, warmupSteps: Int) -> Double {
    if step < warmupSteps { return Double(step) / Double(max(1, warmupSteps)) }
    let remaining = max(1, totalSteps - warmupSteps)
    let progress = min(1, Double(step - warmupSteps) / Double(remaining))
    switch self {
    case .constant: return 1
    case .linear: return 1 - progress
    case .cosine: return max(0, 0.5 * (1 + cos(.pi * progress)))
    }
  }
}
