import Basics
import Models
import Tensors

/// Vector-based random matrix adaptation: all layers share two frozen random matrices A and B; each layer trains only a
/// vector between them and one behind them: y = x Wᵀ + λ_b ∘ (B (λ_d ∘ (A x))).
///
/// Source: Kopiczko et al., "VeRA", 2024; names, defaults and initialisation are PEFT's.
public struct VeRA: PEFTMethod, Equatable {
  public static let peftType = "VERA"

  public var rank = 256
  /// The probability with which an input element of A is dropped in training.
  public var veraDropout = 0.0
  /// What λ_d starts as.
  public var dInitial = 0.1
  /// Decides the shared matrices.
  public var projectionSeed: UInt64 = 0
  /// Whether the shared matrices are in the adapter's file.
  public var savesProjection = true
  /// The layers that adapters sit on; nil for those of LoRA.
  public var targetModules: TargetModules?
  public var modulesToSave: [String]?
  public var selection = LayerSelection()

  public init(rank: Int = 256, targetModules: TargetModules? = nil) {
    self.rank = rank
    self.targetModules = targetModules
  }

  public init(_ configuration: AdapterConfiguration) throws {
    rank = try configuration.rank("r")
    veraDropout = try configuration.number("vera_dropout", default: 0)
    dInitial = try configuration.number("d_initial", default: 0.1)
    guard let seed = UInt64(exactly: configuration.json["projection_prng_key"]?.intValue ?? 0) else {
      throw configuration.wrong("projection_prng_key", "a number from 0")
    }
    projectionSeed = seed
    savesProjection = configuration.json["save_projection"]?.boolValue ?? true
    targetModules = try configuration.targetModules()
    modulesToSave = try configuration.modulesToSave()
    selection = try LayerSelection(configuration)
    if let bias = configuration.json["bias"]?.stringValue, bias != "none" {
      throw configuration.wrong("bias", "'none', the only value that is supported")
    }
  }

  private func targets(of model: any LanguageModel) -> TargetModules {
    targetModules ?? .suffixes(model.traits.loraTargets)
  }

  private func selected(of model: any LanguageModel) throws -> [Linear] {
    try selection.select(from: targets(of: model).select(from: model.linears))
  }

  /// λ_b starts as zero, so that nothing changes yet.
  public func parts(
    on model: any LanguageModel, from source: TensorSource, dropout: DropoutSource
  ) throws -> [any AdapterPart] {
    let linears = try selected(of: model)
    guard (1...Self.largestRank).contains(rank) else {
      throw TuneError.usage("--rank: \(rank) is out of range; VeRA's is 1 to \(Self.largestRank)")
    }
    let shared = try VeRAProjections(self, of: linears, from: source)
    return try [shared]
      + linears.map { linear in
        func parameter(_ name: String, _ size: Int, _ initial: Float) throws -> Parameter {
          let name = "\(peftPrefix)\(linear.name).\(name)"
          return Parameter(name, try source.tensor(name, [size], .constant(initial)), isTrainable: true)
        }
        return VeRALayer(
          linear: linear, a: shared.a(for: linear), b: shared.b(for: linear),
          lambdaD: try parameter("vera_lambda_d", rank, Float(dInitial)),
          lambdaB: try parameter("vera_lambda_b", linear.outputSize, 0),
          dropout: (Float(veraDropout), dropout))
      }
  }

  /// The shared matrices are drawn before a tensor of the file says how wide they are.
  private static let largestRank = 4096

  public func settings(on model: any LanguageModel) throws -> JSONObject {
    // PEFT's VeRA does not exclude modules: their absence is written as the full names of the others.
    let targets: JSON =
      selection.excludedModules == nil
      ? try targets(of: model).json(on: model) : .array(try selected(of: model).map { .string($0.name) })
    return [
      "r": .integer(rank), "vera_dropout": .number(veraDropout), "d_initial": .number(dInitial),
      "projection_prng_key": .integer(Int(projectionSeed)), "save_projection": .bool(savesProjection),
      "target_modules": targets,
      "layers_to_transform": selection.layersJSON, "layers_pattern": selection.patternJSON, "bias": "none",
      "fan_in_fan_out": .bool(model.traits.storesTransposed), "init_weights": true,
    ]
  }

  public var proportionalTensors: [String] { ["vera_lambda_b"] }

