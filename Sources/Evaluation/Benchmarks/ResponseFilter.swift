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
  /// - Throws: `TuneError.data` for a document without what a filter needs of it.
  func apply(_ responses: [String], to document: TaskDocument) throws -> String {
    try steps.reduce(responses) { try $1.apply($0, to: document) }.first ?? ""
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
  case finder(AnswerFinder)
  case wordOrder

  /// Those that begin with bbh_ are Python classes of the harness's BIG-Bench Hard.
  static let names = [
    "take_first", "take_first_k", "majority_vote", "remove_whitespace", "lowercase", "uppercase", "map", "regex",
    "multi_choice_regex", "bbh_multi_choice_regex", "bbh_number_regex", "bbh_map_regex", "bbh_word_sort",
  ]

  private static let defaultPattern = "#### (\\-?[0-9\\.\\,]+)"

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
        try Self.pattern(json, task),
        select: json["group_select"]?.intValue ?? 0, fallback: json["fallback"]?.stringValue ?? "[invalid]")
    case "multi_choice_regex", "bbh_multi_choice_regex":
      self = .finder(
        try AnswerFinder(
          .choice(ofInput: name != "multi_choice_regex"), pattern: Self.pattern(json, task), json, name: task))
    case "bbh_number_regex":
      self = .finder(try AnswerFinder(.number, pattern: Self.pattern(json, task), json, name: task))
    case "bbh_map_regex": self = .finder(try Self.mapping(json, task))
    case "bbh_word_sort": self = .wordOrder
    default: throw unknownName(name, kind: "filter", known: Self.names)
    }
  }

  private static func pattern(_ json: JSON, _ task: String) throws -> LinearPattern {
    try compiled(json["regex_pattern"]?.stringValue ?? defaultPattern, name: "\(task): regex_pattern")
  }

  private static func mapping(_ json: JSON, _ task: String) throws -> AnswerFinder {
    let name = "\(task): regex_pattern_to_value"
    guard let members = json["regex_pattern_to_value"]?.objectValue, !members.keys.isEmpty else {
      throw TuneError.usage("\(name): expected patterns with their values")
    }
    let values = try members.map { (try compiled($0.key, name: name), $0.value.stringValue ?? $0.value.text()) }
    let whole = try compiled(members.keys.joined(separator: "|"), name: name)
    return try AnswerFinder(.mapped(values), pattern: whole, json, name: task)
  }

  func apply(_ responses: [String], to document: TaskDocument) throws -> [String] {
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
    case .finder(let finder): return try responses.map { try finder.answer(in: $0, to: document) }
    case .wordOrder: return try responses.map { try WordOrder.answer(in: $0, to: document) }
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
