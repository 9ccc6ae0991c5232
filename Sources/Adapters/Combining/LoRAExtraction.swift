import Basics
import Models
import Tensors

/// Finds the LoRA that turns a base into a tuned model as nearly as its rank allows: the strongest directions of what
/// the weights of each linear layer differ by.
///
/// Source: the truncated singular value decomposition, the best approximation of a rank (Eckart and Young, 1936).
public struct LoRAExtraction: Sendable {
  /// How many directions a layer gets.
  public enum Size: Sendable, Equatable {
    /// So many, or as many as the layer has.
    case rank(Int)
    /// The fewest that keep this share of the energy of the layer's difference, 0 to 1.
    case energy(Double)
  }

  public var size: Size
  /// Whether modules that differ beside the matrices of linear layers are saved whole with the LoRA.
  public var includesModules: Bool

  public init(_ size: Size, includesModules: Bool = false) {
    self.size = size
    self.includesModules = includesModules
  }

  /// The LoRA of one layer.
  private struct Layer {
    let linear: Linear
    let factors: LowRankFactors
    /// The sum of squares of the layer's difference, and the factors' part of it.
    let energy: Double
    let kept: Double
  }

  /// Puts on the base what makes it answer as the tuned model does.
  ///
  /// - Throws: `TuneError.usage` for models of different architectures or sizes, and for models whose linear layers do not
  ///   differ. The base is then as before.
  public func extract(_ tuned: any LanguageModel, onto base: any LanguageModel) throws -> ExtractedLoRA {
    let pairs = try matched(base, tuned)
    let (wholeModules, losses) = rest(of: pairs, base)
    let layers = try zip(base.linears, tuned.linears).compactMap { own, other in
      wholeModules.contains(own.name) ? nil : try layer(own, other)
    }
    guard !layers.isEmpty else {
      throw TuneError.usage(
        wholeModules.isEmpty
          ? "the two models differ in no weight of a linear layer that a LoRA could hold, so there is nothing to extract"
          : "--include-modules: every layer that differs also differs in its bias and would be saved whole; leave it out"
      )
    }
    return ExtractedLoRA(
      adapter: try attach(layers, wholeModules, pairs, to: base), kinds: kinds(of: layers), wholeModules: wholeModules,
      losses: losses)
  }

  // MARK: What differs

  private typealias Pair = (base: Parameter, tuned: Parameter)

  private func matched(_ base: any LanguageModel, _ tuned: any LanguageModel) throws -> [Pair] {
    func refusal(_ what: String) -> TuneError {
      .usage("the two models are not of one architecture: \(what); name the base that the other was tuned from")
    }
    guard base.traits.architecture.isSame(as: tuned.traits.architecture) else {
      throw refusal("the base is \(base.traits.architecture), the tuned model \(tuned.traits.architecture)")
    }
    let own = base.parameters, others = tuned.parameters
    for (a, b) in zip(own, others) where !a.name.isSame(as: b.name) || a.shape != b.shape {
      throw refusal(
        "the base has '\(a.name)' of shape \(a.storedShape), the tuned model '\(b.name)' of \(b.storedShape)")
    }
    guard own.count == others.count else { throw refusal("they have \(own.count) and \(others.count) weights") }
    return zip(own, others).map { ($0, $1) }
  }

  /// What differs beside the matrices of linear layers: modules to save whole, and what is lost.
  private func rest(of pairs: [Pair], _ model: any LanguageModel) -> (modules: [String], losses: [ExtractedLoRA.Loss]) {
    let matrices = Set(model.linears.map { ObjectIdentifier($0.weight) })
    // PEFT saves a classifier's head with every adapter.
    var modules = model.traits.classifierModules
    var losses: [ExtractedLoRA.Loss] = []
    for (base, tuned) in pairs where !matrices.contains(ObjectIdentifier(base)) {
      let paths = modulePaths(of: base.name)
      guard !paths.contains(where: { path in modules.contains { path.hasSuffix($0) } }) else { continue }
      let change = squaredDifference(tuned.value, base.value)
      guard change > 0 else { continue }
      let isTied = base === model.head && base === model.inputEmbedding
      if includesModules, !isTied, let module = paths.first {
        modules.append(String(module))
      } else {
        let size = max(squaredDifference(base.value, Tensor.zeros(base.shape)), .leastNormalMagnitude)
        losses.append(ExtractedLoRA.Loss(name: base.name, share: (change / size).squareRoot()))
      }
    }
    return (modules, losses)
  }

