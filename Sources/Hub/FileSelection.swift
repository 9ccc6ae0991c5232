import Basics

/// What of a repository is wanted.
public enum HubContent: Sendable, Equatable {
  /// Configuration, tokenizer and weights.
  case model
  /// An adapter of PEFT or mlx-lm: its configuration and weights.
  case adapter
  /// A model or, where there is none, an adapter.
  case modelOrAdapter
  /// What a tokenizer needs: a GGUF file only where there is no `tokenizer.json`.
  case tokenizer
}

/// The files of a repository that tune can use: never a pickle, never the weights of another framework.
struct FileSelection: Equatable {
  enum Weights: Equatable {
    case none
    case single(HubFile)
    /// `model.safetensors.index.json`, which names the shards.
    case sharded(index: HubFile)
    case gguf(HubFile)
  }

  /// Small files that describe model and tokenizer; empty beside a GGUF file, which holds all of it.
  let descriptions: [HubFile]
  let weights: Weights

  private static let descriptionNames: Set = [
    "config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json",
    "added_tokens.json", "vocab.json", "merges.txt", "vocab.txt", "tokenizer.model", "spiece.model",
    "chat_template.jinja", "chat_template.json",
  ]

  private static let adapterNames: Set = ["adapter_config.json", "config.json"]
  static let adapterWeights = ["adapter_model.safetensors", "adapters.safetensors"]

  /// - Throws: `TuneError` that says what the repository holds instead when there is nothing to load.
  init(_ files: [HubFile], content: HubContent, reference: HubReference) throws {
    let byPath = Dictionary(files.map { ($0.path, $0) }, uniquingKeysWith: { $1 })
    let ggufs = files.filter { $0.path.lowercased().hasSuffix(".gguf") }
    let hasTokenizer = byPath["tokenizer.json"] != nil
    if let name = reference.file {
      guard let file = ggufs.first(where: { $0.path.isSame(as: name) }) else {
        throw Self.noSuchFile(name, ggufs, reference)
      }
      weights = .gguf(file)
    } else if content == .adapter {
      guard let file = Self.adapterWeights(byPath) else { throw Self.noAdapter(files, reference) }
      weights = .single(file)
    } else if content == .tokenizer, hasTokenizer {
      weights = .none
    } else if let file = byPath["model.safetensors"] {
      weights = .single(file)
    } else if let index = byPath["model.safetensors.index.json"] {
      weights = .sharded(index: index)
    } else if ggufs.count == 1 {
      weights = .gguf(ggufs[0])
    } else if content == .modelOrAdapter, ggufs.isEmpty, let file = Self.adapterWeights(byPath) {
      weights = .single(file)
    } else {
      throw Self.nothingToLoad(files, ggufs, reference)
    }
    switch weights {
    case .gguf: descriptions = []
    case .single(let file) where Self.adapterWeights.contains(file.path):
      descriptions = files.filter { Self.adapterNames.contains($0.path) }
    default: descriptions = files.filter { Self.isDescription($0.path) }
    }
  }

  private static func adapterWeights(_ byPath: [String: HubFile]) -> HubFile? {
    byPath["adapter_config.json"] == nil ? nil : adapterWeights.lazy.compactMap { byPath[$0] }.first
  }

  private static func noAdapter(_ files: [HubFile], _ reference: HubReference) -> TuneError {
    .data(
      "\(reference): is no adapter: found \(listed(files.map { $0.path })); expected adapter_config.json with "
        + "\(adapterWeights.joined(separator: " or "))")
  }

  private static func isDescription(_ path: String) -> Bool {
    descriptionNames.contains(path)
      || (path.hasPrefix("additional_chat_templates/") && path.hasSuffix(".jinja")
        && path.utf8.count { $0 == UInt8(ascii: "/") } == 1)
  }

  /// The files that can be fetched without having read another one.
  var firstFiles: [HubFile] {
    switch weights {
    case .none: descriptions
    case .single(let file): descriptions + [file]
    case .sharded(let index): descriptions + [index]
    case .gguf(let file): [file]
    }
  }

  /// The shards that an index names.
  ///
  /// - Throws: `TuneError.data` when the index is no index or names what the repository does not have.
  static func shards(index: JSON, files: [HubFile], reference: HubReference) throws -> [HubFile] {
    guard let map = index["weight_map"]?.objectValue else {
      throw TuneError.data("\(reference): model.safetensors.index.json has no weight_map; choose another revision")
    }
    let names = Set(map.compactMap { $0.value.stringValue })
    let byPath = Dictionary(files.map { ($0.path, $0) }, uniquingKeysWith: { $1 })
    return try names.sorted().map { name in
      guard name.hasSuffix(".safetensors"), let file = byPath[name] else {
        throw TuneError.data(
          "\(reference): model.safetensors.index.json names '\(name)', which the repository does not have as "
            + "safetensors; choose another revision")
      }
      return file
    }
  }

  private static func noSuchFile(_ name: String, _ ggufs: [HubFile], _ reference: HubReference) -> TuneError {
    let paths = ggufs.map { $0.path }
    let found = paths.isEmpty ? "it has no GGUF file" : "its GGUF files are \(listed(paths))"
    let hint = nearest(name, among: paths).map { "; did you mean '\($0)'?" } ?? ""
    return .data("\(reference.repository) has no file '\(name)': \(found)\(hint)")
  }

  private static func nothingToLoad(_ files: [HubFile], _ ggufs: [HubFile], _ reference: HubReference) -> TuneError {
    if !ggufs.isEmpty {
      return .usage(
        "\(reference): holds several GGUF files (\(listed(ggufs.map { $0.path }))); name one of them with --file or as "
          + "\(reference)/\(ggufs[0].path)")
    }
    let pickles = files.filter { file in [".bin", ".pt", ".pth", ".ckpt"].contains { file.path.hasSuffix($0) } }
    if let pickle = pickles.first {
      return .data(
        "\(reference): has only \(pickle.path), a Python pickle, which can run code and is not fetched; look for a "
          + "revision with safetensors (often refs/pr/1), or convert it with save_pretrained")
    }
    if files.contains(where: { $0.path == "adapter_config.json" }) {
      return .data("\(reference): is an adapter, not a model; use it with --adapter, and name its base with --model")
    }
    let found = files.isEmpty ? "it is empty" : "found \(listed(files.map { $0.path }))"
    return .data("\(reference): has no model.safetensors and no GGUF file: \(found); name another repository")
  }
}

/// "a, b and 3 more".
func listed(_ names: [String]) -> String {
  let shown = names.prefix(8).joined(separator: ", ")
  return names.count > 8 ? "\(shown) and \(names.count - 8) more" : shown
}
