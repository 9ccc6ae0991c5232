import Basics
import Foundation

/// Runs as one HTML page that needs nothing beside it: no network, light and dark, on a phone, on paper.
public struct ReportPage: Sendable {
  private let runs: [ReportRun]
  private let charts: ReportCharts

  /// - Precondition: there is a run.
  public init(_ runs: [ReportRun]) {
    precondition(!runs.isEmpty, "a report of no run")
    self.runs = runs
    charts = ReportCharts(runs)
  }

  public var html: String {
    let title = runs.count == 1 ? "Report of \(runs[0].name)" : "Report of \(runs.count) runs"
    let sections = [
      section("Result", verdict + scores), section("Curves", pictures(["loss", "learning-rate"])),
      section("What was forgotten", forgetting), section("Benchmarks", benchmarks),
      section("What goes wrong", faults), section("Parts of the data", slices),
      section("Labels", labels), section("Lengths", pictures(["length"])), section("Examples", examples),
      section("Configuration", configuration),
    ]
    return """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
      <title>\(HTML.escaped(title))</title>
      <style>\(Self.style)</style>
      </head>
      <body>
      <header><h1>\(HTML.escaped(title))</h1></header>
      <main>
      \(sections.joined(separator: "\n"))
      </main>
      </body>
      </html>

      """
  }

  /// Nothing where there is nothing to show.
  private func section(_ title: String, _ content: String) -> String {
    content.isEmpty ? "" : HTML.element("section", "", HTML.element("h2", "", title) + "\n" + content)
  }

  private func pictures(_ names: [String]) -> String {
    charts.pictures.filter { names.contains($0.name) }
      .map { HTML.element("figure", "", $0.picture.svg(width: 720)) }.joined(separator: "\n")
  }

  // MARK: Scores

  /// In a sentence for each run whether tuning helped.
  private var verdict: String {
    runs.compactMap { run -> String? in
      guard let scores = run.scores, let metric = leading(scores), let entry = scores["scores"]?[metric],
        let base = entry["base"]?.doubleValue, let tuned = entry["tuned"]?.doubleValue,
        let ends = entry["interval"]?.arrayValue?.compactMap({ $0.doubleValue }), ends.count == 2
      else { return nil }
      let count = scores["examples"]?.intValue ?? 0
      let said = ends[0] > 0 ? "better" : ends[1] < 0 ? "worse" : "not clearly different"
      return HTML.element(
        "p", "class=\"verdict\"",
        "\(HTML.element("strong", "", HTML.escaped(run.name))) is \(said) on \(count) examples: \(metric) "
          + "\(number(base)) → \(number(tuned)) (difference \(signed(tuned - base)), 95 % interval \(signed(ends[0])) to "
          + "\(signed(ends[1])))")
    }.joined(separator: "\n")
  }

  private func leading(_ scores: JSON) -> String? {
    let names = scores["scores"]?.objectValue?.keys ?? []
    return ["rougeL", "bleu", "macro_f1", "accuracy"].first { names.contains($0) } ?? names.first
  }

  private var scores: String {
    let tables = runs.compactMap { run -> String? in
      guard let entries = run.scores?["scores"]?.objectValue else { return nil }
      let rows = entries.map { entry -> [String] in
        let value = entry.value, ends = value["interval"]?.arrayValue?.compactMap { $0.doubleValue } ?? []
        return [
          entry.key, value["base"]?.doubleValue.map { number($0) } ?? "",
          value["tuned"]?.doubleValue.map { number($0) } ?? "",
          value["difference"]?.doubleValue.map { signed($0) } ?? "",
          ends.count == 2 ? "\(signed(ends[0])) to \(signed(ends[1]))" : "",
          value["better"]?.intValue.map { "\($0) / \(value["worse"]?.intValue ?? 0)" } ?? "",
        ]
      }
      return HTML.table(
        ["metric", "base", "tuned", "difference", "95 % interval", "better / worse"], rows,
        caption: "Scores of \(run.name) on \(run.scores?["examples"]?.intValue ?? 0) examples")
    }
    return tables.joined(separator: "\n")
      + pictures(charts.pictures.map { $0.name }.filter { $0.hasPrefix("score-") })
  }

