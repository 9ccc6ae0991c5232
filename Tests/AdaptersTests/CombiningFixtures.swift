import Basics
import Foundation
import Models
import Testing

@testable import Adapters

/// A case of Tests/Fixtures/combining: adapters with weights, and what PEFT makes of them.
struct CombiningCase: CustomStringConvertible, Sendable {
  private static let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("Fixtures").path
  private static let folder = "\(fixtures)/combining"
  private static let bases = ["llama": "\(fixtures)/families/llama-llama3", "gpt2": "\(fixtures)/merging/gpt2"]

  static let combinations = cases("cases.json")
  static let stacks = cases("stacks.json")

  let name: String
  let json: JSON

  private static func cases(_ file: String) -> [CombiningCase] {
    let cases = (try? JSON(contentsOf: "\(folder)/\(file)"))?.arrayValue ?? []
    return cases.map { CombiningCase(name: $0["name"]?.stringValue ?? "", json: $0) }
  }

  var description: String { name }

  private var base: String { json["base"]?.stringValue ?? "" }
  var weights: [Double] { json["weights"]?.arrayValue?.compactMap { $0.doubleValue } ?? [] }
  var folders: [String] {
    json["adapters"]?.arrayValue?.compactMap { $0.stringValue.map { "\(Self.folder)/\(base)/\($0)" } } ?? []
  }

  func model() throws -> any LanguageModel { try loadModel(ModelFiles.open(#require(Self.bases[base]))) }

  static func adapter(_ name: String) -> String { "\(folder)/llama/\(name)" }

  static func llama() throws -> any LanguageModel { try loadModel(ModelFiles.open(#require(bases["llama"]))) }

  /// PEFT's tensor of this case; `name` is without PEFT's prefix.
  func golden(_ name: String) throws -> [Float] {
    let file = try Safetensors("\(Self.folder)/combined.safetensors")
    return try file.floats(try #require(file.tensor("\(self.name)/\(name)"), "no golden named \(name)"))
  }

  /// The layers of PEFT's combination.
  func layers() throws -> Set<String> {
    let suffix = ".lora_A.weight", prefix = "\(name)/"
    let names = try Safetensors("\(Self.folder)/combined.safetensors").tensorNames
    return Set(
      names.filter { $0.hasPrefix(prefix) && $0.hasSuffix(suffix) }
        .map { String($0.dropFirst(prefix.count).dropLast(suffix.count)) })
  }

  /// The combination that the case describes.
  func combination() throws -> AdapterCombination {
    let text = json["combination_type"]?.stringValue ?? ""
    var combination = AdapterCombination(try #require(AdapterCombination.Kind(rawValue: text), "\(text)"))
    combination.rank = json["svd_rank"]?.intValue
    combination.density = json["density"]?.doubleValue ?? 0.5
    combination.majoritySign = json["majority_sign_method"] == "frequency" ? .frequency : .total
    return combination
  }
}
