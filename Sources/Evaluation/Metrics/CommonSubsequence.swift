/// The length of a longest common subsequence of two sequences.
///
/// As `CommonSubsequence`, but with 64 columns at a time: of those before them each row needs only the carry.
///
/// - Parameter distinct: all tokens are below it.
func commonLength(_ columns: [UInt32], _ rows: [UInt32], distinct: Int) -> Int {
  var matches = [UInt64](repeating: 0, count: distinct)
  var carries = [Bool](repeating: false, count: columns.count > 64 ? rows.count : 0)
  var length = 0
  for start in stride(from: 0, to: columns.count, by: 64) {
    let strip = columns[start..<min(start + 64, columns.count)]
    for (bit, token) in strip.enumerated() { matches[Int(token)] |= 1 << UInt64(bit) }
    var state = UInt64.max
    for (index, token) in rows.enumerated() {
      let match = matches[Int(token)]
      let (partial, firstOverflow) = state.addingReportingOverflow(state & match)
      if carries.isEmpty {
        state = partial | state & ~match
      } else {
        let (sum, secondOverflow) = partial.addingReportingOverflow(carries[index] ? 1 : 0)
        state = sum | state & ~match
        carries[index] = firstOverflow || secondOverflow
      }
    }
    length += (~state & (strip.count == 64 ? .max : 1 << UInt64(strip.count) - 1)).nonzeroBitCount
    for token in strip { matches[Int(token)] = 0 }
  }
  return length
}

/// Longest common subsequences of one fixed sequence (the columns of the usual table) with others (the rows).
///
/// A row of the table is kept as one bit a column: 0 where the length grows by one from the column before. A whole
/// word of columns is then advanced by one addition. Source: Hyyrö, "Bit-Parallel LCS-length Computation Revisited",
/// 2004. Memory stays at about two square roots of the table for any length.
struct CommonSubsequence {
  private static let blockLength = 256

  private let columns: [UInt32]
  private let words: Int
  /// The columns in the order of their tokens; those of one token stand from `starts[token]` to `starts[token + 1]`.
  private let positions: [Int]
  private let starts: [Int]

  /// - Parameter columns: tokens numbered from 0 without large gaps.
  init(columns: [UInt32]) {
    self.columns = columns
    words = (columns.count + 63) / 64
    var starts = [Int](repeating: 0, count: columns.max().map { Int($0) + 2 } ?? 1)
    for token in columns { starts[Int(token) + 1] += 1 }
    for token in 1..<max(1, starts.count) { starts[token] += starts[token - 1] }
    var positions = [Int](repeating: 0, count: columns.count), next = starts
    for (index, token) in columns.enumerated() {
      positions[next[Int(token)]] = index
      next[Int(token)] += 1
    }
    (self.positions, self.starts) = (positions, starts)
  }

  private func positions(of token: UInt32) -> ArraySlice<Int> {
    Int(token) + 1 < starts.count ? positions[starts[Int(token)]..<starts[Int(token) + 1]] : []
  }

  /// The indices of `rows`, last first, that belong to the one longest common subsequence which ROUGE takes.
  ///
  /// The table t is walked from its end: equal tokens are taken; else the walk goes to the column before when
  /// t[row][column − 1] > t[row − 1][column], and otherwise to the row before.
  func rowIndices(with rows: [UInt32]) -> [Int] {
    guard !columns.isEmpty, !rows.isEmpty else { return [] }
    let starts = blockStarts(rows)
    var block = (rows.count - 1) / Self.blockLength
    var table = blockTable(rows, block: block, from: starts[block])
    var indices: [Int] = []
    var row = rows.count, column = columns.count
    while row > 0, column > 0 {
      if row <= block * Self.blockLength {
        block -= 1
        table = blockTable(rows, block: block, from: starts[block])
      }
      if rows[row - 1] == columns[column - 1] {
        row -= 1
        column -= 1
        indices.append(row)
      } else if goesLeft(table, row: row - block * Self.blockLength, column: column) {
        column -= 1
      } else {
        row -= 1
      }
    }
    return indices
  }

  /// Whether t[row][column − 1] > t[row − 1][column]; `row` counts within the block.
  private func goesLeft(_ table: [[UInt64]], row: Int, column: Int) -> Bool {
    let growsHere = table[row][(column - 1) >> 6] >> UInt64((column - 1) & 63) & 1 == 0
    // If this column adds one to its row, the column before is one less, which cannot exceed the row above.
    return !growsHere && growth(of: table[row], before: column) > growth(of: table[row - 1], before: column)
  }

  /// The row before the first of each block.
  private func blockStarts(_ rows: [UInt32]) -> [[UInt64]] {
    var row = firstRow, matches = noMatches
    var starts: [[UInt64]] = []
    for (index, token) in rows.enumerated() {
      if index % Self.blockLength == 0 { starts.append(row) }
      advance(&row, by: token, matches: &matches)
    }
    return starts
  }

  /// The row before a block and the rows of the block.
  private func blockTable(_ rows: [UInt32], block: Int, from start: [UInt64]) -> [[UInt64]] {
    var row = start, matches = noMatches
    var table = [start]
    for token in rows[(block * Self.blockLength)...].prefix(Self.blockLength) {
      advance(&row, by: token, matches: &matches)
      table.append(row)
    }
    return table
  }

  private var firstRow: [UInt64] { [UInt64](repeating: .max, count: words) }
  private var noMatches: [UInt64] { [UInt64](repeating: 0, count: words) }

  /// Makes the next row; `matches` is work space, zero before and after.
  private func advance(_ row: inout [UInt64], by token: UInt32, matches: inout [UInt64]) {
    let positions = positions(of: token)
    guard !positions.isEmpty else { return }
    for position in positions { matches[position >> 6] |= 1 << UInt64(position & 63) }
    var carry: UInt64 = 0
    for word in 0..<words {
      let old = row[word]
      let (partial, firstOverflow) = old.addingReportingOverflow(old & matches[word])
      let (sum, secondOverflow) = partial.addingReportingOverflow(carry)
      carry = firstOverflow || secondOverflow ? 1 : 0
      row[word] = sum | (old & ~matches[word])
    }
    for position in positions { matches[position >> 6] = 0 }
  }

  /// The table's value at the end of the first `count` columns of a row.
  private func growth(of row: [UInt64], before count: Int) -> Int {
    let whole = count >> 6, rest = UInt64(count & 63)
    var total = 0
    for word in 0..<whole { total += (~row[word]).nonzeroBitCount }
    if rest > 0 { total += (~row[whole] & (1 << rest - 1)).nonzeroBitCount }
    return total
  }
}
