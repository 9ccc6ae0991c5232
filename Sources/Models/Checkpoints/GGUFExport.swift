import Basics
import Tensors

/// A model as the tensors and the metadata of a GGUF file: llama.cpp's names, row orders and settings.
public struct GGUFExport {
  private let architecture: GGUFArchitecture
  private let type: GGUFFileType
  private let settings: GGUFModelSettings
  private let tensors: [StoredParameter]

  /// A weight and how it goes into the file.
  private struct StoredParameter {
    let description: TensorDescription
    let parameter: Parameter
  }

  /// - Throws: `TuneError.data` for a family or a setting that llama.cpp does not compute in the same way.
  public init(_ model: any LanguageModel, type: GGUFFileType) throws {
    let config = model.config
    let architecture = try GGUFArchitecture.of(config), layerCount = model.dimensions.layerCount
    self.architecture = architecture
    self.type = type
    settings = try GGUFModelSettings(model, architecture)
    tensors = try model.parameters.map { parameter in
      let name = try architecture.writtenName(of: parameter.name, config)
      let format = type.format(
        of: name, shape: parameter.shape, layerCount: layerCount, isHead: parameter === model.head)
      return StoredParameter(
        description: TensorDescription(name: name, shape: parameter.shape, format: format), parameter: parameter)
    }
  }

  /// The longest text for which llama.cpp computes what the model does, where that is less than the model takes: it
  /// knows no sliding window for this architecture. nil where there is no such limit.
  public var contextLimit: Int? { settings.contextLimit }

  /// The formats of the matrices with how many there are of each, in the order of the file.
  public var formats: [(format: StorageFormat, count: Int)] {
    var formats: [(format: StorageFormat, count: Int)] = []
    for tensor in tensors where tensor.description.shape.count == 2 {
      let format = tensor.description.format
      if let index = formats.firstIndex(where: { $0.format == format }) {
        formats[index].count += 1
      } else {
        formats.append((format, 1))
      }
    }
    return formats
  }

  /// Writes the file.
  ///
  /// - Parameters:
  ///   - name: `general.name`, for people.
  ///   - tokenizer: the keys `tokenizer.*`.
  ///   - weight: the values of a weight, [out, in] whatever the checkpoint's order: merged ones where there is an adapter.
  public func write(
    to path: String, name: String, tokenizer: [GGUFEntry], weight: (Parameter) -> Tensor = { $0.value }
  ) throws {
    let general = [
      GGUFEntry("general.architecture", .string(architecture.name)), GGUFEntry("general.type", .string("model")),
      GGUFEntry("general.name", .string(name)), GGUFEntry("general.file_type", .uint32(type.number)),
      GGUFEntry("general.quantization_version", .uint32(2)),
    ]
    let byName = Dictionary(uniqueKeysWithValues: tensors.map { ($0.description.name, $0) })
    // One tensor's values live until the next one's are asked for.
    var current: Tensor?
    let factors = settings.rotaryFactors.map {
      TensorDescription(name: GGUFHyperparameters.rotaryFactorsName, shape: [$0.count], format: .f32)
    }
    try GGUFWriter.write(
      general + settings.metadata + tokenizer, (factors.map { [$0] } ?? []) + tensors.map(\.description), to: path
    ) { description in
      let values =
        byName[description.name].map { stored($0, weight($0.parameter)) } ?? vector(settings.rotaryFactors ?? [])
      current = values
      return UnsafePointer(values.pointer)
    }
    withExtendedLifetime(current) {}
  }

  /// The weights as the file has them: in its row order, norms with one added.
  private func stored(_ tensor: StoredParameter, _ values: Tensor) -> Tensor {
    if architecture.addsOneToNorms, tensor.description.name.hasSuffix("norm.weight") {
      return vector(values.values.map { $0 + 1 })
    }
    guard let heads = settings.interleavedHeads(tensor.description.name) else { return values }
    return interleaved(values, heads: heads)
  }
}

private func vector(_ values: [Float]) -> Tensor { Tensor(values, shape: [values.count]) }

/// Rows in the order 0, d/2, 1, d/2 + 1, … within each head of d rows, the opposite of `RowOrder.rotaryInterleaved`.
func interleaved(_ values: Tensor, heads: Int) -> Tensor {
  let rows = values.shape[0], width = values.count / max(1, rows)
  let order = RowOrder.rotaryInterleaved(heads: heads)
  let output = Tensor(shape: values.shape)
  for row in 0..<rows {
    let stored = order.storedRow(of: row, rowCount: rows)
    (output.pointer + stored * width).update(from: values.pointer + row * width, count: width)
  }
  return output
}

extension GGUFArchitecture {
  /// - Throws: `TuneError.data` naming a family that is not written.
  static func of(_ config: ConfigFile) throws -> GGUFArchitecture {
    let type = config.text("model_type") ?? ""
    guard let architecture = of(modelType: type) else {
      let known = all.flatMap(\.modelTypes).joined(separator: ", ")
      throw TuneError.data(
        "\(config.path): model_type '\(type)' cannot be written as GGUF; use a model of one of: \(known)")
    }
    return architecture
  }

  /// The name of a weight in the file.
  ///
  /// - Throws: `TuneError.data` for a bias or a head that llama.cpp would not read.
  func writtenName(of name: String, _ config: ConfigFile) throws -> String {
    guard let stored = storedName(of: name) else {
      throw TuneError.data("\(config.path): the weight '\(name)' has no place in GGUF files of \(self.name) models")
    }
    let module = stored.split(separator: ".").dropLast().last.map(String.init) ?? ""
    guard !stored.hasSuffix(".bias") || biasedNames.contains(module) else {
      throw TuneError.data("\(config.path): llama.cpp reads no bias of '\(name)' in \(self.name) models")
    }
    guard !addsOneToNorms || stored != "output.weight" else {
      throw TuneError.data(
        "\(config.path): has an output of its own, but llama.cpp ties that of \(self.name) models to the embedding")
    }
    return stored
  }
}