  private var forgetting: String {
    let tables = runs.compactMap { run -> String? in
      guard let probes = run.forgetting?["runs"]?.arrayValue?.first?["probes"]?.arrayValue else { return nil }
      let rows = probes.map { probe -> [String] in
        let ends = probe["interval"]?.arrayValue?.compactMap { $0.doubleValue } ?? []
        return [
          (probe["probe"]?.stringValue ?? "") + (probe["trained"]?.boolValue == true ? " (trained)" : ""),
          probe["kind"]?.stringValue ?? "", probe["base"]?.doubleValue.map { number($0) } ?? "",
          probe["tuned"]?.doubleValue.map { number($0) } ?? "",
          probe["forgotten"]?.doubleValue.map { signed($0) } ?? "",
          ends.count == 2 ? "\(signed(ends[0])) to \(signed(ends[1]))" : "",
        ]
      }
      return HTML.table(
        ["probe", "measured", "base", "tuned", "forgotten", "95 % interval"], rows,
        caption: "What \(run.name) forgot", numericFrom: 2)
    }
    return tables.joined(separator: "\n") + (tables.isEmpty ? "" : pictures(["forgetting"]))
  }

  private var benchmarks: String {
    runs.compactMap { run -> String? in
      guard let results = run.benchmarks.base?["results"]?.objectValue else { return nil }
      let rows = results.flatMap { task in
        (task.value.objectValue ?? JSONObject()).compactMap { member -> [String]? in
          guard member.key.contains(","), !member.key.contains("_stderr"), let base = member.value.doubleValue else {
            return nil
          }
          let tuned = run.benchmarks.tuned?["results"]?[task.key]?[member.key]?.doubleValue
          return [
            task.key, member.key, number(base), tuned.map { number($0) } ?? "", tuned.map { signed($0 - base) } ?? "",
          ]
        }
      }
      return HTML.table(
        ["task", "metric, filter", "base", "tuned", "difference"], rows, caption: "Benchmarks of \(run.name)",
        numericFrom: 2)
    }.joined(separator: "\n")
  }

  // MARK: Errors

  private var faults: String {
    runs.compactMap { run -> String? in
      guard let faults = run.errors?["faults"]?.arrayValue, !faults.isEmpty else { return nil }
      let rows = faults.map { fault in
        [
          fault["title"]?.stringValue ?? "", fault["base"]?.intValue.map { "\($0)" } ?? "",
          fault["tuned"]?.intValue.map { "\($0)" } ?? "", fault["advice"]?.stringValue ?? "",
        ]
      }
      return HTML.table(
        ["answers that are", "base", "tuned", "what to do"], rows, caption: "Faults of the answers of \(run.name)")
    }.joined(separator: "\n")
  }

  private var slices: String {
    runs.compactMap { run -> String? in
      guard let slices = run.errors?["slices"]?.arrayValue, !slices.isEmpty else { return nil }
      let rows = slices.map { slice in
        [
          "\(slice["kind"]?.stringValue ?? ""): \(slice["name"]?.stringValue ?? "")",
          slice["examples"]?.intValue.map { "\($0)" } ?? "", slice["base"]?.doubleValue.map { number($0) } ?? "",
          slice["tuned"]?.doubleValue.map { number($0) } ?? "",
        ]
      }
      return HTML.table(
        ["part", "examples", "base", "tuned"], rows,
        caption: "\(run.errors?["metric"]?.stringValue ?? "Score") of \(run.name) by parts of the data")
    }.joined(separator: "\n")
  }

  private var labels: String {
    runs.compactMap { run -> String? in
      guard let classes = run.scores?["classification"],
        let names = classes["labels"]?.arrayValue?.compactMap({ $0.stringValue }),
        names.count <= 30
      else { return nil }
      return ["base", "tuned"].compactMap { side -> String? in
        guard let rows = classes[side]?["confusion_matrix"]?.arrayValue else { return nil }
        let others = classes[side]?["other"]?.arrayValue ?? []
        let cells = zip(names, rows).enumerated().map { index, row in
          [row.0] + (row.1.arrayValue ?? []).map { $0.text() } + [index < others.count ? others[index].text() : ""]
        }
        return HTML.table(
          ["expected ↓ predicted →"] + names + ["other"], cells,
          caption: "Which labels the \(side == "base" ? "base" : run.name) takes for which")
      }.joined(separator: "\n")
    }.joined(separator: "\n")
  }

  // MARK: Examples and configuration

  private static let shownExamples = 5

