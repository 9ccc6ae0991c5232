/// How many trials train for how many steps: all of them briefly, the best of them longer.
///
/// Source: Jamieson and Talwalkar, "Non-stochastic Best Arm Identification and Hyperparameter Optimization", 2016. As
/// in scikit-learn's `HalvingGridSearchCV(min_resources="exhaust")` the last rung has all the steps, a rung before it
/// 1/eta of those, and of n trials ceil(n / eta) go on. The trials that go on begin again, so that the learning rate
/// follows the schedule of the rung's own length.
struct SuccessiveHalving: Equatable, Sendable {
  struct Rung: Equatable, Sendable {
    let steps: Int
    let trials: Int
  }

  let rungs: [Rung]

  /// - Parameters:
  ///   - steps: of the last rung.
  ///   - eta: at least 2; one of so many trials goes on.
  ///   - fewestSteps: the first rung has no fewer; there are fewer rungs then.
  init(trials: Int, steps: Int, eta: Int, fewestSteps: Int = 1) {
    precondition(trials > 0 && steps > 0 && eta > 1 && fewestSteps > 0)
    var divisor = 1
    while divisor <= trials / eta, steps / (divisor * eta) >= fewestSteps { divisor *= eta }
    var rungs: [Rung] = [], remaining = trials
    while divisor >= 1 {
      rungs.append(Rung(steps: steps / divisor, trials: remaining))
      remaining = (remaining + eta - 1) / eta
      divisor /= eta
    }
    self.rungs = rungs
  }
}
