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
let operationCases: [OperationCase] =
  activationCases + distillationCases + adapterCases + [
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
          tensors[0], rows: [0, 1, 2, 0, 9], table: RotaryTable(frequencies: frequencies, positionCount: 10),
          headSize: 6)
      },
      reference: { inputs in
        DoubleReference.rotary(
          Matrix(inputs[0], columns: 12), positions: [0, 1, 2, 0, 9], headSize: 6, theta: 100
        ).values
      }),
    OperationCase(
      name: "rotary", variant: "of a part of each head", tensors: [[3, 12]],
      run: { tensors, _ in
        let frequencies = RotaryTable.frequencies(headSize: 4, theta: 100)
        return rotary(
          tensors[0], rows: [0, 1, 5], table: RotaryTable(frequencies: frequencies, positionCount: 6), headSize: 6)
      },
      reference: { inputs in
        DoubleReference.rotary(
          Matrix(inputs[0], columns: 12), positions: [0, 1, 5], headSize: 6, theta: 100, turnedSize: 4
        ).values
      }),
    OperationCase(
      name: "rmsNorm", variant: "with an offset", tensors: [[4, 9]], parameters: [[9]],
      run: { tensors, parameters in rmsNorm(tensors[0], parameters[0], epsilon: 0.01, offset: 1) },
      reference: { inputs in
        DoubleReference.rmsNorm(Matrix(inputs[0], columns: 9), inputs[1], epsilon: Double(Float(0.01)), offset: 1)
          .values
      }),
    OperationCase(
      name: "layerNorm", tensors: [[4, 9]], parameters: [[9], [9]],
      run: { tensors, parameters in layerNorm(tensors[0], parameters[0], parameters[1], epsilon: 0.01) },
      reference: { inputs in
        DoubleReference.layerNorm(
          Matrix(inputs[0], columns: 9), inputs[1], bias: inputs[2], epsilon: Double(Float(0.01))
        ).values
      }),
    OperationCase(
      name: "scaled", tensors: [[3, 5]], run: { tensors, _ in scaled(tensors[0], by: -1.5) },
      reference: { inputs in inputs[0].map { -1.5 * $0 } }),
    OperationCase(
      name: "scaled", variant: "by a trained number", tensors: [[3, 5]], parameters: [[1]],
      run: { tensors, parameters in scaled(tensors[0], by: parameters[0]) },
      reference: { inputs in inputs[0].map { inputs[1][0] * $0 } }),
    OperationCase(
      name: "joinedColumns", tensors: [[3, 2], [3, 4], [3, 1]],
      run: { tensors, _ in joinedColumns(tensors) },
      reference: { inputs in
        (0..<3).flatMap { row in zip(inputs, [2, 4, 1]).flatMap { $0[row * $1..<(row + 1) * $1] } }
      }),
    OperationCase(
      name: "recordedValue", parameters: [[1, 4, 3]],
      run: { _, parameters in recordedValue(of: parameters[0]) }, reference: { inputs in inputs[0] }),
    OperationCase(
      name: "reshaped", tensors: [[4, 6]], run: { tensors, _ in reshaped(tensors[0], [8, 3]) },
      reference: { inputs in inputs[0] }),
    OperationCase(
      name: "scaledColumns", tensors: [[3, 5]], parameters: [[5], [5]],
      run: { tensors, parameters in
        scaledColumns(tensors[0], by: parameters[0], factors: [1, -2, 0.5, 3, 1], bias: parameters[1])
      },
      reference: { inputs in
        inputs[0].enumerated().map { index, x in
          x * inputs[1][index % 5] * [1, -2, 0.5, 3, 1][index % 5] + inputs[2][index % 5]
        }
      }),
    OperationCase(
      name: "withRowsBefore", tensors: [[2, 3], [3, 3]],
      run: { tensors, _ in withRowsBefore(tensors[0], tensors[1], offsets: [0, 1, 3]) },
      reference: { inputs in inputs[0] + inputs[1][0..<3] + inputs[0] + inputs[1][3..<9] }),
    OperationCase(
      name: "dropout", tensors: [[4, 6]],
      run: { tensors, _ in dropout(tensors[0], probability: 0.25, seed: 9) },
      reference: { inputs in
        let isKept = dropped(Tensor([Float](repeating: 1, count: 24), shape: [4, 6]), 0.25, 9).values.map { $0 != 0 }
        return zip(inputs[0], isKept).map { $1 ? $0 / 0.75 : 0 }
      }),
    OperationCase(
      name: "splitColumns", tensors: [[3, 7]],
      run: { tensors, _ in
        let parts = splitColumns(tensors[0], [[5..<7, 0..<1], [2..<5]])
        return activated(parts[0], by: .tanh, times: parts[1])
      },
      reference: { inputs in
        let x = Matrix(inputs[0], columns: 7)
        return (0..<3).flatMap { row in
          zip([5, 6, 0], [2, 3, 4]).map { DoubleReference.activated(x[row, $0], by: .tanh) * x[row, $1] }
        }
      }),
    OperationCase(
      name: "relativeBias", parameters: [[4, 3]],
      run: { _, parameters in relativeBias(parameters[0], buckets: [3, 3, 0, 1, 2]) },
      reference: { inputs in (0..<3).flatMap { head in [3, 3, 0, 1, 2].map { inputs[0][$0 * 3 + head] } } }),
    OperationCase(
      name: "attention", variant: "in a window, with a soft cap", tensors: [[7, 12], [7, 6], [7, 6]],
      run: { tensors, _ in
        attention(
          query: tensors[0], key: tensors[1], value: tensors[2], offsets: [0, 2, 7], shape: cappedAttention)
      },
      reference: { inputs in
        AttentionReference(
          shape: cappedAttention, offsets: [0, 2, 7], query: Matrix(inputs[0], columns: 12),
          key: Matrix(inputs[1], columns: 6), value: Matrix(inputs[2], columns: 6)
        ).output.values
      }),
    OperationCase(
      name: "attention", variant: "with keys before the first query", tensors: [[7, 12], [11, 6], [11, 6]],
      run: { tensors, _ in
        attention(
          query: tensors[0], key: tensors[1], value: tensors[2], offsets: [0, 2, 7], keyOffsets: [0, 4, 11], first: 2,
          shape: cappedAttention)
      },
      reference: { inputs in
        // The queries of a segment are the last rows of one with as many queries as keys.
        let width = 12, padding = [Double](repeating: 0, count: 2 * width)
        let query = padding + inputs[0][0..<2 * width] + padding + inputs[0][2 * width..<7 * width]
        let all = AttentionReference(
          shape: cappedAttention, offsets: [0, 4, 11], query: Matrix(query, columns: width),
          key: Matrix(inputs[1], columns: 6), value: Matrix(inputs[2], columns: 6)
        ).output.values
        return Array(all[2 * width..<4 * width] + all[6 * width..<11 * width])
      }),
    OperationCase(
      name: "attention", variant: "to other sequences, with biases",
      tensors: [[5, 12], [7, 6], [7, 6]], parameters: [[3, 4]],
      run: { tensors, parameters in
        let bias = DistanceBias(values: relativeBias(parameters[0], buckets: [0, 0, 1, 2, 1, 0]), origin: 2)
        return attention(
          query: tensors[0], key: tensors[1], value: tensors[2], offsets: [0, 2, 5], keyOffsets: [0, 4, 7],
          shape: crossAttention, bias: bias)
      },
      reference: { inputs in
        let values = (0..<4).flatMap { head in [0, 0, 1, 2, 1, 0].map { inputs[3][$0 * 4 + head] } }
        return AttentionReference(
          shape: crossAttention, offsets: [0, 2, 5], keyOffsets: [0, 4, 7], query: Matrix(inputs[0], columns: 12),
          key: Matrix(inputs[1], columns: 6), value: Matrix(inputs[2], columns: 6),
          bias: (Matrix(values, columns: 6), 2)
        ).output.values
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
            Projection(weight: parameters[0], bias: parameters[1], updates: [first]),
            Projection(weight: parameters[4], updates: [second]),
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
        return projections(tensors[0], [Projection(weight: parameters[0], updates: [update])])[0]
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
    OperationCase(
      name: "headCrossEntropy", variant: "with a soft cap", tensors: [[4, 5]], parameters: [[7, 5]],
      run: { tensors, parameters in
        headCrossEntropy(tensors[0], head: parameters[0], targets: [3, 0, 6, 3], scale: 0.25, softcap: 2).loss
      },
      reference: { inputs in
        [
          DoubleReference.headCrossEntropy(
            Matrix(inputs[0], columns: 5), head: Matrix(inputs[1], columns: 5), targets: [3, 0, 6, 3], scale: 0.25,
            softcap: 2)
        ]
      }),
  ]

private let activationCases: [OperationCase] = Activation.allCases.flatMap { activation in
  [
    OperationCase(
      name: "activated", variant: "by \(activation)", tensors: [[3, 7]],
      run: { tensors, _ in activated(tensors[0], by: activation) },
      reference: { inputs in inputs[0].map { DoubleReference.activated($0, by: activation) } }),
    OperationCase(
      name: "activated", variant: "by \(activation), gated", tensors: [[3, 7], [3, 7]],
      run: { tensors, _ in activated(tensors[0], by: activation, times: tensors[1]) },
      reference: { inputs in
        zip(inputs[0], inputs[1]).map { DoubleReference.activated($0, by: activation) * $1 }
      }),
  ]
}

private let cappedAttention = {
  var shape = AttentionShape(headCount: 4, keyValueHeadCount: 2, headSize: 3, scale: 0.7)
  (shape.softcap, shape.window) = (1.5, 3)
  return shape
}()

private let crossAttention = {
  var shape = AttentionShape(headCount: 4, keyValueHeadCount: 2, headSize: 3, scale: 1)
  shape.isCausal = false
  return shape
}()

private let smallAttention = AttentionShape(headCount: 4, keyValueHeadCount: 2, headSize: 3)
