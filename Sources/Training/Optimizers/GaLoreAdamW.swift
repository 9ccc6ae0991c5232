import Adapters
import Basics
import Models
import Tensors

/// GaLore (Zhao et al. 2024) with AdamW, as galore_torch.GaLoreAdamW computes it: the gradient of a projected matrix is
/// reduced to its strongest `rank` directions, AdamW's moments are kept of that, and its update is carried back. Other
/// parameters get AdamW itself.
///
/// A direction's sign cancels between the two projections, as AdamW's update changes sign with its gradient; only
/// moments that outlive a projection see it. `LowRankProjection` fixes it, galore_torch leaves it to LAPACK.
public final class GaLoreAdamW: Optimizer {
  public struct Settings: Sendable, Equatable {
    /// The directions that are kept, at most a matrix's shorter side.
    public var rank = 128
    /// Steps for which a projection is kept.
    public var updateProjectionGap = 200
    /// Multiplies the update of projected matrices.
    public var scale = 0.25
    /// Added to the root of the second moment, before its bias is corrected.
    public var epsilon = 1e-6
    /// The linear layers whose weights are projected: parts of their names, a regular expression for the whole, or all.
    public var targetModules: TargetModules?

    public init() {}
  }

  private struct State {
    var projection: LowRankProjection?
    var moments: AdamMoments?
  }

  private let settings: Settings
  private let adamW: AdamW.Settings
  private let projected: Set<ObjectIdentifier>
  private let decays: (Parameter) -> Bool
  private var states: [ObjectIdentifier: State] = [:]

  /// - Parameters:
  ///   - adamW: its betas and weight decay.
  ///   - projected: the matrices whose gradients are projected.
  ///   - decays: whether weight decay applies to a parameter.
  public init(
    settings: Settings, adamW: AdamW.Settings, projected: [Parameter],
    decays: @escaping (Parameter) -> Bool = { _ in true }
  ) {
    self.settings = settings
    self.adamW = adamW
    self.projected = Set(projected.map { ObjectIdentifier($0) })
    self.decays = decays
  }

  public func update(_ parameter: Parameter, step: Int, learningRate: Double, gradientScale: Double) {
    guard let gradient = parameter.gradient else { return }
    var values = adamW.atStep(
      step, learningRate: learningRate, gradientScale: gradientScale, decays: decays(parameter))
    // AdamW adds epsilon to the corrected root.
    values.epsilon = Float(settings.epsilon / values.bias_correction2.squareRoot())
    // Here weights decay after the update, which decays with them.
    let decay = 1 - values.learning_rate * values.weight_decay
    values.bias_correction1 /= Double(decay)
    let key = ObjectIdentifier(parameter)
    var state = states[key] ?? State()
    defer { states[key] = state }
    guard projected.contains(key) else {
      let moments = state.moments ?? AdamMoments(shape: parameter.shape)
      state.moments = moments
      moments.update(parameter.pointer, gradient: gradient, values)
      return
    }
    // Without a decomposition, which a gradient that is not finite does not have, the last one stays in use.
    if state.projection == nil || (step - 1) % settings.updateProjectionGap == 0 {
      state.projection = LowRankProjection(of: gradient, rank: settings.rank) ?? state.projection
    }
    guard let projection = state.projection else { return }
    let reduced = projection.project(gradient)
    let moments = state.moments ?? AdamMoments(shape: reduced.shape)
    state.moments = moments
    values.weight_decay = 0
    let change = Tensor.zeros(reduced.shape)
    moments.update(change.pointer, gradient: reduced, values)
    projection.add(change, to: parameter.pointer, scale: Float(settings.scale), decay: decay)
  }

  public var stateByteCount: Int {
    states.values.reduce(0) { $0 + ($1.projection?.byteCount ?? 0) + ($1.moments?.byteCount ?? 0) }
  }
}

extension GaLoreAdamW.Settings {
  /// Reads what follows `--optim-args`, as transformers does for GaLore: `rank`, `update_proj_gap`, `scale` and
  /// `proj_type` as `name=value`, separated by commas.
  ///
  /// - Throws: `TuneError.usage` for another name or a value that does not fit.
  public init(arguments: String) throws {
    for argument in arguments.split(separator: ",") {
      let parts = argument.split(separator: "=", omittingEmptySubsequences: false)
        .map { $0.filter { !$0.isWhitespace } }
      guard parts.count == 2 else {
        throw TuneError.usage("'\(argument)' is not of the form name=value, for example rank=128")
      }
      try set(parts[0], parts[1])
    }
  }

  private mutating func set(_ name: String, _ value: String) throws {
    func wrong(_ expected: String) -> TuneError { .usage("\(name) is '\(value)'; use \(expected)") }
    switch name {
    case "rank":
      guard let number = Int(value), number > 0 else { throw wrong("a whole number from 1") }
      rank = number
    case "update_proj_gap":
      guard let number = Int(value), number > 0 else { throw wrong("a whole number of steps from 1") }
      updateProjectionGap = number
    case "scale":
      guard let number = Double(value), number.isFinite, number > 0 else { throw wrong("a number above 0") }
      scale = number
    case "proj_type":
      guard value == "std" else { throw wrong("std, the only kind there is") }
    default:
      let known = ["rank", "update_proj_gap", "scale", "proj_type"]
      let hint = nearest(name, among: known).map { "did you mean \($0)?" } ?? "use \(known.joined(separator: ", "))"
      throw TuneError.usage("there is no argument '\(name)'; \(hint)")
    }
  }

  var json: JSON {
    [
      "rank": .integer(rank), "update_proj_gap": .integer(updateProjectionGap), "scale": .number(scale),
      "proj_type": "std", "target_modules": targetModules.map { .string($0.description) } ?? .null,
    ]
  }

  /// The weights of the targeted layers. As in transformers, an entry of a list is a part of a layer's name.
  ///
  /// - Throws: `TuneError.usage` when no layer is targeted, an entry matches none, or none of them is trained.
  func projectedWeights(of model: any LanguageModel) throws -> [Parameter] {
    guard let targetModules else {
      throw TuneError.usage("--optim galore_adamw needs --optim-target-modules, for example all-linear")
    }
    let layers: [Linear]
    if case .suffixes(let parts) = targetModules {
      for part in parts where !model.linears.contains(where: { $0.name.contains(part) }) {
        let example = model.linears.first.map { "; layers are called such as \($0.name)" } ?? ""
        throw TuneError.usage("--optim-target-modules: '\(part)' is in no layer's name\(example)")
      }
      layers = model.linears.filter { layer in parts.contains { layer.name.contains($0) } }
    } else {
      layers = try targetModules.select(from: model.linears, flag: "--optim-target-modules")
    }
    let weights = layers.map { $0.weight }.filter { $0.isTrainable }
    guard !weights.isEmpty else {
      throw TuneError.usage(
        "--optim galore_adamw: none of the \(layers.count) layers of --optim-target-modules is trained; use --full")
    }
    return weights
  }
}
