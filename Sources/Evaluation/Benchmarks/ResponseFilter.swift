import Basics

/// What is made of the answers to a question before they are scored, one step after the other.
struct FilterPipeline: Sendable {
  let name: String
  private let steps: [ResponseFilter]

  /// The harness's own where a task names none: the first answer.
  static let none = FilterPipeline(name: "none", steps: [.takeFirst])

  init(name: String, steps: [ResponseFilter]) {
    self.name = name
    self.steps = steps
  }

  /// - Parameter json: one of a task's `filter_list`.
  init(_ json: JSON, task: String) throws {
    guard let name = json["name"]?.stringValue, let functions = json["filter"]?.arrayValue else {
      throw TuneError.usage("\(task): filter_list: expected entries with a name and a list of filters")
    }
    self.name = name
    steps = try functions.map { try ResponseFilter($0, task: task) }
  }

  /// - Returns: the answer that is scored.
  func apply(_ responses: [String]) -> String {
    steps.reduce(responses) { $1.apply($0) }.first ?? ""
  }
}

/// A filter of lm-evaluation-harness, by its name there.
enum ResponseFilter: Sendable {
  case takeFirst
  case takeFirstOf(count: Int)
  case majorityVote
  case stripped
  case lowercased
  case uppercased
  case mapped([String: String], other: String)
  /// The groups of one of the matches: the number `select` of all, from the end when negative.
  case pattern(LinearPattern, select: Int, fallback: String)

  static let names = [
    "take_first", "take_first_k", "majority_vote", "remove_whitespace", "lowercase", "uppercase", "map", "regex",
  ]

  init(_ json: JSON, task: String) throws {
    guard let name = json["function"]?.stringValue else {
      throw TuneError.usage(
        "\(task): filter_list: a filter has no function; known: \(Self.names.joined(separator: ", "))")
    }
    switch name {
    case "take_first": self = .takeFirst
    case "take_first_k":
      guard let count = json["k"]?.intValue, count > 0 else {
        throw TuneError.usage("\(task): take_first_k: expected k, a number of answers")
      }
      self = .takeFirstOf(count: count)
    case "majority_vote": self = .majorityVote
    case "remove_whitespace": self = .stripped
    case "lowercase": self = .lowercased
    case "uppercase": self = .uppercased
    case "map":
      let members = json["mapping_dict"]?.objectValue?.map { ($0.key, $0.value.stringValue ?? $0.value.text()) } ?? []
      self = .mapped(
        Dictionary(members) { $1 }, other: json["default_value"].map { $0.stringValue ?? $0.text() } ?? "None")
    case "regex":
      self = .pattern(
        try compiled(json["regex_pattern"]?.stringValue ?? "#### (\\-?[0-9\\.\\,]+)", name: "\(task): regex_pattern"),
        select: json["group_select"]?.intValue ?? 0, fallback: json["fallback"]?.stringValue ?? "[invalid]")
    default: throw unknownName(name, kind: "filter", known: Self.names)
    }
  }

  func apply(_ responses: [String]) -> [String] {
    switch self {
    case .takeFirst: return Array(responses.prefix(1))
    case .takeFirstOf(let count): return Array(responses.prefix(count))
    case .majorityVote: return Self.mostFrequent(responses).map { [$0] } ?? []
    case .stripped: return responses.map { Self.stripped(Array($0.unicodeScalars)) }
    case .lowercased: return responses.map { PythonText.string(PythonText.lowercased(Array($0.unicodeScalars))) }
    case .uppercased: return responses.map { $0.uppercased() }
    case .mapped(let members, let other): return responses.map { members[$0] ?? other }
    case .pattern(let pattern, let select, let fallback):
      return responses.map { Self.extracted(pattern, select, $0) ?? fallback }
    }
  }

  private static func stripped(_ scalars: [Unicode.Scalar]) -> String {
    PythonText.string(PythonText.stripped(scalars))
  }

  /// The first of those that come most often.
  private static func mostFrequent(_ responses: [String]) -> String? {
    var counts: [[UInt8]: Int] = [:]
    for response in responses { counts[Array(response.utf8), default: 0] += 1 }
    let most = counts.values.max()
    return responses.first { counts[Array($0.utf8)] == most }
  }

  /// Of a match its only group, or the first of several groups that is not empty; all of it without groups.
  private static func extracted(_ pattern: LinearPattern, _ select: Int, _ text: String) -> String? {
    let scalars = Array(text.unicodeScalars), matches = pattern.matches(in: scalars)
    let place = select < 0 ? matches.count + select : select
    guard matches.indices.contains(place) else { return nil }
    let groups = matches[place].groups
    let range = groups.count == 1 ? groups[0] : groups.dropFirst().compactMap { $0 }.first { !$0.isEmpty }
    if let range { return stripped(Array(scalars[range])) }
    return groups.count == 2 ? "" : nil
  }
}
