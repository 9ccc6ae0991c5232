import Basics
import Foundation

/// One value of an axis: as it was written, and the options of `tune train` that choose it.
struct AxisValue: Equatable, Sendable {
  let text: String
  let options: [String]

  var number: Double? { Double(text).flatMap { $0.isFinite ? $0 : nil } }
}

/// What is varied: an option of `tune train` with its values, or labelled variants of several options.
struct SweepAxis: Equatable, Sendable {
  enum Choices: Equatable, Sendable {
    case list([AxisValue])
    case range(AxisRange)
  }

  /// The option without dashes, or `variant`.
  let name: String
  let choices: Choices

  /// The axis of labelled variants.
  static let variantName = "variant"

  var values: [AxisValue] { if case .list(let values) = choices { values } else { [] } }

  /// Reads `rank=1,2,4` for `--grid`, and for `--random` also `learning-rate=log:1e-5..1e-2`.
  ///
  /// - Throws: `TuneError.usage` for options that `tune train` does not have, repeated or missing values.
  init(parsing text: String, flag: String) throws {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map { String($0) }
    guard parts.count == 2, !parts[0].isEmpty else {
      throw TuneError.usage("\(flag): '\(text)' is not of the form option=values, such as rank=1,2,4,8")
    }
    name = try Self.checkedName(parts[0], flag: flag)
    if flag == "--random", parts[1].contains("..") {
      choices = .range(try AxisRange(parsing: parts[1], option: name))
      return
    }
    let values = parts[1].split(separator: ",", omittingEmptySubsequences: false)
      .map { $0.trimmingCharacters(in: .whitespaces) }
    guard values.allSatisfy({ !$0.isEmpty }) else {
      throw TuneError.usage("\(flag): '\(text)' has an empty value; write values such as rank=1,2,4,8")
    }
    try Self.checkDistinct(values, flag: flag, text: text)
    choices = .list(values.map { [name] in AxisValue(text: $0, options: Self.options(name, $0)) })
  }

  /// The axis of variants written as `label: options`.
  ///
  /// - Parameter texts: such as `QLoRA: --lora --load-in-4bit`.
  init(variants texts: [String]) throws {
    name = Self.variantName
    let values = try texts.map { text in
      let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      let label = parts[0].trimmingCharacters(in: .whitespaces)
      guard parts.count == 2, !label.isEmpty else {
        throw TuneError.usage(
          "--variant: '\(text)' is not of the form label: options, such as \"QLoRA: --lora --load-in-4bit\"")
      }
      return AxisValue(text: label, options: try ShellWords.split(String(parts[1]), flag: "--variant"))
    }
    try Self.checkDistinct(values.map { $0.text }, flag: "--variant", text: texts.joined(separator: " · "))
    choices = .list(values)
  }

  init(name: String, values: [AxisValue]) {
    self.name = name
    choices = .list(values)
  }

  /// This axis with only the values that another one of its name lists; options of variants stay.
  func narrowed(to other: SweepAxis, flag: String) throws -> SweepAxis {
    guard name.isSame(as: Self.variantName) else { return other }
    return SweepAxis(
      name: name,
      values: try other.values.map { wanted in
        let name = wanted.text.lowercased()
        let value = values.first { $0.text.isSame(as: wanted.text) } ?? values.first { $0.text.lowercased() == name }
        if let value { return value }
        let known = values.map { $0.text }
        let hint = nearest(wanted.text, among: known).map { "did you mean '\($0)'?" }
        throw TuneError.usage(
          "\(flag): there is no variant '\(wanted.text)'; " + (hint ?? "use \(known.joined(separator: ", "))"))
      })
  }

  /// Options of `tune train` that the sweep sets itself, or that change nothing about a result.
  private static let reserved = ["config", "help", "version", "output", "json", "quiet", "profile"]

  private static func checkedName(_ text: String, flag: String) throws -> String {
    let name = text.replacing("_", with: "-")
    if name == variantName { return name }
    let known = ConfigArguments.knownFlags(of: Tune.Train.self).subtracting(reserved)
    if known.contains(name) { return name }
    let hint = nearest(name, among: known.sorted()).map { "did you mean '\($0)'?" } ?? "see tune train --help"
    throw TuneError.usage("\(flag): tune train has no option '\(text)' that can be varied; \(hint)")
  }

  private static func checkDistinct(_ values: [String], flag: String, text: String) throws {
    for (index, value) in values.enumerated() where values[..<index].contains(where: { $0.isSame(as: value) }) {
      throw TuneError.usage("\(flag): '\(text)' names '\(value)' twice; name each value once")
    }
  }

  /// As configuration files do it: `true` is the flag, `false` its opposite or its absence.
  static func options(_ name: String, _ value: String) -> [String] {
    switch value {
    case "true": ["--\(name)"]
    case "false": ConfigArguments.knownFlags(of: Tune.Train.self).contains("no-\(name)") ? ["--no-\(name)"] : []
    default: value.hasPrefix("-") ? ["--\(name)=\(value)"] : ["--\(name)", value]
    }
  }
}

/// Numbers between two bounds, uniform or uniform in their logarithm: `1..64`, `0..0.3`, `log:1e-5..1e-2`.
struct AxisRange: Equatable, Sendable {
  let low: Double
  let high: Double
  let isLogarithmic: Bool
  /// Whether both bounds are written as integers; then all values are.
  let isInteger: Bool

  init(parsing text: String, option: String) throws {
    isLogarithmic = text.hasPrefix("log:")
    let bounds = (isLogarithmic ? String(text.dropFirst(4)) : text).split(
      separator: "..", omittingEmptySubsequences: false
    )
    .map { String($0) }
    guard bounds.count == 2, let low = Double(bounds[0]), let high = Double(bounds[1]), low.isFinite, high.isFinite,
      low < high, abs(low) <= 1e15, high <= 1e15
    else {
      throw TuneError.usage(
        "--random: '\(option)=\(text)' is no range; expected two numbers in ascending order, such as "
          + "\(option)=1e-5..1e-2 or \(option)=log:1e-5..1e-2")
    }
    guard !isLogarithmic || low > 0 else {
      throw TuneError.usage("--random: '\(option)=\(text)' has no logarithm at \(bounds[0]); begin above 0")
    }
    (self.low, self.high) = (low, high)
    isInteger = bounds.allSatisfy { Int($0) != nil }
  }

  /// A value with three digits, so that it can be typed again.
  func draw(from random: inout SeededRandom) -> String {
    let share = random.uniform()
    if isInteger, !isLogarithmic { return "\(Int(low) + Int((share * (high - low + 1)).rounded(.down)))" }
    let value = isLogarithmic ? exp(log(low) + share * (log(high) - log(low))) : low + share * (high - low)
    if isInteger { return "\(Int(min(high, max(low, value.rounded()))))" }
    let short = Double(String(format: "%.2e", value)) ?? value
    return "\(min(high, max(low, short)))"
  }
}
