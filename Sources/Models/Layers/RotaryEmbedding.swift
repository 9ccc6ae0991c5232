import Basics
import Foundation
import Tensors

/// Rotary positions as a configuration describes them: their frequencies, and the tables made of them so far.
///
/// Source: `modeling_rope_utils.py` of Hugging Face transformers.
public final class RotaryEmbedding {
  private let scaling: RotaryScaling
  private var table: RotaryTable

  /// - Parameters:
  ///   - scaling: frequencies and how they change with the length of the text.
  public init(_ scaling: RotaryScaling) {
    self.scaling = scaling
    table = RotaryTable(frequencies: scaling.frequencies, positionCount: 0, scale: scaling.attentionFactor)
  }

  /// How long texts may become: dynamic scaling is made for lengths beyond `max_position_embeddings`. 0 for others.
  var reach: Int { scaling.originalLength.map { Int(min(Double($0) * scaling.factor, 0x1p31)) } ?? 0 }

  /// The table for a batch and the row of it for each token.
  func table(for batch: TokenBatch) -> (table: RotaryTable, rows: [Int32]) {
    let length = Int(batch.positions.max() ?? 0) + 1
    if let original = scaling.originalLength, length > original {
      return (ownTable(batch), Array(0..<Int32(batch.tokenCount)))
    }
    if table.rowCount < length {
      // Grows in steps, since most texts are shorter than the longest that a model can take.
      let count = max(length, 2 * table.rowCount, 512)
      table = RotaryTable(frequencies: scaling.frequencies, positionCount: count, scale: scaling.attentionFactor)
    }
    return (table, batch.positions)
  }

  /// A row a token, where frequencies depend on the length of each sequence.
  private func ownTable(_ batch: TokenBatch) -> RotaryTable {
    var frequencies: [[Double]] = []
    for (start, end) in zip(batch.offsets, batch.offsets.dropFirst()) where end > start {
      let own = scaling.frequencies(length: Int(batch.positions[end - 1]) + 1)
      frequencies += Array(repeating: own, count: end - start)
    }
    return RotaryTable(
      turnedSize: scaling.frequencies.count * 2, rowCount: batch.tokenCount, scale: scaling.attentionFactor
    ) { (Int(batch.positions[$0]), frequencies[$0]) }
  }
}

/// The frequencies of rotary positions, with what a `rope_scaling` makes of them.
public struct RotaryScaling: Sendable {
  /// Angle per position of each pair.
  let frequencies: [Double]
  /// Multiplies cosines and sines.
  let attentionFactor: Double
  /// The length from which frequencies depend on it; nil where they never do.
  let originalLength: Int?
  private let theta: Double
  fileprivate let factor: Double

  /// Reads `rope_theta` with `rope_scaling` or, as transformers 5 writes them, `rope_parameters`.
  ///
  /// - Parameters:
  ///   - headSize: of a head; `partial_rotary_factor` of it is turned.
  ///   - layerType: the key inside `rope_parameters` where layers differ.
  ///   - thetaKey: the older key of the base frequency.
  /// - Throws: `TuneError.data` for a scaling that is unknown or incomplete.
  public init(
    _ config: ConfigFile, headSize: Int, layerType: String? = nil, thetaKey: String = "rope_theta",
    defaultTheta: Double = 10_000, partialKey: String = "partial_rotary_factor", defaultPartial: Double = 1,
    scalingKeys: [String] = ["rope_scaling", "rope_parameters"]
  ) throws {
    var (parameters, key) = (JSON.null, scalingKeys.first ?? "")
    for candidate in scalingKeys {
      guard var found = config.json[candidate], !found.isNull else { continue }
      if let layerType, let inner = found[layerType] { found = inner }
      (parameters, key) = (found, candidate)
    }
    let settings = ConfigFile(parameters.isNull ? [:] : parameters, path: "\(config.path): \(key)")
    theta = try settings.number("rope_theta", default: config.number(thetaKey, default: defaultTheta))
    let share = try settings.number(
      "partial_rotary_factor", default: config.number(partialKey, default: defaultPartial))
    let size = (0...1).contains(share) ? Int(Double(headSize) * share) : 0
    guard theta > 0, size > 0, size.isMultiple(of: 2) else {
      throw config.wrong(
        partialKey, .number(share), "a share of the head size \(headSize) that is even, and a positive \(thetaKey)")
    }
    let maxPositions = try config.count("max_position_embeddings", default: 2048)
    let plain = RotaryTable.frequencies(headSize: size, theta: theta)
    var factor = 1.0, attentionFactor = 1.0, original: Int?
    var frequencies = plain
    switch settings.text("rope_type") ?? settings.text("type") ?? "default" {
    case "default": break
    case "linear":
      factor = try Self.factor(settings)
      frequencies = plain.map { $0 / factor }
    case "dynamic":
      factor = try Self.factor(settings)
      original = maxPositions
    case "llama3": frequencies = try Self.llama3(plain, settings)
    case "yarn":
      (frequencies, attentionFactor) = try Self.yarn(plain, settings, theta: theta, maxPositions: maxPositions)
    case let type:
      throw config.wrong(key, .string(type), "a rope_type of default, linear, dynamic, llama3 or yarn")
    }
    (self.frequencies, self.attentionFactor, self.factor, originalLength) = (
      frequencies, attentionFactor, factor, original
    )
  }

