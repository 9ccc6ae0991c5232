import Basics
import Models

/// Which of the targeted layers get adapters, by their place in the model: PEFT's `exclude_modules`,
/// `layers_to_transform` and `layers_pattern`.
public struct LayerSelection: Sendable, Equatable {
  /// Layers that get no adapter although they are targeted; nil for none.
  public var excludedModules: TargetModules?
  /// The numbers of the blocks whose layers get adapters; nil for all.
  public var layersToTransform: [Int]?
  /// The names that stand before a block's number; empty for any.
  public var layersPattern: [String] = []

  public init() {}

  init(_ configuration: AdapterConfiguration) throws {
    excludedModules = try configuration.layerNames("exclude_modules")
    switch configuration.json["layers_to_transform"] {
    case nil, .null?: break
    case .array(let values)?:
      let numbers = values.compactMap { $0.intValue }
      guard numbers.count == values.count else {
        throw configuration.wrong("layers_to_transform", "a number or a list of numbers")
      }
      layersToTransform = numbers.isEmpty ? nil : numbers
    case let value?:
      guard let number = value.intValue else {
        throw configuration.wrong("layers_to_transform", "a number or a list of numbers")
      }
      layersToTransform = [number]
    }
    switch configuration.json["layers_pattern"] {
    case .array(let values)?: layersPattern = values.compactMap { $0.stringValue }
    case .string(let name)?: layersPattern = [name]
    default: break
    }
  }

  /// - Throws: `TuneError.usage` when nothing is left.
  func select(from linears: [Linear]) throws -> [Linear] {
    let selected = Set(try select(from: linears.map { $0.name }))
    return linears.filter { selected.contains($0.name) }
  }

  /// - Throws: `TuneError.usage` when nothing is left.
  func select(from names: [String]) throws -> [String] {
    guard excludedModules != nil || layersToTransform != nil else { return names }
    let excluded = Set(try excludedModules?.select(names: names, flag: "--exclude-modules") ?? [])
    let selected = names.filter { name in
      guard !excluded.contains(name) else { return false }
      return layersToTransform.map { $0.contains(blockNumber(of: name, behind: layersPattern) ?? -1) } ?? true
    }
    guard !selected.isEmpty else {
      throw TuneError.usage(
        "--layers-to-transform, --exclude-modules: none of the \(names.count) targeted layers is left")
    }
    return selected
  }

  var excludedJSON: JSON { excludedModules?.listed ?? .null }
  var layersJSON: JSON { layersToTransform.map { .array($0.map { .integer($0) }) } ?? .null }
  var patternJSON: JSON { layersPattern.isEmpty ? .null : .array(layersPattern.map { .string($0) }) }
}

/// The first number in a path, behind a name of the pattern where there is one; the last part of all is none.
func blockNumber(of name: String, behind pattern: [String]) -> Int? {
  let parts = name.split(separator: ".")
  let places = parts.indices.dropFirst(pattern.isEmpty ? 2 : 1).dropLast()
  return places.lazy.compactMap { index in
    pattern.isEmpty || pattern.contains(String(parts[index - 1])) ? Int(parts[index]) : nil
  }.first
}
