import Testing

@testable import Tensors

/// One operation: how to run it in float32 and what it computes, in double precision.
///
/// One case drives the check of the values and the check of the gradients.
struct OperationCase: Sendable, CustomTestStringConvertible {
  /// The name of the public function.
  let name: String
  var variant = ""
  /// Shapes of the inputs that are tensors.
  var tensors: [[Int]] = []
  /// Shapes of the inputs that are parameters.
  var parameters: [[Int]] = []
  let run: @Sendable ([Tensor], [Parameter]) -> Tensor
  /// The output's values from the values of all inputs, tensors first.
  let reference: @Sendable ([[Double]]) -> [Double]

  var testDescription: String { variant.isEmpty ? name : "\(name), \(variant)" }
  var shapes: [[Int]] { tensors + parameters }
}

/// Every differentiable operation. A new one gets its case here; a test compares this list with the sources.
let operationCases: [OperationCase] = [
  OperationCase(
    name: "add", tensors: [[3, 5], [3, 5]],
    run: { tensors, _ in add(tensors[0], tensors[1]) },
    reference: { inputs in zip(inputs[0], inputs[1]).map { $0 + $1 } }),
  OperationCase(
    name: "swiGLU", tensors: [[3, 7], [3, 7]],
    run: { tensors, _ in swiGLU(gate: tensors[0], up: tensors[1]) },
    reference: { inputs in zip(inputs[0], inputs[1]).map { DoubleReference.swiGLU(gate: $0, up: $1) } }),
  OperationCase(
    name: "rmsNorm", tensors: [[4, 9]], parameters: [[9]],
    run: { tensors, parameters in rmsNorm(tensors[0], parameters[0], epsilon: 0.01) },
    reference: { inputs in
      DoubleReference.rmsNorm(Matrix(inputs[0], columns: 9), inputs[1], epsilon: Double(Float(0.01))).values
    }),
  OperationCase(
    name: "rotary", tensors: [[5, 12]],
    run: { tensors, _ in
      let frequencies = RotaryTable.frequencies(headSize: 6, theta: 100)
      return rotary(
        tensors[0], positions: [0, 1, 2, 0, 9], table: RotaryTable(frequencies: frequencies, positionCount: 10))
    },
    reference: { inputs in
      DoubleReference.rotary(
        Matrix(inputs[0], columns: 12), positions: [0, 1, 2, 0, 9], headSize: 6, theta: 100
      ).values
    }),
  OperationCase(
    name: "attention", tensors: [[7, 12], [7, 6], [7, 6]],
    run: { tensors, _ in
      attention(
        query: tensors[0], key: tensors[1], value: tensors[2], offsets: [0, 2, 3, 7], shape: smallAttention)
    },
    reference: { inputs in
      AttentionReference(
        shape: smallAttention, offsets: [0, 2, 3, 7], query: Matrix(inputs[0], columns: 12),
        key: Matrix(inputs[1], columns: 6), value: Matrix(inputs[2], columns: 6)
      ).output.values
    }),
  OperationCase(
    name: "embedding", parameters: [[6, 3]],
    run: { _, parameters in embedding(parameters[0], ids: [1, 4, 1, 0, 5]) },
    reference: { inputs in [1, 4, 1, 0, 5].flatMap { inputs[0][$0 * 3..<$0 * 3 + 3] } }),
  OperationCase(
    name: "gatherRows", tensors: [[5, 3]],
    run: { tensors, _ in gatherRows(tensors[0], [4, 0, 2]) },
    reference: { inputs in [4, 0, 2].flatMap { inputs[0][$0 * 3..<$0 * 3 + 3] } }),
  OperationCase(
    name: "linear", tensors: [[5, 7]], parameters: [[4, 7]],
    run: { tensors, parameters in linear(tensors[0], parameters[0]) },
    reference: { inputs in
      DoubleReference.linear(Matrix(inputs[0], columns: 7), Matrix(inputs[1], columns: 7)).values
    }),
  OperationCase(
    name: "linear", variant: "with bias", tensors: [[5, 7]], parameters: [[4, 7], [4]],
    run: { tensors, parameters in linear(tensors[0], parameters[0], bias: parameters[1]) },
    reference: { inputs in
      DoubleReference.linear(Matrix(inputs[0], columns: 7), Matrix(inputs[1], columns: 7), bias: inputs[2]).values
    }),
  OperationCase(
    name: "projections", variant: "with low-rank updates",
    tensors: [[4, 6]], parameters: [[5, 6], [5], [2, 6], [5, 2], [5, 6], [3, 6], [5, 3]],
    run: { tensors, parameters in
      let first = LowRankUpdate(a: parameters[2], b: parameters[3], scale: 0.75)
      let second = LowRankUpdate(a: parameters[5], b: parameters[6], scale: -2)
      let outputs = projections(
        tensors[0],
        [
          Projection(weight: parameters[0], bias: parameters[1], update: first),
          Projection(weight: parameters[4], update: second),
        ])
      return swiGLU(gate: outputs[0], up: outputs[1])
    },
    reference: { inputs in
      let x = Matrix(inputs[0], columns: 6)
      let first = DoubleReference.projection(
        x, inputs[1], bias: inputs[2], a: inputs[3], b: inputs[4], rank: 2, scale: 0.75)
      let second = DoubleReference.projection(x, inputs[5], a: inputs[6], b: inputs[7], rank: 3, scale: -2)
      return zip(first, second).map { DoubleReference.swiGLU(gate: $0, up: $1) }
    }),
  OperationCase(
    name: "projections", variant: "with dropout on the update",
    tensors: [[4, 6]], parameters: [[5, 6], [2, 6], [5, 2]],
    run: { tensors, parameters in
      let dropout = LowRankUpdate.Dropout(probability: 0.25, seed: 7)
      let update = LowRankUpdate(a: parameters[1], b: parameters[2], scale: 0.75, dropout: dropout)
      return projections(tensors[0], [Projection(weight: parameters[0], update: update)])[0]
    },
    reference: { inputs in
      let x = Matrix(inputs[0], columns: 6)
      // Which elements are kept is fixed by the seed.
      let isKept = dropped(Tensor([Float](repeating: 1, count: 24), shape: [4, 6]), 0.25, 7).values.map { $0 != 0 }
      let input = Matrix(zip(inputs[0], isKept).map { $1 ? $0 / 0.75 : 0 }, columns: 6)
      let low = DoubleReference.linear(input, Matrix(inputs[2], columns: 6))
      let update = DoubleReference.linear(low, Matrix(inputs[3], columns: 2))
      return zip(DoubleReference.linear(x, Matrix(inputs[1], columns: 6)).values, update.values).map {
        $0 + 0.75 * $1
      }
    }),
  OperationCase(
    name: "checkpointed", tensors: [[3, 7]], parameters: [[7], [7, 7]],
    run: { tensors, parameters in
      checkpointed(tensors[0], trains: parameters.contains { $0.isTrainable }) { x in
        add(x, linear(rmsNorm(x, parameters[0], epsilon: 0.01), parameters[1]))
      }
    },
    reference: { inputs in
      let normalized = DoubleReference.rmsNorm(Matrix(inputs[0], columns: 7), inputs[1], epsilon: Double(Float(0.01)))
      return zip(inputs[0], DoubleReference.linear(normalized, Matrix(inputs[2], columns: 7)).values).map { $0 + $1 }
    }),
  OperationCase(
    name: "headCrossEntropy", tensors: [[4, 5]], parameters: [[7, 5]],
    run: { tensors, parameters in
      headCrossEntropy(tensors[0], head: parameters[0], targets: [3, 0, 6, 3], scale: 0.25).loss
    },
    reference: { inputs in
      [
        DoubleReference.headCrossEntropy(
          Matrix(inputs[0], columns: 5), head: Matrix(inputs[1], columns: 5), targets: [3, 0, 6, 3], scale: 0.25)
      ]
    }),
]

private let smallAttention = AttentionShape(headCount: 4, keyValueHeadCount: 2, headSize: 3)
