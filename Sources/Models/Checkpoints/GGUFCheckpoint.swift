import Basics

/// A GGUF file seen as a Hugging Face checkpoint: its tensor names, its row order and its `config.json`.
///
/// Tensors whose rows the converter of llama.cpp reordered have the `rowOrder` that undoes it while reading; those with
/// rows and columns exchanged say so; norms that had one added have it subtracted.
public final class GGUFCheckpoint: WeightStore {
  public let path: String
  public let tensorNames: [String]
  /// What the model's `config.json` would say.
  public let config: JSON
  private let tensors: [String: StoredTensor]

  /// - Throws: `TuneError` when the architecture, a setting or a tensor is not one that is supported.
  public init(_ file: GGUFFile) throws {
    let hyperparameters = try GGUFHyperparameters(file)
    let architecture = hyperparameters.architecture
    var names: [String] = []
    var tensors: [String: StoredTensor] = [:]
    // The factors of rotary frequencies are no weights: they appear in the configuration.
    for stored in file.tensorNames where stored != GGUFHyperparameters.rotaryFactorsName {
      guard let tensor = file.tensor(stored) else { continue }
      guard let name = architecture.name(of: stored) else {
        throw TuneError.data(
          "\(file.path): tensor '\(stored)' is not one of a \(architecture.name) model; "
            + "use the model's safetensors folder instead")
      }
      tensors[name] =
        try architecture.addsOneToNorms && name.hasSuffix("norm.weight")
        ? Self.norm(tensor, name: name, file) : Self.renamed(tensor, name: name, hyperparameters, file)
      names.append(name)
    }
    path = file.path
    tensorNames = names
    self.tensors = tensors
    config = .object(hyperparameters.config)
  }

  public func tensor(_ name: String) -> StoredTensor? { tensors[name] }

  private static func renamed(
    _ tensor: StoredTensor, name: String, _ hyperparameters: GGUFHyperparameters, _ file: GGUFFile
  ) throws -> StoredTensor {
    let architecture = hyperparameters.architecture
    return StoredTensor(
      name: name, shape: tensor.shape, format: tensor.format, bytes: tensor.bytes,
      rowOrder: try rowOrder(of: tensor, hyperparameters, path: file.path),
      isExchanged: architecture.exchangesMatrices && name.hasPrefix(architecture.layerPrefix)
        && tensor.shape.count == 2,
      owner: tensor.owner)
  }

  /// A norm's weight without the one that the converter added.
  private static func norm(_ tensor: StoredTensor, name: String, _ file: GGUFFile) throws -> StoredTensor {
    let values = NormValues(count: tensor.elementCount)
    try file.read(tensor, into: values.start)
    for index in 0..<tensor.elementCount { values.start[index] -= 1 }
    return StoredTensor(
      name: name, shape: tensor.shape, format: .f32,
      bytes: UnsafeRawBufferPointer(start: values.start, count: tensor.elementCount * 4), owner: values)
  }

  private static func rowOrder(
    of tensor: StoredTensor, _ hyperparameters: GGUFHyperparameters, path: String
  ) throws -> RowOrder {
    guard hyperparameters.architecture.interleavesHeads else { return .asStored }
    let heads: Int
    switch tensor.name.split(separator: ".").dropFirst(2).first {
    case "attn_q": heads = hyperparameters.heads
    case "attn_k": heads = hyperparameters.keyValueHeads
    default: return .asStored
    }
    let isMatrix = tensor.shape.count == 2
    let isPlainVector = tensor.shape.count == 1 && tensor.format.blockSize == 1
    guard tensor.shape.first == heads * hyperparameters.headSize, isMatrix || isPlainVector else {
      throw TuneError.data(
        "\(path): tensor '\(tensor.name)' has shape \(tensor.shape) in \(tensor.format.rawValue); "
          + "expected \(heads) heads of \(hyperparameters.headSize) rows")
    }
    return .rotaryInterleaved(heads: heads)
  }
}

/// The memory of one norm's weights.
private final class NormValues {
  let start: UnsafeMutablePointer<Float>

  init(count: Int) { start = .allocate(capacity: max(1, count)) }

  deinit { start.deallocate() }
}
