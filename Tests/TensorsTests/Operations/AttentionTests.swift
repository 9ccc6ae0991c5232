import Testing

@testable import Tensors

/// Attention across its blocks of 64 rows, in packed segments, and with cached keys.
@Suite struct AttentionTests {
  static let lengths = [1, 5, 7, 63, 64, 65, 130]
  static let tolerance = 2e-6

  /// Several lengths in one batch, two query heads on each key-value head, against double precision.
  @Test(arguments: [8, 16, 20, 64, 128, 256]) func everyBlockEqualsTheReference(headSize: Int) throws {
    let batch = Batch(AttentionShape(headCount: 2, keyValueHeadCount: 1, headSize: headSize), Self.lengths)
    let found = batch.run()
    let reference = batch.reference, seed = Matrix(batch.seed.values.map { Double($0) }, columns: batch.seed.width)
    #expect(difference(found.output.values, reference.output.values) <= Self.tolerance)
    let expected = reference.gradients(seed)
    #expect(difference(found.query, expected.query.values) <= Self.tolerance)
    #expect(difference(found.key, expected.key.values) <= Self.tolerance)
    #expect(difference(found.value, expected.value.values) <= Self.tolerance)
  }

  /// What a shape can ask for beside its sizes, over several blocks: windows, a cap, all keys, biases.
  @Test(arguments: ["window 5", "window 64", "window 100", "cap", "all keys", "bias", "bias of all keys, capped"])
  func everyOptionEqualsTheReference(option: String) throws {
    var shape = AttentionShape(headCount: 2, keyValueHeadCount: 1, headSize: 16)
    if let window = option.split(separator: " ").last.flatMap({ Int($0) }) { shape.window = window }
    if option.contains("cap") { shape.softcap = 1.25 }
    if option.contains("all keys") { shape.isCausal = false }
    var batch = Batch(shape, Self.lengths)
    if option.contains("bias") {
      batch.bias = DistanceBias(values: randomTensor([2, 261], "attention/bias"), origin: 130)
    }
    let found = batch.run()
    let reference = batch.reference, seed = Matrix(batch.seed.values.map { Double($0) }, columns: batch.seed.width)
    #expect(difference(found.output.values, reference.output.values) <= Self.tolerance)
    let expected = reference.gradients(seed)
    #expect(difference(found.query, expected.query.values) <= Self.tolerance)
    #expect(difference(found.key, expected.key.values) <= 2 * Self.tolerance)
    #expect(difference(found.value, expected.value.values) <= 2 * Self.tolerance)
    if let bias = expected.bias { #expect(difference(found.bias, bias.values) <= 2 * Self.tolerance) }
  }

  /// One row after cached keys takes the decoding kernel.
  @Test(arguments: ["window 5", "window 64", "cap", "bias"]) func decodingKnowsTheOptions(option: String) {
    var shape = AttentionShape(headCount: 2, keyValueHeadCount: 1, headSize: 16)
    if let window = option.split(separator: " ").last.flatMap({ Int($0) }) { shape.window = window }
    if option == "cap" { shape.softcap = 1.25 }
    var batch = Batch(shape, [130])
    if option == "bias" { batch.bias = DistanceBias(values: randomTensor([2, 131], "attention/bias"), origin: 130) }
    let whole = batch.run().output, width = whole.width
    let segment = AttentionSegment(
      rows: 0..<1, keys: UnsafePointer(batch.key.pointer), values: UnsafePointer(batch.value.pointer), keyCount: 130)
    let row = Tensor(Array(batch.query.values.suffix(width)), shape: [1, width])
    let found = cachedAttention(query: row, segments: [segment], shape: shape, bias: batch.bias)
    #expect(difference(found.values, Array(whole.values.suffix(width))) <= 1e-6)
  }

  /// Scores of hundreds: the softmax neither overflows nor loses its sum.
  @Test func largeScoresStayExact() {
    let batch = Batch(AttentionShape(headCount: 1, keyValueHeadCount: 1, headSize: 8, scale: 40), [70])
    #expect(difference(batch.run().output.values, batch.reference.output.values) <= 1e-5)
  }

  @Test func packedEqualsSeparate() {
    let shape = AttentionShape(headCount: 4, keyValueHeadCount: 2, headSize: 16)
    let batch = Batch(shape, Self.lengths)
    let packed = batch.run()
    for (start, end) in zip(batch.offsets, batch.offsets.dropFirst()) {
      let alone = batch.slice(start..<end)
      let found = alone.run()
      func rows(_ values: [Float]) -> [Float] {
        let width = values.count / batch.query.rows
        return Array(values[start * width..<end * width])
      }
      #expect(difference(found.output.values, rows(packed.output.values)) <= 1e-6)
      #expect(difference(found.query, rows(packed.query)) <= 1e-6)
      #expect(difference(found.key, rows(packed.key)) <= 1e-6)
      #expect(difference(found.value, rows(packed.value)) <= 1e-6)
    }
  }

  /// The last rows of a sequence against all its keys: one row takes the decoding kernel, several the blocked one.
  @Test(arguments: lengths, [1, 2, 5]) func cachedRowsEqualTheLastRows(length: Int, count: Int) {
    guard count <= length else { return }
    let batch = Batch(AttentionShape(headCount: 4, keyValueHeadCount: 2, headSize: 20), [length])
    let whole = batch.run().output, width = whole.width
    let rows = Tensor(Array(batch.query.values.suffix(count * width)), shape: [count, width])
    let segment = AttentionSegment(
      rows: 0..<count, keys: UnsafePointer(batch.key.pointer), values: UnsafePointer(batch.value.pointer),
      keyCount: length)
    let found = cachedAttention(query: rows, segments: [segment], shape: batch.shape)
    #expect(difference(found.values, Array(whole.values.suffix(count * width))) <= 1e-6)
  }
}

/// Random queries, keys and values of segments of these lengths, and a gradient to send back.
private struct Batch {
  let shape: AttentionShape
  let offsets: [Int]
  let query: Tensor
  let key: Tensor
  let value: Tensor
  let seed: Tensor
  var bias: DistanceBias?

