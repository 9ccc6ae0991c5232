import Basics
import Foundation
import FoundationXML
import Testing

@testable import Datasets

/// The page and the picture for people.
@Suite struct DataCardTests {
  private func picture(_ counts: [Int], width: Int, mark: Int? = nil) throws -> (svg: String, texts: [String]) {
    let panel = LengthPicture.Panel(
      title: "Examples by length in tokens of a<b&c", histogram: LengthBins(binWidth: width, counts: counts),
      mark: mark.map { ($0, "--max-length") })
    let svg = LengthPicture(panels: [panel]).svg
    let texts = TextsOfXML()
    let parser = XMLParser(data: Data(svg.utf8))
    parser.delegate = texts
    #expect(parser.parse(), "\(String(describing: parser.parserError))")
    return (svg, texts.found)
  }

  @Test func axesHaveRoundNumbersWithSeparators() throws {
    let tail = [Int](repeating: 3, count: 20)
    let texts = try picture([0, 1300, 2600, 3300, 2200, 900] + tail, width: 200, mark: 1024).texts
    #expect(
      texts == [
        "Examples by length in tokens of a<b&c", "0", "1,000", "2,000", "3,000", "0", "1,000", "2,000", "3,000",
        "4,000",
        "5,000", "--max-length 1,024",
      ])
  }

  /// Bars of one length each have their number below the middle, and few of them stay narrow.
  @Test func singleLengthsAreNamedBelowTheirBars() throws {
    let drawn = try picture([0, 5, 7], width: 1)
    #expect(drawn.texts.suffix(3) == ["0", "1", "2"])
    #expect(drawn.svg.contains("<rect x=\"104.0\"") && drawn.svg.contains("x=\"124.0\" y=\"170.0\""))
    #expect(drawn.svg.contains("width=\"39.0\"") && drawn.svg.contains("<title>2: 7</title>"))
  }

  @Test func marksBeyondTheAxisAreLeftOut() throws {
    #expect(try !picture([4, 4], width: 10, mark: 20).svg.contains("max-length"))
    #expect(try picture([4, 4], width: 10, mark: 19).svg.contains("text-anchor=\"start\">--max-length 19"))
  }

  @Test func nothingToDrawIsAnEmptyAxis() throws {
    #expect(try picture([], width: 1).texts.suffix(2) == ["1", "0"])
    #expect(try picture([0, 0], width: 1).svg.contains("<rect") == false)
  }

  /// No bar or label leaves the picture, whatever the lengths.
  @Test func everythingIsInsideThePicture() throws {
    var random = SeededRandom(seed: 3)
    for _ in 0..<200 {
      let counts = (0..<1 + random.integer(below: 40)).map { _ in random.integer(below: 1 << random.integer(below: 30))
      }
      let width = [1, 2, 5, 10, 5000][random.integer(below: 5)]
      let svg = try picture(counts, width: width, mark: random.integer(below: counts.count * width)).svg
      let edges = svg.split(separator: "\n").compactMap { line -> Double? in
        guard line.hasPrefix("<rect"), let x = Self.number("x", line), let width = Self.number("width", line) else {
          return nil
        }
        return x + width
      }
      #expect(edges.allSatisfy { $0 <= 640 - 28 + 1 }, "\(counts)")
      #expect(svg.split(separator: "\n").compactMap { Self.number("y", $0) }.allSatisfy { (0...190).contains($0) })
    }
  }

  private static func number(_ name: String, _ line: Substring) -> Double? {
    line.components(separatedBy: " \(name)=\"").dropFirst().first.flatMap { Double($0.prefix { $0 != "\"" }) }
  }

  /// Labels are data: they cannot part cells, add markup or end a line.
  @Test func theDataCannotBreakThePage() throws {
    let labels = ["a|b", "<script>", "**bold**", "line\nend", "[x](y)", "plain"]
    let lines = (0..<60).map { index in
      JSON.object(["prompt": .string("p \(index)"), "completion": .string(labels[index % labels.count])]).text(.compact)
    }
    try Fixture.preparing(lines.joined(separator: "\n")) { _, out in
      let page = try Fixture.text("\(out)/dataset.md")
      for shown in [
        "| a\\|b | 10 |", "| \\<script\\> | 10 |", "| \\*\\*bold\\*\\* |", "| line end |", "| \\[x\\](y) |",
      ] {
        #expect(page.contains(shown), "\(shown)")
      }
      for row in page.split(separator: "\n") where row.hasPrefix("|") {
        #expect(row.replacing("\\|", with: "").count { $0 == "|" } >= 3 && row.hasSuffix(" |"), "\(row)")
      }
      #expect(page.contains("Split by a hash of each record, seed 42, shares 90.0 %, 5.0 %, 5.0 %: equal records are"))
    }
  }
}

/// The texts of an SVG picture's `text` elements.
private final class TextsOfXML: NSObject, XMLParserDelegate {
  private(set) var found: [String] = []
  private var isInside = false

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
    attributes: [String: String]
  ) {
    isInside = name == "text"
    if isInside { found.append("") }
  }

  func parser(
    _ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?
  ) { isInside = false }

  func parser(_ parser: XMLParser, foundCharacters text: String) { if isInside { found[found.count - 1] += text } }
}
