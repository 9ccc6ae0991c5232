import Basics
import Foundation

/// The folder of a run whose every text is given, as far as a report reads it.
struct ReportFixture {
  let path = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path

  /// - Parameter text: gives the next text.
  init(_ text: () -> String) throws {
    let names = (0..<3).map { "\(text())\($0)" }
    try write("run.json", settings(text))
    try lines(
      "metrics.jsonl",
      (0...4).map { step in
        step % 2 == 0
          ? ["step": .integer(step), "eval_loss": .number(2 / Double(step + 1)), "eval_\(names[0])_loss": 1]
          : ["step": .integer(step), "loss": 1.5, "learning_rate": 1e-4, "grad_norm": 3]
      })
    let score: JSON = [
      "base": 0.1, "tuned": 0.3, "difference": 0.2, "interval": [0.1, 0.3], "better": 3, "worse": 1,
      "minimum_detectable_effect": 0.01,
    ]
    let matrix: JSON = ["confusion_matrix": [[1, 2], [3, 4]], "other": [0, 1]]
    let labels: JSON = .array(names.prefix(2).map { .string($0) })
    try write(
      "eval/scores.json",
      [
        "examples": 4, "data": .string(text()), "scores": .object(["rougeL": score, names[1]: score]),
        "others": .object([names[1]: .object(["rougeL": ["score": 0.2, "difference": 0.1, "interval": [0, 0.2]]])]),
        "tasks": .object([names[2]: ["scores": .object([names[0]: score])]]),
        "classification": ["labels": labels, "base": matrix, "tuned": matrix],
      ])
    try lines(
      "eval/predictions.jsonl",
      (0..<4).map { line in
        [
          "line": .integer(line), "prompt": .string(text()), "reference": .string(text()),
          "base": ["text": .string(text()), "rougeL": 0.2],
          "tuned": ["text": .string(text()), "rougeL": .number(0.1 * Double(line))],
        ]
      })
    try write(
      "eval/errors.json",
      [
        "metric": .string(text()),
        "faults": [
          [
            "name": .string(text()), "title": .string(text()), "advice": .string(text()), "base": 2, "tuned": 1,
            "appeared": 0, "vanished": 1,
          ]
        ],
        "advice": [.string(text())],
        "token_losses": ["worst": [["token": .string(text()), "count": 2, "base": 5, "tuned": 4]]],
        "slices": [["kind": .string(text()), "name": .string(text()), "examples": 4, "base": 0.1, "tuned": 0.2]],
      ])
    try lines("eval/flips.jsonl", [["line": 1, "prompt": .string(text()), "before": .string(text()), "after": [1]]])
    let bins: JSON = [
      ["confidence": 0.3, "accuracy": 0.2, "count": 5], ["confidence": 0.9, "accuracy": 0.95, "count": 5],
    ]
    let view: JSON = .object([
      "calibration": ["ece": 0.1, "count": 10, "bins": bins], names[0]: .object([names[1]: 0.5]),
    ])
    try write("eval/views.json", ["base": view, "tuned": view])
    let probe: JSON = [
      "probe": .string(text()), "kind": .string(text()), "trained": false, "base": 1, "tuned": 2, "forgotten": 1,
      "interval": [0.5, 1.5],
    ]
    try write("eval/forgetting.json", ["runs": [["probes": [probe]]]])
    for side in ["base", "tuned"] {
      try write(
        "eval/benchmarks/\(side)/results.json",
        ["results": .object([names[0]: .object(["acc,\(names[1])": 0.5])])])
    }
  }

  private func settings(_ text: () -> String) -> JSON {
    [
      "status": .string(text()), "command": [.string(text()), .string(text())],
      "model": ["name": .string(text()), "path": "", "parameters": 1000, "trainable_parameters": 10],
      "method": ["name": .string(text()), "r": 8, "target_modules": [.string(text())]],
      "data": ["train": ["path": .string(text()), "examples": 1234]],
      "trainer": ["learning_rate": 1e-4, "seed": .string(text())],
      "result": ["steps": 4, "seconds": 100, "first_eval_loss": 2, "last_eval_loss": 0.4, "peak_memory_bytes": 1e9],
    ]
  }

  func write(_ name: String, _ json: JSON) throws { try AtomicFile.write(json.text(.pretty), to: "\(path)/\(name)") }

  func lines(_ name: String, _ lines: [JSON]) throws {
    try AtomicFile.write(lines.map { $0.text() + "\n" }.joined(), to: "\(path)/\(name)")
  }

  func remove() { try? FileManager.default.removeItem(atPath: path) }
}
