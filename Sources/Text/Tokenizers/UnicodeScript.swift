/// The scripts of scalars, for `\p{Han}` and the like, and for the stage UnicodeScripts.
enum UnicodeScript {
  /// The ranges of a script by its long name in small letters without `_`; nil for a name that is not known.
  static func ranges(named name: String) -> [ClosedRange<UInt32>]? {
    oniguruma.first { $0.name == name }?.ranges
  }

  /// Where pieces of one script begin in a stretch of text. Spaces and what is of no script belong to what is before
  /// them.
  static func starts(in text: [UInt32], _ range: Range<Int>) -> [Int] {
    var starts: [Int] = []
    var last: Int?
    for position in range {
      let script = stageScript(text[position])
      guard script >= 0 else { continue }
      if script != last { starts.append(position) }
      last = script
    }
    return starts
  }

  /// The number of a scalar's script in the stage UnicodeScripts; -1 for one without.
  private static func stageScript(_ scalar: UInt32) -> Int {
    var (low, high) = (0, stage.count)
    while low < high {
      let middle = (low + high) / 2
      if stage[middle].range.upperBound < scalar { low = middle + 1 } else { high = middle }
    }
    return low < stage.count && stage[low].range.contains(scalar) ? stage[low].script : -1
  }

  private static let oniguruma = parsed(UnicodeScriptTable.oniguruma)

  /// The ranges of the stage in order, with the numbers of their scripts.
  private static let stage: [(range: ClosedRange<UInt32>, script: Int)] =
    parsed(UnicodeScriptTable.stage).enumerated()
    .flatMap { number, script in script.ranges.map { (range: $0, script: number) } }
    .sorted { $0.range.lowerBound < $1.range.lowerBound }

  /// Lines of a name and ranges such as `41-5A`.
  private static func parsed(_ table: String) -> [(name: String, ranges: [ClosedRange<UInt32>])] {
    var scripts: [(name: String, ranges: [ClosedRange<UInt32>])] = []
    for line in table.split(separator: "\n") {
      let parts = line.split(separator: " ")
      let ranges = parts.dropFirst().map { part in
        let bounds = part.split(separator: "-").compactMap { UInt32($0, radix: 16) }
        return bounds[0]...bounds[bounds.count - 1]
      }
      // A long script goes on in the next line.
      if let last = scripts.last, last.name == parts[0] {
        scripts[scripts.count - 1].ranges += ranges
      } else {
        scripts.append((String(parts[0]), ranges))
      }
    }
    return scripts
  }
}
