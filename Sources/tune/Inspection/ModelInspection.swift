import Adapters
import Basics
import Foundation
import Models

/// `tune inspect` of a model: its tensors, its sizes, what LoRA would train, and the memory that work with it takes.
struct ModelInspection {
  private let options: Tune.Inspect

  init(_ options: Tune.Inspect) { self.options = options }

  func inspection(_ files: ModelFiles) throws -> Inspection {
    var inspection = Inspection(kind: "model", path: files.path, title: files.path)
    let table = TensorTable(files.weights)
    try addModel(files, weightBytes: table.byteCount, to: &inspection)
    if let gguf = files.gguf { add(gguf, to: &inspection) }
    inspection.add(table, listsAll: options.tensors)
    return inspection
  }

  /// A GGUF file, also one of an architecture that cannot be run.
  func inspection(gguf path: String) throws -> Inspection {
    do {
      return try inspection(ModelFiles.open(path))
    } catch let error as TuneError {
      let file = try GGUFFile(path)
      var inspection = Inspection(kind: "weights", path: path, title: path)
      inspection.add("runs", "no: \(error.message)")
      inspection.json["error"] = .string(error.message)
      add(file, to: &inspection)
      inspection.add(TensorTable(file), listsAll: options.tensors)
      return inspection
    }
  }

  private func addModel(_ files: ModelFiles, weightBytes: Int, to inspection: inout Inspection) throws {
    let model: any LanguageModel
    do {
      model = try loadModel(files, quantization: options.quantization.value)
    } catch let error as TuneError {
      inspection.add("family", files.config["model_type"]?.stringValue ?? "not told by config.json")
      inspection.add("runs", "no: \(error.message)")
      inspection.json["error"] = .string(error.message)
      return
    }
    addSizes(model, to: &inspection)
    addTokenizer(files, to: &inspection)
    let isQuantized = options.quantization.value != nil
    let loadedBytes = isQuantized ? model.parameters.reduce(0) { $0 + $1.byteCount } : weightBytes
    try addLoRA(model, weightBytes: loadedBytes, to: &inspection)
  }

  private func addSizes(_ model: any LanguageModel, to inspection: inout Inspection) {
    let sizes = model.dimensions
    inspection.add("family", "\(model.traits.architecture) (\(model.config.text("model_type") ?? ""))")
    inspection.add("parameters", grouped(model.parameterCount))
    inspection.add(
      "sizes",
      "\(sizes.layerCount) layers · hidden \(grouped(sizes.hiddenSize)) · keys and values \(grouped(sizes.keyValueWidth)) "
        + "· vocabulary \(grouped(sizes.vocabularySize)) · context \(grouped(sizes.maxPositions))")
    let isTied = model.head === model.parameters.first
    if let labels = model.traits.labels {
      inspection.add("classes", "\(labels.count): \(shortened(labels.joined(separator: ", "), to: 100))")
      inspection.json["classes"] = .array(labels.map { .string($0) })
    }
    inspection.add("head", isTied ? "tied to the embedding" : "its own, \(model.head.name)")
    inspection.json["architecture"] = .string(model.traits.architecture)
    inspection.json["model_type"] = model.config.text("model_type").map { .string($0) } ?? .null
    inspection.json["parameters"] = .integer(model.parameterCount)
    inspection.json["layers"] = .integer(sizes.layerCount)
    inspection.json["hidden_size"] = .integer(sizes.hiddenSize)
    inspection.json["key_value_width"] = .integer(sizes.keyValueWidth)
    inspection.json["vocabulary_size"] = .integer(sizes.vocabularySize)
    inspection.json["context"] = .integer(sizes.maxPositions)
    inspection.json["tied_head"] = .bool(isTied)
  }

  private func addTokenizer(_ files: ModelFiles, to inspection: inout Inspection) {
    do {
      let isEmbedded = files.path == EmbeddedFiles.modelName
      let tokenizer = try isEmbedded ? EmbeddedFiles.tokenizer() : LoadedModel.tokenizer(of: files)
      let templates = tokenizer.chatTemplates?.names ?? []
      let template =
        switch templates.count {
        case 0: "no chat template"
        case 1: "a chat template"
        default: "chat templates \(templates.joined(separator: ", "))"
        }
      inspection.add("tokenizer", "\(grouped(tokenizer.vocabularySize)) tokens · \(template)")
      inspection.json["tokenizer"] = [
        "vocabulary_size": .integer(tokenizer.vocabularySize),
        "has_chat_template": .bool(!templates.isEmpty),
        "chat_templates": .array(templates.map { .string($0) }),
      ]
    } catch {
      inspection.add("tokenizer", "none that can be read: \(error)")
      inspection.json["tokenizer"] = .null
    }
  }

  private func addLoRA(_ model: any LanguageModel, weightBytes: Int, to inspection: inout Inspection) throws {
    let memory = MemoryEstimate(model, weightBytes: weightBytes)
    let plan: [(name: String, parameters: Int)]
    do {
      plan = try options.lora.plan(on: model)
    } catch let error as TuneError where options.rank == nil && options.targetModules == nil {
      // The default rank does not fit every tiny model.
      inspection.add("LoRA", "not with the default options: \(error.message)")
      return memory.add(to: &inspection, adapterParameters: nil)
    }
    let total = plan.reduce(0) { $0 + $1.parameters }
    func share(_ count: Int) -> String { "\(fixed(100 * Double(count) / Double(model.parameterCount), 2)) %" }
    inspection.add("LoRA", "rank \(options.lora.rank) · trains \(grouped(total)) parameters (\(share(total)))")
    var kinds: [String: (layers: Int, parameters: Int)] = [:]
    var order: [String] = []
    for (name, parameters) in plan {
      let kind = withoutNumbers(name)
      if kinds[kind] == nil { order.append(kind) }
      let old = kinds[kind] ?? (0, 0)
      kinds[kind] = (old.layers + 1, old.parameters + parameters)
    }
    for kind in order {
      guard let (layers, parameters) = kinds[kind] else { continue }
      inspection.add("", "\(kind)  × \(layers) · \(grouped(parameters)) parameters (\(share(parameters)))")
    }
    inspection.json["lora"] = [
      "rank": .integer(options.lora.rank), "parameters": .integer(total),
      "share": .number(Double(total) / Double(model.parameterCount)),
      "kinds": .array(
        order.map { kind in
          [
            "name": .string(kind), "layers": .integer(kinds[kind]?.layers ?? 0),
            "parameters": .integer(kinds[kind]?.parameters ?? 0),
          ]
        }),
    ]
    memory.add(to: &inspection, adapterParameters: total)
  }

  private func add(_ gguf: GGUFFile, to inspection: inout Inspection) {
    inspection.add(metadata: gguf.metadata.sorted { $0.key < $1.key }.map { ($0.key, Self.text($0.value)) })
  }

  private static func text(_ value: GGUFValue) -> String {
    switch value {
    case .integer(let value): "\(value)"
    case .number(let value): "\(value)"
    case .bool(let value): "\(value)"
    case .string(let value): value
    case .integers(let values): "\(grouped(values.count)) integers"
    case .numbers(let values): "\(grouped(values.count)) numbers"
    case .booleans(let values): "\(grouped(values.count)) booleans"
    case .strings(let values): "\(grouped(values.count)) strings"
    case .arrays(let values): "\(grouped(values.count)) arrays"
    }
  }
}