  init(_ shape: AttentionShape, _ lengths: [Int]) {
    let tokens = lengths.reduce(0, +)
    self.shape = shape
    offsets = lengths.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1) }
    query = randomTensor([tokens, shape.headCount * shape.headSize], "attention/query")
    key = randomTensor([tokens, shape.keyValueHeadCount * shape.headSize], "attention/key")
    value = randomTensor([tokens, shape.keyValueHeadCount * shape.headSize], "attention/value")
    seed = randomTensor(query.shape, "attention/seed")
  }

  private init(_ other: Batch, rows: Range<Int>) {
    func slice(_ tensor: Tensor) -> Tensor {
      let range = rows.lowerBound * tensor.width..<rows.upperBound * tensor.width
      return Tensor(Array(tensor.values[range]), shape: [rows.count, tensor.width])
    }
    shape = other.shape
    offsets = [0, rows.count]
    query = slice(other.query)
    key = slice(other.key)
    value = slice(other.value)
    seed = slice(other.seed)
  }

  func slice(_ rows: Range<Int>) -> Batch { Batch(self, rows: rows) }

  var reference: AttentionReference {
    func matrix(_ tensor: Tensor) -> Matrix { Matrix(tensor.values.map { Double($0) }, columns: tensor.width) }
    return AttentionReference(
      shape: shape, offsets: offsets, query: matrix(query), key: matrix(key), value: matrix(value),
      bias: bias.map { (matrix($0.values), $0.origin) })
  }

  func run() -> (output: Tensor, query: [Float], key: [Float], value: [Float], bias: [Float]) {
    let catchers = (0..<4).map { _ in GradientCatcher() }
    let output = attention(
      query: catchers[0].track(query), key: catchers[1].track(key), value: catchers[2].track(value), offsets: offsets,
      shape: shape, bias: bias.map { DistanceBias(values: catchers[3].track($0.values), origin: $0.origin) })
    output.backward(seed)
    return (
      output, catchers[0].values ?? [], catchers[1].values ?? [], catchers[2].values ?? [], catchers[3].values ?? []
    )
  }
}
