import Adapters
import Basics
import Datasets
import Models
import Tensors
import Testing

@testable import Training

/// Ten steps of each optimiser against the reference implementations: Tests/Fixtures/llama/make_optimizers.py.
@Suite struct OptimizerGoldenTests {
  @Test(arguments: TrainingFixture.names, [false, true])
  func lionEqualsLionPyTorch(name: String, layerwise: Bool) throws {
    let run = try TenSteps(name, "lion")
    let settings = Lion.Settings(weightDecay: try run.number("weight_decay"))
    try run.expect(Lion(settings: settings), layerwise: layerwise, within: 1e-4)
  }

  /// With blocks of codes for every tensor, the smallest as well.
  @Test(arguments: TrainingFixture.names, [false, true])
  func adamW8BitEqualsBitsandbytes(name: String, layerwise: Bool) throws {
    let run = try TenSteps(name, "adamw_8bit")
    let optimizer = AdamW8Bit(
      settings: AdamW.Settings(weightDecay: try run.number("weight_decay")), minimumCount: 1)
    try run.expect(optimizer, layerwise: layerwise, within: 5e-4)
  }

  /// With one projection for all steps, and with a new one every four.
  @Test(arguments: TrainingFixture.names, [0, 1])
  func galoreEqualsGaloreTorch(name: String, index: Int) throws {
    for layerwise in [false, true] {
      let run = try TenSteps(name, "galore_adamw", index)
      var settings = GaLoreAdamW.Settings()
      settings.rank = Int(try run.number("rank"))
      settings.updateProjectionGap = Int(try run.number("update_proj_gap"))
      settings.scale = try run.number("scale")
      settings.targetModules = .allLinear
      let optimizer = GaLoreAdamW(
        settings: settings, adamW: AdamW.Settings(weightDecay: try run.number("weight_decay")),
        projected: try settings.projectedWeights(of: run.fixture.model))
      try run.expect(optimizer, layerwise: layerwise, within: 1e-4)
    }
  }

  /// Through the trainer: rates of A and B by name, as PEFT's parameter groups have them.
  @Test(arguments: TrainingFixture.adapters) func loraPlusEqualsPEFT(name: String) throws {
    let parts = name.split(separator: "/").map { String($0) }
    let run = try TenSteps(parts[0], "loraplus")
    for parameter in run.fixture.model.parameters { parameter.isTrainable = false }
    _ = try AdapterFolder.load("\(run.fixture.folder)/\(parts[1])", onto: run.fixture.model)
    var options = TrainerOptions()
    (options.maxSteps, options.batchSize, options.schedule, options.shuffles) = (10, 3, .constant, false)
    (options.learningRate, options.maxGradientNorm) = (try run.number("learning_rate"), nil)
    options.weightDecay = try run.number("weight_decay")
    options.learningRateScales = .loraPlus(
      ratio: try run.number("loraplus_lr_ratio"),
      embeddingLearningRate: try run.number("loraplus_lr_embedding"), learningRate: options.learningRate)
    let log = EventLog(), examples = try run.fixture.examples()
    _ = try Trainer(run.fixture.model, options: options).train(examples, listener: { log.add($0) })
    try run.expect(log.losses, log.steps.map { $0.gradientNorm }, within: 1e-4)
  }

  /// The learning rate of every parameter that PEFT groups, those of an adapted embedding too.
  @Test(arguments: ["loraplus", "loraplus_embedding"]) func loraPlusRatesEqualPEFT(key: String) throws {
    let run = try TenSteps("tied", key), rates = try #require(run.golden["rates"]?.objectValue)
    var options = TrainerOptions()
    options.learningRate = try run.number("learning_rate")
    options.learningRateScales = .loraPlus(
      ratio: try run.number("loraplus_lr_ratio"),
      embeddingLearningRate: try run.number("loraplus_lr_embedding"), learningRate: options.learningRate)
    for entry in rates {
      let factor = options.learningRateFactor(of: Parameter(entry.key, .zeros([2, 2])))
      #expect(abs(factor * options.learningRate - (entry.value.doubleValue ?? 0)) <= 1e-12, "\(entry.key)")
    }
    #expect(rates.count > 5)
    #expect(options.learningRateFactor(of: Parameter("lora_magnitude_vector", .zeros([2]))) == 16)
  }

