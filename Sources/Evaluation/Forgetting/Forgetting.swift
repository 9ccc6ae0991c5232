import Basics

/// Something that a model knows or can do, measured item by item, and what tuning did to it.
///
/// A mean over items: of the cross-entropy of tokens (nats, lower is better), or of right answers (higher is better).
public struct ForgettingProbe: Sendable, Equatable {
  public enum Kind: String, Sendable {
    case loss, accuracy
  }

  public let name: String
  public let kind: Kind
  /// Whether this is what the model was tuned for: then its change is what was learnt, and no forgetting.
  public let isTrained: Bool

  public init(name: String, kind: Kind, isTrained: Bool = false) {
    self.name = name
    self.kind = kind
    self.isTrained = isTrained
  }
}

/// What one model scored on one item: `sum / weight` is its mean, with the tokens of a loss or 1 for an answer as weight.
public struct ProbeItem: Sendable, Equatable {
  public let sum: Double
  public let weight: Double

  public init(sum: Double, weight: Double) {
    self.sum = sum
    self.weight = weight
  }
}

/// A probe of a base and a tuned model on the same items.
public struct ProbeComparison: Sendable, Equatable {
  public let probe: ForgettingProbe
  public let items: Int
  public let base: Double
  public let tuned: Double
  /// How much worse the tuned model is: nats a token, or the share of answers; below 0 where it is better.
  public let forgotten: Double
  /// The confidence interval of `forgotten`, by drawing items again.
  public let interval: ClosedRange<Double>

  /// Whether the interval excludes "no difference".
  public var isSignificant: Bool { !interval.contains(0) }

  /// - Throws: `TuneError.data` where there are no items, or other items of the tuned model than of the base.
  public init(_ probe: ForgettingProbe, base: [ProbeItem], tuned: [ProbeItem], bootstrap: PairedBootstrap) throws {
    guard base.count == tuned.count, !base.isEmpty else {
      throw TuneError.data(
        "\(probe.name): \(base.count) items of the base model and \(tuned.count) of the tuned one; measure both on the "
          + "same items, at least one")
    }
    func mean(_ items: [ProbeItem], _ indices: some Sequence<Int>) -> Double {
      var sum = 0.0, weight = 0.0
      for index in indices {
        sum += items[index].sum
        weight += items[index].weight
      }
      return sum / max(weight, .leastNonzeroMagnitude)
    }
    let sign: Double = probe.kind == .loss ? 1 : -1
    self.probe = probe
    items = base.count
    self.base = mean(base, base.indices)
    self.tuned = mean(tuned, tuned.indices)
    forgotten = sign * (self.tuned - self.base)
    interval = bootstrap.interval(ofScores: base.count) { sign * (mean(tuned, $0) - mean(base, $0)) }
  }

  /// For files and `--json`.
  public var json: JSON {
    [
      "probe": .string(probe.name), "kind": .string(probe.kind.rawValue), "trained": .bool(probe.isTrained),
      "items": .integer(items), "base": .number(base), "tuned": .number(tuned), "forgotten": .number(forgotten),
      "interval": [.number(interval.lowerBound), .number(interval.upperBound)],
    ]
  }
}

extension [ProbeComparison] {
  /// The probe that lost most of what the model was not tuned for; nil without such a probe.
  public var worst: ProbeComparison? {
    filter { !$0.probe.isTrained }.max { $0.forgotten < $1.forgotten }
  }
}
