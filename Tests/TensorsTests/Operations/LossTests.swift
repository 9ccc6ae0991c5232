import CKernels
import Foundation
import Testing

@testable import Tensors

/// The output head with cross-entropy: large vocabularies, several chunks, packed rows.
@Suite struct LossTests {
  @Test func largeVocabularyEqualsDoublePrecision() {
    let vocabulary = 49_152
    for (deviation, target) in [(1.0, 5), (8.0, 49_151), (0.0, 0)] {
      var logits = randomValues(vocabulary, "logits/\(deviation)", deviation: deviation)
      let exact = logits.map { Double($0) }, total = DoubleReference.logSumExp(exact)
      let scale = 0.125, expected = total - exact[target]
      var loss = [Float](repeating: 0, count: 1)
      let sum = tune_cross_entropy(&loss, &logits, [Int32(target)], Float(scale), 1, vocabulary)
      #expect(abs(sum - expected) <= 1e-6 * max(1, expected))
      #expect(abs(Double(loss[0]) - expected) <= 1e-6 * max(1, expected))
      for index in 0..<vocabulary {
        let slope = scale * (exp(exact[index] - total) - (index == target ? 1 : 0))
        #expect(abs(Double(logits[index]) - slope) <= 1e-6 * abs(slope) + 2e-8)
      }
    }
  }

  @Test func logSoftmaxEqualsDoublePrecision() {
    var row = randomValues(49_152, "log softmax", deviation: 4)
    let exact = row.map { Double($0) }, total = DoubleReference.logSumExp(exact)
    tune_log_softmax(&row, row.count)
    #expect(difference(row, exact.map { $0 - total }) <= 2e-7)
  }

  /// Five rows of 2 Mi logits are three chunks; a row alone is one.
  @Test func chunkedEqualsEachRowAlone() throws {
    let vocabulary = 1 << 21, rows = 5, scale: Float = 0.25
    let x = randomTensor([rows, 1], "chunked/x")
    let pattern = randomTensor([1024, 1], "chunked/head")
    let head = Parameter("head", Tensor(shape: [vocabulary, 1]), isTrainable: true)
    for block in 0..<vocabulary / 1024 { (head.pointer + block * 1024).update(from: pattern.pointer, count: 1024) }
    let targets: [Int32] = [0, 7, 1 << 20, (1 << 21) - 1, 7]
    let catcher = GradientCatcher()
    let whole = headCrossEntropy(catcher.track(x), head: head, targets: targets, scale: scale)
    whole.loss.backward()
    let wholeHead = try #require(head.gradient)
    head.releaseGradient()
    var rowGradients: [Float] = []
    for row in 0..<rows {
      let alone = GradientCatcher()
      let input = alone.track(Tensor([x.values[row]], shape: [1, 1]))
      let result = headCrossEntropy(input, head: head, targets: [targets[row]], scale: scale)
      result.loss.backward()
      #expect(abs(result.rowLosses[0] - whole.rowLosses[row]) <= 2e-6)
      rowGradients += try #require(alone.values)
    }
    #expect(difference(rowGradients, try #require(catcher.values)) <= 1e-6)
    // In C, as two million values take long in a debug build.
    let distance = try #require(head.gradient)
    let norm = tune_sum_of_squares(wholeHead.pointer, vocabulary).squareRoot()
    tune_add_scaled(distance.pointer, wholeHead.pointer, -1, vocabulary)
    #expect(norm > 0.1)
    #expect(tune_sum_of_squares(distance.pointer, vocabulary).squareRoot() <= 1e-6 * norm)
  }

  @Test func packedRowsEqualSeparateRows() throws {
    let x = randomTensor([9, 16], "packed/x"), head = randomParameter([50, 16], "packed/head", trains: false)
    let targets = (0..<9).map { Int32($0 * 5) }
    let packed = headCrossEntropy(x, head: head, targets: targets, scale: 1)
    for rows in [0..<2, 2..<3, 3..<9] {
      let part = Tensor(Array(x.values[rows.lowerBound * 16..<rows.upperBound * 16]), shape: [rows.count, 16])
      let alone = headCrossEntropy(part, head: head, targets: Array(targets[rows]), scale: 1)
      #expect(difference(alone.rowLosses, Array(packed.rowLosses[rows])) <= 1e-6)
    }
    #expect(abs(packed.sum - packed.rowLosses.reduce(0) { $0 + Double($1) }) <= 1e-12)
  }

  /// Without a gradient the loss is the same, and no gradient is made.
  @Test func evaluationGivesTheSameLoss() {
    let x = randomTensor([4, 8], "evaluation/x"), head = randomParameter([20, 8], "evaluation/head")
    let targets: [Int32] = [1, 2, 3, 19]
    let trained = headCrossEntropy(x, head: head, targets: targets, scale: 0.5)
    head.releaseGradient()
    let evaluated = Recording.off { headCrossEntropy(x, head: head, targets: targets, scale: 0.5) }
    #expect(bits(evaluated.rowLosses) == bits(trained.rowLosses))
    #expect(evaluated.loss.values == trained.loss.values)
    #expect(head.gradient == nil)
  }

  @Test func noRowsHaveNoLoss() {
    let result = headCrossEntropy(
      Tensor(shape: [0, 8]), head: randomParameter([20, 8], "none"), targets: [], scale: 1)
    #expect(result.sum == 0 && result.rowLosses.isEmpty && result.loss.values == [0])
  }
}
