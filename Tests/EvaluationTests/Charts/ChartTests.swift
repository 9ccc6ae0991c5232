import Basics
import Foundation
import Testing

@testable import Evaluation

/// Pictures stay inside their view box and their texts apart, whatever is drawn.
@Suite struct ChartTests {
  private struct Label {
    let text: String
    let left: Double, right: Double, baseline: Double
    let size: Double
  }

  /// Pictures of all examples at some widths, with their view boxes.
  private static var pictures: [(svg: String, width: Double)] {
    [240.0, 320, 720, 1600].flatMap { width in
      ChartExamples.pointCharts.map { ($0.svg(width: width), width) }
        + ChartExamples.barCharts.map { ($0.svg(width: width), max(320, width)) }
    }
  }

  private func number(_ text: Substring?) -> Double { text.flatMap { Double($0) } ?? .nan }

  private func labels(_ svg: String) -> [Label] {
    svg.matches(of: /<text class="([^"]*)" x="([^"]*)" y="([^"]*)" text-anchor="([a-z]*)">([^<]*)<\/text>/).map {
      match in
      let text = match.5.replacing("&lt;", with: "<").replacing("&gt;", with: ">").replacing("&quot;", with: "\"")
        .replacing("&amp;", with: "&")
      let size = match.1 == "title" ? ChartPicture.titleSize : ChartPicture.fontSize
      let isBold = match.1 == "title" || match.1.contains("strong")
      let width = ChartText.width(String(text), size: size * (isBold ? ChartText.boldness : 1)), x = number(match.2)
      let left = match.4 == "start" ? x : match.4 == "end" ? x - width : x - width / 2
      return Label(text: String(text), left: left, right: left + width, baseline: number(match.3), size: size)
    }
  }

  /// Whether tags are balanced and texts escaped.
  private func isWellFormed(_ svg: String) -> Bool {
    var open: [Substring] = []
    for match in svg.matches(of: /<(\/?)([a-z]+)([^<>]*?)(\/?)>/) {
      if match.1 == "/" {
        guard open.popLast() == match.2 else { return false }
      } else if match.4.isEmpty {
        open.append(match.2)
      }
    }
    let rest = svg.replacing(/<[^<>]*>/, with: "")
    let hasControls = svg.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" && $0 != "\t" }
    return open.isEmpty && !hasControls && !rest.contains("<") && rest.firstMatch(of: /&(?!amp;|lt;|gt;|quot;)/) == nil
  }

  @Test func picturesAreWellFormedAndFinite() throws {
    for (svg, _) in Self.pictures {
      #expect(!svg.contains("nan") && !svg.contains("inf"), "\(svg.prefix(400))")
      #expect(isWellFormed(svg), "\(svg.prefix(400))")
      #expect(svg.contains("<title>") && svg.contains("<desc>") && svg.contains("prefers-color-scheme:dark"))
      #expect(!svg.contains("http://www.w3.org/2000/svg/") && svg.components(separatedBy: "http").count == 2)
    }
  }

  @Test func everythingIsInsideTheViewBox() throws {
    for (svg, width) in Self.pictures {
      let box = try #require(svg.firstMatch(of: /viewBox="0 0 ([0-9.]+) ([0-9.]+)"/))
      let height = number(box.2)
      #expect(number(box.1) == width && height > 60)
      for match in svg.matches(of: /\s(x|x1|x2|cx)="([^"]*)"/) {
        #expect((0...width).contains(number(match.2)), "\(match.0)")
      }
      for match in svg.matches(of: /\s(y|y1|y2|cy)="([^"]*)"/) {
        #expect((0...height).contains(number(match.2)), "\(match.0)")
      }
      for match in svg.matches(of: /<rect [^>]*x="([^"]*)" y="([^"]*)" width="([^"]*)" height="([^"]*)"/) {
        #expect(number(match.1) + number(match.3) <= width + 0.1 && number(match.2) + number(match.4) <= height + 0.1)
      }
      for match in svg.matches(of: /[ML] ([0-9.-]+) ([0-9.-]+)/) {
        #expect((0...width).contains(number(match.1)) && (0...height).contains(number(match.2)), "\(match.0)")
      }
      for label in labels(svg) {
        #expect(
          label.left >= -0.1 && label.right <= width + 0.1, "'\(label.text)' \(label.left)…\(label.right) of \(width)")
        #expect(label.baseline >= label.size * 0.7 && label.baseline <= height - 3, "'\(label.text)'")
      }
    }
  }

  @Test func textsDoNotOverlap() {
    for (svg, width) in Self.pictures where width >= 320 {
      // The value of the marked point has a halo and may stand on what the plot shows.
      let labels = labels(svg)
      for (index, a) in labels.enumerated() {
        for b in labels[(index + 1)...] where abs(a.baseline - b.baseline) < 0.75 * min(a.size, b.size) {
          #expect(a.right <= b.left + 0.2 || b.right <= a.left + 0.2, "'\(a.text)' and '\(b.text)' at \(width)")
        }
      }
    }
  }

  @Test func linesFitTheTerminal() {
    for width in [30, 40, 80, 132] {
      for isPlain in [false, true] {
        let charts =
          ChartExamples.pointCharts.map { $0.lines(width: width, plainText: isPlain) }
          + ChartExamples.barCharts.map { $0.lines(width: width, plainText: isPlain) }
        for lines in charts {
          for line in lines { #expect(line.count <= width, "\(line)") }
        }
      }
    }
    let ascii = ChartExamples.barCharts[7].lines(width: 60, plainText: true).joined()
    #expect(ascii.utf8.allSatisfy { $0 < 128 }, "\(ascii)")
    #expect(ChartExamples.pointCharts[1].lines(width: 60, plainText: true).joined().utf8.allSatisfy { $0 < 128 })
  }

  @Test func barsOfATerminal() {
    var chart = BarChart(title: "t", valueLabel: "v")
    chart.bars = [.init(label: "a", value: 1), .init(label: "bb", value: 0.5), .init(label: "c", value: .nan)]
    (chart.marked, chart.decimals) = (0, 1)
    #expect(
      chart.lines(width: 30) == [
        "t", "a   ███████████████████  1.0 ★", "bb  █████████▌           0.5", "c                        –",
      ])
    #expect(chart.lines(width: 30, plainText: true)[2] == "bb  ##########           0.5")
    chart.bars = [.init(label: "a", value: -1), .init(label: "b", value: 1)]
    #expect(
      chart.lines(width: 30) == ["t", "a  ██████████           -1.0 ★", "b            █████████  1.0"])
  }

  @Test func linesOfATerminal() {
    var chart = XYChart(title: "t", xLabel: "x", yLabel: "y")
    chart.series = [.init(name: "", points: [.init(x: 0, y: 0), .init(x: 1, y: 1), .init(x: 2, y: 0, isMarked: true)])]
    #expect(
      chart.lines(width: 30, height: 3) == [
        "t", "", "1 ┤          ··●··", "  │     ·····     ·····", "0 ┤  ●··               ··★",
        "  └──────────────────────────", "     0         1         2", "     x",
      ])
  }

  @Test(arguments: [
    ([0.0, 1], 5, [0.0, 0.2, 0.4, 0.6, 0.8, 1]), ([1.0, 9], 4, [0, 2, 4, 6, 8, 10]),
    ([-3.0, 7], 5, [-4, -2, 0, 2, 4, 6, 8]),
    ([0.4451, 0.52], 5, [0.44, 0.46, 0.48, 0.5, 0.52]), ([5.0], 5, [4.4, 4.6, 4.8, 5, 5.2, 5.4, 5.6]),
  ]) func niceTicks(values: [Double], count: Int, ticks: [Double]) {
    let scale = ChartScale.nice(values, count: count)
    #expect(
      zip(scale.ticks, ticks).allSatisfy { abs($0 - $1) < 1e-9 } && scale.ticks.count == ticks.count, "\(scale.ticks)")
    #expect(values.allSatisfy { (0...1).contains(scale.position($0)) })
  }

  @Test func geometricRows() {
    for row in [[1.0, 2, 4, 8, 16], [1e-4, 3e-4, 1e-3], [0.05, 0.1, 0.25, 0.5, 1], [8, 1, 64]] {
      #expect(ChartScale.isGeometric(row), "\(row)")
    }
    for row in [
      [1.0, 2, 3, 4, 5], [1, 2], [0, 1, 10, 100], [-4, -2, -1], [0.1, 0.2, 0.3], [4, 4, 4], [100, 110, 121],
    ] {
      #expect(!ChartScale.isGeometric(row), "\(row)")
    }
    let scale = ChartScale.places([1, 10, 100], isLogarithmic: true)
    #expect(abs(scale.position(10) - 0.5) < 1e-12 && scale.ticks == [1, 10, 100])
    #expect(
      ChartScale.logarithmic([0.47, 8.7]).ticks.map { ChartNumber.short($0) } == ["0.2", "0.5", "1", "2", "5", "10"])
    #expect(ChartScale.logarithmic([1, 1e7]).ticks.count == 8 && ChartScale.logarithmic([3, 3]).domain == 2...5)
  }

  @Test func numbersAreShort() {
    let texts = [
      (64.0, "64"), (0.25, "0.25"), (3e-5, "3e-5"), (1e6, "1e6"), (0, "0"), (-0.0, "0"), (.nan, "–"),
      (1234.5678, "1235"),
    ]
    for (number, text) in texts { #expect(ChartNumber.short(number) == text) }
  }
}
