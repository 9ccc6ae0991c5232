import Adapters
import ArgumentParser
import Basics
import Foundation
import Models

extension GGUFFileType: ExpressibleByArgument {
  public init?(argument: String) { self.init(rawValue: argument.uppercased()) }
}

extension Tune {
  struct Export: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Write a model or an adapter in the files of other programs: llama.cpp, Ollama, MLX.",
      discussion: """
        Examples:
          tune export --gguf model.gguf                        the newest run, merged, in F16
          tune export --model SmolLM2 --gguf small.gguf --outtype Q4_K_M --verify
          tune export --adapter runs/a/adapter --gguf-adapter a.gguf
          tune export --adapter runs/a/adapter --mlx-adapter a-mlx
          tune export --adapter letters --adapter style:0.5 --gguf-adapter both.gguf
        """)

    @OptionGroup var modelOptions: ModelOptions
    @OptionGroup var tuned: TunedOptions

    @Option(help: ArgumentHelp("Write the model with its adapter merged as a GGUF file.", valueName: "file"))
    var gguf: String?

    @Option(
      help: ArgumentHelp(
        "How the GGUF file stores weights: \(GGUFFileType.allCases.map(\.rawValue).joined(separator: ", ")).",
        valueName: "type"))
    var outtype = GGUFFileType.f16

    @Option(help: ArgumentHelp("Write the adapter as a GGUF file for llama.cpp's --lora.", valueName: "file"))
    var ggufAdapter: String?

    @Option(help: ArgumentHelp("Write the adapter as mlx-lm has it.", valueName: "folder"))
    var mlxAdapter: String?

    @Flag(help: "Read the GGUF file back and compare token ids and greedy tokens with the model's.")
    var verify = false

    @OptionGroup var outputOptions: OutputOptions

    func validate() throws {
      guard gguf != nil || ggufAdapter != nil || mlxAdapter != nil else {
        throw ValidationError(
          "nothing to write: give --gguf, --gguf-adapter or --mlx-adapter, for example: tune export --gguf model.gguf")
      }
      if verify && gguf == nil { throw ValidationError("--verify needs --gguf: it reads that file back") }
      for (flag, path) in [("--gguf", gguf), ("--gguf-adapter", ggufAdapter)] {
        guard let path else { continue }
        guard path.hasSuffix(".gguf") else {
          throw ValidationError("\(flag): '\(path)' does not end in .gguf; name the file, for example model.gguf")
        }
      }
      if let gguf, gguf == ggufAdapter { throw ValidationError("--gguf and --gguf-adapter name the same file") }
    }

    func run() throws {
      let console = outputOptions.start()
      let run = try tuned.resolvedRun(model: modelOptions.model, console: console)
      var loaded = try LoadedModel.tuned(
        run: run, model: modelOptions.model, tuned: tuned, chatTemplate: modelOptions.chatTemplate,
        console: console)
      let written = [gguf, ggufAdapter].compactMap { $0 }.map { URL(fileURLWithPath: $0).standardizedFileURL.path }
      guard !written.contains(URL(fileURLWithPath: loaded.path).standardizedFileURL.path) else {
        throw TuneError.usage("\(loaded.path): is the model that is read; write to another file")
      }
      if ggufAdapter != nil || mlxAdapter != nil, loaded.adapters.count > 1 {
        // Other programs take one adapter a file.
        try loaded.combineAdapters(AdapterCombination(.cat), weights: loaded.adapters.map { _ in 1 })
      }
      var report: JSONObject = ["model": .string(loaded.name)]
      if let ggufAdapter { try writeAdapter(loaded, to: ggufAdapter, console, &report) }
      if let mlxAdapter { try writeMLX(loaded, to: mlxAdapter, console, &report) }
      if let gguf { try writeModel(loaded, to: gguf, console, &report) }
      console.json(.object(report))
    }

    private func writeModel(
      _ loaded: LoadedModel, to path: String, _ console: Console, _ report: inout JSONObject
    ) throws {
      let export = try GGUFExport(loaded.model, type: outtype), tokenizer = try loaded.ggufTokenizer()
      let weight = try loaded.adapters.mergedValues()
      try export.write(
        to: path, name: (loaded.name as NSString).lastPathComponent, tokenizer: tokenizer, weight: weight)
      let formats = export.formats.map { "\($0.count) × \($0.format.rawValue)" }.joined(separator: ", ")
      let bytes = (try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int) ?? 0
      console.field(
        "wrote", "\(path) · \(outtype.rawValue) (matrices: \(formats)) · \(fixed(Double(bytes) / 1e6, 1)) MB")
      if let limit = export.contextLimit {
        console.note(
          "the context length is \(limit), the sliding window of the model: llama.cpp knows no window in this architecture"
        )
      }
      report["gguf"] = .string(path)
      report["outtype"] = .string(outtype.rawValue)
      report["bytes"] = .integer(bytes)
      try writeModelfile(loaded, beside: path, console, &report)
      if verify { try check(loaded, path, console, &report) }
    }

    private func writeModelfile(
      _ loaded: LoadedModel, beside path: String, _ console: Console, _ report: inout JSONObject
    ) throws {
      let modelfile = OllamaModelfile(
        ggufName: (path as NSString).lastPathComponent, chatTemplate: loaded.chatTemplate,
        endToken: loaded.tokenizer.eosID.flatMap { loaded.tokenizer.token($0) })
      guard let written = try modelfile.write(toFolder: parentFolder(of: path)) else {
        return console.note("a Modelfile that tune did not write is already beside \(path); it was left alone")
      }
      console.field("wrote", "\(written) · for: ollama create NAME -f \(written)")
      report["modelfile"] = .string(written)
    }

    /// - Throws: `TuneError` of kind gate when ids differ, greedy tokens of a float32 file, or nearly all
    ///   of a 16-bit one.
    private func check(_ loaded: LoadedModel, _ path: String, _ console: Console, _ report: inout JSONObject) throws {
      let check = try ExportCheck(loaded, try LoadedModel(path))
      let texts = check.textCount - check.differentTexts.count
      console.field(
        "verified",
        "\(texts) of \(check.textCount) texts and chats have the same token ids; \(check.sameTokenCount) of "
          + "\(check.tokenCount) greedy tokens are the same")
      report["same_texts"] = .integer(texts)
      report["texts"] = .integer(check.textCount)
      report["same_greedy_tokens"] = .integer(check.sameTokenCount)
      report["greedy_tokens"] = .integer(check.tokenCount)
      if let text = check.differentTexts.first {
        throw TuneError(
          .gate, "\(path): the tokenizer of the file gives other ids, for example for \(JSON.string(text).text())")
      }
      // Rounded weights may choose otherwise between tokens that are nearly as likely, those of blocks early.
      let enough: Int =
        switch outtype {
        case .f32: check.tokenCount
        case .f16, .bf16: check.tokenCount / 8
        case .q8_0, .q4_0, .q4_K_M: 0
        }
      guard check.sameTokenCount >= enough else {
        throw TuneError(
          .gate, "\(path): the file's greedy tokens are not those of the model; export again, or use its folder")
      }
    }

    private func writeAdapter(
      _ loaded: LoadedModel, to path: String, _ console: Console, _ report: inout JSONObject
    ) throws {
      try adapter(of: loaded, flag: "--gguf-adapter").requirePlainLoRA(in: "adapters of GGUF")
      try GGUFAdapterExport(loaded.model).write(to: path, name: (path as NSString).lastPathComponent)
      console.field("wrote", "\(path) · for: llama-cli --model BASE.gguf --lora \(path)")
      report["gguf_adapter"] = .string(path)
    }

    private func writeMLX(
      _ loaded: LoadedModel, to folder: String, _ console: Console, _ report: inout JSONObject
    ) throws {
      let adapter = try adapter(of: loaded, flag: "--mlx-adapter")
      try MLXAdapter.write(adapter, of: loaded.model, to: folder, baseModel: loaded.name)
      console.field("wrote", "\(folder) · for: mlx_lm.generate --adapter-path \(folder)")
      report["mlx_adapter"] = .string(folder)
    }

    private func adapter(of loaded: LoadedModel, flag: String) throws -> AttachedAdapter {
      guard let adapter = loaded.adapter else {
        throw TuneError.usage("\(flag): there is no adapter on \(loaded.name); name one with --adapter or --run")
      }
      return adapter
    }
  }
}
