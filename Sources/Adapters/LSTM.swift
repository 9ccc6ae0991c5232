import Models
import Tensors

/// A bidirectional LSTM that reads the rows of a matrix one after the other: [rows, input] → [rows, 2 * hidden], the
/// states of both directions side by side.
///
/// Source: Hochreiter and Schmidhuber, "Long Short-Term Memory", 1997; names, gates and first values are those of
/// `torch.nn.LSTM`.
final class LSTM {
  let inputSize: Int
  private let layers: [[LSTMDirection]]

  /// - Parameter parameter: makes a parameter of a name and shape.
  init(
    inputSize: Int, hiddenSize: Int, layerCount: Int,
    parameter: (String, [Int], InitialValues) throws -> Parameter
  ) rethrows {
    self.inputSize = inputSize
    layers = try (0..<layerCount).map { layer in
      let input = layer == 0 ? inputSize : 2 * hiddenSize
      return try [false, true].map { isReverse in
        let name = isReverse ? "l\(layer)_reverse" : "l\(layer)"
        return try LSTMDirection(
          input: input, hidden: hiddenSize, isReverse: isReverse
        ) { try parameter("\($0)_\(name)", $1, $2) }
      }
    }
  }

  var parameters: [Parameter] { layers.flatMap { $0.flatMap { $0.parameters } } }

  func callAsFunction(_ x: Tensor) -> Tensor {
    layers.reduce(x) { x, directions in
      let states = directions.map { $0(x) }
      let joined = joinedColumns((0..<x.rows).flatMap { row in states.map { $0[row] } })
      return reshaped(joined, [x.rows, joined.count / x.rows])
    }
  }
}

/// One layer of an LSTM in one direction. Gates stand in the order input, forget, cell, output.
private struct LSTMDirection {
  let hiddenSize: Int
  let isReverse: Bool
  /// [4 * hidden, input] and [4 * hidden]
  let ofInput: (weight: Parameter, bias: Parameter)
  /// [4 * hidden, hidden] and [4 * hidden]
  let ofState: (weight: Parameter, bias: Parameter)

  init(
    input: Int, hidden: Int, isReverse: Bool, parameter: (String, [Int], InitialValues) throws -> Parameter
  ) rethrows {
    hiddenSize = hidden
    self.isReverse = isReverse
    let initial = InitialValues.uniform(bound: 1 / Double(hidden).squareRoot())
    ofInput = (
      try parameter("weight_ih", [4 * hidden, input], initial), try parameter("bias_ih", [4 * hidden], initial)
    )
    ofState = (
      try parameter("weight_hh", [4 * hidden, hidden], initial), try parameter("bias_hh", [4 * hidden], initial)
    )
  }

  var parameters: [Parameter] { [ofInput.weight, ofInput.bias, ofState.weight, ofState.bias] }

  /// The state after each row, [1, hidden], in the order of the rows.
  func callAsFunction(_ x: Tensor) -> [Tensor] {
    let width = 4 * hiddenSize, rows = x.rows
    let all = reshaped(linear(x, ofInput.weight, bias: ofInput.bias), [1, rows * width])
    let inputs = splitColumns(all, (0..<rows).map { [$0 * width..<($0 + 1) * width] })
    var (state, cell) = (Tensor.zeros([1, hiddenSize]), Tensor.zeros([1, hiddenSize]))
    let states = (isReverse ? inputs.reversed() : inputs).map { input in
      let sums = add(input, linear(state, ofState.weight, bias: ofState.bias))
      let gates = splitColumns(sums, (0..<4).map { [$0 * hiddenSize..<($0 + 1) * hiddenSize] })
      cell = add(
        activated(gates[1], by: .sigmoid, times: cell),
        activated(gates[0], by: .sigmoid, times: activated(gates[2], by: .tanh)))
      state = activated(gates[3], by: .sigmoid, times: activated(cell, by: .tanh))
      return state
    }
    return isReverse ? states.reversed() : states
  }
}
