import Basics
import CKernels

/// A metadata value with the type that it has in a GGUF file.
public enum GGUFField: Sendable, Equatable {
  case uint32(UInt32)
  case float32(Float)
  case bool(Bool)
  case string(String)
  case strings([String])
  case int32s([Int32])
  case float32s([Float])

  /// What was read, to be written again; nil for arrays that no tokenizer has.
  public init?(copying value: GGUFValue) {
    switch value {
    case .integer(let value):
      guard let value = UInt32(exactly: value) else { return nil }
      self = .uint32(value)
    case .number(let value): self = .float32(Float(value))
    case .bool(let value): self = .bool(value)
    case .string(let value): self = .string(value)
    case .strings(let values): self = .strings(values)
    case .numbers(let values): self = .float32s(values.map { Float($0) })
    case .integers(let values):
      let narrow = values.compactMap { Int32(exactly: $0) }
      guard narrow.count == values.count else { return nil }
      self = .int32s(narrow)
    case .booleans, .arrays: return nil
    }
  }
}

/// A key of a GGUF file's metadata with its value.
public struct GGUFEntry: Sendable, Equatable {
  public let key: String
  public let value: GGUFField

  public init(_ key: String, _ value: GGUFField) {
    self.key = key
    self.value = value
  }
}

/// Writes GGUF files of version 3 that llama.cpp reads; every file appears whole or not at all.
///
/// Source: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md.
public enum GGUFWriter {
  static let alignment = 32

  /// - Parameters:
  ///   - tensors: in the order of the file; shapes have the outermost dimension first.
  ///   - values: gives a tensor's float32 values, row by row. Called once for each tensor just before it is written; the
  ///     pointer must be valid until the next call, so that one tensor at a time needs memory.
  /// - Throws: `TuneError` when the file cannot be written or a value is beyond what the format can hold, and what
  ///   `values` throws.
  public static func write(
    _ metadata: [GGUFEntry], _ tensors: [TensorDescription], to path: String,
    values: (TensorDescription) throws -> UnsafePointer<Float>
  ) throws {
    let file = try AtomicFile(path)
    let header = try header(metadata, tensors)
    try header.withUnsafeBytes { try file.write($0) }
    var position = header.count
    for tensor in tensors {
      try pad(file, from: position)
      try write(try values(tensor), tensor, to: file)
      position = aligned(position) + byteCount(tensor)
    }
    // The last tensor too is as long as the alignment asks, as the reference writes it.
    try pad(file, from: position)
    try file.commit()
  }

  private static func header(_ metadata: [GGUFEntry], _ tensors: [TensorDescription]) throws -> [UInt8] {
    var bytes = Array("GGUF".utf8)
    bytes.append(UInt32(3))
    bytes.append(UInt64(tensors.count))
    bytes.append(UInt64(metadata.count))
    for entry in metadata {
      bytes.append(entry.key)
      entry.value.write(to: &bytes)
    }
    var offset = 0
    for tensor in tensors {
      guard let type = tensor.format.ggufType else { preconditionFailure("\(tensor.format) is no type of GGUF files") }
      bytes.append(tensor.name)
      bytes.append(UInt32(tensor.shape.count))
      for size in tensor.shape.reversed() { bytes.append(UInt64(size)) }
      bytes.append(type)
      bytes.append(UInt64(offset))
      offset = aligned(offset + byteCount(tensor))
    }
    return bytes
  }

  private static func write(
    _ values: UnsafePointer<Float>, _ tensor: TensorDescription, to file: AtomicFile
  ) throws {
    let count = tensor.shape.reduce(1, *), format = tensor.format
    if format == .f32 { return try file.write(UnsafeRawBufferPointer(start: values, count: count * 4)) }
    guard let encoder = format.encoder else { preconditionFailure("\(format) cannot be written") }
    // Parts of a million values: many enough for all threads, few enough to need little memory.
    let part = 1 << 20, piece = 1 << 14
    var encoded = [UInt8](repeating: 0, count: min(part, count) / format.blockSize * format.blockBytes)
    for start in stride(from: 0, to: count, by: part) {
      let length = min(part, count - start)
      if format == .f16 { try requireHalf(values + start, count: length, tensor, file.path) }
      try encoded.withUnsafeMutableBytes { output in
        guard let begin = output.baseAddress else { return }
        nonisolated(unsafe) let (begins, values) = (begin, values)
        parallelFor((length + piece - 1) / piece) { index in
          let first = index * piece, blocks = min(piece, length - first) / format.blockSize
          encoder(values + start + first, begins + first / format.blockSize * format.blockBytes, blocks)
        }
        try file.write(UnsafeRawBufferPointer(rebasing: output[..<(length / format.blockSize * format.blockBytes)]))
      }
    }
  }

