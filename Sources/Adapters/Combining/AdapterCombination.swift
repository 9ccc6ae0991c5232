import Basics
import Models
import Tensors

/// Makes one LoRA adapter of several.
///
/// Source: PEFT's `add_weighted_adapter`, but for three things: a single adapter is combined as is asked and not always
/// as `linear`; the result is never scaled by the square root of its rank, which PEFT takes over from the first adapter;
/// modules that one of the adapters has trained whole keep what it has made of them.
public struct AdapterCombination: Sendable {
  /// PEFT's `combination_type`. Those with `svd` work on the changes of the weights, B A, and decompose the result;
  /// the others on A and B by themselves, with the root of an adapter's weight on each.
  public enum Kind: String, CaseIterable, Sendable {
    /// The sum of the changes, exactly: the ranks add up.
    case cat
    /// The sum of the A times the sum of the B: only roughly the sum of the changes.
    case linear
    /// The sum of the changes, as nearly as the rank allows.
    case svd
    case ties
    case tiesSVD = "ties_svd"
    case dareLinear = "dare_linear"
    case dareTies = "dare_ties"
    case dareLinearSVD = "dare_linear_svd"
    case dareTiesSVD = "dare_ties_svd"
    case magnitudePrune = "magnitude_prune"
    case magnitudePruneSVD = "magnitude_prune_svd"

    public var decomposes: Bool { rawValue.hasSuffix("svd") }
    public var prunes: Bool { ![.cat, .linear, .svd].contains(self) }
    public var electsSign: Bool { [.ties, .tiesSVD, .dareTies, .dareTiesSVD].contains(self) }
    public var isRandom: Bool { rawValue.hasPrefix("dare") }
  }

  public var kind = Kind.cat
  /// Of the result, where the kind decomposes; nil for the largest of the adapters'.
  public var rank: Int?
  /// The share of elements that pruning keeps, above 0 and at most 1.
  public var density = 0.5
  public var majoritySign = MajoritySign.total
  /// Of the masks of DARE: those of PyTorch, seeded so when the first is drawn.
  public var seed: UInt64 = 42

  public init(_ kind: Kind = .cat) { self.kind = kind }

  /// What one adapter has on a layer.
  private struct Member {
    let layer: LoRALayer
    let weight: Double

    var rank: Int { layer.a.shape[0] }
  }

  /// Takes the adapters off the model and puts their combination in their place.
  ///
  /// - Parameter adapters: on the model, each loaded with a weight of 1.
  /// - Throws: `TuneError.usage` for adapters other than plain LoRA, and for different ranks on a layer where the kind
  ///   adds the matrices themselves. The model is then as before.
  public func combine(
    _ adapters: [(adapter: AttachedAdapter, weight: Double)], on model: any LanguageModel
  ) throws -> AttachedAdapter {
    let layers = try adapters.map { try plainLayers(of: $0.adapter) }
    var found: [(linear: Linear, factors: LowRankFactors)] = []
    let largestRank = layers.flatMap { $0.values }.map { $0.a.shape[0] }.max() ?? 1
    var random = MersenneTwister(seed: UInt32(truncatingIfNeeded: seed))
    for linear in model.linears {
      let members = zip(layers, adapters).compactMap { layers, adapter in
        layers[linear.name].map { Member(layer: $0, weight: adapter.weight) }
      }
      guard !members.isEmpty else { continue }
      let factors = try factors(
        members, rank: rank ?? largestRank, isTransposed: linear.weight.isStoredTransposed, &random)
      found.append((linear, factors))
    }
    let saved = adapters.map { $0.adapter.savedModules }
    return try replace(adapters.map { $0.adapter }, by: found, saved, on: model)
  }

  private func plainLayers(of adapter: AttachedAdapter) throws -> [String: LoRALayer] {
    let layers = adapter.parts.compactMap { $0 as? LoRALayer }
    guard layers.count == adapter.parts.count, layers.allSatisfy({ $0.isPlain }) else {
      throw TuneError.usage(
        "--combination-type \(kind.rawValue) combines adapters of plain LoRA, and one of them is '\(adapter.summary)'; "
          + "leave it out, or merge it into the base first")
    }
    return Dictionary(uniqueKeysWithValues: layers.map { ($0.linear.name, $0) })
  }

  // MARK: One layer

