import Basics
import Foundation
import Training

/// What became of one trial in one rung.
struct TrialOutcome: Equatable, Sendable {
  enum Status: String, Sendable {
    case complete, failed
    /// Not started, because it would not have ended within the budget.
    case leftOut = "left out"
  }

  let trial: Int
  /// From 0.
  let rung: Int
  let status: Status
  /// Why it failed or was left out.
  var reason: String?
  /// The wall time of its processes, in seconds.
  var wallSeconds = 0.0
  /// `eval_loss`, `first_eval_loss`, `trainable_parameters`, `adapter_bytes`, `peak_memory_bytes`, `seconds`,
  /// `tokens_per_second`, `steps`, and the scores of `tune eval` by their names.
  var values = JSONObject()

  subscript(_ name: String) -> Double? { values[name]?.doubleValue }

  var json: JSONObject {
    var object: JSONObject = [
      "trial": .integer(trial), "rung": .integer(rung), "status": .string(status.rawValue),
    ]
    if let reason { object["reason"] = .string(reason) }
    if status != .leftOut { object["wall_seconds"] = .number(wallSeconds) }
    for entry in values { object[entry.key] = entry.value }
    return object
  }

  private static let ownKeys = ["trial", "rung", "status", "reason", "wall_seconds"]

  init(trial: Int, rung: Int, status: Status, reason: String? = nil) {
    (self.trial, self.rung, self.status, self.reason) = (trial, rung, status, reason)
  }

  /// Reads what `json` wrote; nil where a value is missing or of another kind.
  init?(_ json: JSON) {
    guard let object = json.objectValue, let trial = object["trial"]?.intValue, trial > 0,
      let rung = object["rung"]?.intValue,
      let status = object["status"]?.stringValue.flatMap({ Status(rawValue: $0) })
    else { return nil }
    self.init(trial: trial, rung: rung, status: status, reason: object["reason"]?.stringValue)
    wallSeconds = object["wall_seconds"]?.doubleValue ?? 0
    values = JSONObject(entries: object.entries.filter { !Self.ownKeys.contains($0.key) })
  }

  /// Takes over what a run's `run.json` measured.
  mutating func take(_ run: Run) {
    let result = run.description["result"]
    values["steps"] = result?["steps"] ?? .null
    values["trainable_parameters"] = run.description["model"]?["trainable_parameters"] ?? .null
    values["adapter_bytes"] = .integer(Self.weightBytes(in: run.adapter ?? run.tunedModel ?? run.path))
    values["peak_memory_bytes"] = result?["peak_memory_bytes"] ?? .null
    values["seconds"] = result?["seconds"] ?? .null
    values["tokens_per_second"] = result?["tokens_per_second"] ?? .null
    values["first_eval_loss"] = result?["first_eval_loss"] ?? .null
    values["eval_loss"] = result?["last_eval_loss"] ?? .null
  }

  /// Takes over the scores that `tune eval --json` printed.
  mutating func take(scores: JSON) {
    for entry in scores["scores"]?.objectValue ?? JSONObject() {
      values[entry.key] = entry.value["tuned"] ?? .null
      values["base_\(entry.key)"] = entry.value["base"] ?? .null
    }
  }

  /// Takes over what `tune eval --forgetting --json` printed: the most that a probe lost, and what each did.
  mutating func take(forgetting: JSON) {
    let run = forgetting["runs"]?.arrayValue?.first
    values["forgetting"] = run?["forgetting"] ?? .null
    for probe in run?["probes"]?.arrayValue ?? [] where probe["trained"] != true {
      guard let name = probe["probe"]?.stringValue else { continue }
      values["forgotten_\(name)"] = probe["forgotten"] ?? .null
    }
  }

  /// The bytes of the files of weights in a folder.
  private static func weightBytes(in folder: String) -> Int {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.filter { $0.hasSuffix(".safetensors") }.reduce(0) { sum, name in
      let attributes = try? FileManager.default.attributesOfItem(atPath: "\(folder)/\(name)")
      return sum + ((attributes?[.size] as? Int) ?? 0)
    }
  }
}
