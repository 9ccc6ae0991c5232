import Basics
import CKernels
import Foundation

/// What a tensor is called, its shape and the format it is written in: F32, F16 or BF16.
public struct TensorDescription: Sendable, Equatable {
  public let name: String
  public let shape: [Int]
  public let format: StorageFormat

  public init(name: String, shape: [Int], format: StorageFormat) {
    self.name = name
    self.shape = shape
    self.format = format
  }
}

/// Writes safetensors files that the reference implementation reads; every file appears whole or not at all.
public enum SafetensorsWriter {
  /// Writes one file with the tensors in the given order.
  ///
  /// - Parameters:
  ///   - metadata: the header's `__metadata__`; PyTorch tools expect its `format`.
  ///   - values: gives a tensor's float32 values, row by row. Called once for each tensor just before it is written;
  ///     the pointer must be valid until the next call, so that one tensor at a time needs memory. Values are rounded
  ///     to nearest, ties to even.
  /// - Throws: `TuneError` when the file cannot be written, and what `values` throws.
  public static func write(
    _ tensors: [TensorDescription], to path: String, metadata: [(String, String)] = [("format", "pt")],
    values: (TensorDescription) throws -> UnsafePointer<Float>
  ) throws {
    let file = try AtomicFile(path)
    let header = header(of: tensors, metadata: metadata)
    try withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { try file.write($0) }
    try file.write(header)
    for tensor in tensors {
      try write(try values(tensor), count: tensor.shape.reduce(1, *), format: tensor.format, to: file)
    }
    try file.commit()
  }

  /// Writes `model.safetensors`, or numbered shards of at most `maximumShardBytes` of tensors each with their
  /// `model.safetensors.index.json`, the names that Hugging Face tools look for. A larger tensor has a shard alone.
  ///
  /// - Returns: the names of the files written, the index last.
  @discardableResult
  public static func writeModel(
    _ tensors: [TensorDescription], toFolder folder: String, maximumShardBytes: Int,
    values: (TensorDescription) throws -> UnsafePointer<Float>
  ) throws -> [String] {
    let shards = shards(of: tensors, maximumBytes: maximumShardBytes)
    let single = "model.safetensors"
    if shards.count <= 1 {
      try write(tensors, to: "\(folder)/\(single)", values: values)
      return [single]
    }
    // Readers prefer a single file where there is one: an old one would hide the new shards.
    guard !FileManager.default.fileExists(atPath: "\(folder)/\(single)") else {
      throw TuneError.runtime("\(folder): already holds \(single), which would hide the shards; remove it first")
    }
    var files: [String] = []
    var map = JSONObject()
    for (index, shard) in shards.enumerated() {
      let name = "model-\(padded(index + 1))-of-\(padded(shards.count)).safetensors"
      try write(shard, to: "\(folder)/\(name)", values: values)
      files.append(name)
      for tensor in shard { map[tensor.name] = .string(name) }
    }
    let index: JSON = [
      "metadata": [
        "total_parameters": .integer(tensors.reduce(0) { $0 + $1.shape.reduce(1, *) }),
        "total_size": .integer(tensors.reduce(0) { $0 + byteCount(of: $1) }),
      ], "weight_map": .object(map),
    ]
    let indexName = "model.safetensors.index.json"
    let style = JSON.Style(indent: 2, sortsKeys: true)
    try AtomicFile.write(index.text(style) + "\n", to: "\(folder)/\(indexName)")
    return files + [indexName]
  }

  /// The header as text, padded with spaces so that the data begin at a multiple of 8 bytes.
  private static func header(of tensors: [TensorDescription], metadata: [(String, String)]) -> String {
    var entries: [JSONObject.Entry] = []
    if !metadata.isEmpty {
      let members = metadata.map { JSONObject.Entry(key: $0.0, value: .string($0.1)) }
      entries.append(JSONObject.Entry(key: "__metadata__", value: .object(JSONObject(entries: members))))
    }
    var offset = 0
    for tensor in tensors {
      let end = offset + byteCount(of: tensor)
      let value: JSON = [
        "dtype": .string(tensor.format.rawValue), "shape": .array(tensor.shape.map { .integer($0) }),
        "data_offsets": [.integer(offset), .integer(end)],
      ]
      entries.append(JSONObject.Entry(key: tensor.name, value: value))
      offset = end
    }
    let text = JSON.object(JSONObject(entries: entries)).text(.compact)
    return text + String(repeating: " ", count: (8 - text.utf8.count % 8) % 8)
  }

  private static func write(
    _ values: UnsafePointer<Float>, count: Int, format: StorageFormat, to file: AtomicFile
  ) throws {
    if format == .f32 {
      try file.write(UnsafeRawBufferPointer(start: values, count: count * 4))
      return
    }
    let round = format == .bf16 ? round_to_bf16 : round_to_f16
    let chunk = 1 << 20
    var rounded = [UInt16](repeating: 0, count: min(chunk, count))
    for start in stride(from: 0, to: count, by: chunk) {
      let length = min(chunk, count - start)
      round(values + start, &rounded, length)
      try rounded.withUnsafeBytes { try file.write(UnsafeRawBufferPointer(rebasing: $0[..<(length * 2)])) }
    }
  }

  /// The tensors of each file, in order: a file is full when the next tensor would make it too large, and a tensor that
  /// is too large itself gets a file of its own while the open one goes on.
  ///
  /// Source: `split_state_dict_into_shards_factory` of huggingface_hub.
  static func shards(of tensors: [TensorDescription], maximumBytes: Int) -> [[TensorDescription]] {
    var shards: [[TensorDescription]] = [], open: [TensorDescription] = []
    var used = 0
    for tensor in tensors {
      let bytes = byteCount(of: tensor)
      guard bytes <= maximumBytes else {
        shards.append([tensor])
        continue
      }
      if used + bytes > maximumBytes {
        shards.append(open)
        open = []
        used = 0
      }
      open.append(tensor)
      used += bytes
    }
    return open.isEmpty ? shards : shards + [open]
  }

  private static func byteCount(of tensor: TensorDescription) -> Int {
    precondition([.f32, .f16, .bf16].contains(tensor.format), "\(tensor.name): \(tensor.format) cannot be written")
    guard let bytes = tensor.format.byteCount(of: tensor.shape) else {
      preconditionFailure("\(tensor.name): shape \(tensor.shape) has no size")
    }
    return bytes
  }

  private static func padded(_ number: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, 5 - digits.count)) + digits
  }
}
