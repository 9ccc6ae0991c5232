import ArgumentParser
import Basics
import Foundation
import Hub

extension Tune {
  struct Pull: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract:
        "Fetch a model or adapter from the Hugging Face hub into the cache that its tools share, or list the cache.",
      discussion: """
        Examples:
          tune pull HuggingFaceTB/SmolLM2-135M-Instruct
          tune pull org/name --revision v1.0 --update
          tune pull org/name-GGUF --file model-Q4_K_M.gguf
          tune pull --list

        Fetches configuration, tokenizer and safetensors, one GGUF file, or an adapter; never pickles. A model that is whole in the
        cache is not asked for again. --model org/name fetches in the same way.

        HF_HOME, HF_HUB_CACHE and HF_ENDPOINT say where to and where from, HF_TOKEN (or the token of `hf auth login`)
        opens private and gated models, HF_HUB_OFFLINE=1 forbids requests.
        """)

    @Argument(help: ArgumentHelp("The model: org/name, org/name@revision or org/name/file.gguf.", valueName: "model"))
    var model: String?

    @Option(help: ArgumentHelp("A branch, a tag or a commit (default: main).", valueName: "revision"))
    var revision: String?

    @Option(help: ArgumentHelp("The GGUF file to fetch, where there are several.", valueName: "name"))
    var file: String?

    @Flag(help: "Ask the hub whether the revision has moved on, even if the model is in the cache.")
    var update = false

    @Flag(help: "List the models of the cache instead.")
    var list = false

    @OptionGroup(title: "Output") var outputOptions: OutputOptions

    func validate() throws {
      if list, model != nil || revision != nil || file != nil || update {
        throw ValidationError("--list shows the whole cache; leave the model and its flags out")
      }
    }

    func run() throws {
      let console = outputOptions.start()
      let hub = try HubModels.hub()
      if list { return listModels(of: hub, console) }
      guard let model else {
        throw TuneError.usage("pull needs a model, for example: tune pull HuggingFaceTB/SmolLM2-135M-Instruct")
      }
      let reference = try HubReference(model, revision: revision, file: file)
      let snapshot = try HubModels.fetch(
        reference, content: .modelOrAdapter, update: update, from: hub, console: console)
      show(snapshot, console)
    }

    private func show(_ snapshot: HubSnapshot, _ console: Console) {
      let size = snapshot.files.reduce(0) { $0 + $1.size }
      let fetched =
        snapshot.fetchedBytes == 0 ? "all in the cache" : "\(byteText(snapshot.fetchedBytes)) fetched"
      console.field("model", "\(snapshot.reference) · commit \(snapshot.commit.prefix(12))")
      console.field("files", "\(snapshot.files.count) · \(byteText(size)) · \(fetched)")
      console.field("path", snapshot.path)
      let isAdapter = snapshot.files.contains { $0.path == "adapter_config.json" }
      console.line(
        isAdapter
          ? "next: tune generate --adapter \(snapshot.reference) PROMPT"
          : "next: tune train --lora --model \(snapshot.reference)")
      console.json([
        "repository": .string(snapshot.reference.repository), "revision": .string(snapshot.reference.revision),
        "commit": .string(snapshot.commit), "path": .string(snapshot.path),
        "files": .array(snapshot.files.map { ["path": .string($0.path), "size": .integer($0.size)] }),
        "fetched_bytes": .integer(snapshot.fetchedBytes),
      ])
    }

    private func listModels(of hub: Hub, _ console: Console) {
      let models = hub.cachedModels()
      if models.isEmpty { console.line("no models in \(hub.settings.cache)") }
      let width = models.map { $0.repository.count }.max() ?? 0
      for model in models where !console.isJSON {
        let name = model.repository.padding(toLength: width, withPad: " ", startingAt: 0)
        let revisions = model.revisions.isEmpty ? "" : " (\(model.revisions.joined(separator: ", ")))"
        console.answer(
          "\(name)  \(model.commit.prefix(12))\(revisions)  \(byteText(model.size)) in \(model.fileCount) files  "
            + (model.isComplete ? "complete" : "incomplete"))
      }
      console.json([
        "cache": .string(hub.settings.cache),
        "models": .array(
          models.map {
            [
              "repository": .string($0.repository), "commit": .string($0.commit),
              "revisions": .array($0.revisions.map { .string($0) }), "size": .integer($0.size),
              "files": .integer($0.fileCount), "complete": .bool($0.isComplete), "path": .string($0.folder),
            ]
          }),
      ])
    }
  }
}
