import Basics
import Foundation

/// Runs and sweeps as one HTML page that needs nothing beside it: no network, no scripts, light and dark, on a telephone,
/// on paper.
public struct ReportPage: Sendable {
  let runs: [ReportRun]
  let sweeps: [ReportSweep]
  public let charts: ReportCharts

  /// - Precondition: there is a run or a sweep.
  public init(_ runs: [ReportRun], sweeps: [ReportSweep] = []) {
    precondition(!runs.isEmpty || !sweeps.isEmpty, "a report of no run")
    (self.runs, self.sweeps) = (runs, sweeps)
    charts = ReportCharts(runs, sweeps: sweeps)
  }

  private var title: String {
    if let sweep = sweeps.first {
      return "Report of \(sweeps.count == 1 ? "the sweep \(sweep.name)" : "\(sweeps.count) sweeps")"
    }
    return "Report of \(runs.count == 1 ? runs[0].name : "\(runs.count) runs")"
  }

  public var html: String {
    let sections = [
      ("Sweep", sweepTables), ("Result", verdict + scores), ("Runs", overview),
      ("Curves", figures(["loss", "task-loss"]) + grid(["training-loss", "learning-rate", "gradient-norm"])),
      ("What was forgotten", forgetting), ("Benchmarks", benchmarks), ("Views", views),
      ("What goes wrong", faults), ("Parts of the data", slices), ("Labels", labels), ("Lengths", figures(["length"])),
      ("Changed answers", flips), ("Examples", examples), ("Configuration", configuration),
    ].filter { !$0.1.isEmpty }
    let links = sections.map { title, _ in
      HTML.element("li", "", HTML.element("a", "href=\"#\(HTML.anchor(title))\"", Markup.escaped(title)))
    }
    return """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="color-scheme" content="light dark">
      <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
      <title>\(Markup.escaped(title))</title>
      <style>\(Self.style)\(ChartPicture.style)</style>
      </head>
      <body>
      <header><h1>\(Markup.escaped(title))</h1></header>
      <nav aria-label="Sections"><ul>\(links.joined())</ul></nav>
      <main>
      \(sections.map { section($0.0, $0.1) }.joined(separator: "\n"))
      </main>
      </body>
      </html>

      """
  }

  private func section(_ title: String, _ content: String) -> String {
    HTML.element(
      "section", "id=\"\(HTML.anchor(title))\"", HTML.element("h2", "", Markup.escaped(title)) + "\n" + content)
  }

  // MARK: Pictures

  private static let wide = 720.0, narrow = 340.0

  private func picture(_ name: String) -> ReportCharts.Picture? { charts.pictures.first { $0.name == name }?.picture }

  /// Pictures that fill the page; on a telephone narrower ones with letters of the same size.
  func figures(_ names: [String]) -> String {
    names.compactMap { name in
      picture(name).map { picture in
        let pictures = [("wide", Self.wide), ("narrow", Self.narrow)].map { kind, width in
          HTML.element("div", "class=\"\(kind)\"", picture.picture(width: width).svg(ownStyle: false))
        }
        return HTML.element("figure", "", pictures.joined() + values(picture))
      }
    }.joined(separator: "\n")
  }

  /// Small pictures side by side where there is room.
  func grid(_ names: [String]) -> String {
    let figures = names.compactMap { name in
      picture(name).map { HTML.element("figure", "", $0.picture(width: Self.narrow).svg(ownStyle: false)) }
    }
    return figures.isEmpty ? "" : HTML.element("div", "class=\"grid\"", figures.joined(separator: "\n"))
  }

  private static let mostValues = 40

  /// What a curve shows, as a table to open.
  private func values(_ picture: ReportCharts.Picture) -> String {
    guard case .curve(let chart) = picture else { return "" }
    let series = chart.series.filter { $0.style != .reference }
    let marked = series.filter { $0.style == .marks }.flatMap { $0.points.map { $0.x } }
    let all = Set(series.flatMap { $0.points.map { $0.x } }.filter { $0.isFinite }).sorted()
    let each = (all.count + Self.mostValues - 1) / Self.mostValues
    let shown = all.enumerated().filter { $0.offset % max(1, each) == 0 || marked.contains($0.element) }
    let rows = shown.map { _, x in
      [ChartNumber.short(x)]
        + series.map { series in
          series.points.last { $0.x == x && $0.y.isFinite }.map { ChartNumber.fixed($0.y, chart.decimals) } ?? ""
        }
    }
    return HTML.element(
      "details", "",
      HTML.element("summary", "", "values")
        + HTML.table(
          [chart.xLabel] + series.map { $0.name.isEmpty ? chart.yLabel : $0.name }, rows, caption: chart.title))
  }

  // MARK: Numbers

  /// Two of metrics that go to 100, four of others.
  static func decimals(_ metric: String) -> Int { (ReportCharts.known(metric)?.maximum ?? 1) > 1 ? 2 : 4 }

  func number(_ value: Double, _ decimals: Int = 4) -> String { ChartNumber.fixed(value, decimals) }
  func signed(_ value: Double, _ decimals: Int = 4) -> String {
    (value < 0 ? "−" : "+") + number(abs(value), decimals)
  }
  func number(_ json: JSON?, _ decimals: Int = 4) -> String { json?.doubleValue.map { number($0, decimals) } ?? "" }
  func signed(_ json: JSON?, _ decimals: Int = 4) -> String { json?.doubleValue.map { signed($0, decimals) } ?? "" }
  func interval(_ entry: JSON, _ decimals: Int = 4) -> String {
    ReportCharts.interval(entry).map { "\(signed($0.lowerBound, decimals)) to \(signed($0.upperBound, decimals))" }
      ?? ""
  }
  func count(_ json: JSON?) -> String { json?.intValue.map { "\($0)" } ?? "" }
  func text(_ json: JSON?) -> String { json.map { $0.stringValue ?? $0.text() } ?? "" }
}
