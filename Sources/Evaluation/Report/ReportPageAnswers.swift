import Basics

/// What the answers are like: faults, parts of the data, labels, what changed, examples.
extension ReportPage {
  var faults: String {
    runs.compactMap { run -> String? in
      let found = run.errors?["faults"]?.arrayValue?.filter { fault in
        ["base", "tuned"].contains { fault[$0]?.intValue ?? 0 > 0 }
      }
      let rows = (found ?? []).map { fault in
        [HTML.Cell(text(fault["title"]))]
          + ["base", "tuned", "appeared", "vanished"].map { HTML.Cell(count(fault[$0]), isNumber: true) }
          + [HTML.Cell(text(fault["advice"]))]
      }
      let table = HTML.table(
        ["answers that are", "base", "tuned", "new", "gone", "what to do"], rows,
        caption: "Faults of the answers of \(run.name)")
      let parts = [rows.isEmpty ? "" : table, advice(run), hardTokens(run)].filter { !$0.isEmpty }
      return parts.isEmpty ? nil : parts.joined(separator: "\n")
    }.joined(separator: "\n")
  }

  private func advice(_ run: ReportRun) -> String {
    let lines = run.errors?["advice"]?.arrayValue?.compactMap { $0.stringValue } ?? []
    return lines.isEmpty
      ? "" : HTML.element("ul", "", lines.map { HTML.element("li", "", Markup.escaped($0)) }.joined())
  }

  private static let shownTokens = 10

  /// The tokens of the references that the model finds hardest, as JSON writes them: some are white space.
  private func hardTokens(_ run: ReportRun) -> String {
    let rows = (run.errors?["token_losses"]?["worst"]?.arrayValue ?? []).prefix(Self.shownTokens).map {
      [$0["token"]?.text() ?? "", count($0["count"]), number($0["base"]), number($0["tuned"])]
    }
    return rows.isEmpty
      ? ""
      : HTML.table(
        ["token", "times", "base", "tuned"], rows,
        caption: "Tokens of the references with the most loss, in nats, of \(run.name)")
  }

  var slices: String {
    runs.compactMap { run -> String? in
      guard let slices = run.errors?["slices"]?.arrayValue, !slices.isEmpty else { return nil }
      let decimals = Self.decimals(text(run.errors?["metric"]))
      let rows = slices.map { slice -> [String] in
        let (base, tuned) = (slice["base"]?.doubleValue, slice["tuned"]?.doubleValue)
        return [
          "\(text(slice["kind"])): \(text(slice["name"]))", count(slice["examples"]), number(slice["base"], decimals),
          number(slice["tuned"], decimals), base.flatMap { base in tuned.map { signed($0 - base, decimals) } } ?? "",
        ]
      }
      return HTML.table(
        ["part", "examples", "base", "tuned", "difference"], rows,
        caption: "\(run.errors?["metric"]?.stringValue ?? "Score") of \(run.name) by parts of the data")
    }.joined(separator: "\n")
  }

  var labels: String {
    runs.map { run in
      let matrices = ConfusionTable.all(run).map { $0.html }
      let classes = ["base", "tuned"].compactMap { side -> String? in
        guard let rows = run.scores?["classification"]?[side]?["per_class"]?.arrayValue, !rows.isEmpty,
          rows.count <= ConfusionTable.mostLabels
        else { return nil }
        return HTML.table(
          ["label", "precision", "recall", "F1", "examples"],
          rows.map {
            [
              text($0["label"]), number($0["precision"]), number($0["recall"]), number($0["f1"]),
              count($0["support"]),
            ]
          }, caption: "Each label, \(side == "base" ? "base" : run.name)")
      }
      return (matrices + classes).joined(separator: "\n")
    }.filter { !$0.isEmpty }.joined(separator: "\n")
  }

  // MARK: Items

  private static let shownFlips = 10, shownExamples = 5
  private static let shownCharacters = 600, shortCharacters = 160

  private func cut(_ text: String, _ most: Int) -> String { text.count > most ? "\(text.prefix(most))…" : text }