  /// The states and the maps of codes of bitsandbytes on a tensor of 17 blocks, the last not full.
  @Test func codesEqualBitsandbytes() throws {
    let file = try Safetensors("\(TrainingFixture("tied").folder)/../eight_bit.safetensors")
    func values(_ name: String) throws -> [Float] { try file.values(name) }
    #expect(AdamW8Bit.dynamicMap(isSigned: true) == (try values("signed_map")))
    #expect(AdamW8Bit.dynamicMap(isSigned: false) == (try values("unsigned_map")))
    let parameter = Parameter("weight", Tensor(try values("start"), shape: [70, 61]), isTrainable: true)
    let target = try values("target"), curvature = try values("curvature")
    let optimizer = AdamW8Bit(settings: AdamW.Settings(weightDecay: 0.01))
    for step in 1...10 {
      let weight = parameter.value.values
      parameter.clearGradient()
      parameter.addToGradient { gradient in
        for index in weight.indices { gradient[index] = curvature[index] * (weight[index] - target[index]) }
      }
      optimizer.update(parameter, step: step, learningRate: 1e-2, gradientScale: 1)
    }
    guard case .blocks(let moments)? = optimizer.states[ObjectIdentifier(parameter)] else {
      Issue.record("4,270 elements are kept in float32")
      return
    }
    for (found, name) in zip([moments.first, moments.second], ["1", "2"]) {
      let codes = try values("codes\(name)")
      let different = codes.indices.filter { Float(found.codes[$0]) != codes[$0] }
      #expect(different.count <= 4, "codes\(name): \(different.count) of \(codes.count)")
      let scales = zip(found.scales.values, try values("absmax\(name)")).map { abs($0 / $1 - 1) }
      #expect(scales.count == 17 && scales.allSatisfy { $0 <= 1e-5 }, "absmax\(name): \(scales)")
    }
    // Small second moments amplify rounding; float64 differs from the golden in as many weights.
    let errors = zip(parameter.value.values, try values("weight")).map { abs($0 - $1) }
    #expect(errors.count == 4270 && errors.filter { $0 > 1e-5 }.count <= 20, "\(errors.filter { $0 > 1e-5 })")
    #expect(errors.allSatisfy { $0 <= 1e-2 })
  }
}

/// A fixture's golden of one optimiser.
private struct TenSteps {
  let fixture: TrainingFixture
  let golden: JSON

  init(_ name: String, _ key: String, _ index: Int? = nil) throws {
    fixture = try TrainingFixture(name)
    fixture.trainEverything()
    let all = try JSON(contentsOf: "\(fixture.folder)/optimizers.json")
    golden = try #require(index.map { all[key]?.arrayValue?[$0] } ?? all[key])
  }

  func number(_ key: String) throws -> Double { try #require(golden[key]?.doubleValue) }

  /// Runs an optimiser with all gradients at hand, or with each weight updated as soon as it can be.
  func expect(_ optimizer: any Optimizer, layerwise: Bool, within tolerance: Double) throws {
    let examples = try fixture.examples(), parameters = fixture.model.trainableParameters
    let rate = try number("learning_rate")
    var losses: [Double] = [], norms: [Double] = []
    for step in 1...10 {
      func update(_ parameter: Parameter) {
        optimizer.update(parameter, step: step, learningRate: rate, gradientScale: 1)
      }
      var squares = 0.0
      for parameter in parameters {
        parameter.clearGradient()
        guard layerwise else { continue }
        parameter.whenGradientIsWhole = { parameter in
          squares += squaredNorm(parameter)
          update(parameter)
          parameter.releaseGradient()
        }
      }
      let batch = SupervisedBatch(examples)
      let result = SupervisedFineTuning.loss(fixture.model, batch, scale: 1 / Float(batch.targets.count))
      result.loss.backward()
      losses.append(result.sum / Double(batch.targets.count))
      norms.append(layerwise ? squares.squareRoot() : gradientNorm(parameters))
      if !layerwise { parameters.forEach(update) }
    }
    try expect(losses, norms, within: tolerance)
  }

  func expect(_ losses: [Double], _ norms: [Double], within tolerance: Double) throws {
    func numbers(_ key: String) throws -> [Double] {
      try #require(golden[key]?.arrayValue).compactMap { $0.doubleValue }
    }
    let final = meanLoss(fixture.model, try fixture.examples())
    let lossError = largestRelativeError(losses + [final], try numbers("losses") + [number("final_loss")])
    let normError = largestRelativeError(norms, try numbers("grad_norms"))
    #expect(lossError <= tolerance, "losses differ by \(lossError)")
    #expect(normError <= 10 * tolerance, "gradient norms differ by \(normError)")
  }
}

extension Safetensors {
  fileprivate func values(_ name: String) throws -> [Float] {
    let tensor = try #require(self.tensor(name))
    var values = [Float](repeating: 0, count: tensor.elementCount)
    values.withUnsafeMutableBufferPointer { buffer in
      if let base = buffer.baseAddress { tensor.read(rows: 0..<tensor.rowCount, into: base) }
    }
    return values
  }
}
