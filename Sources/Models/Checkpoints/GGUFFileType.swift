import Basics

// The cases are the formats' own names.
// swift-format-ignore: AlwaysUseLowerCamelCase
/// How the weights of an exported GGUF file are stored: one format, or a mixture by the importance of tensors.
public enum GGUFFileType: String, Sendable, CaseIterable {
  case f32 = "F32"
  case f16 = "F16"
  case bf16 = "BF16"
  case q8_0 = "Q8_0"
  case q4_0 = "Q4_0"
  case q4_K_M = "Q4_K_M"

  /// `general.file_type`, the numbers of llama.cpp's `llama_ftype`.
  var number: UInt32 {
    switch self {
    case .f32: 0
    case .f16: 1
    case .q4_0: 2
    case .q8_0: 7
    case .q4_K_M: 15
    case .bf16: 32
    }
  }

  /// The format of one tensor, by the rules of `llama_tensor_get_type` in llama.cpp's `llama-quant.cpp`.
  ///
  /// - Parameters:
  ///   - name: in the file.
  ///   - isHead: whether the logits come from it: the output, or the embedding that is tied to it.
  func format(of name: String, shape: [Int], layerCount: Int, isHead: Bool) -> StorageFormat {
    guard shape.count == 2, name.hasSuffix(".weight"), !name.hasPrefix("position_embd") else { return .f32 }
    let wanted: StorageFormat =
      switch self {
      case .f32: .f32
      case .f16: .f16
      case .bf16: .bf16
      case .q8_0: .q8_0
      case .q4_0: isHead ? .q6_K : .q4_0
      case .q4_K_M: isHead ? .q6_K : Self.mixed(name, layerCount: layerCount)
      }
    return Self.fitting(wanted, rowLength: shape[1])
  }

  /// Values and down projections have more bits in the first and last eighth of the layers and in each third between.
  private static func mixed(_ name: String, layerCount: Int) -> StorageFormat {
    let parts = name.split(separator: ".")
    guard parts.count == 4, let layer = Int(parts[1]) else { return .q4_K }
    let eighth = layerCount / 8
    let isFine = layer < eighth || layer >= 7 * layerCount / 8 || (layer - eighth) % 3 == 2
    switch parts[2] {
    case "attn_v", "ffn_down": return isFine ? .q6_K : .q4_K
    case "attn_qkv": return .q5_K
    default: return .q4_K
    }
  }

  /// What takes the place of a format whose blocks do not divide the rows.
  private static func fitting(_ format: StorageFormat, rowLength: Int) -> StorageFormat {
    guard !rowLength.isMultiple(of: format.blockSize) else { return format }
    let smaller: StorageFormat =
      switch format {
      case .q4_K: .q5_0
      case .q5_K: .q5_1
      case .q6_K: .q8_0
      default: .f16
      }
    return fitting(smaller, rowLength: rowLength)
  }
}
