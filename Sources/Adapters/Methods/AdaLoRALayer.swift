import Basics
import Models
import Tensors

/// AdaLoRA on one linear layer: y = x Wᵀ + scale * ((dropout(x) Aᵀ) ∘ E) Bᵀ.
final class AdaLoRALayer: LinearPart, ConvertedPart {
  unowned let linear: Linear
  /// [rank, in]
  let a: Parameter
  /// [out, rank]
  let b: Parameter
  /// [rank, 1]
  let e: Parameter
  /// The ranks that are kept in the end; nil before that is decided.
  var kept: [Bool]?
  private let scale: Float
  private let dropout: (probability: Float, source: DropoutSource)
  private let nameHash: UInt64

  init(
    linear: Linear, a: Parameter, b: Parameter, e: Parameter, scale: Float,
    dropout: (probability: Float, source: DropoutSource)
  ) {
    self.linear = linear
    self.a = a
    self.b = b
    self.e = e
    self.scale = scale
    self.dropout = dropout
    nameHash = stableHash(linear.name)
  }

  var rank: Int { e.count }
  var tensors: [(name: String, parameter: Parameter)] { [a, b, e].map { ($0.name, $0) } }
  var stacking: Stacking { .sum }
  var isInert: Bool { scale == 0 || isZero(e) || isZero(b) || isZero(a) }

  func output(_ y: Tensor, of x: Tensor) -> Tensor {
    guard rank > 0 else { return y }
    let low = Tensors.linear(dropout.source.applied(to: x, dropout.probability, nameHash), a)
    let factors = [Float](repeating: scale, count: rank)
    return add(y, Tensors.linear(scaledColumns(low, by: e, factors: factors), b))
  }

  func merged(_ parameter: Parameter, _ value: Tensor) -> Tensor {
    guard rank > 0 else { return value }
    return Recording.off {
      let factors = [Float](repeating: scale, count: rank)
      return add(
        value, Tensors.linear(scaledColumns(b.value, by: e, factors: factors), Parameter("", transposed(a.value))))
    }
  }

  var savedSettings: JSONObject { [:] }

  /// Without the ranks that were cut.
  var savedTensors: [(name: String, parameter: Parameter)] {
    guard let kept else { return tensors }
    let ranks = kept.indices.filter { kept[$0] }, input = linear.inputSize, output = linear.outputSize
    let newA = Tensor(shape: [ranks.count, input]), newB = Tensor(shape: [output, ranks.count])
    let newE = Tensor(shape: [ranks.count, 1])
    for (place, rank) in ranks.enumerated() {
      (newA.pointer + place * input).update(from: a.pointer + rank * input, count: input)
      newE.pointer[place] = e.pointer[rank]
      for row in 0..<output { newB.pointer[row * ranks.count + place] = b.pointer[row * kept.count + rank] }
    }
    return zip([a, b, e], [newA, newB, newE]).map { ($0.name, Parameter($0.name, $1)) }
  }
}

/// Decides in training which ranks of all layers are kept, by their importance: the smoothed |value * gradient| of a
/// rank's elements times its uncertainty.
///
/// Source: Zhang et al., "AdaLoRA", 2023, algorithm 1; order and arithmetic of PEFT's `RankAllocator`.
final class RankBudget: TrainingFollower {
  private let method: AdaLoRA
  private let layers: [AdaLoRALayer]
  /// Of a file whose ranks were cut: they are not cut again.
  private let fileKept: [String: [Bool]]
  private var schedule: RankSchedule?
  /// Of the layers' A, B and E; empty once it is decided which ranks are kept.
  private var importances: [Importance]

  init(_ method: AdaLoRA, layers: [AdaLoRALayer], kept: [String: [Bool]]) {
    self.method = method
    self.layers = layers
    fileKept = kept
    importances = layers.flatMap { [$0.a, $0.b, $0.e] }.map { Importance(count: $0.count) }
  }

  var tensors: [(name: String, parameter: Parameter)] { [] }
  func putOn() {}
  func takeOff() {}
  var isInert: Bool { true }
  var mergedParameters: [Parameter]? { [] }
  func merged(_ parameter: Parameter, _ value: Tensor) -> Tensor { value }

  func begin(totalSteps: Int) throws { schedule = try method.schedule(totalSteps: totalSteps) }

  func penalty() -> Tensor? {
    guard method.orthogonalityWeight > 0 else { return nil }
    let matrices = layers.flatMap { [($0.a, false), ($0.b, true)] }
    return orthogonality(
      matrices.map { (matrix: $0.0, areColumns: $0.1) },
      weight: Float(method.orthogonalityWeight / Double(matrices.count)))
  }