  private func factors(
    _ members: [Member], rank: Int, isTransposed: Bool, _ random: inout MersenneTwister
  ) throws -> LowRankFactors {
    if kind == .cat { return LowRankFactors(concatenating: members.map { scaledFactors($0) }) }
    let pruning: TaskArithmetic.Pruning = !kind.prunes ? .none : kind.isRandom ? .random : .magnitude
    let arithmetic = TaskArithmetic(
      pruning: pruning, density: density, majoritySign: kind.electsSign ? majoritySign : nil)
    guard kind.decomposes else { return try sums(members, arithmetic, &random) }
    // PEFT's masks lie on the weights as checkpoints have them.
    let changes = members.map { isTransposed ? transposed($0.layer.change) : $0.layer.change }
    let merged = arithmetic.merged(changes, weights: members.map { Float($0.weight) }, &random)
    guard let decomposition = SingularValueDecomposition(of: isTransposed ? transposed(merged) : merged) else {
      throw TuneError.data("layer '\(members[0].layer.linear.name)': the adapters' changes are not finite together")
    }
    return LowRankFactors(decomposition, rank: rank)
  }

  private func scaledFactors(_ member: Member) -> LowRankFactors {
    let a = Recording.off { scaled(member.layer.a.value, by: Float(member.weight)) }
    return LowRankFactors(a: Recording.off { scaled(a, by: member.layer.scale) }, b: member.layer.b.value)
  }

  private func sums(
    _ members: [Member], _ arithmetic: TaskArithmetic, _ random: inout MersenneTwister
  ) throws -> LowRankFactors {
    if let other = members.first(where: { $0.rank != members[0].rank }) {
      throw TuneError.usage(
        "--combination-type \(kind.rawValue) adds matrices of one rank, but layer '\(other.layer.linear.name)' has ranks "
          + "\(members[0].rank) and \(other.rank); use cat or a type with svd")
    }
    let strengths = members.map { $0.weight * Double($0.layer.scale) }
    // A negative weight has its sign on one side: on both they would be lost.
    let weightsA = strengths.map { Float(abs($0).squareRoot() * ($0 < 0 ? -1 : 1)) }
    let weightsB = strengths.map { Float(abs($0).squareRoot()) }
    let a = arithmetic.merged(members.map { $0.layer.a.value }, weights: weightsA, &random)
    let b = arithmetic.merged(members.map { $0.layer.b.value }, weights: weightsB, &random)
    return LowRankFactors(a: a, b: b)
  }

  // MARK: The adapter

  private func replace(
    _ adapters: [AttachedAdapter], by found: [(linear: Linear, factors: LowRankFactors)],
    _ saved: [(names: [String], part: WholeParameters)], on model: any LanguageModel
  ) throws -> AttachedAdapter {
    let rank = found.map { $0.factors.a.rows }.max() ?? 1
    var lora = LoRA(
      rank: rank, loraAlpha: Double(rank), targetModules: TargetModules(of: found.map { $0.linear }, in: model))
    var names: [String] = []
    for name in saved.flatMap({ $0.names }) where !names.contains(name) { names.append(name) }
    lora.modulesToSave = names
    var wholeTensors: [String: Tensor] = [:]
    for (name, parameter) in saved.flatMap({ $0.part.tensors }) {
      let value = Tensor(parameter.value.values, shape: parameter.shape)
      wholeTensors[name] = parameter.isStoredTransposed ? transposed(value) : value
    }
    for adapter in adapters { adapter.isEnabled = false }
    do {
      return try lora.attach(
        to: model,
        from: .made(of: found.map { ($0.linear, $0.factors.padded(to: rank)) }) { name, _ in wholeTensors[name] })
    } catch {
      for adapter in adapters { adapter.isEnabled = true }
      throw error
    }
  }
}

extension TensorSource {
  /// The tensors of a LoRA that was computed, and those of modules beside it.
  static func made(
    of layers: [(linear: Linear, factors: LowRankFactors)], saved: @escaping (String, [Int]) -> Tensor?
  ) -> TensorSource {
    let factors = Dictionary(uniqueKeysWithValues: layers.map { ($0.linear.name, $0.factors) })
    return TensorSource(
      tensor: { name, shape, _ in
        let (layer, isA) = LoRA.layer(ofTensor: name)
        guard let found = factors[layer] else { preconditionFailure("\(name) was not computed") }
        return isA ? found.a : found.b
      }, saved: saved)
  }
}

extension TargetModules {
  /// Exactly these layers of a model: the ends of their names where they tell, else the whole names.
  init(of linears: [Linear], in model: any LanguageModel) {
    let names = linears.map { $0.name }
    func end(_ name: String) -> String { name.split(separator: ".").last.map { String($0) } ?? name }
    let ends = Set(names.map { end($0) })
    let isExact = model.linears.filter { ends.contains(end($0.name)) }.count == names.count
    self = .suffixes(isExact ? ends.sorted() : names)
  }
}
