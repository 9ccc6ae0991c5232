import Foundation
import Testing

@testable import Tensors

/// Each operation against its double-precision reference: values, gradients, and what is recorded.
@Suite struct OperationTests {
  /// What float32 may differ, in units of the largest value.
  static let tolerance = 2e-6

  @Test(arguments: operationCases) func valuesEqualTheReference(_ operation: OperationCase) {
    let inputs = Inputs(operation)
    let expected = operation.reference(inputs.doubles)
    #expect(difference(inputs.run(tracking: []).output.values, expected) <= Self.tolerance)
  }

  /// Central differences of the reference are exact to about 1e-9, so the tolerance is float32's own.
  @Test(arguments: operationCases) func gradientsEqualCentralDifferences(_ operation: OperationCase) throws {
    let inputs = Inputs(operation)
    let gradients = inputs.run(tracking: Set(operation.shapes.indices)).gradients
    for index in operation.shapes.indices {
      let found = try #require(gradients[index], "input \(index) has no gradient")
      #expect(difference(found, inputs.centralDifferences(index)) <= Self.tolerance, "input \(index)")
    }
  }

  /// What one input gets does not depend on whether the others train, and a frozen input gets nothing.
  @Test(arguments: operationCases) func eachInputTrainsAlone(_ operation: OperationCase) throws {
    let inputs = Inputs(operation)
    let all = inputs.run(tracking: Set(operation.shapes.indices)).gradients
    for index in operation.shapes.indices {
      let alone = inputs.run(tracking: [index]).gradients
      #expect(bits(try #require(alone[index])) == bits(try #require(all[index])), "input \(index)")
      for other in operation.shapes.indices where other != index { #expect(alone[other] == nil) }
    }
  }

  @Test(arguments: operationCases) func nothingIsRecordedWithoutNeed(_ operation: OperationCase) {
    let inputs = Inputs(operation)
    #expect(inputs.run(tracking: []).output.node == nil)
    let all = Set(operation.shapes.indices)
    #expect(inputs.run(tracking: all).output.node != nil)
    #expect(Recording.off { inputs.run(tracking: all, backward: false).output.node == nil })
  }

  /// A public operation without a case fails here.
  @Test func everyPublicOperationHasACase() throws {
    // These record nothing: they serve evaluation and generation alone.
    let withoutGradient: Set = ["cachedAttention", "logits", "rowNorms", "transposed"]
    let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let folder = package.appendingPathComponent("Sources/Tensors/Operations").path
    var names: Set<String> = []
    for file in try FileManager.default.contentsOfDirectory(atPath: folder) where file.hasSuffix(".swift") {
      let source = try String(contentsOfFile: "\(folder)/\(file)", encoding: .utf8)
      for match in source.matches(of: /\n *public (?:static )?func (\w+)/) { names.insert(String(match.1)) }
    }
    names.remove("frequencies")
    #expect(names.count > 10)
    #expect(names.subtracting(withoutGradient) == Set(operationCases.map { $0.name }))
  }
}

/// Random inputs of a case and the weights that make a scalar of its output.
private struct Inputs {
  let operation: OperationCase
  let values: [[Float]]

  init(_ operation: OperationCase) {
    self.operation = operation
    values = operation.shapes.enumerated().map { index, shape in
      randomValues(shape.reduce(1, *), "\(operation.testDescription)/\(index)")
    }
  }

  var doubles: [[Double]] { values.map { $0.map { Double($0) } } }

  /// The gradient that is sent back: random, but one for a loss, which is scaled already.
  func seed(_ count: Int) -> [Float] { count == 1 ? [1] : randomValues(count, "\(operation.testDescription)/seed") }

  func run(tracking: Set<Int>, backward: Bool = true) -> (output: Tensor, gradients: [[Float]?]) {
    let catchers = operation.tensors.map { _ in GradientCatcher() }
    let tensors = operation.tensors.enumerated().map { index, shape in
      let tensor = Tensor(values[index], shape: shape)
      return tracking.contains(index) ? catchers[index].track(tensor) : tensor
    }
    let parameters = operation.parameters.enumerated().map { place, shape in
      let index = tensors.count + place
      return Parameter("\(place)", Tensor(values[index], shape: shape), isTrainable: tracking.contains(index))
    }
    let output = operation.run(tensors, parameters)
    if backward { output.backward(Tensor(seed(output.count), shape: output.shape)) }
    return (output, catchers.map { $0.values } + parameters.map { $0.gradient?.values })
  }

  func centralDifferences(_ index: Int) -> [Double] {
    let step = 1e-5
    return values[index].indices.map { place in
      let ends = [step, -step].map { offset in
        var inputs = doubles
        inputs[index][place] += offset
        let output = operation.reference(inputs)
        return zip(output, seed(output.count)).reduce(0) { $0 + $1.0 * Double($1.1) }
      }
      return (ends[0] - ends[1]) / (2 * step)
    }
  }
}
