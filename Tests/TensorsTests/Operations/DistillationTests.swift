import Foundation
import Testing

@testable import Tensors

private let vocabulary = 7, width = 5, targets: [Int32] = [3, 0, 6, 3]
private var theirHidden: Tensor { randomTensor([4, 3], "distillation/hidden") }
private func theirHead(_ vocabulary: Int) -> Parameter {
  randomParameter([vocabulary, 3], "distillation/head", trains: false)
}

let distillationCases: [OperationCase] = [
  (Float(1), Float(0.5), Float(1), Float?.none, 7), (0.3, 0.7, 2.5, 2, 7), (1, 1, 1, nil, 9), (0.5, 0.5, 2, nil, 4),
].map { hard, soft, temperature, softcap, theirVocabulary in
  let shared = min(vocabulary, theirVocabulary)
  return OperationCase(
    name: "headDistillation", variant: "at \(temperature) with \(theirVocabulary) tokens", tensors: [[4, width]],
    parameters: [[vocabulary, width]],
    run: { tensors, parameters in
      headDistillation(
        tensors[0], head: Head(weight: parameters[0], softcap: softcap), targets: targets,
        reference: HeadReference(hidden: theirHidden, head: Head(weight: theirHead(theirVocabulary))), hard: hard,
        soft: soft,
        temperature: temperature, scale: 0.25
      ).loss
    },
    reference: { inputs in
      let head = Matrix(inputs[1], columns: width), temperature = Double(temperature)
      var logits = DoubleReference.linear(Matrix(inputs[0], columns: width), head)
      if let softcap { logits.values = logits.values.map { Double(softcap) * tanh($0 / Double(softcap)) } }
      let theirs = DoubleReference.linear(
        Matrix(theirHidden.values.map { Double($0) }, columns: 3),
        Matrix(theirHead(theirVocabulary).value.values.map { Double($0) }, columns: 3))
      let sum = targets.indices.reduce(0.0) { sum, row in
        let own = (0..<vocabulary).map { logits[row, $0] }
        let p = logSoftmax(own.prefix(shared).map { $0 / temperature })
        let q = logSoftmax((0..<shared).map { theirs[row, $0] / temperature })
        let divergence = zip(p, q).reduce(0.0) { $0 + exp($1.1) * ($1.1 - $1.0) }
        return sum - Double(hard) * logSoftmax(own)[Int(targets[row])]
          + Double(soft) * temperature * temperature * divergence
      }
      return [0.25 * sum]
    })
}

private func logSoftmax(_ scores: [Double]) -> [Double] {
  let total = DoubleReference.logSumExp(scores)
  return scores.map { $0 - total }
}

@Suite struct DistillationTests {
  /// A model that is its own reference has no divergence, and learns the targets alone.
  @Test func nothingIsLearntFromOneself() throws {
    let x = randomTensor([4, width], "self/x"), head = randomParameter([300, width], "self/head", trains: true)
    let plain = headCrossEntropy(x, head: head, targets: targets, scale: 1)
    plain.loss.backward()
    let gradient = try #require(head.gradient).values
    head.releaseGradient()
    let own = Head(weight: head)
    let found = headDistillation(
      x, head: own, targets: targets, reference: HeadReference(hidden: x, head: own), hard: 1, soft: 5, temperature: 3,
      scale: 1)
    found.loss.backward()
    #expect(found.rowDivergences.allSatisfy { $0 <= 1e-6 })
    #expect(difference(found.rowLosses, plain.rowLosses) <= 1e-6)
    #expect(difference(try #require(head.gradient).values, gradient) <= 1e-5)
  }
}
