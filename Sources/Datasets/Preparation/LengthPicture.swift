import Basics

/// Histograms of lengths as an SVG picture, one panel below the other.
///
/// Its colours stand out from white and from black: a page shows it as an image, which does not know whether the page
/// is light or dark.
struct LengthPicture {
  struct Panel {
    /// What is counted by what, and in which unit.
    var title: String
    var histogram: LengthBins
    /// A length to mark with a line, and what it is called.
    var mark: (length: Int, name: String)?
  }

  let panels: [Panel]

  private static let width = 640, height = 190, left = 64, right = 28, top = 48, plotHeight = 104
  /// The widest bar, so that a few of them do not look like a surface.
  private static let widestBar = 40.0

  var svg: String {
    let height = Self.height * max(1, panels.count)
    var lines = [
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(Self.width) \(height)\" width=\"\(Self.width)\" "
        + "height=\"\(height)\" font-family=\"sans-serif\" font-size=\"12\">",
      "<style>text{fill:#727a84}rect{fill:#4f8cd6}line{stroke:#727a84}.grid{stroke-opacity:.3}"
        + ".mark{stroke:#d73a49;stroke-dasharray:4 3}.title{font-weight:bold}</style>",
    ]
    for (index, panel) in panels.enumerated() { lines += self.lines(panel, y: index * Self.height) }
    return (lines + ["</svg>"]).joined(separator: "\n") + "\n"
  }

  private func lines(_ panel: Panel, y: Int) -> [String] {
    let histogram = panel.histogram, most = max(1, histogram.counts.max() ?? 1)
    let base = Double(y + Self.top + Self.plotHeight)
    let scale = LengthScale(histogram, start: Double(Self.left), room: Double(Self.width - Self.left - Self.right))
    var lines = [Self.text(panel.title, x: Double(Self.left), y: Double(y + 18), anchor: "start", kind: "title")]
    for count in ticks(to: most, atMost: 4) {
      let height = base - Double(count) / Double(most) * Double(Self.plotHeight)
      lines.append(
        Self.line(from: (Double(Self.left), height), to: (scale.end, height), kind: count > 0 ? "grid" : "axis"))
      lines.append(Self.text(grouped(count), x: Double(Self.left) - 8, y: height + 4, anchor: "end"))
    }
    for (index, count) in histogram.counts.enumerated() where count > 0 {
      let height = max(1, Double(count) / Double(most) * Double(Self.plotHeight))
      lines.append(
        "<rect x=\"\(Self.number(scale.edge(of: index)))\" y=\"\(Self.number(base - height))\" "
          + "width=\"\(Self.number(max(1, scale.step - 1)))\" height=\"\(Self.number(height))\">"
          + "<title>\(histogram.range(of: index)): \(grouped(count))</title></rect>")
    }
    for length in ticks(to: histogram.counts.count * histogram.binWidth - 1, atMost: 6) {
      lines.append(Self.text(grouped(length), x: scale.place(of: length), y: base + 18, anchor: "middle"))
    }
    if let mark = panel.mark, mark.length < histogram.counts.count * histogram.binWidth {
      let x = scale.place(of: mark.length), top = Double(y + Self.top)
      lines.append(Self.line(from: (x, top - 4), to: (x, base), kind: "mark"))
      // Towards the middle, where there is room.
      let anchor = x < Double(Self.width) / 2 ? "start" : "end"
      lines.append(Self.text("\(mark.name) \(grouped(mark.length))", x: x, y: top - 8, anchor: anchor))
    }
    return lines
  }

  private static func line(from start: (x: Double, y: Double), to end: (x: Double, y: Double), kind: String) -> String {
    "<line class=\"\(kind)\" x1=\"\(number(start.x))\" y1=\"\(number(start.y))\" x2=\"\(number(end.x))\" "
      + "y2=\"\(number(end.y))\"/>"
  }

  private static func text(_ text: String, x: Double, y: Double, anchor: String, kind: String? = nil) -> String {
    let kind = kind.map { " class=\"\($0)\"" } ?? ""
    return "<text\(kind) x=\"\(number(x))\" y=\"\(number(y))\" text-anchor=\"\(anchor)\">\(Markup.escaped(text))</text>"
  }

  private static func number(_ value: Double) -> String { "\((value * 10).rounded() / 10)" }

  /// Where the bars stand.
  private struct LengthScale {
    let start: Double
    let step: Double
    /// The end of the axis.
    let end: Double
    private let binWidth: Int

    init(_ histogram: LengthBins, start: Double, room: Double) {
      self.start = start
      step = min(LengthPicture.widestBar, room / Double(max(1, histogram.counts.count)))
      end = start + room
      binWidth = histogram.binWidth
    }

    func edge(of bin: Int) -> Double { start + Double(bin) * step }

    /// The middle of the bar where a bar is one length, else the place between the bars' edges.
    func place(of length: Int) -> Double {
      start + (Double(length) / Double(binWidth) + (binWidth == 1 ? 0.5 : 0)) * step
    }
  }
}

/// Multiples of 1, 2 or 5 times a power of ten from 0 to a number, as few as fit.
private func ticks(to most: Int, atMost count: Int) -> [Int] {
  var step = 1, decade = 1, factors = [2, 5, 10]
  while step * count < most {
    step = factors.removeFirst() * decade
    if factors.isEmpty { (factors, decade) = ([2, 5, 10], decade * 10) }
  }
  return Array(stride(from: 0, through: max(0, most), by: step))
}

extension LengthBins {
  /// The lengths of a bin, such as "20–29", or the one that it is.
  fileprivate func range(of bin: Int) -> String {
    let first = grouped(bin * binWidth)
    return binWidth == 1 ? first : "\(first)–\(grouped((bin + 1) * binWidth - 1))"
  }
}
