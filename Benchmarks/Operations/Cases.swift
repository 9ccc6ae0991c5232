import Basics
import Tensors

/// Layers and the output head of SmolLM2-135M on a pass of 512 tokens.
func productCases() -> [Case] {
  let layers = [(576, 1536), (1536, 576), (576, 576), (576, 192)].flatMap { linearCases(input: $0, output: $1) }
  return layers + [lowRankCase(), headCase()]
}

private func linearCases(input: Int, output: Int) -> [Case] {
  let rows = 512, x = random([rows, input], "x"), gradient = random([rows, output], "gradient")
  let weight = Parameter("weight", random([output, input], "weight"))
  let trained = Parameter("trained", weight.value, isTrainable: true)
  let operations = Double(2 * rows * input * output), shape = "\(rows) × \(input) → \(output)"
  func backward(_ weight: Parameter, tracked: Bool) -> Tensor? {
    var below: Tensor?
    weight.clearGradient()
    linear(tracked ? x.tracked { below = $0 } : x, weight).backward(gradient)
    return tracked ? below : weight.gradient
  }
  return [
    Case(
      name: "linear", shape: shape, bound: .arithmetic(operations),
      error: {
        error(of: linear(x, weight)) { place in dot(input, { x[place.row, $0] }, { weight.value[place.column, $0] }) }
      }, run: { _ = linear(x, weight) }),
    Case(
      name: "linear + input gradient", shape: shape, bound: .arithmetic(2 * operations),
      error: {
        error(of: backward(weight, tracked: true)) { place in
          dot(output, { gradient[place.row, $0] }, { weight.value[$0, place.column] })
        }
      }, run: { _ = backward(weight, tracked: true) }),
    Case(
      name: "linear + weight gradient", shape: shape, bound: .arithmetic(2 * operations),
      error: {
        error(of: backward(trained, tracked: false)) { place in
          dot(rows, { gradient[$0, place.row] }, { x[$0, place.column] })
        }
      }, run: { _ = backward(trained, tracked: false) }),
  ]
}

private func lowRankCase() -> Case {
  let (rows, input, output, rank) = (512, 576, 1536, 8)
  let x = random([rows, input], "x"), weight = Parameter("weight", random([output, input], "weight"))
  let a = Parameter("a", random([rank, input], "a"), isTrainable: true)
  let b = Parameter("b", random([output, rank], "b"), isTrainable: true)
  let layer = Projection(weight: weight, updates: [LowRankUpdate(a: a, b: b, scale: 2)])
  let gradient = random([rows, output], "gradient")
  func step() {
    for parameter in [a, b] { parameter.clearGradient() }
    projections(x.tracked { _ in }, [layer])[0].backward(gradient)
  }
  return Case(
    name: "LoRA layer + gradients", shape: "\(rows) × \(input) → \(output), r \(rank)",
    bound: .arithmetic(Double(2 * rows * (2 * input * output + 3 * rank * (input + output)))),
    error: {
      step()
      return error(of: b.gradient) { place in
        let low = { (row: Int) in dot(input, { x[row, $0] }, { a.value[place.column, $0] }) }
        return 2 * dot(rows, { gradient[$0, place.row] }, { low($0) })
      }
    }, run: step)
}

private func headCase() -> Case {
  let (rows, width, vocabulary) = (72, 576, 49_152)
  let x = random([rows, width], "x"), head = Parameter("head", random([vocabulary, width], "head"))
  let targets = (0..<rows).map { Int32($0 * 631 % vocabulary) }
  func step() -> CrossEntropy {
    let result = headCrossEntropy(x.tracked { _ in }, head: head, targets: targets, scale: 1)
    result.loss.backward()
    return result
  }
  return Case(
    name: "head, loss + gradient", shape: "\(rows) × \(width) → \(vocabulary)",
    bound: .arithmetic(Double(4 * rows * width * vocabulary)),
    error: {
      let losses = step().rowLosses
      return [0, rows / 2].map { row in
        let scores = (0..<vocabulary).map { id in dot(width, { x[row, $0] }, { head.value[id, $0] }) }
        let largest = scores.max() ?? 0
        let sum = scores.reduce(0) { $0 + exponential($1 - largest) }
        let expected = largest + logarithm(sum) - scores[Int(targets[row])]
        return abs(Double(losses[row]) - expected) / expected
      }.max() ?? 0
    }, run: { _ = step() })
}

