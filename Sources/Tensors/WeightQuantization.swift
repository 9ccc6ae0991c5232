import CKernels

/// How the frozen weights of linear layers are quantised while they load: what bitsandbytes calls `load_in_4bit` and
/// `load_in_8bit`, with the same bits.
public enum WeightQuantization: Sendable, Equatable {
  /// Codes of four bits in blocks of 64 values (Dettmers et al. 2023, "QLoRA").
  ///
  /// - Parameter nestsScales: the blocks' scales are themselves quantised to 8 bits: 4.13 instead of 4.5 bits a value.
  case fourBit(FourBitCode, nestsScales: Bool)
  /// Integers of eight bits with a scale a row: LLM.int8() (Dettmers et al. 2022) without its decomposition of outliers.
  case eightBit
}

/// What the sixteen codes of four bits stand for, as shares of a block's largest magnitude.
public enum FourBitCode: String, Sendable, CaseIterable {
  /// Quantiles of the normal distribution (QLoRA, appendix E).
  case nf4
  /// Floating-point numbers of a sign, two bits of exponent and one of fraction.
  case fp4

  /// By code.
  var values: [Float] {
    switch self {
    case .nf4:
      [
        -1, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635, -0.18477343022823334,
        -0.09105003625154495, 0, 0.07958029955625534, 0.16093020141124725, 0.24611230194568634, 0.33791524171829224,
        0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1,
      ]
    case .fp4:
      [0, 0.0625, 8, 12, 4, 6, 2, 3, 0, -0.0625, -8, -12, -4, -6, -2, -3].map { $0 / 12 }
    }
  }

  /// The codes in rising order of their values; of fp4's two zeros the first comes first, as in bitsandbytes.
  var order: [UInt8] {
    let values = values
    return (0..<16).sorted { (values[$0], $0) < (values[$1], $1) }.map { UInt8($0) }
  }
}

/// The means of neighbours: a value is rounded to the one above where it lies above the mean.
func roundingBounds(_ rising: [Float]) -> [Float] { zip(rising, rising.dropFirst()).map { ($0 + $1) / 2 } }

/// The 256 values of bitsandbytes' signed dynamic code in rising order, which quantises scales.
///
/// Each power of ten from 10⁻⁶ to 1 has twice the values of the one below, between a tenth and the whole of it (Dettmers
/// 2016, "8-Bit Approximations for Parallelism in Deep Learning"); rounded as torch.linspace rounds them.
func dynamicCode() -> [Float] {
  let powers: [Float] = [1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1]
  let magnitudes = powers.enumerated().flatMap { exponent, power in
    let count = 1 << exponent, step = (1 - 0.1) / Float(count)
    let boundaries = (0...count).map { index in
      index < (count + 1) / 2
        ? Float(0.1).addingProduct(step, Float(index)) : Float(1).addingProduct(-step, Float(count - index))
    }
    return roundingBounds(boundaries).map { power * $0 }
  }
  return (magnitudes.map { -$0 } + [0] + magnitudes + [1]).sorted()
}
