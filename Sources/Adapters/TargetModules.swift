import Basics
import Models

/// Which linear layers an adapter sits on, by PEFT's rules.
public enum TargetModules: Sendable, Equatable {
  /// A layer whose path equals an entry or ends with a dot and the entry.
  case suffixes([String])
  /// A regular expression that must match the whole path. It comes with adapters of others, so it is a pattern that
  /// takes linear time: PEFT's, but for looking around and references back.
  case expression(String)
  /// Every linear layer but the output head.
  case allLinear

  /// Reads what a user typed: `all-linear`, a comma-separated list of suffixes, or a regular expression.
  public init(parsing text: String) {
    let isPlain = text.allSatisfy { $0.isLetter || $0.isNumber || "_.,- ".contains($0) }
    switch (text, isPlain) {
    case ("all-linear", _): self = .allLinear
    case (_, true):
      self = .suffixes(text.split(whereSeparator: { ", ".contains($0) }).map { String($0) })
    case (_, false): self = .expression(text)
    }
  }

  /// The layers that match, in the model's order.
  ///
  /// - Throws: `TuneError.usage` when none matches, or a suffix matches nothing, naming the layers there are.
  public func select(from linears: [Linear], flag: String = "--target-modules") throws -> [Linear] {
    let selected = Set(try select(names: linears.map { $0.name }, flag: flag))
    return linears.filter { selected.contains($0.name) }
  }

  /// The names that match, in their order.
  ///
  /// - Throws: `TuneError.usage` when none matches, or a suffix matches nothing.
  func select(names: [String], flag: String) throws -> [String] {
    let matches = try matcher(flag)
    let selected = names.filter { matches($0) }
    let known = Set(names.map { lastComponent($0) }).sorted().joined(separator: ", ")
    if case .suffixes(let suffixes) = self {
      for suffix in suffixes where !names.contains(where: { matchesSuffix($0, suffix) }) {
        let hint = nearest(suffix, among: names.map { lastComponent($0) }).map { "; did you mean \($0)?" } ?? "."
        throw TuneError.usage("\(flag): no layer is called '\(suffix)'\(hint) The model has: \(known)")
      }
    }
    guard !selected.isEmpty else {
      throw TuneError.usage("\(flag): '\(self)' matches no layer; the model has: \(known)")
    }
    return selected
  }

  /// As PEFT writes it where nothing is expanded.
  var listed: JSON {
    switch self {
    case .suffixes(let names): .array(names.map { .string($0) })
    case .expression(let pattern): .string(pattern)
    case .allLinear: "all-linear"
    }
  }

  /// What PEFT writes: `all-linear` is expanded to the layers' full names.
  func json(on model: any LanguageModel) throws -> JSON {
    guard self == .allLinear else { return listed }
    return .array(try select(from: model.linears).map { .string($0.name) })
  }

  private func matcher(_ flag: String) throws -> (String) -> Bool {
    switch self {
    case .allLinear: return { _ in true }
    case .suffixes(let suffixes): return { name in suffixes.contains { matchesSuffix(name, $0) } }
    case .expression(let pattern):
      let expression = try compiled(pattern, flag: flag)
      return expression.occurs
    }
  }
}

extension TargetModules: CustomStringConvertible {
  public var description: String {
    switch self {
    case .suffixes(let suffixes): suffixes.joined(separator: ", ")
    case .expression(let pattern): pattern
    case .allLinear: "all-linear"
    }
  }
}

/// Per-layer overrides such as PEFT's `rank_pattern`: the key is a path's end, or a regular expression for it.
struct LayerPattern: Sendable, Equatable {
  let entries: [(key: String, value: Double)]

  static func == (a: LayerPattern, b: LayerPattern) -> Bool { a.entries.elementsEqual(b.entries) { $0 == $1 } }

  /// The value of the first key that matches as `(.*\.)?key`.
  func value(for name: String) throws -> Double? {
    for (key, value) in entries {
      if matchesSuffix(name, key) { return value }
      if try compiled(key, flag: "adapter_config.json: rank_pattern", prefix: "(?:.*\\.)?").occurs(in: name) {
        return value
      }
    }
    return nil
  }

  var json: JSON {
    .object(JSONObject(entries: entries.map { JSONObject.Entry(key: $0.key, value: numberJSON($0.value)) }))
  }
}

/// A whole number as an integer, as PEFT writes ranks and alphas.
func numberJSON(_ value: Double) -> JSON { Int(exactly: value).map { .integer($0) } ?? .number(value) }

private func matchesSuffix(_ name: String, _ suffix: String) -> Bool { name == suffix || name.hasSuffix(".\(suffix)") }

private func lastComponent(_ name: String) -> String {
  name.lastIndex(of: ".").map { String(name[name.index(after: $0)...]) } ?? name
}

/// The pattern that finds a text in which the expression, behind the prefix, matches the whole.
private func compiled(_ pattern: String, flag: String, prefix: String = "") throws -> LinearPattern {
  do {
    // By itself first: brackets that do not match must not be closed by those around it.
    _ = try LinearPattern(pattern)
    return try LinearPattern("^\(prefix)(?:\(pattern))$")
  } catch let error as PatternError {
    throw TuneError.usage(
      "\(flag): '\(pattern)' is not a regular expression that is supported: \(error.reason); name the layers instead")
  }
}