  private func squaredDifference(_ a: Tensor, _ b: Tensor) -> Double {
    let first = a.pointer, second = b.pointer
    var sum = 0.0
    for index in 0..<a.count {
      let difference = Double(first[index]) - Double(second[index])
      sum += difference * difference
    }
    return withExtendedLifetime((a, b)) { sum }
  }

  // MARK: One layer

  /// - Returns: nil where the weights are equal.
  private func layer(_ base: Linear, _ tuned: Linear) throws -> Layer? {
    let own = base.weight.value, other = tuned.weight.value
    guard squaredDifference(other, own) > 0 else { return nil }
    let difference = Recording.off { add(other, scaled(own, by: -1)) }
    guard let decomposition = SingularValueDecomposition(of: difference) else {
      throw TuneError.data("layer '\(base.name)': the difference of its weights is not finite")
    }
    let energies = decomposition.values.map { Double($0) * Double($0) }, energy = energies.reduce(0, +)
    let rank = rank(for: energies, of: energy)
    return Layer(
      linear: base, factors: LowRankFactors(decomposition, rank: rank), energy: energy,
      kept: energies.prefix(rank).reduce(0, +))
  }

  private func rank(for energies: [Double], of energy: Double) -> Int {
    switch size {
    case .rank(let rank): return min(rank, energies.count)
    case .energy(let share):
      var sum = 0.0
      for (index, next) in energies.enumerated() {
        sum += next
        if sum >= share * energy { return index + 1 }
      }
      return energies.count
    }
  }

  // MARK: The adapter

  private func attach(
    _ layers: [Layer], _ wholeModules: [String], _ pairs: [Pair], to base: any LanguageModel
  ) throws -> AttachedAdapter {
    let rank = layers.map { $0.factors.a.rows }.max() ?? 1
    // Every layer is scaled by alpha / rank = 1.
    var lora = LoRA(
      rank: rank, loraAlpha: Double(rank), targetModules: TargetModules(of: layers.map { $0.linear }, in: base))
    let smaller = layers.filter { $0.factors.a.rows < rank }
    lora.rankPattern = LayerPattern(entries: smaller.map { ($0.linear.name, Double($0.factors.a.rows)) })
    lora.alphaPattern = lora.rankPattern
    lora.modulesToSave = wholeModules
    let values = Dictionary(pairs.map { (peftPrefix + $0.base.name, $0.tuned) }) { first, _ in first }
    return try lora.attach(
      to: base,
      from: .made(of: layers.map { ($0.linear, $0.factors) }) { name, _ in
        values[name].map { $0.isStoredTransposed ? transposed($0.value) : $0.value }
      })
  }

  private func kinds(of layers: [Layer]) -> [ExtractedLoRA.Kind] {
    var kinds: [ExtractedLoRA.Kind] = []
    for layer in layers {
      let name = layer.linear.name.split(separator: ".").last.map { String($0) } ?? layer.linear.name
      let rank = layer.factors.a.rows
      let place = kinds.firstIndex { $0.name.isSame(as: name) } ?? kinds.count
      if place == kinds.count { kinds.append(ExtractedLoRA.Kind(name: name, smallestRank: rank)) }
      kinds[place].layerCount += 1
      kinds[place].smallestRank = min(kinds[place].smallestRank, rank)
      kinds[place].largestRank = max(kinds[place].largestRank, rank)
      kinds[place].energy += layer.energy
      kinds[place].kept += layer.kept
    }
    return kinds
  }
}

/// A LoRA that was taken out of a tuned model, and what it has of it.
public struct ExtractedLoRA {
  /// On the base.
  public let adapter: AttachedAdapter
  public let kinds: [Kind]
  /// Modules that are saved whole.
  public let wholeModules: [String]
  /// What differs and is in no part of the adapter.
  public let losses: [Loss]

  /// Layers whose names end alike, such as all `q_proj`.
  public struct Kind: Sendable, Equatable {
    public let name: String
    public internal(set) var layerCount = 0
    public internal(set) var smallestRank: Int
    public internal(set) var largestRank = 0
    /// The sum of squares of the layers' differences, and the adapter's part of it.
    public internal(set) var energy = 0.0
    public internal(set) var kept = 0.0

    init(name: String, smallestRank: Int) {
      self.name = name
      self.smallestRank = smallestRank
    }

    /// 0 to 1.
    public var keptShare: Double { kept / energy }
  }

  /// A weight whose difference is lost.
  public struct Loss: Sendable, Equatable {
    public let name: String
    /// The norm of the difference, as a share of the norm of the base's weight.
    public let share: Double
  }
}
