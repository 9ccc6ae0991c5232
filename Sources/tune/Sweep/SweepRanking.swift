import Basics

/// Outcomes from the best to the worst.
struct SweepRanking {
  /// Those with a score: the ones that went furthest first, then by score, then by their number.
  let scored: [TrialOutcome]
  /// Failed, left out, or without a finite score, by their number.
  let others: [TrialOutcome]

  var best: TrialOutcome? { scored.first }
  var all: [TrialOutcome] { scored + others }

  init(_ outcomes: [TrialOutcome], metric: SweepMetric) {
    func score(_ outcome: TrialOutcome) -> Double? {
      guard outcome.status == .complete, let score = outcome[metric.rawValue], score.isFinite else { return nil }
      return score
    }
    scored = outcomes.filter { score($0) != nil }.sorted { a, b in
      if a.rung != b.rung { return a.rung > b.rung }
      if score(a) != score(b) { return metric.isBetter(score(a), than: score(b)) }
      return a.trial < b.trial
    }
    others = outcomes.filter { score($0) == nil }.sorted { $0.trial < $1.trial }
  }

  /// One outcome a trial: that of the last rung in which it was run.
  init(_ state: SweepState) {
    var last: [Int: TrialOutcome] = [:]
    for outcome in state.outcomes {
      guard let known = last[outcome.trial] else {
        last[outcome.trial] = outcome
        continue
      }
      if outcome.rung > known.rung, outcome.status != .leftOut { last[outcome.trial] = outcome }
    }
    self.init(Array(last.values), metric: state.settings.metric)
  }
}
