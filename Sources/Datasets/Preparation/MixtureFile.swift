import Basics
import Foundation

/// A mixture as its YAML file describes it:
///
///     sampling: proportional          # proportional, temperature, equal
///     cap: 3000                       # examples of a task that count for its rate
///     total: 20000                    # all training examples together
///     sources:
///       - task: dialogues
///         files: [dialogues.jsonl, more/*.csv.gz]
///         templates: [dialogue-summary]
///       - files: [reviews.csv]
///         map: {review_body: text}
///         where: stars >= 4
///         weight: 2                   # or count: 500
///         hold_out: true
///         license: CC BY 4.0
///
/// Files are relative to the folder of the YAML file.
public struct MixtureFile: Sendable {
  public let sampling: MixtureSampling
  public let sources: [PreparationOptions.Source]

  /// - Parameter seed: of the samples that sources ask for.
  /// - Throws: `TuneError.usage` with the line of what is wrong.
  public init(contentsOf path: String, seed: UInt64 = 42) throws {
    let file = try MappedFile(path)
    guard file.bytes.count <= YAMLMapping.maximumLength,
      let text = file.withBytes({ String(validating: $0, as: UTF8.self) })
    else {
      throw TuneError.usage("\(path): expected a mixture file: YAML text in UTF-8 of at most 256 KB")
    }
    try self.init(yaml: text, origin: path, seed: seed)
  }

  init(yaml: String, origin: String, seed: UInt64) throws {
    let top = try YAMLMapping(text: yaml, origin: origin)
    try top.allow(["sampling", "cap", "temperature", "total", "repeat", "sources"])
    sampling = try Self.sampling(top)
    let folder = parentFolder(of: origin)
    sources = try top.mappings("sources").map { try Self.source($0, folder: folder, seed: seed) }
    guard !sources.isEmpty else { throw top.error("sources", "the list is empty; expected at least one source") }
  }

  private static func sampling(_ top: YAMLMapping) throws -> MixtureSampling {
    let kind = try top.optionalString("sampling") ?? "proportional"
    guard ["proportional", "temperature", "equal"].contains(kind) else {
      throw top.error("sampling", "found '\(kind)'; expected proportional, temperature or equal")
    }
    let temperature = try top.optionalNumber("temperature")
    if kind != "temperature", temperature != nil {
      throw top.error("temperature", "belongs to 'sampling: temperature'; the sampling is \(kind)")
    }
    if let temperature, temperature < 1 { throw top.error("temperature", "expected 1 or more") }
    return MixtureSampling(
      cap: try top.optionalCount("cap"), temperature: kind == "temperature" ? temperature ?? 2 : 1,
      isEqual: kind == "equal", total: try top.optionalCount("total"), repeats: try top.optionalBool("repeat") ?? false)
  }

  private static func source(_ mapping: YAMLMapping, folder: String, seed: UInt64) throws -> PreparationOptions.Source {
    try mapping.allow([
      "task", "files", "parallel", "format", "delimiter", "templates", "map", "where", "sample", "limit", "weight",
      "count",
      "hold_out", "license",
    ])
    let files = try mapping.optionalStrings("files")
    guard !files.isEmpty else { throw mapping.error("files", "missing; expected a list of data files") }
    var source = PreparationOptions.Source(
      inputs: files.map { $0.hasPrefix("/") || folder.isEmpty ? $0 : "\(folder)/\($0)" },
      templates: try mapping.optionalStrings("templates").map { name in
        // A template file beside the mixture, or a name of the library.
        let beside = "\(folder)/\(name)"
        return !folder.isEmpty && FileManager.default.fileExists(atPath: beside) ? beside : name
      }, limit: try mapping.optionalCount("limit"))
    let fields = try mapping.optionalStrings("parallel")
    source.parallelFields = fields.isEmpty ? nil : fields
    source.name = try mapping.optionalString("task")
    source.isHeldOut = try mapping.optionalBool("hold_out") ?? false
    source.license = try mapping.optionalString("license")
    for member in try mapping.optionalMapping("map")?.members() ?? [] {
      guard let column = member.text else { throw mapping.error("map", "expected lines of 'field: column'") }
      source.columns[member.key] = column
    }
    let (format, delimiter) = (try mapping.optionalString("format"), try mapping.optionalString("delimiter"))
    if format != nil || delimiter != nil { source.format = try RecordFormat(named: format, delimiter: delimiter) }
    source.condition = try mapping.optionalString("where").map { try RecordCondition($0) }
    source.sample = try mapping.optionalString("sample").map { try RecordSample($0, seed: seed) }
    switch (try mapping.optionalNumber("weight"), try mapping.optionalCount("count")) {
    case (let weight?, nil):
      guard weight > 0 else { throw mapping.error("weight", "expected a number above 0") }
      source.amount = .weight(weight)
    case (nil, let count?): source.amount = .count(count)
    case (nil, nil): break
    default: throw mapping.error("count", "stands beside weight; expected one of the two")
    }
    return source
  }
}

extension YAMLMapping {
  fileprivate func optionalNumber(_ key: String) throws -> Double? {
    guard let text = try optionalString(key) else { return nil }
    guard let number = Double(text), number.isFinite else { throw error(key, "found '\(text)'; expected a number") }
    return number
  }

  fileprivate func optionalCount(_ key: String) throws -> Int? {
    guard let text = try optionalString(key) else { return nil }
    guard let count = Int(text), (1...1_000_000_000).contains(count) else {
      throw error(key, "found '\(text)'; expected a whole number from 1 on")
    }
    return count
  }
}
