import Basics
import Foundation

/// The pieces of a Unigram model in training: estimated by expectation and maximisation, and pruned.
///
/// Source: Kudo, "Subword Regularization", 2018, section 3.2; the details are those of `UnigramTrainer` of Hugging Face
/// tokenizers and of SentencePiece.
struct UnigramEstimate: Sendable {
  /// What an unknown scalar costs beyond the least likely piece.
  private static let unknownPenalty = 10.0
  /// Pieces that are expected more rarely are dropped.
  private static let leastExpectedCount = 0.5
  /// The words are worked on in so many parts on any machine, so that sums have the same order.
  private static let partCount = 8

  let words: UnigramWords
  /// The best first, once they have been pruned.
  private(set) var pieces: [UnigramPiece]
  private(set) var trie = PieceTrie()
  private(set) var unknownScore = 0.0
  private let parts: [Range<Int>]

  init(_ words: UnigramWords, seeds: [UnigramPiece]) {
    self.words = words
    pieces = seeds
    parts = words.parts(Self.partCount)
    index()
  }

  var leastScore: Double { pieces.reduce(0) { min($0, $1.score) } }

  private mutating func index() {
    trie = PieceTrie()
    for (number, piece) in pieces.enumerated() { trie.insert(words.text[piece.range], piece: number) }
    unknownScore = leastScore - Self.unknownPenalty
  }

  /// One step of expectation and maximisation; the digamma function makes it a variational one, which favours few
  /// pieces (Liang and Klein, "Structured Bayesian Nonparametric Models", ACL tutorial 2007).
  mutating func improve() {
    let expected = sums { lattice, count, expected in lattice.addExpectedCounts(count, to: &expected) }
    var kept: [UnigramPiece] = []
    var total = 0.0
    for (piece, count) in zip(pieces, expected) where count >= Self.leastExpectedCount {
      kept.append(piece)
      kept[kept.count - 1].score = digamma(count)
      total += count
    }
    let logarithm = digamma(total)
    for index in kept.indices { kept[index].score -= logarithm }
    pieces = kept
    index()
  }

  /// Keeps so many pieces: those without which the likelihood of the corpus would fall most.
  mutating func prune(to size: Int) {
    let frequencies = sums { lattice, count, frequencies in
      for edge in lattice.bestPath() where edge.piece >= 0 { frequencies[Int(edge.piece)] += count }
    }
    let losses = losses(frequencies)
    let ranked = pieces.indices.filter { losses[$0] > -.infinity }.sorted {
      losses[$0] != losses[$1] ? losses[$0] > losses[$1] : $0 < $1
    }
    pieces = ranked.prefix(size).map { pieces[$0] }
    index()
  }

  /// What the logarithm of the likelihood loses for each piece when its next best writing takes its place: infinite for
  /// pieces that have none, minus infinite for those that are not used.
  private func losses(_ frequencies: [Double]) -> [Double] {
    let total = frequencies.reduce(0, +)
    let logTotal = log(total)
    var losses = [Double](repeating: 0, count: pieces.count)
    losses.withUnsafeMutableBufferPointer { losses in
      nonisolated(unsafe) let losses = losses
      parallelRanges(pieces.count, grain: 256) { range in
        var lattice = UnigramLattice()
        for piece in range {
          let frequency = frequencies[piece]
          lattice.fill(words.text, pieces[piece].range, self)
          let alternative = lattice.bestPath(withoutWhole: true)
          let score = alternative.reduce(0) { $0 + $1.score }
          if alternative.isEmpty {
            losses[piece] = .infinity
          } else if frequency == 0 {
            losses[piece] = -.infinity
          } else if score > pieces[piece].score {
            // The best writing of the piece is another, yet some word is written with it.
            losses[piece] = .infinity
          } else {
            let logAlternativeTotal = log(total + frequency * Double(alternative.count - 1))
            let logAlternative = alternative.reduce(0) { sum, edge in
              let other = edge.piece < 0 ? 0 : frequencies[Int(edge.piece)]
              return sum + log(other + frequency) - logAlternativeTotal
            }
            losses[piece] = frequency * (log(frequency) - logTotal - logAlternative)
          }
        }
      }
    }
    return losses
  }

  /// Sums over all words of what `body` adds for a word and its count, a sum for each piece.
  private func sums(_ body: @Sendable (inout UnigramLattice, Double, inout [Double]) -> Void) -> [Double] {
    var sums = [[Double]](repeating: [], count: parts.count)
    sums.withUnsafeMutableBufferPointer { sums in
      nonisolated(unsafe) let sums = sums
      parallelFor(parts.count) { part in
        var lattice = UnigramLattice()
        var own = [Double](repeating: 0, count: pieces.count)
        for word in parts[part] {
          lattice.fill(words.text, words.range(word), self)
          body(&lattice, Double(words.counts[word]), &own)
        }
        sums[part] = own
      }
    }
    return pieces.indices.map { piece in sums.reduce(0) { $0 + $1[piece] } }
  }
}

/// The derivative of the logarithm of the gamma function.
private func digamma(_ value: Double) -> Double {
  var result = 0.0, x = value
  while x < 7 {
    result -= 1 / x
    x += 1
  }
  x -= 0.5
  let square = 1 / (x * x)
  let series = square * (1.0 / 24 - square * (7.0 / 960 - square * (31.0 / 8064 - square * 127.0 / 30720)))
  return result + log(x) + series
}
