import Basics
import Foundation

/// The scaling of Llama 3.1 and later. A GGUF file holds only what each frequency is divided by, in the tensor
/// `rope_freqs.weight`, from which the settings are found again by trying those of the published models.
///
/// Source: `_compute_llama3_parameters` in `modeling_rope_utils.py` of Hugging Face transformers.
struct Llama3Factors {
  /// Of the published models.
  static let publishedLength = 8192

  let base: Double
  let headSize: Int
  let originalLength: Double
  var lowFrequencyFactor = 1.0
  var highFrequencyFactor = 4.0

  /// What each frequency is divided by when the longest waves become `factor` times as long.
  func factors(_ factor: Double) -> [Double] {
    (0..<headSize / 2).map { index in
      let wavelength = 2 * Double.pi * pow(base, Double(2 * index) / Double(headSize))
      if wavelength < originalLength / highFrequencyFactor { return 1 }
      if wavelength > originalLength / lowFrequencyFactor { return factor }
      let smooth =
        (originalLength / wavelength - lowFrequencyFactor) / (highFrequencyFactor - lowFrequencyFactor)
      return 1 / ((1 - smooth) / factor + smooth)
    }
  }

  /// The `rope_scaling` that a stored tensor of factors stands for.
  func json(of tensor: StoredTensor, _ file: GGUFFile) throws -> JSON {
    guard tensor.format == .f32, tensor.shape == [headSize / 2] else {
      throw TuneError.data(
        "\(file.path): tensor '\(tensor.name)' has shape \(tensor.shape) in \(tensor.format.rawValue); "
          + "expected [\(headSize / 2)] in F32")
    }
    var stored = [Float](repeating: 0, count: headSize / 2)
    try file.read(tensor, into: &stored)
    let factor = Double(stored.max() ?? 1)
    for (found, expected) in zip(stored, factors(factor)) {
      guard abs(Double(found) - expected) <= 1e-3 * Double(found) else {
        throw TuneError.data(
          "\(file.path): tensor '\(tensor.name)' scales rotary positions in a way other than Llama 3; "
            + "use the model's safetensors folder instead")
      }
    }
    return [
      "rope_type": "llama3", "factor": .number(factor), "low_freq_factor": .number(lowFrequencyFactor),
      "high_freq_factor": .number(highFrequencyFactor),
      "original_max_position_embeddings": .integer(Int(originalLength)),
    ]
  }
}
