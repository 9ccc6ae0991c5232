import Basics
import Datasets
import Foundation
import Text
import Training

/// `tune inspect` of a run of `tune train`.
enum RunInspection {
  static func inspection(_ path: String) throws -> Inspection {
    let run = try Run(path)
    var inspection = Inspection(kind: "run", path: path, title: path)
    inspection.add("status", run.status ?? "not told")
    inspection.add("base", run.baseModel ?? "not told")
    inspection.add("data", run.data ?? "not told")
    for key in ["method", "trainer", "result"] {
      guard let object = run.description[key]?.objectValue else { continue }
      for (index, entry) in object.filter({ !$0.value.isNull }).enumerated() {
        inspection.add(index == 0 ? key : "", "\(entry.key) = \(shortened(entry.value.text(.compact), to: 100))")
      }
    }
    let saved = [run.adapter, run.tunedModel].compactMap { $0 }
    inspection.add("saved", saved.isEmpty ? "nothing" : saved.joined(separator: "  "))
    inspection.json["status"] = run.status.map { .string($0) } ?? .null
    inspection.json["saved"] = .array(saved.map { .string($0) })
    inspection.json["run"] = run.description
    return inspection
  }
}

/// `tune inspect` of a folder that `tune prepare` wrote, or of any with the same files.
enum PreparedInspection {
  static func inspection(_ path: String) throws -> Inspection {
    let location = try DataLocation(path)
    var inspection = Inspection(kind: "prepared", path: path, title: path)
    var files = JSONObject()
    for split in SplitName.allCases {
      guard let file = location.file(for: split) else { continue }
      let reader = try LineReader(file)
      var examples = 0
      while let line = try reader.next() {
        if line.contains(where: { ![0x20, 0x09, 0x0D].contains($0) }) { examples += 1 }
      }
      inspection.add(split.rawValue, "\(file) · \(grouped(examples)) examples")
      files[split.rawValue] = ["path": .string(file), "examples": .integer(examples)]
    }
    inspection.json["splits"] = .object(files)
    let card = "\(path)/dataset.json"
    guard FileManager.default.fileExists(atPath: card) else {
      inspection.add("card", "none: the folder was not written by tune prepare")
      return inspection
    }
    let description = try JSON(contentsOf: card)
    for source in description["sources"]?.arrayValue ?? [] {
      inspection.add("source", "\(source["path"]?.stringValue ?? "?") (\(source["format"]?.stringValue ?? "?"))")
    }
    for (index, entry) in (description["templates"]?.objectValue ?? [:]).enumerated().prefix(20) {
      inspection.add(index == 0 ? "templates" : "", "\(entry.key) · \(entry.value.text(.compact)) examples")
    }
    let counts = (description["records"]?.objectValue ?? [:]).filter { $0.value.intValue.map { $0 > 0 } ?? false }
    inspection.add("records", counts.map { "\($0.key) \($0.value.text(.compact))" }.joined(separator: " · "))
    inspection.json["card"] = description
    return inspection
  }
}

/// `tune inspect` of a tokenizer.
enum TokenizerInspection {
  static func inspection(folder: String) throws -> Inspection {
    let path = "\(folder)/tokenizer.json"
    let tokenizer = try Tokenizer(folder: folder)
    let file = try JSON(contentsOf: path)
    var inspection = Inspection(kind: "tokenizer", path: path, title: path)
    let model = file["model"]?["type"]?.stringValue ?? "not told"
    let merges = file["model"]?["merges"]?.arrayValue?.count
    inspection.add(
      "model",
      "\(model) · \(grouped(tokenizer.vocabularySize)) tokens"
        + (merges.map { " · \(grouped($0)) merges" } ?? ""))
    for stage in ["normalizer", "pre_tokenizer", "post_processor", "decoder"] {
      guard let value = file[stage], !value.isNull else { continue }
      inspection.add(stage, shortened(value.text(.compact), to: 100))
    }
    var tokens = JSONObject()
    let ids = [
      ("bos", tokenizer.bosID), ("eos", tokenizer.eosID), ("pad", tokenizer.padID), ("unk", tokenizer.unknownID),
    ]
    for (name, id) in ids {
      guard let id else { continue }
      let text = JSON.string(tokenizer.token(id) ?? "").text()
      inspection.add(tokens.keys.isEmpty ? "special" : "", "\(name) \(id) \(text)")
      tokens[name] = ["id": .integer(id), "token": .string(tokenizer.token(id) ?? "")]
    }
    let templates = tokenizer.chatTemplates?.named ?? []
    if templates.isEmpty { inspection.add("template", "no chat template") }
    for (index, template) in templates.enumerated() {
      let name = templates.count > 1 ? "\(template.name): " : ""
      inspection.add(index == 0 ? "template" : "", name + shortened(template.source, to: 100))
    }
    inspection.json["model"] = .string(model)
    inspection.json["vocabulary_size"] = .integer(tokenizer.vocabularySize)
    inspection.json["special_tokens"] = .object(tokens)
    inspection.json["has_chat_template"] = .bool(!templates.isEmpty)
    inspection.json["chat_templates"] = .array(templates.map { .string($0.name) })
    return inspection
  }
}
