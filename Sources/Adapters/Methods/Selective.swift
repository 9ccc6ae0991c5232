import Basics
import Models
import Tensors

/// Selective tuning: some of the model's own parameters are trained, all others stay as they are.
///
/// Source: Ben Zaken et al., "BitFit", 2022 (biases); Lee et al., "What Would Elsa Do?", 2019 (the last layers). PEFT does
/// not have the methods; the file is tune's own: full names and whole tensors.
public struct Selective: PEFTMethod, Equatable {
  public static let peftType = "SELECTIVE"

  /// What is trained.
  public enum Choice: Sendable, Equatable {
    /// Every bias.
    case biases
    /// So many layers before the output, and the norm behind them.
    case lastLayers(Int)
    /// The output head; where it is the embedding too, that.
    case head
    /// The embeddings of tokens.
    case embeddings
    /// Parameters whose names, or the names of modules around them, are listed or match an expression.
    case named(TargetModules)
    /// Exactly these, as a file lists them.
    case listed([String])
  }

  public var choice: Choice
  public var modulesToSave: [String]? { [] }

  public init(_ choice: Choice) { self.choice = choice }

  public init(_ configuration: AdapterConfiguration) throws {
    guard let names = configuration.json["parameters"]?.arrayValue?.compactMap({ $0.stringValue }), !names.isEmpty
    else {
      throw configuration.wrong("parameters", "a list of the names of parameters")
    }
    choice = .listed(names)
  }

  public func parts(
    on model: any LanguageModel, from source: TensorSource, dropout: DropoutSource
  ) throws -> [any AdapterPart] {
    // A classifier's new head is always trained.
    let head = try WholeParameters.modules(model.traits.classifierModules, of: model) { _, _ in nil }
    let chosen = Set((try selected(from: model) + head.trained).map { ObjectIdentifier($0) })
    let parameters = model.parameters.filter { chosen.contains(ObjectIdentifier($0)) }
    return [
      try WholeParameters(
        parameters.map { (peftPrefix + $0.name, $0) },
        values: { name, shape in source.isFile ? try source.tensor(name, shape, .zeros) : nil })
    ]
  }

  private func selected(from model: any LanguageModel) throws -> [Parameter] {
    let parameters = model.parameters
    switch choice {
    case .biases:
      let biases = parameters.filter { $0.name.hasSuffix(".bias") }
      guard !biases.isEmpty else {
        throw TuneError.usage(
          "--method bitfit: \(model.traits.architecture) has no biases; use --method norms, or another method")
      }
      return biases
    case .lastLayers(let count): return try lastLayers(count, of: model)
    case .head: return [model.head] + (model.headBias.map { [$0] } ?? [])
    case .embeddings: return [model.inputEmbedding]
    case .named(let targets):
      let names = parameters.flatMap { parameter in
        [(parameter.name, parameter)] + modulePaths(of: parameter.name).map { (String($0), parameter) }
      }
      let found = Set(try targets.select(names: names.map { $0.0 }, flag: "--trainable-parameters"))
      return names.filter { found.contains($0.0) }.map { $0.1 }
    case .listed(let names):
      let byName = Dictionary(parameters.map { ($0.name, $0) }) { first, _ in first }
      return try names.map { name in
        guard let parameter = byName[name] else {
          throw TuneError.usage("the model has no parameter '\(name)'")
        }
        return parameter
      }
    }
  }

  /// The last blocks, of the decoder where there is an encoder too, and the norm behind them.
  private func lastLayers(_ count: Int, of model: any LanguageModel) throws -> [Parameter] {
    let layers = model.dimensions.layerCount
    guard (1...layers).contains(count) else {
      throw TuneError.usage("--last-layers: \(count) is out of range; the model has \(layers) layers")
    }
    let side = model.traits.decoderStartID == nil ? "" : "decoder."
    let own = model.parameters.filter { $0.name.hasPrefix(side) }
    let numbers = own.map { blockNumber(of: $0.name, behind: []) }
    guard let last = numbers.lastIndex(where: { $0 != nil }) else { return [] }
    let behind = own[(last + 1)...].filter { $0 !== model.head }
    return zip(own, numbers).filter { $0.1.map { $0 >= layers - count } ?? false }.map { $0.0 } + behind
  }

  public func settings(on model: any LanguageModel) throws -> JSONObject {
    let head = try WholeParameters.modules(model.traits.classifierModules, of: model) { _, _ in nil }
    return ["parameters": .array((try selected(from: model) + head.trained).map { .string($0.name) })]
  }

  public func summary(on model: any LanguageModel) -> String {
    switch choice {
    case .biases: "biases"
    case .lastLayers(let count): "the last \(count) layer\(count == 1 ? "" : "s")"
    case .head: "the output head"
    case .embeddings: "the embeddings"
    case .named(let targets): "parameters \(targets)"
    case .listed(let names): "\(names.count) parameters by name"
    }
  }
}
