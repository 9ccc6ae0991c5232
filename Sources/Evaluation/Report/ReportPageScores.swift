import Basics

/// What was measured: scores, forgetting, benchmarks, and the trials of sweeps.
extension ReportPage {
  var sweepTables: String {
    sweeps.enumerated().map { index, sweep in
      let rows = sweep.rows.map { row in
        row.enumerated().map {
          HTML.Cell($1, isNumber: sweep.numericColumns.indices.contains($0) && sweep.numericColumns[$0])
        }
      }
      let best = sweep.bestCommand.map {
        HTML.paragraph("The best trial:") + HTML.element("pre", "", Markup.escaped($0))
      }
      let notes = sweep.notes.map { HTML.element("li", "", Markup.escaped($0)) }.joined()
      return HTML.table(sweep.header, rows, caption: "Trials of \(sweep.name), by \(sweep.comparison)")
        + (best ?? "") + (notes.isEmpty ? "" : HTML.element("ul", "", notes))
        + figures([sweeps.count > 1 ? "sweep-\(index + 1)" : "sweep"])
    }.joined(separator: "\n")
  }

  // MARK: Scores

  /// In a sentence for each run whether tuning helped.
  var verdict: String {
    runs.compactMap { run -> String? in
      guard let metric = run.leadingMetric, let entry = run.scores?["scores"]?[metric],
        let base = entry["base"]?.doubleValue, let tuned = entry["tuned"]?.doubleValue,
        let change = change(metric, entry)
      else { return nil }
      let count = run.scores?["examples"]?.intValue ?? 0, decimals = Self.decimals(metric)
      let (kind, said) =
        switch change {
        case .better: ("gain", "better than its base")
        case .worse: ("loss", "worse than its base")
        case .unclear: ("same", "not clearly different from its base")
        }
      return HTML.element(
        "p", "class=\"verdict \(kind)\"",
        "\(HTML.element("strong", "", Markup.escaped(run.name))) is \(said) on \(count) examples: \(Markup.escaped(metric)) "
          + "\(number(base, decimals)) → \(number(tuned, decimals)) (difference \(signed(tuned - base, decimals)), "
          + "95\u{A0}%\u{A0}interval \(interval(entry, decimals)))")
    }.joined(separator: "\n")
  }

  var scores: String {
    let tables = runs.compactMap { run -> String? in
      guard let entries = run.scores?["scores"]?.objectValue else { return nil }
      let showsDetectable = entries.contains { $0.value["minimum_detectable_effect"] != nil }
      let rows = entries.map { entry -> [String] in
        let decimals = Self.decimals(entry.key)
        return [
          entry.key, number(entry.value["base"], decimals), number(entry.value["tuned"], decimals),
          signed(entry.value["difference"], decimals), interval(entry.value, decimals), wins(entry.value),
        ] + (showsDetectable ? [number(entry.value["minimum_detectable_effect"], decimals)] : [])
      }
      let header = ["metric", "base", "tuned", "difference", "95 % interval", "better / worse"]
      return HTML.table(
        header + (showsDetectable ? ["least detectable"] : []), rows,
        caption: "Scores of \(run.name) on \(run.scores?["examples"]?.intValue ?? 0) examples") + others(run)
        + tasks(run)
    }
    return tables.joined(separator: "\n") + grid(charts.pictures.map { $0.name }.filter { $0.hasPrefix("score-") })
  }

  private func wins(_ entry: JSON) -> String {
    entry["better"]?.intValue.map { "\($0) / \(entry["worse"]?.intValue ?? 0)" } ?? ""
  }

  /// What the base can do without tuning, and other runs on the same items: a column each.
  private func others(_ run: ReportRun) -> String {
    let others = (run.scores?["others"]?.objectValue ?? JSONObject()).map { $0 }
    guard let metrics = others.first?.value.objectValue?.keys else { return "" }
    let rows = metrics.map { metric in
      [metric]
        + others.map { other in
          let entry = other.value[metric] ?? .null, decimals = Self.decimals(metric)
          let mark = change(metric, entry).map { $0 == .better ? " ▲" : $0 == .worse ? " ▼" : "" } ?? ""
          return "\(number(entry["score"], decimals)) (\(signed(entry["difference"], decimals))\(mark))"
        }
    }
    return HTML.table(
      ["metric"] + others.map { $0.key }, rows,
      caption: "Others on the items of \(run.name), and their difference to the base; ▲ better and ▼ worse by the "
        + "95\u{A0}%\u{A0}interval")
  }

  private enum Change { case better, worse, unclear }

  /// What the interval of a difference says; nil without one.
  private func change(_ metric: String, _ entry: JSON) -> Change? {
    guard let ends = ReportCharts.interval(entry) else { return nil }
    let rises = ends.lowerBound > 0, falls = ends.upperBound < 0
    guard rises || falls else { return .unclear }
    return rises != ReportCharts.isError(metric) ? .better : .worse
  }

  /// The scores of each task of a mixture.
  private func tasks(_ run: ReportRun) -> String {
    let rows = (run.scores?["tasks"]?.objectValue ?? JSONObject()).flatMap { task in
      (task.value["scores"]?.objectValue ?? JSONObject()).map { entry in
        [
          task.key, entry.key, number(entry.value["base"], Self.decimals(entry.key)),
          number(entry.value["tuned"], Self.decimals(entry.key)),
        ]
      }
    }
    guard !rows.isEmpty else { return "" }
    return HTML.table(
      ["task", "metric", "base", "tuned"], rows, caption: "Scores of \(run.name) by task", numericFrom: 2)
  }

  var forgetting: String {
    let tables = runs.compactMap { run -> String? in
      guard let probes = run.forgetting?["runs"]?.arrayValue?.first?["probes"]?.arrayValue else { return nil }
      let rows = probes.map { probe in
        [
          text(probe["probe"]) + (probe["trained"]?.boolValue == true ? " (trained)" : ""), text(probe["kind"]),
          number(probe["base"]), number(probe["tuned"]), signed(probe["forgotten"]), interval(probe),
        ]
      }
      return HTML.table(
        ["probe", "measured", "base", "tuned", "forgotten", "95 % interval"], rows,
        caption: "What \(run.name) forgot", numericFrom: 2)
    }
    return tables.joined(separator: "\n") + (tables.isEmpty ? "" : figures(["forgetting"]))
  }

  var benchmarks: String {
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

  /// HELM's views of the answers, and how far their probabilities can be trusted.
  var views: String {
    let tables = runs.compactMap { run -> String? in
      let names = (run.views?["base"] ?? run.views?["tuned"])?.objectValue?.keys ?? []
      let rows = names.flatMap { view -> [[String]] in
        let sides = ["base", "tuned"].map { run.views?[$0]?[view] }
        let measures = (sides[0] ?? sides[1])?.objectValue ?? JSONObject()
        return measures.filter { $0.value.doubleValue != nil }.map { measure in
          [view, measure.key.replacing("_", with: " ")] + sides.map { measured($0?[measure.key]) }
        }
      }
      guard !rows.isEmpty else { return nil }
      return HTML.table(
        ["view", "measured", "base", "tuned"], rows, caption: "Views of the answers of \(run.name)", numericFrom: 2)
    }
    return tables.joined(separator: "\n") + (tables.isEmpty ? "" : figures(["reliability"]))
  }

  /// Counts as they are.
  private func measured(_ json: JSON?) -> String { json?.intValue.map { "\($0)" } ?? number(json) }
}
