import Basics
import Foundation

/// Results in lm-evaluation-harness's own layout, so that its readers take them.
public enum HarnessResults {
  /// An entry of `results`: scores as "acc,none" and "acc_stderr,none".
  public static func scores(_ result: TaskResult) -> JSON {
    let task = result.run.task
    var entry: JSONObject = [
      "name": .string(task.name), "alias": .string(task.alias), "sample_len": .integer(result.sampleCount),
    ]
    for score in result.scores { add(score, to: &entry) }
    return .object(entry)
  }

  /// An entry of `groups`.
  public static func scores(_ group: TaskGroup, _ found: [(score: TaskScore, sampleCount: Int)]) -> JSON {
    var entry: JSONObject = ["alias": .string(group.alias), "name": .string(group.name)]
    guard !found.isEmpty else { return .object(entry) }
    entry["sample_len"] = .integer(found[0].sampleCount)
    var counts = JSONObject()
    for (score, count) in found {
      add(score, to: &entry)
      counts["\(score.metric),\(score.filter)"] = .integer(count)
    }
    entry["sample_count"] = .object(counts)
    return .object(entry)
  }

  private static func add(_ score: TaskScore, to entry: inout JSONObject) {
    entry["\(score.metric),\(score.filter)"] = .number(score.value)
    entry["\(score.metric)_stderr,\(score.filter)"] = score.standardError.map { .number($0) } ?? "N/A"
  }

  /// A line of `samples_<task>.jsonl`.
  public static func sample(_ scored: ScoredSample) -> JSON {
    let sample = scored.sample, document = JSON.object(sample.document.json)
    var arguments = JSONObject()
    for (index, request) in sample.requests.enumerated() { arguments["gen_args_\(index)"] = request.json }
    var line: JSONObject = [
      "doc_id": .integer(sample.documentID), "doc": document, "target": .string(sample.target.python),
      "arguments": .object(arguments), "resps": .array(scored.responses.map { [described($0)] }),
    ]
    line["filtered_resps"] =
      scored.filtered.isEmpty
      ? .array(scored.responses.map { described($0) }) : .array(scored.filtered.map { .string($0) })
    line["filter"] = .string(scored.filter)
    line["metrics"] = .array(scored.values.map { .string($0.metric) })
    line["doc_hash"] = .string(hash(document.text(.pretty)))
    line["prompt_hash"] = .string(hash(prompt(sample.requests.first)))
    line["target_hash"] = .string(hash(sample.target.python))
    for (metric, value) in scored.values { line[metric] = value.json }
    return .object(line)
  }

  /// Numbers and flags as texts, as Python writes them.
  private static func described(_ response: TaskResponse) -> JSON {
    switch response {
    case .logLikelihood(let value, let isGreedy):
      [.string(JSON.number(value).text()), .string(isGreedy ? "True" : "False")]
    case .rolling(let value): .string(JSON.number(value).text())
    case .generated(let texts): texts.count == 1 ? .string(texts[0]) : .array(texts.map { .string($0) })
    }
  }

  private static func prompt(_ request: TaskRequest?) -> String {
    switch request {
    case .logLikelihood(let context, _)?, .generate(let context, _)?: context
    case .rolling(let text)?: text
    case nil: ""
    }
  }

  private static func hash(_ text: String) -> String {
    var hash = SHA256()
    hash.update(text)
    return hash.hexadecimal()
  }
}
