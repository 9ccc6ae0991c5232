import Basics

/// BIG-bench's `task.json` and BIG-Bench Hard's files: one object with examples.
struct BigBenchForm {
  /// Whether examples become those of the hub's `hails/bigbench`, with their prompts; BIG-Bench Hard's stay as they are.
  let makesPrompts: Bool

  /// - Throws: `TuneError.data` naming the example.
  func documents(of json: JSON, path: String) throws -> [TaskData.PlacedRecord] {
    guard let examples = json["examples"]?.arrayValue else {
      throw TuneError.data("\(path): expected a JSON object with a list of examples")
    }
    var seen = Set<[UInt8]>()
    return try examples.enumerated().compactMap { index, example in
      let place = "\(path): example \(index + 1)"
      guard let document = example.objectValue, let input = document["input"]?.stringValue else {
        throw TuneError.data("\(place): has no text 'input'")
      }
      guard makesPrompts else { return (document, place) }
      // Examples that are given twice count once.
      guard seen.insert(Array(example.text().utf8)).inserted else { return nil }
      return (try hubRecord(json, document, input, place), place)
    }
  }

  /// As the hub's data set is made of an example.
  ///
  /// Source: BIG-bench 1.0.0, `bigbench/api/json_task.py` and `bigbench/bbseqio/bigbench_bridge.py`; the hub's script
  /// takes white space off both ends of each text.
  private func hubRecord(_ json: JSON, _ document: JSONObject, _ input: String, _ place: String) throws -> JSONObject {
    let scores = document["target_scores"]?.objectValue ?? JSONObject()
    var targets: [JSON]
    switch document["target"] {
    case .array(let items)?: targets = items
    case .string(let text)?: targets = [.string(text)]
    default:
      let values = scores.map { $0.value.doubleValue ?? 0 }
      guard let best = values.max(), let right = values.firstIndex(of: best) else {
        throw TuneError.data("\(place): has neither a 'target' nor 'target_scores'")
      }
      targets = [.string(scores.keys[right])]
    }
    targets = try targets.map { target in
      guard let text = target.stringValue else {
        throw TuneError.data("\(place): target: expected texts, found \(target.text())")
      }
      return .string(Self.stripped(text))
    }
    return [
      "inputs": .string(Self.stripped(prompt(json, input, choices: scores.keys))), "targets": .array(targets),
      "multiple_choice_targets": .array(scores.keys.map { .string(Self.stripped($0)) }),
      "multiple_choice_scores": .array(scores.map { $0.value }),
    ]
  }

  /// With the task's prefixes, and the choices in the order that it draws where it lists them.
  private func prompt(_ json: JSON, _ input: String, choices: [String]) -> String {
    func text(_ key: String, _ other: String) -> String { json[key]?.stringValue ?? other }
    let choice = text("choice_prefix", "\n  choice: ")
    let lists = json["append_choices_to_input"]?.boolValue ?? true
    return text("task_prefix", "") + text("example_input_prefix", "\nQ: ") + input
      + (lists ? Self.permuted(choices).map { choice + $0 }.joined() : "") + text("example_output_prefix", "\nA: ")
  }

  /// `np.random.RandomState(42).permutation(sorted(choices))`.
  private static func permuted(_ choices: [String]) -> [String] {
    var choices = choices.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    var random = NumpyLegacyRandom(seed: 42)
    for last in stride(from: choices.count - 1, to: 0, by: -1) {
      choices.swapAt(last, random.integer(below: last + 1))
    }
    return choices
  }

  private static func stripped(_ text: String) -> String {
    PythonText.string(PythonText.stripped(Array(text.unicodeScalars)))
  }
}
