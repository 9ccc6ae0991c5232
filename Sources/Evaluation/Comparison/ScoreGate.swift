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

  /// As the user wrote it, white space aside.
  public private(set) var text: String
  /// Where the user wrote it, such as "--gate".
  public let flag: String
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
    self.flag = flag
    self.text = text.split(whereSeparator: { $0.isWhitespace }).joined(separator: " ")
  }

  /// A lower bound, as `--fail-under` has it: `rougeL=0.30`.
  public init(failUnder text: String) throws {
    let parts = text.split(separator: "=", maxSplits: 1).map { String($0) }
    guard parts.count == 2, let bound = Double(parts[1]), bound.isFinite else {
      throw TuneError.usage("--fail-under: '\(text)' is not of the form metric=value, such as rougeL=0.30")
    }
    try self.init("\(parts[0]) >= \(parts[1])", flag: "--fail-under")
    self.text = text
  }
}

/// What became of a gate.
public struct GateResult: Sendable {
  public let gate: ScoreGate
  public let passed: Bool
  /// What was found, such as "rougeL 0.4180".
  public let finding: String
  /// What was found and should not be, such as "rougeL 0.4180 is below 0.45"; nil where the gate is passed.
  public let failure: String?

  init(_ gate: ScoreGate, _ value: Double, finding: String) {
    self.gate = gate
    self.finding = finding
    passed = gate.relation.holds(value, gate.bound)
    failure = passed ? nil : "\(finding) \(gate.relation.opposite) \(gate.boundText)"
  }

  public var json: JSON {
    ["gate": .string(gate.text), "passed": .bool(passed), "finding": .string(finding)]
  }
}

extension ScoreGate.Relation {
  /// What is the case where the relation is not.
  fileprivate var opposite: String {
    switch self {
    case .atLeast: "is below"
    case .atMost: "is above"
    case .above: "is not above"
    case .below: "is not below"
    }
  }
}

extension ScoreGate {
  fileprivate var boundText: String { bound == bound.rounded() ? String(format: "%.0f", bound) : "\(bound)" }

  /// Holds the condition against the scores of a base and a tuned model, or of one alone.
  ///
  /// - Parameters:
  ///   - base: counts of the base; nil where one model alone is scored.
  ///   - own: counts of the model that the condition is about.
  /// - Throws: `TuneError.usage` where the condition needs a base that is not there.
  public func result(_ metric: any Metric, base: [[Double]]?, own: [[Double]]) throws -> GateResult {
    let decimals = metric.maximum > 1 ? 2 : 4
    let how = confidence.map { " with \(percent($0)) confidence" } ?? ""
    guard isRelativeToBase else {
      var value = metric.corpusScore(own)
      if let confidence {
        let interval = try PairedBootstrap(confidence: confidence).interval(metric, own)
        value = relation.wantsMore ? interval.lowerBound : interval.upperBound
      }
      return GateResult(self, value, finding: "\(self.metric)\(how) \(number(value, decimals))")
    }
    guard let base else { throw missingBase }
    let comparison = try PairedBootstrap(confidence: confidence ?? 0.95).compare(metric, base: base, tuned: own)
    var value = comparison.difference
    if confidence != nil {
      value = relation.wantsMore ? comparison.interval.lowerBound : comparison.interval.upperBound
    }
    return difference(value, decimals, how)
  }

  /// Holds the condition against a number without examples behind it.
  ///
  /// - Throws: `TuneError.usage` where the condition needs a base that is not there, or examples to draw again.
  public func result(_ value: Double, base: Double?) throws -> GateResult {
    guard confidence == nil else {
      throw TuneError.usage("\(flag) \"\(text)\": \(metric) has no interval; leave what begins with @ out")
    }
    guard isRelativeToBase else { return GateResult(self, value, finding: "\(metric) \(number(value, 4))") }
    guard let base else { throw missingBase }
    return difference(value - base, 4, "")
  }

  private var missingBase: TuneError {
    .usage("\(flag) \"\(text)\" compares with a base, and one model alone is scored; name what was tuned, too")
  }

  private func difference(_ value: Double, _ decimals: Int, _ how: String) -> GateResult {
    GateResult(
      self, value, finding: "\(metric)'s difference to the base\(how) \(value < 0 ? "" : "+")\(number(value, decimals))"
    )
  }

  private func number(_ value: Double, _ decimals: Int) -> String { String(format: "%.\(decimals)f", value) }

  private func percent(_ confidence: Double) -> String {
    let value = confidence * 100
    return value == value.rounded() ? "\(Int(value)) %" : "\(value) %"
  }
}