  private var examples: String {
    runs.compactMap { run -> String? in
      guard let scores = run.scores, let metric = leading(scores) else { return nil }
      let items = run.predictions.filter { $0["tuned"] != nil }
      func gain(_ item: JSON) -> Double {
        (item["tuned"]?[metric]?.doubleValue ?? 0) - (item["base"]?[metric]?.doubleValue ?? 0)
      }
      let order = items.indices.sorted { (gain(items[$0]), $0) < (gain(items[$1]), $1) }
      guard !order.isEmpty else { return nil }
      let worst = order.prefix(Self.shownExamples), best = order.suffix(Self.shownExamples).reversed()
      return HTML.element("h3", "", HTML.escaped("\(run.name): most gained in \(metric)"))
        + best.map { example(items[$0], metric) }.joined()
        + HTML.element("h3", "", HTML.escaped("\(run.name): most lost"))
        + worst.filter { gain(items[$0]) < 0 }.map { example(items[$0], metric) }.joined()
    }.joined(separator: "\n")
  }

  private func example(_ item: JSON, _ metric: String) -> String {
    let prompt = item["prompt"]?.stringValue ?? "", reference = item["reference"]?.stringValue ?? ""
    func answer(_ side: String) -> String {
      let text = item[side]?["text"]?.stringValue ?? ""
      let score = item[side]?[metric]?.doubleValue.map { number($0) } ?? ""
      let body = text.isEmpty ? "<em>no text</em>" : WordDifference(text, against: reference).html
      return HTML.element("dt", "", "\(side) \(HTML.element("span", "class=\"score\"", score))")
        + HTML.element("dd", "", body)
    }
    let shown = prompt.count > 600 ? "\(prompt.prefix(600))…" : prompt
    return HTML.element(
      "article", "",
      HTML.element(
        "details", "",
        HTML.element("summary", "", "line \(item["line"]?.intValue ?? 0)")
          + HTML.element("pre", "", HTML.escaped(shown)))
        + HTML.element(
          "dl", "",
          HTML.element("dt", "", "reference") + HTML.element("dd", "", HTML.escaped(reference)) + answer("base")
            + answer("tuned")))
  }

  private var configuration: String {
    runs.map { run in
      HTML.element(
        "details", "",
        HTML.element("summary", "", HTML.escaped("\(run.name): run.json"))
          + HTML.element("pre", "", HTML.escaped(run.settings.text(.pretty))))
    }.joined(separator: "\n")
  }

  private func number(_ value: Double) -> String { String(format: abs(value) >= 10 ? "%.2f" : "%.4f", value) }
  private func signed(_ value: Double) -> String { (value < 0 ? "−" : "+") + number(abs(value)) }

  private static let style = """
    :root{color-scheme:light dark;--ink:#1f2328;--page:#fff;--muted:#59636e;--line:#d8dee4;--mark:#ffe9a8}
    @media(prefers-color-scheme:dark){:root{--ink:#e6edf3;--page:#0d1117;--muted:#9aa4af;--line:#30363d;--mark:#5c4a00}}
    *{box-sizing:border-box}body{margin:0 auto;max-width:60rem;padding:1rem;font:16px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--page)}
    h1{font-size:1.6rem;margin:.5rem 0}h2{font-size:1.25rem;border-bottom:1px solid var(--line);padding-bottom:.25rem;margin-top:2rem}h3{font-size:1.05rem}
    .verdict{font-size:1.05rem}.scroll{overflow-x:auto}table{border-collapse:collapse;margin:.75rem 0;font-variant-numeric:tabular-nums}
    caption{text-align:left;color:var(--muted);padding-bottom:.25rem}th,td{padding:.3rem .7rem;border-bottom:1px solid var(--line);text-align:left;vertical-align:top}
    .n{text-align:right;white-space:nowrap}figure{margin:1rem 0}figure svg{max-width:100%;height:auto}
    article{border:1px solid var(--line);border-radius:.5rem;padding:.75rem 1rem;margin:.75rem 0;break-inside:avoid}
    dl{margin:.5rem 0 0}dt{color:var(--muted);font-size:.85rem}dd{margin:0 0 .5rem;overflow-wrap:anywhere}.score{font-variant-numeric:tabular-nums}
    mark{background:var(--mark);color:inherit;border-radius:.2rem;padding:0 .1rem}pre{white-space:pre-wrap;overflow-wrap:anywhere;font-size:.85rem}
    summary{cursor:pointer;color:var(--muted)}@media print{body{max-width:none}details:not([open])>*:not(summary){display:none}}
    """
}
