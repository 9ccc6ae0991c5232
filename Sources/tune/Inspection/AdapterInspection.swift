import Adapters
import Basics
import Foundation
import Hub
import Models
import Tensors

/// `tune inspect` of an adapter folder: its settings, its tensors, and whether it fits its base.
enum AdapterInspection {
  /// What PEFT and mlx-lm call the settings that are told.
  private static let settings = [
    "peft_type", "fine_tune_type", "task_type", "r", "lora_alpha", "lora_dropout", "target_modules", "use_rslora",
    "use_dora", "modules_to_save", "exclude_modules", "layers_to_transform", "bias", "lora_bias", "init_lora_weights",
    "trainable_token_indices", "token_indices", "init_r", "target_r", "rank_pattern", "alpha_pattern",
    "feedforward_modules", "num_virtual_tokens", "adapter_len", "adapter_layers",
    "encoder_reparameterization_type", "prompt_tuning_init_text", "prefix_projection", "bottleneck_size",
    "placement", "num_layers", "lora_parameters",
  ]

  static func inspection(_ folder: String, _ options: Tune.Inspect) throws -> Inspection {
    let config = try JSON(contentsOf: "\(folder)/adapter_config.json")
    if options.nearest != nil {
      try NearestTokens.requireVirtualTokens(config["peft_type"]?.stringValue ?? "missing", folder)
    }
    let store = try Safetensors(try AdapterFolder.weightsPath(of: folder))
    let baseName = try AdapterFolder.baseModel(of: folder)
    var inspection = Inspection(kind: "adapter", path: folder, title: folder)
    inspection.add("base", baseName ?? "not named")
    inspection.json["base"] = baseName.map { .string($0) } ?? .null
    var known = JSONObject()
    for key in settings {
      guard let value = config[key], ![JSON.null, .bool(false), [], [:]].contains(value) else { continue }
      inspection.add(known.keys.isEmpty ? "settings" : "", "\(key) = \(shortened(value.text(.compact), to: 100))")
      known[key] = value
    }
    inspection.json["settings"] = .object(known)
    let base = try addFit(folder, baseName, options, to: &inspection)
    if let count = options.nearest { try addNearest(count, of: config, folder, base, to: &inspection) }
    inspection.add(TensorTable(store), listsAll: options.tensors)
    inspection.add(metadata: store.metadata.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
    return inspection
  }

  /// Whether a model can be loaded without a download.
  private static func isAtHand(_ name: String) throws -> Bool {
    if name == EmbeddedFiles.modelName || FileManager.default.fileExists(atPath: name) { return true }
    guard let reference = try? HubReference(name) else { return false }
    return try HubModels.hub().knows(reference)
  }

  /// What the vocabulary has that is like the adapter's virtual tokens.
  private static func addNearest(
    _ count: Int, of config: JSON, _ folder: String, _ base: LoadedModel?, to inspection: inout Inspection
  ) throws {
    guard let base, let embeddings = base.adapter?.tensors.first?.parameter,
      let virtual = config["num_virtual_tokens"]?.intValue
    else {
      let reason = inspection.json["error"]?.stringValue ?? "it could not be tried on one"
      throw TuneError.data("--nearest: \(folder) needs its base, whose vocabulary is searched: \(reason); use --model")
    }
    // Of an encoder and a decoder the second half is of the decoder, which reads none.
    let read = Recording.off { embedding(embeddings, ids: Array(0..<Int32(virtual))) }
    NearestTokens(read, on: base, count: count).add(to: &inspection)
  }

  /// Puts the adapter on the base where that is at hand, and gives the two; nil where they are not or do not fit.
  private static func addFit(
    _ folder: String, _ baseName: String?, _ options: Tune.Inspect, to inspection: inout Inspection
  ) throws -> LoadedModel? {
    var base: LoadedModel
    do {
      guard let name = options.model ?? baseName else { throw TuneError.data("it names no base; use --model") }
      guard try options.model != nil || isAtHand(name) else {
        throw TuneError.data("\(name) is neither a path here nor in the cache; fetch it with tune pull, or use --model")
      }
      let console = Console(isJSON: false, isQuiet: false)
      base = try LoadedModel(name, labels: ClassLabels.known(name, tuned: folder, console: console))
    } catch let error as TuneError where options.model == nil {
      inspection.add("fits", "not tried: \(error.message)")
      inspection.json["fits"] = .null
      return nil
    }
    do {
      let adapter = try AdapterFolder.load(folder, onto: base.model)
      base.attach(adapter)
      let count = adapter.parameters.reduce(0) { $0 + $1.count }
      let acts = adapter.changesLogits(of: base.model)
      let share = fixed(100 * Double(count) / Double(base.model.parameterCount), 2)
      inspection.add(
        "fits",
        "\(base.name): \(adapter.changedWeightCount) layers, \(grouped(count)) parameters (\(share) %)"
          + (acts ? "" : "; it does nothing yet: the model answers as its base does"))
      inspection.json["fits"] = true
      inspection.json["changes_logits"] = .bool(acts)
      inspection.json["adapter_parameters"] = .integer(count)
      return base
    } catch let error as TuneError where error.kind == .data {
      inspection.add("fits", "\(base.name): no: \(error.message)")
      inspection.json["fits"] = false
      inspection.json["error"] = .string(error.message)
      return nil
    }
  }
}
