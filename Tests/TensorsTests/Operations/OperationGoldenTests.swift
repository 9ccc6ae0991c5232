import Testing

@testable import Tensors

/// Operations against PyTorch: Tests/Fixtures/llama/operations.safetensors.
@Suite struct OperationGoldenTests {
  static let tolerance = 2e-6
  let golden: OperationGolden

  init() throws { golden = try OperationGolden() }

  @Test func rmsNormEqualsPyTorch() throws {
    let epsilon = Float(try golden.number("rmsnorm", "epsilon"))
    let weight = Parameter("weight", try golden.tensor("rmsnorm.weight"), isTrainable: true)
    try check("rmsnorm", inputs: ["input"]) { rmsNorm($0[0], weight, epsilon: epsilon) }
    try expectGradient(weight, "rmsnorm.weight.gradient")
  }

  @Test func swiGLUEqualsPyTorch() throws {
    try check("swiglu", inputs: ["gate", "up"]) { swiGLU(gate: $0[0], up: $0[1]) }
  }

  @Test func rotaryEqualsPyTorch() throws {
    let positions = try golden.integers("rotary", "positions").map { Int32($0) }
    let frequencies = RotaryTable.frequencies(
      headSize: Int(try golden.number("rotary", "head_width")), theta: try golden.number("rotary", "theta"))
    let table = RotaryTable(frequencies: frequencies, positionCount: 64)
    try check("rotary", inputs: ["input"]) { rotary($0[0], rows: positions, table: table, headSize: table.turnedSize) }
  }

  @Test func attentionEqualsPyTorch() throws {
    let (shape, offsets) = (try attentionShape("attention"), try golden.integers("attention", "query_offsets"))
    try check("attention", inputs: ["query", "key", "value"]) {
      attention(query: $0[0], key: $0[1], value: $0[2], offsets: offsets, shape: shape)
    }
  }

  @Test func cachedAttentionEqualsPyTorch() throws {
    let shape = try attentionShape("attention_cached")
    let rows = try golden.integers("attention_cached", "query_offsets")
    let keys = try golden.integers("attention_cached", "key_offsets")
    let key = try golden.tensor("attention_cached.key"), value = try golden.tensor("attention_cached.value")
    let segments = (0..<rows.count - 1).map { index in
      AttentionSegment(
        rows: rows[index]..<rows[index + 1], keys: key.pointer + keys[index] * key.width,
        values: value.pointer + keys[index] * key.width, keyCount: keys[index + 1] - keys[index])
    }
    let out = cachedAttention(query: try golden.tensor("attention_cached.query"), segments: segments, shape: shape)
    #expect(difference(out.values, try golden.tensor("attention_cached.output").values) <= Self.tolerance)
  }

  @Test func linearCrossEntropyEqualsPyTorch() throws {
    let name = "linear_cross_entropy", catcher = GradientCatcher()
    let rows = try golden.integers(name, "rows").map { Int32($0) }
    let targets = try golden.integers(name, "targets").map { Int32($0) }
    let head = Parameter("head", try golden.tensor("\(name).weight"), isTrainable: true)
    let result = headCrossEntropy(
      gatherRows(catcher.track(try golden.tensor("\(name).hidden")), rows), head: head, targets: targets,
      scale: Float(try golden.number(name, "scale")))
    result.loss.backward()
    #expect(abs(Double(result.loss.values[0]) - (try golden.number(name, "loss"))) <= Self.tolerance)
    #expect(
      difference(try #require(catcher.values), try golden.tensor("\(name).hidden.gradient").values) <= Self.tolerance)
    try expectGradient(head, "\(name).weight.gradient")
  }

  /// With the unit matrix as head, the rows themselves are the logits.
  @Test func crossEntropyEqualsPyTorch() throws {
    let name = "cross_entropy", catcher = GradientCatcher()
    let logits = try golden.tensor("\(name).logits"), size = logits.width
    let unit = Tensor((0..<size * size).map { $0 % (size + 1) == 0 ? 1 : 0 }, shape: [size, size])
    let result = headCrossEntropy(
      gatherRows(catcher.track(logits), try golden.integers(name, "rows").map { Int32($0) }),
      head: Parameter("unit", unit), targets: try golden.integers(name, "targets").map { Int32($0) },
      scale: Float(try golden.number(name, "scale")))
    result.loss.backward()
    #expect(abs(Double(result.loss.values[0]) - (try golden.number(name, "loss"))) <= Self.tolerance)
    #expect(
      difference(try #require(catcher.values), try golden.tensor("\(name).logits.gradient").values) <= Self.tolerance)
  }

  private func attentionShape(_ name: String) throws -> AttentionShape {
    AttentionShape(
      headCount: Int(try golden.number(name, "heads")),
      keyValueHeadCount: Int(try golden.number(name, "key_value_heads")),
      headSize: Int(try golden.number(name, "head_width")), scale: Float(try golden.number(name, "scale")))
  }

  private func check(_ name: String, inputs: [String], _ run: ([Tensor]) -> Tensor) throws {
    let catchers = inputs.map { _ in GradientCatcher() }
    let out = run(try zip(inputs, catchers).map { $1.track(try golden.tensor("\(name).\($0)")) })
    #expect(difference(out.values, try golden.tensor("\(name).output").values) <= Self.tolerance)
    out.backward(try golden.tensor("\(name).output.gradient"))
    for (input, catcher) in zip(inputs, catchers) {
      let expected = try golden.tensor("\(name).\(input).gradient").values
      #expect(difference(try #require(catcher.values), expected) <= Self.tolerance, "\(input)")
    }
  }

  private func expectGradient(_ parameter: Parameter, _ name: String) throws {
    let found = try #require(parameter.gradient).values
    #expect(difference(found, try golden.tensor(name).values) <= Self.tolerance, "\(name)")
  }
}
