import CKernels
import Testing

@testable import Tensors

/// A compact weight gives what its expansion gives, in every operation that reads weights.
@Suite struct CompactMatrixTests {
  /// Small ones are expanded whole, 4,200 × 512 values take three panels, and few rows of input read them where they are.
  @Test(arguments: [(7, 64), (65, 32), (33, 45), (4200, 512)], [1, 5, fewRows + 8])
  func productsEqualThoseOfTheExpansion(size: (Int, Int), inputRows: Int) {
    let (rows, columns) = size
    let source = Parameter("source", randomTensor([rows, columns], "compact", deviation: 0.3))
    let quantized = QuantizationTests.all.map { source.quantized($0) }
    let stored = columns % 32 == 0 ? [bfloat16(rows, columns), blocks(rows, columns)] : [bfloat16(rows, columns)]
    for compact in stored + quantized {
      let expanded = Parameter("expanded", compact.value)
      let found = results(compact, inputRows), expected = results(expanded, inputRows)
      for (found, expected) in zip(found, expected) {
        #expect(!found.isEmpty)
        #expect(difference(found, expected) <= 1e-6)
      }
    }
  }

  @Test func trainingExpandsToMemoryOfItsOwn() throws {
    let compact = bfloat16(6, 8), values = compact.value.values
    compact.isTrainable = true
    #expect(compact.value.values == values)
    compact.pointer[0] = 42
    #expect(compact.value.values[0] == 42)
    linear(randomTensor([3, 8], "x"), compact).backward()
    #expect(compact.gradient != nil)
  }

  /// The outputs and input gradients of every operation with this weight.
  private func results(_ weight: Parameter, _ count: Int) -> [[Float]] {
    let (rows, columns) = (weight.shape[0], weight.shape[1])
    let x = randomTensor([count, columns], "x"), input = GradientCatcher(), hidden = GradientCatcher()
    let out = linear(input.track(x), weight)
    out.backward(randomTensor([count, rows], "seed"))
    let ids = (0..<count).map { Int32($0 * 613 % rows) }
    let loss = headCrossEntropy(hidden.track(x), head: weight, targets: ids, scale: 0.25)
    loss.loss.backward()
    return [
      out.values, input.values ?? [], loss.rowLosses, hidden.values ?? [], logits(x, head: weight).values,
      embedding(weight, ids: ids).values,
    ]
  }

  private func bfloat16(_ rows: Int, _ columns: Int) -> Parameter {
    let values = randomValues(rows * columns, "compact", deviation: 0.3)
    let memory = Memory(byteCount: values.count * 2)
    round_to_bf16(values, memory.bytes.assumingMemoryBound(to: UInt16.self), values.count)
    return parameter(rows, columns, memory, blockSize: 1, blockBytes: 2, TUNE_BF16, dequantize_bf16)
  }

  /// Q8_0: a float16 scale and 32 signed bytes.
  private func blocks(_ rows: Int, _ columns: Int) -> Parameter {
    let count = rows * columns / 32
    let memory = Memory(byteCount: count * 34)
    var scale: [UInt16] = [0]
    for block in 0..<count {
      round_to_f16([0.004 + 0.001 * Float(block % 7)], &scale, 1)
      memory.bytes.storeBytes(of: scale[0], toByteOffset: block * 34, as: UInt16.self)
      for index in 0..<32 {
        memory.bytes.storeBytes(
          of: Int8(truncatingIfNeeded: block &* 31 &+ index &* 17), toByteOffset: block * 34 + 2 + index, as: Int8.self)
      }
    }
    return parameter(rows, columns, memory, blockSize: 32, blockBytes: 34, TUNE_Q8_0, dequantize_q8_0)
  }

  private func parameter(
    _ rows: Int, _ columns: Int, _ memory: Memory, blockSize: Int, blockBytes: Int,
    _ format: tune_format, _ expander: @escaping CompactMatrix.Expander
  ) -> Parameter {
    Parameter(
      "compact",
      CompactMatrix(
        rows: rows, columns: columns, format: format, bytes: memory.bytes, owner: memory, blockSize: blockSize,
        blockBytes: blockBytes,
        expander: expander))
  }
}

private final class Memory {
  let bytes: UnsafeMutableRawPointer

  init(byteCount: Int) { bytes = .allocate(byteCount: byteCount, alignment: 64) }

  deinit { bytes.deallocate() }
}
