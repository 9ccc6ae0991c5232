import Basics

/// Histograms of lengths as an SVG picture, one panel below the other. Readable on light and dark pages.
struct LengthPicture {
  struct Panel {
    var title: String
    var histogram: LengthBins
    /// A length to mark with a line.
    var mark: Int?
  }

  let panels: [Panel]

  private static let width = 640, height = 170, left = 12, plotHeight = 100, top = 34

  var svg: String {
    let height = Self.height * max(1, panels.count)
    var lines = [
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(Self.width) \(height)\" width=\"\(Self.width)\" "
        + "height=\"\(height)\" font-family=\"sans-serif\" font-size=\"12\">",
      "<style>text{fill:#555}rect{fill:#4078c0}@media(prefers-color-scheme:dark){text{fill:#bbb}rect{fill:#79b8ff}}"
        + ".axis{stroke:#888}.mark{stroke:#d73a49;stroke-dasharray:4 3}</style>",
    ]
    for (index, panel) in panels.enumerated() { lines += self.lines(panel, y: index * Self.height) }
    return (lines + ["</svg>"]).joined(separator: "\n") + "\n"
  }

  private func lines(_ panel: Panel, y: Int) -> [String] {
    let counts = panel.histogram.counts, most = max(1, counts.max() ?? 1)
    let base = y + Self.top + Self.plotHeight, room = Double(Self.width - 2 * Self.left)
    let step = room / Double(max(1, counts.count))
    var lines = ["<text x=\"\(Self.left)\" y=\"\(y + 20)\">\(Self.escaped(panel.title))</text>"]
    for (index, count) in counts.enumerated() where count > 0 {
      let height = max(1, Double(count) / Double(most) * Double(Self.plotHeight))
      let x = Double(Self.left) + Double(index) * step
      lines.append(
        "<rect x=\"\(Self.number(x))\" y=\"\(Self.number(Double(base) - height))\" "
          + "width=\"\(Self.number(max(1, step - 1)))\" height=\"\(Self.number(height))\">"
          + "<title>\(index * panel.histogram.binWidth)–\((index + 1) * panel.histogram.binWidth - 1): \(count)</title></rect>"
      )
    }
    lines.append(
      "<line class=\"axis\" x1=\"\(Self.left)\" y1=\"\(base)\" x2=\"\(Self.width - Self.left)\" y2=\"\(base)\"/>")
    lines += axis(panel, base: base, step: step)
    return lines
  }

  private func axis(_ panel: Panel, base: Int, step: Double) -> [String] {
    let end = panel.histogram.counts.count * panel.histogram.binWidth
    var lines = [0, end / 2, end].enumerated().map { index, length in
      let x = Double(Self.left) + Double(index) / 2 * Double(Self.width - 2 * Self.left)
      let anchor = ["start", "middle", "end"][index]
      return "<text x=\"\(Self.number(x))\" y=\"\(base + 18)\" text-anchor=\"\(anchor)\">\(length)</text>"
    }
    if let mark = panel.mark, mark < end {
      let x = Self.number(Double(Self.left) + Double(mark) / Double(panel.histogram.binWidth) * step)
      lines.append("<line class=\"mark\" x1=\"\(x)\" y1=\"\(base - Self.plotHeight)\" x2=\"\(x)\" y2=\"\(base)\"/>")
      lines.append("<text x=\"\(x)\" y=\"\(base - Self.plotHeight - 4)\" text-anchor=\"middle\">\(mark)</text>")
    }
    return lines
  }

  private static func number(_ value: Double) -> String { "\((value * 10).rounded() / 10)" }

  private static func escaped(_ text: String) -> String {
    text.replacing(bytesOf: "&", with: "&amp;").replacing(bytesOf: "<", with: "&lt;")
  }
}
