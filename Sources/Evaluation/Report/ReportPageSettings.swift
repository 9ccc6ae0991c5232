import Basics
import Foundation

/// What the runs were: an overview, hashes of what went in and came out, and `run.json`.
extension ReportPage {
  /// The choices and results that people ask for first, a column a run.
  var overview: String {
    guard !runs.isEmpty else { return "" }
    let facts: [(String, (ReportRun) -> String)] = [
      ("status", { self.text($0.settings["status"]) }), ("model", { self.text($0.settings["model"]?["name"]) }),
      ("method", { self.method($0.settings["method"]) }), ("trained parameters", { self.parameters($0) }),
      ("examples", { self.grouped($0.settings["data"]?["train"]?["examples"]) }),
      ("steps", { self.grouped($0.settings["result"]?["steps"] ?? $0.settings["total_steps"]) }),
      ("learning rate", { self.short($0.settings["trainer"]?["learning_rate"]) }),
      ("seed", { self.text($0.settings["trainer"]?["seed"]) }),
      ("validation loss", { self.losses($0.settings["result"]) }),
      ("time", { $0.settings["result"]?["seconds"]?.doubleValue.map { self.duration($0) } ?? "" }),
      ("tokens/s", { self.grouped($0.settings["result"]?["tokens_per_second"]) }),
      ("peak memory", { self.size($0.settings["result"]?["peak_memory_bytes"]) }),
    ]
    let rows = facts.map { name, value in [name] + runs.map { value($0) } }
      .filter { $0.dropFirst().contains { !$0.isEmpty } }
    return HTML.table([""] + runs.map { $0.name }, rows, caption: "What was trained, and how", numericFrom: .max)
  }

  private func method(_ method: JSON?) -> String {
    let rank = method?["r"]?.intValue.map { ", rank \($0)" } ?? ""
    // Of each layer's own names the last parts: hundreds of layers have the same few.
    var layers: [String] = []
    for name in method?["target_modules"]?.arrayValue?.compactMap({ $0.stringValue }) ?? [] {
      let last = name.split(separator: ".").last.map { String($0) } ?? name
      if !layers.contains(last) { layers.append(last) }
    }
    return text(method?["name"]) + rank + (layers.isEmpty ? "" : " on \(layers.joined(separator: ", "))")
  }

  private func parameters(_ run: ReportRun) -> String {
    let model = run.settings["model"]
    guard let trained = model?["trainable_parameters"]?.doubleValue, let all = model?["parameters"]?.doubleValue,
      all > 0
    else { return "" }
    return "\(grouped(model?["trainable_parameters"])) of \(grouped(model?["parameters"])) "
      + "(\(ChartNumber.fixed(100 * trained / all, 2)) %)"
  }

  private func losses(_ result: JSON?) -> String {
    let losses = [result?["first_eval_loss"], result?["last_eval_loss"]].map { $0?.doubleValue }
    guard let first = losses[0], let last = losses[1] else { return "" }
    return "\(number(first)) → \(number(last))"
  }

  private func short(_ json: JSON?) -> String { json?.doubleValue.map { ChartNumber.short($0) } ?? "" }

  private func duration(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds < 1e9 else { return "" }
    if seconds < 90 { return "\(ChartNumber.fixed(seconds, 1)) s" }
    return seconds < 5400 ? "\(Int(seconds / 60)) min" : "\(Int(seconds / 3600)) h \(Int(seconds / 60) % 60) min"
  }

  private func size(_ json: JSON?) -> String {
    guard let bytes = json?.doubleValue else { return "" }
    let isLarge = bytes >= Double(1 << 30)
    return "\(ChartNumber.fixed(bytes / Double(isLarge ? 1 << 30 : 1 << 20), 1)) \(isLarge ? "GB" : "MB")"
  }

  /// A whole number with commas.
  private func grouped(_ json: JSON?) -> String {
    guard let value = json?.doubleValue, abs(value) < 1e15 else { return "" }
    let digits = Array("\(Int(abs(value).rounded()))")
    let parts = digits.enumerated().map { index, digit in
      (index > 0 && (digits.count - index) % 3 == 0 ? "," : "") + String(digit)
    }
    return (value < 0 ? "−" : "") + parts.joined()
  }

  // MARK: Configuration

  var configuration: String {
    var hashes = ContentHashes()
    return runs.map { run in
      let rows = run.contentFiles.map { file in
        [
          HTML.Cell(file.kind), HTML.Cell(file.path),
          HTML.Cell(html: HTML.element("code", "", hashes.hash(file.path) ?? "cannot be read")),
        ]
      }
      let table =
        rows.isEmpty
        ? ""
        : HTML.table(
          ["", "file", "SHA-256"], rows, caption: "What \(run.name) was made of and made, as the files are now")
      let words = run.settings["command"]?.arrayValue?.compactMap { $0.stringValue } ?? []
      let command = words.isEmpty ? "" : HTML.element("pre", "", Markup.escaped(words.joined(separator: " ")))
      return command + table
        + HTML.element(
          "details", "",
          HTML.element("summary", "", Markup.escaped("\(run.name): run.json"))
            + HTML.element("pre", "", Markup.escaped(run.settings.text(.pretty))))
    }.joined(separator: "\n")
  }
}
