import Adapters
import Basics
import Foundation
import Models

/// What `tune inspect` found: lines for people, an object for scripts.
struct Inspection {
  /// A labelled line, or with an empty label one that goes on from the line above.
  var lines: [(label: String, text: String)] = []
  var json: JSONObject

  init(kind: String, path: String, title: String) {
    lines = [(kind, title)]
    json = ["kind": .string(kind), "path": .string(path)]
  }

  /// Finds out what stands at a path, and looks into it.
  ///
  /// - Parameter path: a file, a folder, or a model's name; nil for the model inside tune.
  init(of path: String?, options: Tune.Inspect, console: Console) throws {
    if options.nearest != nil { try Self.requireAdapter(path) }
    guard let name = path, name != EmbeddedFiles.modelName else {
      self = try ModelInspection(options).inspection(EmbeddedFiles.model())
      return
    }
    let resolved = try HubModels.resolve(name, flag: "tune inspect", content: .model, console: console)
    var isFolder: ObjCBool = false
    _ = FileManager.default.fileExists(atPath: resolved, isDirectory: &isFolder)
    self = isFolder.boolValue ? try Self.folder(resolved, options) : try Self.file(resolved, options)
  }

  /// - Throws: `TuneError.usage` for a path that is no adapter folder.
  private static func requireAdapter(_ path: String?) throws {
    guard let path, AdapterFolder.isAdapter(path) else {
      throw TuneError.usage(
        "--nearest: \(path ?? EmbeddedFiles.modelName) is no adapter folder; name one of prompt tuning or P-tuning")
    }
  }

  private static func folder(_ path: String, _ options: Tune.Inspect) throws -> Inspection {
    func has(_ name: String) -> Bool { FileManager.default.fileExists(atPath: "\(path)/\(name)") }
    if has("run.json") { return try RunInspection.inspection(path) }
    if AdapterFolder.isAdapter(path) { return try AdapterInspection.inspection(path, options) }
    if has("dataset.json") || has("train.jsonl") || has("train.jsonl.gz") {
      return try PreparedInspection.inspection(path)
    }
    if has("tokenizer.json"), !has("config.json") { return try TokenizerInspection.inspection(folder: path) }
    return try ModelInspection(options).inspection(ModelFiles.open(path))
  }

  private static func file(_ path: String, _ options: Tune.Inspect) throws -> Inspection {
    if try MappedFile(path).withBytes(GGUFFile.isGGUF) { return try ModelInspection(options).inspection(gguf: path) }
    let name = (path as NSString).lastPathComponent
    if name.hasSuffix(".safetensors") {
      let store = try Safetensors(path)
      return weights(store, title: path, metadata: store.metadata, options)
    }
    if name.hasSuffix(".index.json") {
      return weights(try ShardedSafetensors(index: path), title: path, metadata: [:], options)
    }
    if name == "tokenizer.json" {
      let folder = parentFolder(of: path)
      return try TokenizerInspection.inspection(folder: folder.isEmpty ? "." : folder)
    }
    throw TuneError.data(
      "\(path): is none of the files that tune inspect knows; expected .gguf, .safetensors, .index.json or "
        + "tokenizer.json, or a folder")
  }

  private static func weights(
    _ store: any WeightStore, title: String, metadata: [String: String], _ options: Tune.Inspect
  ) -> Inspection {
    var inspection = Inspection(kind: "weights", path: title, title: title)
    inspection.add(TensorTable(store), listsAll: options.tensors)
    inspection.add(metadata: metadata.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
    return inspection
  }

  // MARK: Adding

  mutating func add(_ label: String, _ text: String) { lines.append((label, text)) }

  mutating func add(_ table: TensorTable, listsAll: Bool) {
    add("tensors", table.summary)
    for line in listsAll ? table.all : table.kinds { add("", line) }
    json["tensors"] = table.json(listsAll: listsAll)
  }

  /// Keys with values; at most so many, and each cut, for metadata may hold whole vocabularies.
  mutating func add(metadata: [(key: String, value: String)]) {
    let limit = 60
    guard !metadata.isEmpty else { return }
    add("metadata", "\(metadata.count) \(metadata.count == 1 ? "key" : "keys")")
    for entry in metadata.prefix(limit) { add("", "\(entry.key) = \(shortened(entry.value, to: 80))") }
    if metadata.count > limit { add("", "… and \(metadata.count - limit) more") }
    json["metadata"] = .object(
      JSONObject(
        entries: metadata.prefix(limit).map { .init(key: $0.key, value: .string(shortened($0.value, to: 400))) }))
  }

  func show(_ console: Console) {
    for line in lines { console.isJSON ? () : console.answer(padded(line.label) + line.text) }
    console.json(.object(json))
  }

  private func padded(_ label: String) -> String {
    label + String(repeating: " ", count: max(1, 11 - label.count))
  }
}

/// One line of a text, cut where it is longer than `length` characters.
func shortened(_ text: String, to length: Int) -> String {
  let line = text.unicodeScalars.prefix(length + 1).map { $0.value < 32 ? " " : $0 }
  let kept = String(String.UnicodeScalarView(line.prefix(length)))
  return line.count > length ? kept + "…" : kept
}