  /// The frequencies for a text of some length: dynamic scaling by neural tangent kernels.
  func frequencies(length: Int) -> [Double] {
    guard let original = originalLength, length > original else { return frequencies }
    let size = Double(frequencies.count * 2)
    let growth = factor * Double(length) / Double(original) - (factor - 1)
    return RotaryTable.frequencies(headSize: frequencies.count * 2, theta: theta * pow(growth, size / (size - 2)))
  }

  private static func factor(_ settings: ConfigFile) throws -> Double {
    let factor = try settings.number("factor", default: 0)
    guard factor >= 1 else {
      throw settings.wrong("factor", settings.json["factor"] ?? .null, "a number of at least 1")
    }
    return factor
  }

  /// Llama 3.1: long waves are stretched, short ones kept, those between interpolated.
  private static func llama3(_ plain: [Double], _ settings: ConfigFile) throws -> [Double] {
    let factor = try factor(settings)
    let low = try settings.number("low_freq_factor", default: 1),
      high = try settings.number("high_freq_factor", default: 4)
    let length = Double(try settings.count("original_max_position_embeddings"))
    guard high > low, low > 0 else {
      throw settings.wrong("high_freq_factor", .number(high), "more than low_freq_factor \(low), and both above 0")
    }
    return plain.map { frequency in
      let wavelength = 2 * Double.pi / frequency
      if wavelength < length / high { return frequency }
      if wavelength > length / low { return frequency / factor }
      let smooth = (length / wavelength - low) / (high - low)
      return (1 - smooth) * frequency / factor + smooth * frequency
    }
  }

  /// Source: Peng et al., "YaRN", 2023.
  private static func yarn(
    _ plain: [Double], _ settings: ConfigFile, theta: Double, maxPositions: Int
  ) throws -> (frequencies: [Double], attentionFactor: Double) {
    let factor = try factor(settings), size = Double(plain.count * 2)
    let length = Double(try settings.count("original_max_position_embeddings", default: maxPositions))
    let fast = try settings.number("beta_fast", default: 32), slow = try settings.number("beta_slow", default: 1)
    func dimension(_ rotations: Double) -> Double {
      size * log(length / (rotations * 2 * .pi)) / (2 * log(theta))
    }
    var (low, high) = (dimension(fast), dimension(slow))
    if try settings.flag("truncate", default: true) { (low, high) = (low.rounded(.down), high.rounded(.up)) }
    (low, high) = (max(low, 0), min(high, size - 1))
    if low == high { high += 0.001 }
    let frequencies = plain.enumerated().map { pair, frequency in
      let kept = 1 - min(1, max(0, (Double(pair) - low) / (high - low)))
      return frequency / factor * (1 - kept) + frequency * kept
    }
    func scale(_ mscale: Double) -> Double { factor <= 1 ? 1 : 0.1 * mscale * log(factor) + 1 }
    let mscale = try settings.number("mscale", default: 0),
      allDimensions = try settings.number("mscale_all_dim", default: 0)
    let standard = mscale != 0 && allDimensions != 0 ? scale(mscale) / scale(allDimensions) : scale(1)
    return (frequencies, try settings.number("attention_factor", default: standard))
  }
}
