import ArgumentParser
import Basics
import Datasets
import Foundation
import Text

extension Tune.Templates {
  struct Render: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Render one prompt template or chat template with values from a JSON file.",
      discussion: """
        The kind of file decides how it is read: a .jinja file, a tokenizer_config.json and a model folder hold a chat \
        template, rendered as Hugging Face does (trim_blocks, lstrip_blocks); a name or YAML file with a wording is a \
        prompt template; any other file is plain Jinja. --chat and --plain decide otherwise.

        Examples:
          tune templates render review-rating/how-happy --context review.json
          tune templates render SmolLM2-135M-Instruct --context chat.json
          tune templates render notes.txt --context values.json
        """)

    @Argument(help: "A template name/wording, a file, or a model folder.")
    var file: String

    @Option(help: ArgumentHelp("A JSON object of variables; for a chat with messages, tools, …", valueName: "file"))
    var context: String

    @Flag(help: "Read the file as a chat template.")
    var chat = false

    @Flag(help: "Read the file as plain Jinja with Jinja's own settings.")
    var plain = false

    @OptionGroup var output: JSONOption

    func validate() throws {
      if chat && plain { throw ValidationError("--chat and --plain: the file is one of them; leave one out") }
    }

    func run() throws {
      guard let variables = try JSON(contentsOf: context).objectValue else {
        throw TuneError.data("\(context): expected a JSON object of variables")
      }
      let console = output.console
      if !plain, chat || ChatTemplateFile.isNamed(by: file) {
        let text = try ChatTemplateFile(file).render(variables)
        show(text, ["text": .string(text)], console)
      } else if !plain, file.hasSuffix(".yaml") || file.hasSuffix(".yml") || !Self.isFile(file) {
        try renderWording(variables, console)
      } else {
        let text = try JinjaTemplate(try ChatTemplateSources.text(of: file), name: file).render(variables)
        show(text, ["text": .string(text)], console)
      }
    }

    private func renderWording(_ variables: JSONObject, _ console: Console) throws {
      let selection = try EmbeddedFiles.templates().selection(named: file)
      guard selection.wordings.count == 1, let wording = selection.wordings.first else {
        let names = selection.wordings.map { $0.name }.joined(separator: ", ")
        throw TuneError.usage("\(file): has several wordings; add one, as in \(file)/NAME; known: \(names)")
      }
      do {
        let (prompt, target) = try selection.fitted(to: variables.keys).render(wording, variables)
        show("\(prompt)\n|||\n\(target)", ["prompt": .string(prompt), "completion": .string(target)], console)
      } catch let failure as RenderingFailure {
        throw TuneError.data("\(file): \(context): \(failure.reason)")
      }
    }

    private func show(_ text: String, _ json: JSON, _ console: Console) {
      console.json(json)
      if !output.json { console.answer(text) }
    }

    private static func isFile(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }
  }
}
