import Basics
import Foundation
import HubServer
import Testing

/// `tune pull` and `--model org/name`, against a hub on the loopback.
@Suite struct PullTests {
  private let commit = Repository().commit

  /// A hub with the tiny model as `org/tiny`.
  private func hub() throws -> HubServer {
    var repository = Repository()
    for name in try FileManager.default.contentsOfDirectory(atPath: Workspace.model).sorted() {
      let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(Workspace.model)/\(name)")))
      repository.add(name, bytes, isLarge: name.hasSuffix(".safetensors"))
    }
    repository.add("pytorch_model.bin", [1, 2, 3], isLarge: true)
    return try HubServer(["org/tiny": repository])
  }

  private func environment(_ workspace: Workspace, _ hub: HubServer) -> [String: String] {
    ["HF_ENDPOINT": hub.endpoint, "HF_HOME": workspace.file("hf")]
  }

  @Test func aModelIsPulledListedAndUsedOffline() throws {
    let workspace = try Workspace(), hub = try hub()
    defer { hub.stop() }
    var environment = environment(workspace, hub)
    let pulled = try workspace.run(["pull", "org/tiny", "--json"], environment: environment)
    let snapshot = workspace.file("hf/hub/models--org--tiny/snapshots/\(commit)")
    #expect(pulled.code == 0 && pulled.errors.contains("org/tiny  "), "\(pulled.errors)")
    #expect(try pulled.json["path"] == .string(snapshot) && pulled.json["commit"] == .string(commit))
    #expect(!pulled.output.contains("pytorch_model") && workspace.exists("hf/hub/models--org--tiny/refs/main"))

    environment["HF_HUB_OFFLINE"] = "1"
    let count = hub.requests.count
    let again = try workspace.run(["pull", "org/tiny"], environment: environment)
    #expect(again.output.contains("all in the cache") && again.errors.isEmpty)
    let list = try workspace.run(["pull", "--list"], environment: environment)
    #expect(list.output.hasPrefix("org/tiny  \(commit.prefix(12)) (main)  ") && list.output.hasSuffix("complete\n"))
    let json = try workspace.run(["pull", "--list", "--json", "--quiet"], environment: environment).json
    #expect(json["models"]?.arrayValue?.map { $0["complete"] } == [true])

    let prompt = ["generate", "Ann: I want tea", "--max-new-tokens", "8"]
    let local = try workspace.run(prompt + ["--model", Workspace.model])
    for model in ["org/tiny", "org/tiny@\(commit)", "hf://org/tiny"] {
      let generated = try workspace.run(prompt + ["--model", model], environment: environment)
      #expect(generated.code == 0 && generated.output == local.output, "\(generated.errors)")
    }
    #expect(hub.requests.count == count)
  }

  @Test func everyCommandFetches() throws {
    for arguments in [
      ["generate", "Ann", "--max-new-tokens", "2", "--model", "org/tiny"],
      ["generate", "Ann", "--max-new-tokens", "2", "--model", "org/tiny", "--revision", "main"],
      ["train", "--max-steps", "1", "--model", "org/tiny"],
      ["eval", "--loss", "prepared/test.jsonl", "--model", "org/tiny"],
      ["eval", "--limit", "1", "--max-new-tokens", "2", "--model", "org/tiny"],
    ] {
      let workspace = try Workspace.prepared(), hub = try hub()
      defer { hub.stop() }
      let outcome = try workspace.run(arguments + ["--quiet"], environment: environment(workspace, hub))
      #expect(outcome.code == 0 && outcome.errors.isEmpty, "\(arguments): \(outcome.errors)")
      #expect(hub.requests(for: "model.safetensors").count == 1 && hub.requests(for: "pytorch_model.bin").isEmpty)
    }
  }

  @Test func aTokenizerComesWithoutWeights() throws {
    let workspace = try Workspace(), hub = try hub()
    defer { hub.stop() }
    let outcome = try workspace.run(
      ["prepare", Workspace.dialogues, "--tokenizer", "org/tiny"], environment: environment(workspace, hub))
    #expect(outcome.code == 0, "\(outcome.errors)")
    #expect(hub.requests(for: "tokenizer.json").count == 1 && hub.requests(for: "model.safetensors").isEmpty)
  }

