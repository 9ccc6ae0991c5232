import Basics
import Testing

@testable import Evaluation

@Suite struct CommonSubsequenceTests {
  @Test func agreeWithTheTable() {
    var random = SeededRandom(seed: 9, stream: "subsequences")
    for round in 0..<120 {
      let alphabet = 1 + random.integer(below: 8)
      // Some sequences are longer than a word of 64 columns and a block of 256 rows.
      let sizes = round % 30 == 0 ? (rows: 600, columns: 140) : (rows: 20, columns: 90)
      let rows = (0..<random.integer(below: sizes.rows)).map { _ in UInt32(random.integer(below: alphabet)) }
      let columns = (0..<random.integer(below: sizes.columns)).map { _ in UInt32(random.integer(below: alphabet)) }
      let fast = CommonSubsequence(columns: columns), slow = subsequence(rows, columns)
      #expect(commonLength(columns, rows, distinct: alphabet) == slow.count)
      #expect(fast.rowIndices(with: rows) == slow)
    }
  }

  @Test func longTextsAreQuick() {
    var random = SeededRandom(seed: 10, stream: "subsequences")
    let tokens = (0..<4000).map { _ in UInt32(random.integer(below: 500)) }
    let sequence = CommonSubsequence(columns: Array(tokens.dropFirst(100)))
    #expect(commonLength(Array(tokens.dropFirst(100)), tokens, distinct: 500) == 3900)
    #expect(sequence.rowIndices(with: tokens).count == 3900)
  }

  /// The row indices, last first, by the table of lengths, written as in rouge_score's description.
  private func subsequence(_ rows: [UInt32], _ columns: [UInt32]) -> [Int] {
    var table = [[Int]](repeating: [Int](repeating: 0, count: columns.count + 1), count: rows.count + 1)
    for row in 0..<rows.count {
      for column in 0..<columns.count {
        table[row + 1][column + 1] =
          rows[row] == columns[column] ? table[row][column] + 1 : max(table[row][column + 1], table[row + 1][column])
      }
    }
    var indices: [Int] = []
    var row = rows.count, column = columns.count
    while row > 0, column > 0 {
      if rows[row - 1] == columns[column - 1] {
        row -= 1
        column -= 1
        indices.append(row)
      } else if table[row][column - 1] > table[row - 1][column] {
        column -= 1
      } else {
        row -= 1
      }
    }
    return indices
  }
}
