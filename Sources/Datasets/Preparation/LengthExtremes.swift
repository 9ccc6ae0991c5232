import Basics

/// The longest and shortest targets of a set and the spread of all lengths, from which outliers are told at the end.
struct LengthExtremes {
  private struct Entry {
    let length: Int
    let file: String
    let line: Int
    let text: String
  }

  /// So many at each end are kept; sets with more outliers are no set with outliers.
  private static let kept = 20

  private var histogram = LengthHistogram()
  /// Ascending.
  private var shortest: [Entry] = []
  /// Descending.
  private var longest: [Entry] = []

  /// - Parameter text: asked for only where the length is among the extremes.
  mutating func offer(_ length: Int, file: String, line: Int, text: () -> String) {
    histogram.add(length)
    let isShort = shortest.count < Self.kept || length < shortest[Self.kept - 1].length
    let isLong = longest.count < Self.kept || length > longest[Self.kept - 1].length
    guard isShort || isLong else { return }
    let entry = Entry(length: length, file: file, line: line, text: text())
    if isShort { Self.insert(entry, into: &shortest) { $0 < $1 } }
    if isLong { Self.insert(entry, into: &longest) { $0 > $1 } }
  }

  func findings() -> [PlacedFinding] {
    guard let bounds = histogram.bounds() else { return [] }
    var seen: Set<String> = []
    return (longest + shortest).compactMap { entry in
      guard seen.insert("\(entry.file):\(entry.line)").inserted,
        let finding = bounds.check(entry.length, of: entry.text, field: "completion")
      else { return nil }
      return PlacedFinding(file: entry.file, line: entry.line, finding: finding)
    }
  }

  private static func insert(_ entry: Entry, into entries: inout [Entry], before: (Int, Int) -> Bool) {
    let place = entries.firstIndex { before(entry.length, $0.length) } ?? entries.count
    entries.insert(entry, at: place)
    if entries.count > kept { entries.removeLast() }
  }
}

extension ProcessedChunk {
  /// The completion of an example, or the whole line where it has none.
  func target(of example: ExampleLine) -> String {
    let line = lines[example.range]
    let json = try? JSON(parsing: Array(line))
    return json?["completion"]?.stringValue ?? String(decoding: line.dropLast(), as: UTF8.self)
  }
}
