/// Tercom's edit distance with a beam, and which words of the reference stand for which of the hypothesis.
///
/// All costs are 1. Source: Snover et al., "A Study of Translation Edit Rate with Targeted Human Annotation", 2006;
/// sacreBLEU's `lib_ter.py` for the beam and the order of equal choices.
struct TercomEditDistance {
  private enum Step: UInt8 { case none, match, substitute, delete, insert }

  /// Of what was aligned.
  struct Alignment {
    /// For each word of the reference the one of the hypothesis; the last one before it where it is missing, -1 at the
    /// start.
    var places: [Int] = []
    var hypothesisErrors: [Bool] = []
    var referenceErrors: [Bool] = []
  }

  private let hypothesis: [UInt32]
  private let reference: [UInt32]
  private var steps: [Step]
  let distance: Int

  private static let beam = 25
  private static let infinity = Int.max / 2

  init(_ hypothesis: [UInt32], _ reference: [UInt32]) {
    self.hypothesis = hypothesis
    self.reference = reference
    let rows = hypothesis.count, columns = reference.count, width = columns + 1
    var steps = [Step](repeating: .none, count: (rows + 1) * width)
    var previous = (0...columns).map { $0 }, current = previous
    for column in 0..<columns { steps[column + 1] = .insert }
    let ratio = rows == 0 ? 1 : Double(columns) / Double(rows)
    let beam = Double(Self.beam) < ratio / 2 ? Int((ratio / 2 + Double(Self.beam)).rounded(.up)) : Self.beam
    for row in stride(from: 1, through: rows, by: 1) {
      let middle = Int((Double(row) * ratio).rounded(.down))
      let first = max(0, middle - beam), last = row == rows ? columns : min(columns, middle + beam - 1)
      for column in current.indices { current[column] = Self.infinity }
      for column in stride(from: first, through: last, by: 1) {
        var best = Self.infinity, step = Step.none
        if column > 0 {
          let isMatch = hypothesis[row - 1] == reference[column - 1]
          best = previous[column - 1] + (isMatch ? 0 : 1)
          step = isMatch ? .match : .substitute
        }
        if column == 0 || previous[column] + 1 < best { (best, step) = (previous[column] + 1, .delete) }
        if column > 0, current[column - 1] + 1 < best { (best, step) = (current[column - 1] + 1, .insert) }
        current[column] = best
        steps[row * width + column] = step
      }
      swap(&previous, &current)
    }
    self.steps = steps
    distance = previous[columns]
  }

  var alignment: Alignment {
    var path: [Step] = []
    var row = hypothesis.count, column = reference.count
    while row > 0 || column > 0 {
      let step = steps[row * (reference.count + 1) + column]
      path.append(step)
      if step != .insert { row -= 1 }
      if step != .delete { column -= 1 }
    }
    var alignment = Alignment(), place = -1
    for step in path.reversed() {
      if step != .insert {
        place += 1
        alignment.hypothesisErrors.append(step != .match)
      }
      if step != .delete {
        alignment.places.append(place)
        alignment.referenceErrors.append(step != .match)
      }
    }
    return alignment
  }
}