  public func summary(on model: any LanguageModel) -> String { "VeRA r=\(rank) on \(targets(of: model))" }
}

/// The matrices that all layers of a VeRA share, as wide as the widest of them.
final class VeRAProjections: AdapterPart {
  /// [rank, largest in]
  private let a: Parameter
  /// [largest out, rank]
  private let b: Parameter
  private let isSaved: Bool
  private var parts: [String: Parameter] = [:]

  init(_ method: VeRA, of linears: [Linear], from source: TensorSource) throws {
    let input = linears.map { $0.inputSize }.max() ?? 0, output = linears.map { $0.outputSize }.max() ?? 0
    // One stream: A first, then B.
    var generator = MersenneTwister(seed: UInt32(truncatingIfNeeded: method.projectionSeed))
    func parameter(_ name: String, _ shape: [Int]) throws -> Parameter {
      guard !method.savesProjection || !source.isFile else {
        return Parameter(name, try source.tensor(name, shape, .zeros))
      }
      // Kaiming's bound for a ReLU.
      let bound = 3.0.squareRoot() * (2.0.squareRoot() / Double(shape[1]).squareRoot())
      return Parameter(name, generator.uniform(shape, bound: Float(bound)))
    }
    a = try parameter("base_model.vera_A", [method.rank, input])
    b = try parameter("base_model.vera_B", [output, method.rank])
    isSaved = method.savesProjection
  }

  /// The first columns of A, as many as a layer has inputs.
  func a(for linear: Linear) -> Parameter {
    part("A \(linear.inputSize)") {
      let width = linear.inputSize, out = Tensor(shape: [a.shape[0], width])
      for row in 0..<a.shape[0] {
        (out.pointer + row * width).update(from: a.pointer + row * a.shape[1], count: width)
      }
      return out
    }
  }

  /// The first rows of B, as many as a layer has outputs.
  func b(for linear: Linear) -> Parameter {
    part("B \(linear.outputSize)") {
      let out = Tensor(shape: [linear.outputSize, b.shape[1]])
      out.pointer.update(from: b.pointer, count: out.count)
      return out
    }
  }

  private func part(_ key: String, _ make: () -> Tensor) -> Parameter {
    if let known = parts[key] { return known }
    let parameter = Parameter(key, make())
    parts[key] = parameter
    return parameter
  }

  var tensors: [(name: String, parameter: Parameter)] { isSaved ? [a, b].map { ($0.name, $0) } : [] }
  func putOn() {}
  func takeOff() {}
  var isInert: Bool { true }
  var mergedParameters: [Parameter]? { [] }
  func merged(_ parameter: Parameter, _ value: Tensor) -> Tensor { value }
}

/// VeRA on one linear layer.
final class VeRALayer: LinearPart {
  unowned let linear: Linear
  private let a: Parameter
  private let b: Parameter
  /// [rank]
  private let lambdaD: Parameter
  /// [out]
  private let lambdaB: Parameter
  private let dropout: (probability: Float, source: DropoutSource)
  private let nameHash: UInt64

  init(
    linear: Linear, a: Parameter, b: Parameter, lambdaD: Parameter, lambdaB: Parameter,
    dropout: (probability: Float, source: DropoutSource)
  ) {
    self.linear = linear
    self.a = a
    self.b = b
    self.lambdaD = lambdaD
    self.lambdaB = lambdaB
    self.dropout = dropout
    nameHash = stableHash(linear.name)
  }

  var tensors: [(name: String, parameter: Parameter)] { [lambdaB, lambdaD].map { ($0.name, $0) } }
  var stacking: Stacking { .sum }
  var isInert: Bool { isZero(lambdaB) || isZero(lambdaD) }

  func output(_ y: Tensor, of x: Tensor) -> Tensor {
    let low = scaledColumns(
      Tensors.linear(dropout.source.applied(to: x, dropout.probability, nameHash), a), by: lambdaD)
    return add(y, scaledColumns(Tensors.linear(low, b), by: lambdaB))
  }

  func merged(_ parameter: Parameter, _ value: Tensor) -> Tensor {
    Recording.off {
      // (λ_b ∘ B) (λ_d ∘ A), by rows of Aᵀ.
      let change = scaledColumns(
        Tensors.linear(scaledColumns(transposed(a.value), by: lambdaD), b), by: lambdaB)
      return add(value, transposed(change))
    }
  }
}
