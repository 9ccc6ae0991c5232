import CKernels
import Tensors

// The cases are the formats' own names.
// swift-format-ignore: AlwaysUseLowerCamelCase
/// How numbers are laid out in a checkpoint. The raw value is the name that safetensors and GGUF files use.
///
/// Quantised formats store blocks of values with scales; `CKernels/include/dequantize.h` tells their layouts.
public enum StorageFormat: String, Sendable, CaseIterable {
  case f32 = "F32"
  case f16 = "F16"
  case bf16 = "BF16"
  case f64 = "F64"
  case q8_0 = "Q8_0"
  case q4_0 = "Q4_0"
  case q4_1 = "Q4_1"
  case q5_0 = "Q5_0"
  case q5_1 = "Q5_1"
  case iq4_nl = "IQ4_NL"
  case q2_K = "Q2_K"
  case q3_K = "Q3_K"
  case q4_K = "Q4_K"
  case q5_K = "Q5_K"
  case q6_K = "Q6_K"
  // Buffers beside the weights, such as position ids: listed and checked, never expanded.
  case i64 = "I64"
  case u64 = "U64"
  case i32 = "I32"
  case u32 = "U32"
  case i16 = "I16"
  case u16 = "U16"
  case i8 = "I8"
  case u8 = "U8"
  case bool = "BOOL"
  case f8_e4m3 = "F8_E4M3"
  case f8_e5m2 = "F8_E5M2"

  /// Values a block; 1 for plain numbers.
  public var blockSize: Int {
    switch self {
    case .q8_0, .q4_0, .q4_1, .q5_0, .q5_1, .iq4_nl: 32
    case .q2_K, .q3_K, .q4_K, .q5_K, .q6_K: 256
    default: 1
    }
  }

  /// Bytes a block.
  public var blockBytes: Int {
    switch self {
    case .f64, .i64, .u64: 8
    case .f32, .i32, .u32: 4
    case .f16, .bf16, .i16, .u16: 2
    case .i8, .u8, .bool, .f8_e4m3, .f8_e5m2: 1
    case .q8_0: 34
    case .q4_0, .iq4_nl: 18
    case .q4_1: 20
    case .q5_0: 22
    case .q5_1: 24
    case .q2_K: 84
    case .q3_K: 110
    case .q4_K: 144
    case .q5_K: 176
    case .q6_K: 210
    }
  }

  /// True when `StoredTensor.read` can expand this format to float32.
  public var isExpandable: Bool { expander != nil || self == .f32 }

  /// The bytes of `shape`, or nil when the last dimension is no multiple of the block or the size overflows.
  func byteCount(of shape: [Int]) -> Int? {
    var count = 1
    for size in shape {
      let (product, overflow) = count.multipliedReportingOverflow(by: size)
      guard size >= 0, !overflow else { return nil }
      count = product
    }
    guard (shape.last ?? 1).isMultiple(of: blockSize) else { return nil }
    let (bytes, overflow) = (count / blockSize).multipliedReportingOverflow(by: blockBytes)
    return overflow ? nil : bytes
  }

  /// Expands whole blocks; `source` needs no alignment. False when the format is not expandable.
  func expand(_ source: UnsafeRawPointer, into output: UnsafeMutablePointer<Float>, blocks: Int) -> Bool {
    if self == .f32 {
      UnsafeMutableRawPointer(output).copyMemory(from: source, byteCount: blocks * 4)
      return true
    }
    guard let expander else { return false }
    expander(source, output, blocks)
    return true
  }

  /// Expands blocks to float32; nil for float32 itself and for formats that hold no weights.
  var expander: CompactMatrix.Expander? { self == .f64 ? dequantize_f64 : compact?.expander }

  /// How products read the format where it lies; nil for float32 itself and for what is expanded while loading.
  var compact: (format: tune_format, expander: CompactMatrix.Expander)? {
    switch self {
    case .f16: (TUNE_F16, dequantize_f16)
    case .bf16: (TUNE_BF16, dequantize_bf16)
    case .q8_0: (TUNE_Q8_0, dequantize_q8_0)
    case .q4_0: (TUNE_Q4_0, dequantize_q4_0)
    case .q4_1: (TUNE_Q4_1, dequantize_q4_1)
    case .q5_0: (TUNE_Q5_0, dequantize_q5_0)
    case .q5_1: (TUNE_Q5_1, dequantize_q5_1)
    case .iq4_nl: (TUNE_IQ4_NL, dequantize_iq4_nl)
    case .q2_K: (TUNE_Q2_K, dequantize_q2_K)
    case .q3_K: (TUNE_Q3_K, dequantize_q3_K)
    case .q4_K: (TUNE_Q4_K, dequantize_q4_K)
    case .q5_K: (TUNE_Q5_K, dequantize_q5_K)
    case .q6_K: (TUNE_Q6_K, dequantize_q6_K)
    default: nil
    }
  }
}