  /// An adapter of the hub goes onto the base that it names, of the revision that it names.
  @Test func anAdapterIsPulledWithItsBase() throws {
    let workspace = try Workspace.prepared(), hub = try hub()
    defer { hub.stop() }
    let environment = environment(workspace, hub)
    let base = "org/tiny@\(commit)"
    let trained = try workspace.run(
      [
        "train", "--lora", "--max-steps", "2", "--learning-rate", "0.05", "--model", base, "--output", "run", "--quiet",
      ],
      environment: environment)
    #expect(trained.code == 0, "\(trained.errors)")
    let config = try JSON(contentsOf: workspace.file("run/adapter/adapter_config.json"))
    #expect(config["base_model_name_or_path"] == "org/tiny" && config["revision"] == .string(commit))

    var repository = Repository()
    for name in ["adapter_config.json", "adapter_model.safetensors"] {
      let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: workspace.file("run/adapter/\(name)"))))
      repository.add(name, bytes, isLarge: name.hasSuffix(".safetensors"))
    }
    repository.add("training_args.bin", [1, 2, 3], isLarge: true)
    hub["org/adapter"] = repository
    let prompt = ["generate", "Ann: I want tea", "--max-new-tokens", "8", "--json", "--quiet"]
    let expected = try workspace.run(prompt + ["--run", "run"], environment: environment)
    let found = try workspace.run(prompt + ["--adapter", "org/adapter"], environment: environment)
    #expect(found.code == 0 && found.output == expected.output, "\(found.errors)")
    #expect(hub.requests(for: "training_args.bin").isEmpty)
    let pulled = try workspace.run(["pull", "org/adapter"], environment: environment)
    #expect(pulled.output.contains("all in the cache") && pulled.output.contains("--adapter org/adapter"))
    let list = try workspace.run(["pull", "--list"], environment: environment).output
    #expect(list.split(separator: "\n").allSatisfy { $0.hasSuffix("complete") }, "\(list)")
    let wrong = try workspace.run(prompt + ["--adapter", "org/tiny"], environment: environment)
    #expect(wrong.code == 3 && wrong.failure.contains("org/tiny: is no adapter: found"), "\(wrong.errors)")
    let missing = try workspace.run(prompt + ["--adapter", "nowhere"], environment: environment)
    #expect(missing.code == 3 && missing.failure.contains("--adapter nowhere: no such file or folder"))
  }

  /// Processes that pull the same model at the same time fetch it once and all succeed.
  @Test func processesShareADownload() throws {
    let workspace = try Workspace(), hub = try hub()
    defer { hub.stop() }
    hub.fail("/model.safetensors", .slow(2000, seconds: 0.1))
    let environment = environment(workspace, hub)
    let running = try (0..<3).map { _ in try workspace.start(["pull", "org/tiny"], environment: environment) }
    let outcomes = try running.map { try $0.finish() }
    #expect(outcomes.allSatisfy { $0.code == 0 }, "\(outcomes.map { $0.errors })")
    #expect(hub.requests(for: "model.safetensors").count == 1)
  }

  /// A process that is killed leaves a part, and the next goes on from there.
  @Test func aKilledPullIsGoneOnWith() throws {
    let workspace = try Workspace(), hub = try hub()
    defer { hub.stop() }
    hub.fail("/model.safetensors", .stalled(3000))
    let environment = environment(workspace, hub)
    let running = try workspace.start(["pull", "org/tiny"], environment: environment)
    let blobs = workspace.file("hf/hub/models--org--tiny/blobs")
    let end = ContinuousClock.now + .seconds(20)
    func hasPart() -> Bool {
      let names = (try? FileManager.default.contentsOfDirectory(atPath: blobs)) ?? []
      return names.contains { name in
        let size = try? FileManager.default.attributesOfItem(atPath: "\(blobs)/\(name)")[.size] as? Int
        return name.hasSuffix(".incomplete") && size == 3000
      }
    }
    while !hasPart(), ContinuousClock.now < end { usleep(20_000) }
    kill(running.process.processIdentifier, SIGKILL)
    #expect(try running.finish().crashed)
    #expect(try workspace.run(["pull", "org/tiny"], environment: environment).code == 0)
    #expect(hub.requests(for: "model.safetensors").map { $0.headers["range"] } == [nil, "bytes=3000-"])
  }

  @Test func mistakesAreExplained() throws {
    let workspace = try Workspace(), hub = try hub()
    defer { hub.stop() }
    func fail(_ arguments: [String], code: Int32, saying part: String, _ more: [String: String] = [:]) throws {
      let environment = environment(workspace, hub).merging(more) { $1 }
      let outcome = try workspace.run(arguments, environment: environment)
      #expect(outcome.code == code && outcome.failure.contains(part), "\(arguments): \(outcome.errors)")
      #expect(outcome.failure.split(separator: "\n").count == 1, "\(outcome.errors)")
    }
    try fail(["pull"], code: 2, saying: "pull needs a model, for example: tune pull")
    try fail(["pull", "/a/b"], code: 2, saying: "'/a/b' is no name of the hub; expected org/name")
    try fail(["pull", "a/b/c"], code: 2, saying: "'c' is no GGUF file of a/b")
    try fail(["pull", "--list", "org/tiny"], code: 2, saying: "--list shows the whole cache")
    try fail(["pull", "org/tiny", "--file", "model.bin"], code: 2, saying: "only a .gguf file can be named")
    try fail(["pull", "org/tiny", "--file", "a.gguf"], code: 3, saying: "has no file 'a.gguf': it has no GGUF file")
    try fail(["pull", "org/tiny", "--revision", "v9"], code: 3, saying: "has no revision 'v9'")
    try fail(["pull", "org/none"], code: 3, saying: "org/none: \(hub.endpoint) has no such model; check the name")
    try fail(
      ["generate", "x", "--model", "org/none"], code: 3,
      saying: "--model org/none: no such file or folder here; org/none: \(hub.endpoint) has no such model")
    try fail(["generate", "x", "--model", "nowhere"], code: 3, saying: "no model of this name in")
    try fail(["generate", "x", "--revision", "v1"], code: 2, saying: "--revision belongs to --model org/name")
    try fail(
      ["generate", "x", "--model", Workspace.model, "--revision", "v1"], code: 2,
      saying: "--revision v1 belongs to a model of the hub")
    try fail(["pull", "org/tiny"], code: 3, saying: "HF_HUB_OFFLINE forbids requests", ["HF_HUB_OFFLINE": "1"])
    try fail(
      ["pull", "org/tiny"], code: 2, saying: "HF_ENDPOINT: 'nonsense' is no web address", ["HF_ENDPOINT": "nonsense"])
    try fail(
      ["pull", "org/tiny"], code: 1, saying: "no connection to 127.0.0.1; check the network",
      ["HF_ENDPOINT": "http://127.0.0.1:1"])
    #expect(!workspace.exists("hf"))
  }
}
