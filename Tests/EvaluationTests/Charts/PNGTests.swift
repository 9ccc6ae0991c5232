import Testing

@testable import Evaluation

/// Pixels and the letters on them; Tests/Interop/check_report.py unpacks whole files with another reader.
@Suite struct PNGTests {
  private func pixel(_ image: PixelImage, _ x: Int, _ y: Int) -> [UInt8] {
    Array(image.bytes[3 * (y * image.width + x)..<3 * (y * image.width + x) + 3])
  }

  @Test func shapesCoverTheirPixels() {
    var image = PixelImage(width: 20, height: 10, background: "#ffffff")
    image.fill(x: 2, y: 2, width: 3, height: 3.5, color: "#000000")
    #expect(pixel(image, 2, 2) == [0, 0, 0] && pixel(image, 4, 4) == [0, 0, 0])
    #expect(pixel(image, 1, 2) == [255, 255, 255] && pixel(image, 5, 4) == [255, 255, 255])
    // The half row is half as dark.
    #expect(pixel(image, 3, 5) == [128, 128, 128])
    image.stroke([[(10, 4.5), (16, 4.5)]], radius: 1.5, color: "#c04f00")
    #expect(pixel(image, 12, 4) == [0xc0, 0x4f, 0] && pixel(image, 12, 7) == [255, 255, 255])
    image.fill([(8, 1), (18, 1), (18, 9), (8, 9)], color: "#123456")
    #expect(pixel(image, 13, 5) == [0x12, 0x34, 0x56] && pixel(image, 19, 5) == [255, 255, 255])
  }

  @Test func shapesOutsideAreCut() {
    var image = PixelImage(width: 4, height: 4, background: "#ffffff")
    image.fill(x: -5, y: -5, width: 3, height: 3, color: "#000000")
    image.fill(x: 90, y: 90, width: 3, height: 3, color: "#000000")
    image.stroke([[(-50, 2), (-40, 2)], [(90, -90)]], radius: 3, color: "#000000")
    image.stroke([], radius: 3, color: "#000000")
    #expect(image.bytes.allSatisfy { $0 == 255 })
    image.fill(x: -5, y: -5, width: 100, height: 100, color: "#000000")
    #expect(image.bytes.allSatisfy { $0 == 0 })
  }

  /// Pictures are laid out by `ChartText`, which must not take letters for narrower than they are drawn.
  @Test func lettersAreNoWiderThanTheirRoom() {
    for value in 0x20..<0x7f as Range<UInt32> {
      guard let scalar = Unicode.Scalar(value) else { continue }
      let text = String(Character(scalar)), font = StrokeFont(text + text, size: 12)
      #expect(font.width <= ChartText.width(text + text, size: 12), "'\(text)'")
      #expect(value == 0x20 || !font.strokes.isEmpty, "'\(text)' is not drawn")
      #expect(StrokeFont.glyphs[scalar] != nil || value == 0x20, "'\(text)' is a box")
    }
    for (_, glyph) in StrokeFont.glyphs {
      for stroke in glyph.split(separator: " ") {
        let digits = stroke.utf8.drop { $0 == UInt8(ascii: "~") || $0 == UInt8(ascii: "o") }
        #expect(digits.count % 2 == 0 && digits.allSatisfy { (48...57).contains($0) }, "\(glyph)")
      }
    }
    #expect(StrokeFont("é", size: 10).width == StrokeFont("e", size: 10).width)
    #expect(StrokeFont("語", size: 10).strokes.count == 1 && StrokeFont("", size: 10).width == 0)
  }

  @Test func filesHaveTheirSize() {
    let charts =
      ChartExamples.pointCharts.map { $0.picture(width: 320, plotHeight: 80) }
      + ChartExamples.barCharts.prefix(8).map { $0.picture(width: 320) }
    for picture in charts {
      let bytes = picture.png(scale: 1)
      #expect(Array(bytes.prefix(8)) == [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
      func word(_ place: Int) -> Int { bytes[place..<place + 4].reduce(0) { $0 << 8 | Int($1) } }
      #expect(word(16) == 320 && word(20) == Int(picture.height.rounded(.up)))
      #expect(bytes.suffix(8) == [0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82])
    }
    let picture = ChartExamples.pointCharts[1].picture(width: 320)
    #expect(picture.png() == picture.png())
  }

  @Test func matricesAreShadedByRow() {
    let chart = MatrixChart(
      title: "t", legend: "l", rowLabels: ["a", "<b>"], columnLabels: ["a", "<b>", "other"],
      counts: [[3, 1, 0], [0, 0, 0]])
    let svg = chart.svg(width: 400)
    #expect(svg.contains("fill-opacity=\"0.375\"") && svg.contains("fill-opacity=\"0.125\""))
    #expect(svg.contains("&lt;b&gt;, a: 0") && !svg.contains("<b>"))
    #expect(
      chart.lines(width: 40) == ["t                                       ", "         a    <b>  other"].map {
        $0.hasPrefix("t") ? "t" : $0
      } + ["a        3      1      0", "<b>      0      0      0"])
    for line in chart.lines(width: 30, plainText: true) { #expect(line.count <= 30) }
  }
}