  func didUpdate(step: Int, gradientScale: Double) {
    guard let schedule, fileKept.isEmpty else { return }
    guard !importances.isEmpty else {
      // The optimiser's moments move what was cut.
      for layer in layers { layer.kept.map { layer.cut($0) } }
      return
    }
    if step < schedule.lastCut { observe(gradientScale: Float(gradientScale)) }
    if schedule.cuts(at: step) {
      let kept = ranksToKeep(
        schedule.budget(
          at: step, first: method.initRank * layers.count, last: method.targetRank * layers.count))
      for (layer, kept) in zip(layers, kept) { layer.cut(kept) }
      if step == schedule.lastCut {
        for (layer, kept) in zip(layers, kept) { layer.kept = kept }
        importances = []
      }
    }
  }

  private func observe(gradientScale: Float) {
    for (index, parameter) in layers.flatMap({ [$0.a, $0.b, $0.e] }).enumerated() {
      importances[index].observe(
        parameter, scale: gradientScale, method.importanceDecay, method.uncertaintyDecay)
    }
  }

  /// The ranks of each layer with the highest scores of all layers together.
  private func ranksToKeep(_ budget: Int) -> [[Bool]] {
    let scores = layers.enumerated().map { index, layer in
      self.scores(of: layer, a: importances[3 * index], b: importances[3 * index + 1], e: importances[3 * index + 2])
    }
    let ordered = scores.joined().sorted()
    guard budget < ordered.count else { return scores.map { $0.map { _ in true } } }
    let threshold = ordered[ordered.count - budget - 1]
    return scores.map { $0.map { $0 > threshold } }
  }

  /// That of E and the means of a rank's row of A and column of B.
  private func scores(of layer: AdaLoRALayer, a: Importance, b: Importance, e: Importance) -> [Float] {
    let (rank, input, output) = (layer.rank, layer.linear.inputSize, layer.linear.outputSize)
    let (ofA, ofB, ofE) = (a.scores, b.scores, e.scores)
    return (0..<rank).map { place in
      let row = ofA[place * input..<(place + 1) * input].reduce(Float(0), +) / Float(input)
      let column = stride(from: place, to: output * rank, by: rank).reduce(Float(0)) { $0 + ofB[$1] } / Float(output)
      return ofE[place] + row + column
    }
  }

  var plan: String? {
    guard fileKept.isEmpty else { return "ranks cut before" }
    return schedule.map { schedule in
      "ranks cut in steps \(min(schedule.initialSteps + 1, schedule.lastCut)) to \(schedule.lastCut) of "
        + "\(schedule.totalSteps), every \(schedule.interval) (--tinit, --tfinal, --delta-t)"
    }
  }

  var settings: JSONObject {
    var settings = JSONObject()
    if let schedule {
      settings["tinit"] = .integer(schedule.initialSteps)
      settings["tfinal"] = .integer(schedule.totalSteps - schedule.lastCut)
      settings["deltaT"] = .integer(schedule.interval)
      settings["total_step"] = .integer(schedule.totalSteps)
    }
    let own = layers.compactMap { layer in layer.kept.map { ("\(layer.linear.name).lora_E", $0) } }
    let kept =
      own
      + layers.compactMap { layer in
        let name = "\(layer.linear.name).lora_E"
        return fileKept[name].map { (name, $0) }
      }
    if !kept.isEmpty {
      settings["rank_pattern"] = .object(
        JSONObject(entries: kept.map { JSONObject.Entry(key: $0, value: .array($1.map { .bool($0) })) }))
    }
    return settings
  }
}

extension AdaLoRALayer {
  /// Sets E of the ranks that are not kept to zero.
  fileprivate func cut(_ kept: [Bool]) {
    for (rank, isKept) in kept.enumerated() where !isKept { e.pointer[rank] = 0 }
  }
}

/// The importance of each element of a parameter.
private struct Importance {
  /// The smoothed |value * gradient|.
  private var sensitivities: [Float]
  /// The smoothed distance of it from its mean.
  private var uncertainties: [Float]

  init(count: Int) {
    sensitivities = [Float](repeating: 0, count: count)
    uncertainties = sensitivities
  }

  mutating func observe(
    _ parameter: Parameter, scale: Float, _ importanceDecay: Double, _ uncertaintyDecay: Double
  ) {
    guard let gradient = parameter.gradient else { return }
    let (first, second) = (Float(importanceDecay), Float(uncertaintyDecay))
    let (values, gradients) = (parameter.pointer, gradient.pointer)
    for index in sensitivities.indices {
      let own = abs(values[index] * gradients[index] * scale)
      let mean = first * sensitivities[index] + (1 - first) * own
      sensitivities[index] = mean
      uncertainties[index] = second * uncertainties[index] + (1 - second) * abs(own - mean)
    }
  }

  var scores: [Float] { zip(sensitivities, uncertainties).map { $0 * $1 } }
}