  private static func requireHalf(
    _ values: UnsafePointer<Float>, count: Int, _ tensor: TensorDescription, _ path: String
  ) throws {
    let largest: Float = 65_504
    for index in 0..<count where abs(values[index]) > largest {
      throw TuneError.data(
        "\(path): tensor '\(tensor.name)' holds \(values[index]), beyond the largest number of F16, 65504; use BF16 or F32"
      )
    }
  }

  private static func pad(_ file: AtomicFile, from position: Int) throws {
    try [UInt8](repeating: 0, count: aligned(position) - position).withUnsafeBytes { try file.write($0) }
  }

  private static func aligned(_ position: Int) -> Int { (position + alignment - 1) / alignment * alignment }

  private static func byteCount(_ tensor: TensorDescription) -> Int {
    guard let bytes = tensor.format.byteCount(of: tensor.shape) else {
      preconditionFailure("\(tensor.name): \(tensor.format) cannot store \(tensor.shape)")
    }
    return bytes
  }
}

extension GGUFField {
  /// Appends the type's number, as the specification counts them, and the value.
  fileprivate func write(to bytes: inout [UInt8]) {
    func array(_ type: UInt32, _ count: Int) {
      bytes.append(UInt32(9))
      bytes.append(type)
      bytes.append(UInt64(count))
    }
    switch self {
    case .uint32(let value):
      bytes.append(UInt32(4))
      bytes.append(value)
    case .float32(let value):
      bytes.append(UInt32(6))
      bytes.append(value.bitPattern)
    case .bool(let value):
      bytes.append(UInt32(7))
      bytes.append(value ? 1 : 0 as UInt8)
    case .string(let value):
      bytes.append(UInt32(8))
      bytes.append(value)
    case .strings(let values):
      array(8, values.count)
      for value in values { bytes.append(value) }
    case .int32s(let values):
      array(5, values.count)
      for value in values { bytes.append(UInt32(bitPattern: value)) }
    case .float32s(let values):
      array(6, values.count)
      for value in values { bytes.append(value.bitPattern) }
    }
  }
}

extension [UInt8] {
  fileprivate mutating func append(_ value: some FixedWidthInteger) {
    Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
  }

  /// A length and the bytes.
  fileprivate mutating func append(_ text: String) {
    append(UInt64(text.utf8.count))
    append(contentsOf: text.utf8)
  }
}

extension StorageFormat {
  /// The number of the ggml library; nil for formats that GGUF files do not have.
  var ggufType: UInt32? { Self.ggufTypes.first { $0.value == self }?.key }

  /// The type numbers of the ggml library.
  static let ggufTypes: [UInt32: StorageFormat] = [
    0: .f32, 1: .f16, 2: .q4_0, 3: .q4_1, 6: .q5_0, 7: .q5_1, 8: .q8_0, 10: .q2_K, 11: .q3_K, 12: .q4_K, 13: .q5_K,
    14: .q6_K, 20: .iq4_nl, 24: .i8, 25: .i16, 26: .i32, 27: .i64, 28: .f64, 30: .bf16,
  ]

  /// Rounds float32 values to whole blocks; nil for float32 itself and for formats that are only read.
  var encoder: ((UnsafePointer<Float>?, UnsafeMutableRawPointer?, Int) -> Void)? {
    switch self {
    case .f16: { round_to_f16($0, $1?.assumingMemoryBound(to: UInt16.self), $2) }
    case .bf16: { round_to_bf16($0, $1?.assumingMemoryBound(to: UInt16.self), $2) }
    case .q8_0: quantize_q8_0
    case .q4_0: quantize_q4_0
    case .q5_0: quantize_q5_0
    case .q5_1: quantize_q5_1
    case .q4_K: quantize_q4_K
    case .q5_K: quantize_q5_K
    case .q6_K: quantize_q6_K
    default: nil
    }
  }
}
