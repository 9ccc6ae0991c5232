/// Passes text through until a stop string appears, holding back what could be the beginning of one.
struct StopStringWriter {
  private let stops: [[UInt8]]
  private var held: [UInt8] = []
  /// Everything passed on so far.
  private(set) var text = ""
  private(set) var isStopped = false

  init(stops: [String]) { self.stops = stops.map { Array($0.utf8) } }

  /// Adds new text and returns what may be shown now.
  mutating func append(_ piece: String) -> String {
    guard !isStopped else { return "" }
    held += Array(piece.utf8)
    if let end = firstStop() {
      isStopped = true
      return pass(end)
    }
    return pass(held.count - longestPossibleStart())
  }

  /// What was held back, at the end of the text.
  mutating func finish() -> String { isStopped ? "" : pass(held.count) }

  private mutating func pass(_ count: Int) -> String {
    let visible = String(decoding: held[..<count], as: UTF8.self)
    held.removeFirst(count)
    text += visible
    return visible
  }

  /// Where the earliest stop string begins in the held text.
  private func firstStop() -> Int? {
    held.indices.first { start in stops.contains { held[start...].starts(with: $0) } }
  }

  /// How many bytes at the end could begin a stop string; kept back to a scalar's first byte.
  private func longestPossibleStart() -> Int {
    held.indices.first { start in stops.contains { $0.starts(with: held[start...]) } }.map { held.count - $0 } ?? 0
  }
}