  /// How many answers got better and worse, and which became right or wrong.
  var flips: String {
    runs.compactMap { run -> String? in
      let flips = run.flips.filter { flip in
        ["base", "tuned"].allSatisfy { [nil, 0, 1].contains(flip[$0]?.doubleValue) }
      }
      let rows = flips.prefix(Self.shownFlips).map { flip in
        [HTML.Cell(count(flip["line"]))]
          + ["prompt", "reference", "before", "after"].map { HTML.Cell(cut(text(flip[$0]), Self.shortCharacters)) }
      }
      let table = HTML.table(
        ["line", "prompt", "expected", "before", "after"], rows,
        caption: "Answers of \(run.name) that became right or wrong"
          + (flips.count > rows.count ? ", the first \(rows.count)" : ""))
      let parts = [changes(run) ?? "", rows.isEmpty ? "" : table].filter { !$0.isEmpty }
      return parts.isEmpty ? nil : parts.joined(separator: "\n")
    }.joined(separator: "\n")
  }

  private func changes(_ run: ReportRun) -> String? {
    guard let metric = run.leadingMetric else { return nil }
    let gains = gains(run, metric).map { $0.gain }
    guard !gains.isEmpty else { return nil }
    let (better, worse) = (gains.count { $0 > 0 }, gains.count { $0 < 0 })
    return HTML.element(
      "p", "",
      "\(HTML.element("strong", "", Markup.escaped(run.name))), by \(Markup.escaped(metric)): \(better) answers are better, "
        + "\(worse) are worse and \(gains.count - better - worse) are equal.")
  }

  /// How much better the tuned answers are, of items that have one.
  private func gains(_ run: ReportRun, _ metric: String) -> [(gain: Double, index: Int)] {
    let sign = ReportCharts.isError(metric) ? -1.0 : 1
    return run.predictions.enumerated().compactMap { index, item in
      guard let base = item["base"]?[metric]?.doubleValue, let tuned = item["tuned"]?[metric]?.doubleValue else {
        return nil
      }
      return (sign * (tuned - base), index)
    }
  }

  /// The answers that gained and lost most.
  var examples: String {
    let parts = runs.compactMap { run -> String? in
      guard let metric = run.leadingMetric else { return nil }
      let order = gains(run, metric).sorted { ($0.gain, $0.index) < ($1.gain, $1.index) }
      guard !order.isEmpty else { return nil }
      let worst = order.prefix(Self.shownExamples).filter { $0.gain < 0 }
      let best = order.suffix(Self.shownExamples).reversed().filter { $0.gain > 0 }
      return [("gained", best), ("lost", Array(worst))].filter { !$0.1.isEmpty }.map { word, items in
        HTML.element("h3", "", Markup.escaped("\(run.name): most \(word) in \(metric)"))
          + items.map { example(run.predictions[$0.index], metric) }.joined(separator: "\n")
      }.joined(separator: "\n")
    }
    guard !parts.isEmpty else { return "" }
    return HTML.element(
      "p", "class=\"note\"",
      "\(HTML.element("mark", "", "Marked")) words are not in the reference, or not in its order.")
      + parts.joined(separator: "\n")
  }

  private func example(_ item: JSON, _ metric: String) -> String {
    let reference = text(item["reference"])
    func answer(_ side: String) -> String {
      let answer = text(item[side]?["text"])
      let body = answer.isEmpty ? "<em>no text</em>" : WordDifference(answer, against: reference).html
      return HTML.element(
        "dt", "",
        "\(side) \(HTML.element("span", "class=\"score\"", number(item[side]?[metric], Self.decimals(metric))))")
        + HTML.element("dd", "dir=\"auto\"", body)
    }
    let prompt = cut(text(item["prompt"]), Self.shownCharacters)
    return HTML.element(
      "article", "",
      HTML.element(
        "details", "",
        HTML.element("summary", "", "prompt of line \(item["line"]?.intValue ?? 0)")
          + HTML.element("pre", "dir=\"auto\"", Markup.escaped(prompt)))
        + HTML.element(
          "dl", "",
          HTML.element("dt", "", "reference") + HTML.element("dd", "dir=\"auto\"", Markup.escaped(reference))
            + answer("base") + answer("tuned")))
  }
}
