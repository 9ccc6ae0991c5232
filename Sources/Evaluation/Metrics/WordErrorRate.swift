/// How many words or characters an answer hit, replaced, left out and added, as jiwer 4.0.0 counts them.
public struct ErrorCounts: Sendable, Equatable {
  public var hits = 0
  public var substitutions = 0
  public var deletions = 0
  public var insertions = 0

  public init(hits: Int = 0, substitutions: Int = 0, deletions: Int = 0, insertions: Int = 0) {
    self.hits = hits
    self.substitutions = substitutions
    self.deletions = deletions
    self.insertions = insertions
  }

  var numbers: [Double] { [hits, substitutions, deletions, insertions].map { Double($0) } }

  /// Counts along one of the shortest ways from a reference to a hypothesis: what both begin and end with is hit; in the
  /// rest a deletion goes before an insertion before anything else, from the end.
  init(_ reference: [UInt32], _ hypothesis: [UInt32]) {
    let start = zip(reference, hypothesis).prefix { $0 == $1 }.count
    var end = 0
    while end < min(reference.count, hypothesis.count) - start,
      reference[reference.count - 1 - end] == hypothesis[hypothesis.count - 1 - end]
    {
      end += 1
    }
    let rows = reference[start..<reference.count - end], columns = hypothesis[start..<hypothesis.count - end]
    self.init(hits: start + end)
    walk(Array(rows), Array(columns))
  }

  private mutating func walk(_ reference: [UInt32], _ hypothesis: [UInt32]) {
    let width = hypothesis.count + 1
    var table = [Int32](repeating: 0, count: (reference.count + 1) * width)
    for column in 0..<width { table[column] = Int32(column) }
    for row in stride(from: 1, through: reference.count, by: 1) {
      table[row * width] = Int32(row)
      for column in stride(from: 1, to: width, by: 1) {
        let above = table[(row - 1) * width + column], before = table[row * width + column - 1]
        let replaced = table[(row - 1) * width + column - 1] + (reference[row - 1] == hypothesis[column - 1] ? 0 : 1)
        table[row * width + column] = min(min(above, before) + 1, replaced)
      }
    }
    var row = reference.count, column = hypothesis.count
    while row > 0, column > 0 {
      let here = table[row * width + column], above = table[(row - 1) * width + column]
      if here == above + 1 {
        deletions += 1
        row -= 1
      } else if column > 1, table[row * width + column - 1] == table[(row - 1) * width + column - 1] - 1 {
        insertions += 1
        column -= 1
      } else {
        if reference[row - 1] == hypothesis[column - 1] { hits += 1 } else { substitutions += 1 }
        (row, column) = (row - 1, column - 1)
      }
    }
    deletions += row
    insertions += column
  }
}

/// Error rates of words or characters as jiwer 4.0.0 computes them. Lower is better, except of the preserved information.
///
/// Counts: hits, substitutions, deletions, insertions. Of several references the one with the best rate counts.
/// Source: Morris et al., "From WER and RIL to MER and WIL", 2004.
public struct ErrorRate: SummedMetric {
  public enum Kind: String, Sendable, CaseIterable {
    /// Errors for each word of the reference.
    case wordError = "wer"
    /// Errors for each character of the reference.
    case characterError = "cer"
    /// Errors in all that was compared.
    case matchError = "mer"
    /// What of the information of words is lost.
    case informationLost = "wil"
    /// What of the information of words is preserved.
    case informationPreserved = "wip"
  }

  public let kind: Kind
  /// Contractions are expanded, what stands in brackets is left out, and case does not count.
  public let standardizes: Bool

  public init(_ kind: Kind, standardizes: Bool = false) {
    self.kind = kind
    self.standardizes = standardizes
  }

  public var name: String { kind.rawValue }
  public var maximum: Double { 1 }
  public var lowerIsBetter: Bool { kind != .informationPreserved }

  public func signature(references: Int?) -> String {
    "\(name)|nrefs:\(references.map { String($0) } ?? "var")|transform:\(standardizes ? "standardize" : "default")"
      + "|tune:\(metricsVersion)"
  }

  public func counts(prediction: String, references: [String]) -> [Double] {
    var vocabulary = Vocabulary<ArraySlice<Unicode.Scalar>>()
    func ids(_ text: String) -> [UInt32] { vocabulary.ids(of: units(of: text)) }
    let prediction = ids(prediction)
    let counts = references.map { ErrorCounts(ids($0), prediction).numbers }
    // Of equal rates the longer reference, whatever the order.
    return counts.min { worth($0).lexicographicallyPrecedes(worth($1)) } ?? ErrorCounts().numbers
  }

  private func worth(_ counts: [Double]) -> [Double] {
    let rate = score(counts, examples: 1)
    return [lowerIsBetter ? rate : -rate] + counts.map { -$0 }
  }

  private func units(of text: String) -> [ArraySlice<Unicode.Scalar>] {
    let scalars = Array(text.unicodeScalars)
    if kind == .characterError {
      let text = PythonText.stripped(scalars)
      return text.indices.map { text[$0...$0] }
    }
    return SpokenWords.words(of: standardizes ? SpokenWords.standardized(scalars) : scalars)
  }

  public func score(_ counts: [Double], examples: Int) -> Double {
    guard counts.count == 4 else { return 0 }
    let hits = counts[0], errors = counts[1] + counts[2] + counts[3]
    let reference = counts[0] + counts[1] + counts[2], hypothesis = counts[0] + counts[1] + counts[3]
    let preserved: Double =
      if reference == 0 { hypothesis == 0 ? 1 : 0 } else {
        hypothesis == 0 ? 0 : (hits / reference) * (hits / hypothesis)
      }
    switch kind {
    // Without a word in the references jiwer gives the number of errors.
    case .wordError, .characterError: return reference == 0 ? errors : errors / reference
    case .matchError: return hits + errors == 0 ? 0 : errors / (hits + errors)
    case .informationPreserved: return preserved
    case .informationLost: return 1 - preserved
    }
  }
}
