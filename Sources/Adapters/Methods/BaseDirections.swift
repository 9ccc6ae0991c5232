import Basics
import Models
import Tensors

/// Directions of a base's weights that LoRA begins as, and that are taken out of the base for it.
///
/// Sources: Meng et al., "PiSSA", 2024 (the strongest singular directions); Büyükakyüz, "OLoRA", 2024 (the first of a QR
/// decomposition); arithmetic as `pissa_init` and `olora_init` of PEFT's `LoraLayer`.
struct BaseDirections {
  /// [rank, in]
  let a: Tensor
  /// [out, rank]
  let b: Tensor

  private init?(_ weight: Tensor, isPrincipal: Bool, rank: Int, scale: Float) {
    guard isPrincipal else {
      // Not divided by the scale.
      guard let directions = OrthogonalDirections(of: weight, count: rank) else { return nil }
      (a, b) = (directions.r, directions.q)
      return
    }
    guard let directions = SingularDirections(of: weight, count: rank) else { return nil }
    (a, b) = (directions.right, directions.left)
    for (index, value) in directions.values.enumerated() {
      let factor = (value / scale).squareRoot()
      for column in 0..<a.width { a.pointer[index * a.width + column] *= factor }
      for row in 0..<b.rows { b.pointer[row * rank + index] *= factor }
    }
  }

  /// Those of many layers, on all threads. A quantised weight is expanded for it.
  ///
  /// - Throws: `TuneError.usage` naming a layer whose weight cannot be decomposed.
  static func of(
    _ layers: [(linear: Linear, rank: Int, scale: Float)], isPrincipal: Bool
  ) throws -> [BaseDirections] {
    var found = [BaseDirections?](repeating: nil, count: layers.count)
    found.withUnsafeMutableBufferPointer { buffer in
      nonisolated(unsafe) let (places, layers) = (buffer, layers)
      parallelFor(layers.count) { index in
        let (linear, rank, scale) = layers[index]
        places[index] = BaseDirections(linear.weight.value, isPrincipal: isPrincipal, rank: rank, scale: scale)
      }
    }
    return try zip(layers, found).map { layer, found in
      guard let found else {
        throw TuneError.usage(
          "--init-lora-weights: the weight of layer '\(layer.linear.name)' cannot be decomposed; use gaussian or true")
      }
      return found
    }
  }
}

/// LoRA on one linear layer that begins as directions of the base's weight: y = W x + scale * (B A - B₀ A₀) x.
///
/// The weight itself stays as it is. What is saved is plain LoRA of twice the rank, [B, -B₀] [A; A₀], which anyone puts on
/// the untouched base: PEFT's `path_initial_model_for_weight_conversion`.
final class DirectedLoRALayer: ConvertedPart {
  private let lora: LoRALayer
  /// Takes the directions out of the base.
  private let start: LoRALayer
  let savedSettings: JSONObject

  /// - Parameter savedSettings: those of LoRA of twice the rank.
  init(_ lora: LoRALayer, start: BaseDirections, savedSettings: JSONObject) {
    self.lora = lora
    self.start = LoRALayer(
      linear: lora.linear, a: Parameter("A", start.a), b: Parameter("B", Recording.off { scaled(start.b, by: -1) }),
      scale: lora.scale)
    self.savedSettings = savedSettings
  }

  var tensors: [(name: String, parameter: Parameter)] { lora.tensors }

  var savedTensors: [(name: String, parameter: Parameter)] {
    let (rank, input, output) = (lora.a.shape[0], lora.linear.inputSize, lora.linear.outputSize)
    let a = Tensor(shape: [2 * rank, input]), b = Tensor(shape: [output, 2 * rank])
    for (index, part) in [lora, start].enumerated() {
      (a.pointer + index * rank * input).update(from: part.a.pointer, count: rank * input)
      for row in 0..<output {
        (b.pointer + (2 * row + index) * rank).update(from: part.b.pointer + row * rank, count: rank)
      }
    }
    return [(lora.a.name, Parameter(lora.a.name, a)), (lora.b.name, Parameter(lora.b.name, b))]
  }

  func requireRoom() throws { try lora.requireRoom() }

  func putOn() {
    lora.putOn()
    start.putOn()
  }

  func takeOff() {
    lora.takeOff()
    start.takeOff()
  }

  var isInert: Bool { false }
  var mergedParameters: [Parameter]? { lora.mergedParameters }
  func merged(_ parameter: Parameter, _ value: Tensor) -> Tensor {
    start.merged(parameter, lora.merged(parameter, value))
  }
}