/// Operations on rows and elements, on more memory than the caches hold (25 MB a tensor).
func rowCases() -> [Case] {
  let (rows, width) = (4096, 1536), bytes = Double(4 * 4096 * 1536), shape = "\(rows) × \(width)"
  let a = random([rows, width], "a"), b = random([rows, width], "b"),
    weight = Parameter("norm", random([width], "norm"))
  let table = RotaryTable(
    frequencies: RotaryTable.frequencies(headSize: 64, theta: 1e5), positionCount: rows)
  let positions = (0..<Int32(rows)).map { $0 }
  return [
    Case(
      name: "add", shape: shape, bound: .memory(3 * bytes),
      error: { error(of: add(a, b)) { Double(a[$0.row, $0.column]) + Double(b[$0.row, $0.column]) } },
      run: { _ = add(a, b) }),
    Case(
      name: "swiGLU", shape: shape, bound: .memory(3 * bytes),
      error: {
        error(of: swiGLU(gate: a, up: b)) { place in
          let gate = Double(a[place.row, place.column])
          return gate / (1 + exponential(-gate)) * Double(b[place.row, place.column])
        }
      }, run: { _ = swiGLU(gate: a, up: b) }),
    Case(
      name: "swiGLU + gradients", shape: shape, bound: .memory(8 * bytes), error: { 0 },
      run: { swiGLU(gate: a.tracked { _ in }, up: b.tracked { _ in }).backward(b) }),
    Case(
      name: "rmsNorm", shape: shape, bound: .memory(2 * bytes),
      error: {
        error(of: rmsNorm(a, weight, epsilon: 1e-5)) { place in
          let squares = dot(width, { a[place.row, $0] }, { a[place.row, $0] }) / Double(width)
          return Double(a[place.row, place.column]) / (squares + Double(Float(1e-5))).squareRoot()
            * Double(weight.value[0, place.column])
        }
      }, run: { _ = rmsNorm(a, weight, epsilon: 1e-5) }),
    Case(
      name: "rotary", shape: shape, bound: .memory(2 * bytes), error: { 0 },
      run: { _ = rotary(a, rows: positions, table: table, headSize: table.turnedSize) }),
  ]
}

/// Causal attention of SmolLM2-135M; its arithmetic counts the lower triangle alone.
func attentionCases() -> [Case] {
  let shape = AttentionShape(headCount: 9, keyValueHeadCount: 3, headSize: 64)
  return [[256, 256], [2048]].flatMap { lengths -> [Case] in
    let offsets = lengths.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1) }, tokens = offsets[offsets.count - 1]
    let query = random([tokens, 576], "query"), key = random([tokens, 192], "key"), value = random([tokens, 192], "v")
    let pairs = lengths.reduce(0.0) { $0 + Double($1 * ($1 + 1) / 2) }, name = "\(lengths)"
    func forward() -> Tensor {
      attention(query: query, key: key, value: value, offsets: offsets, shape: shape)
    }
    return [
      Case(
        name: "attention", shape: name, bound: .arithmetic(4 * pairs * 576),
        error: {
          error(of: forward()) { place in
            let start = offsets.last { $0 <= place.row } ?? 0, head = place.column / 64, shared = head / 3 * 64
            let scores = (start...place.row).map { other in
              dot(64, { query[place.row, head * 64 + $0] }, { key[other, shared + $0] }) / 8
            }
            let weights = scores.map { exponential($0 - (scores.max() ?? 0)) }, sum = weights.reduce(0, +)
            return dot(weights.count, { Float(weights[$0] / sum) }, { value[start + $0, shared + place.column % 64] })
          }
        }, run: { _ = forward() }),
      Case(
        name: "attention + gradients", shape: name, bound: .arithmetic(12 * pairs * 576), error: { 0 },
        run: {
          attention(
            query: query.tracked { _ in }, key: key.tracked { _ in }, value: value.tracked { _ in }, offsets: offsets,
            shape: shape
          ).backward(query)
        }),
    ]
  }
}
