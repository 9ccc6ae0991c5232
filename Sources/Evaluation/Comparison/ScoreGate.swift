import Basics
import Foundation

/// A condition on a score that CI insists on: `rougeL >= 0.30`, `rougeL >= base+0.02 @95%`, `ter <= base`.
///
/// With a confidence the bound must hold for the whole interval: the lower end of a score, or of a difference to the base,
/// for `>=`.
public struct ScoreGate: Sendable, Equatable {
  public enum Relation: String, Sendable, CaseIterable {
    case atLeast = ">="
    case atMost = "<="
    case above = ">"
    case below = "<"

    public func holds(_ value: Double, _ bound: Double) -> Bool {
      switch self {
      case .atLeast: value >= bound
      case .atMost: value <= bound
      case .above: value > bound
      case .below: value < bound
      }
    }

    /// Whether larger values are the better ones.
    var wantsMore: Bool { self == .atLeast || self == .above }
  }

  /// As the user wrote it, with single spaces.
  public let text: String
  public let metric: String
  public let relation: Relation
  /// What is added to the base's score, or the bound itself.
  public let bound: Double
  public let isRelativeToBase: Bool
  /// From 0 to 1; nil where the score alone decides.
  public let confidence: Double?

  /// - Throws: `TuneError.usage` for a text that is no condition.
  public init(_ text: String, flag: String = "--gate") throws {
    let failure = TuneError.usage(
      "\(flag): '\(text)' is no condition; expected a metric, >=, <=, > or <, and a bound, such as \"rougeL >= 0.30\" or "
        + "\"rougeL >= base+0.02 @95%\"")
    guard
      let relation = [">=", "<=", ">", "<"].first(where: { text.contains($0) }).flatMap({ Relation(rawValue: $0) }),
      let place = text.range(of: relation.rawValue)
    else { throw failure }
    metric = text[..<place.lowerBound].trimmingCharacters(in: .whitespaces)
    self.relation = relation
    var rest = text[place.upperBound...].filter { !$0.isWhitespace }
    if let at = rest.firstIndex(of: "@") {
      guard rest.hasSuffix("%"), let percent = Double(rest[rest.index(after: at)...].dropLast()), percent > 0,
        percent < 100
      else { throw failure }
      confidence = percent / 100
      rest = String(rest[..<at])
    } else {
      confidence = nil
    }
    isRelativeToBase = rest.hasPrefix("base")
    if isRelativeToBase { rest = String(rest.dropFirst(4)) }
    // A sign leads behind the base.
    guard let bound = rest.isEmpty && isRelativeToBase ? 0 : Double(rest), bound.isFinite, !metric.isEmpty,
      !isRelativeToBase || rest.isEmpty || rest.hasPrefix("+") || rest.hasPrefix("-")
    else { throw failure }
    self.bound = bound
    self.text = text.split(whereSeparator: { $0.isWhitespace }).joined(separator: " ")
  }

  /// A lower bound, as `--fail-under` has it: `rougeL=0.30`.
  public init(failUnder text: String) throws {
    let parts = text.split(separator: "=", maxSplits: 1).map { String($0) }
    guard parts.count == 2, let bound = Double(parts[1]), bound.isFinite else {
      throw TuneError.usage("--fail-under: '\(text)' is not of the form metric=value, such as rougeL=0.30")
    }
    try self.init("\(parts[0]) >= \(parts[1])", flag: "--fail-under")
  }
}

/// What became of a gate.
public struct GateResult: Sendable {
  public let gate: ScoreGate
  public let passed: Bool
  /// What was found, as a sentence without its end.
  public let finding: String
}

extension ScoreGate {
  /// Holds the condition against the scores of a base and a tuned model, or of one alone.
  ///
  /// - Parameters:
  ///   - tuned: counts of the tuned model; nil where the base is alone, whose score is then looked at.
  /// - Throws: `TuneError.usage` where the condition needs a base that is not there.
  public func result(_ metric: any Metric, base: [[Double]], tuned: [[Double]]?) throws -> GateResult {
    func number(_ value: Double) -> String { String(format: metric.maximum > 1 ? "%.2f" : "%.4f", value) }
    guard isRelativeToBase else {
      let counts = tuned ?? base
      var value = metric.corpusScore(counts), name = self.metric
      if let confidence {
        let interval = try PairedBootstrap(confidence: confidence).interval(metric, counts)
        value = relation.wantsMore ? interval.lowerBound : interval.upperBound
        name += " with \(percent(confidence)) confidence"
      }
      return GateResult(gate: self, passed: relation.holds(value, bound), finding: "\(name) is \(number(value))")
    }
    guard let tuned else {
      throw TuneError.usage("--gate \"\(text)\" compares with a base; name what was tuned with --run or --adapter")
    }
    let comparison = try PairedBootstrap(confidence: confidence ?? 0.95).compare(metric, base: base, tuned: tuned)
    var value = comparison.difference
    if confidence != nil {
      value = relation.wantsMore ? comparison.interval.lowerBound : comparison.interval.upperBound
    }
    let how = confidence.map { " with \(percent($0)) confidence" } ?? ""
    return GateResult(
      gate: self, passed: relation.holds(value, bound),
      finding: "\(self.metric) differs from the base's by \(value < 0 ? "" : "+")\(number(value))\(how)")
  }

  private func percent(_ confidence: Double) -> String {
    let value = confidence * 100
    return value == value.rounded() ? "\(Int(value)) %" : "\(value) %"
  }
}
