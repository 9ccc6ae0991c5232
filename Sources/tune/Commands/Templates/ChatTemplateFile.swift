import Basics
import Foundation
import Text

/// The chat templates on disk: a `.jinja` file, a `tokenizer_config.json`, or a model folder with either.
struct ChatTemplateFile {
  private static let configurationName = "tokenizer_config.json"

  private let template: ChatTemplate

  /// Whether a path looks like a chat template.
  static func isNamed(by path: String) -> Bool {
    var isFolder: ObjCBool = false
    let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
    return exists && (isFolder.boolValue || path.hasSuffix(".jinja") || path.hasSuffix(".json"))
  }

  /// - Throws: `TuneError` when the path has no chat template, or it is not valid.
  init(_ path: String) throws {
    var isFolder: ObjCBool = false
    let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
    let configurationPath = isFolder.boolValue ? "\(path)/\(Self.configurationName)" : path
    let hasConfiguration =
      configurationPath.hasSuffix(".json") && FileManager.default.fileExists(atPath: configurationPath)
    let configuration = hasConfiguration ? try JSON(contentsOf: configurationPath) : .null
    var sources = isFolder.boolValue ? try ChatTemplateSources(filesIn: path) : nil
    if sources == nil, let named = configuration["chat_template"], !named.isNull {
      sources = try ChatTemplateSources(named, name: configurationPath)
    }
    if exists, !isFolder.boolValue, !hasConfiguration {
      sources = ChatTemplateSources(try ChatTemplateSources.text(of: path))
    }
    guard let sources else {
      throw TuneError.data(
        "\(path): has no chat template; expected a .jinja file, a tokenizer_config.json with 'chat_template', or a "
          + "folder with either")
    }
    template = try ChatTemplate(sources, name: path, specialTokens: Self.specialTokens(configuration))
  }

  /// - Parameter context: `messages`, `tools`, `add_generation_prompt` and further variables of the template.
  func render(_ context: JSONObject) throws -> String {
    guard let messages = context["messages"]?.arrayValue else {
      throw TuneError.data(
        "the context has no list 'messages'; expected {\"messages\": [{\"role\": …, \"content\": …}]}")
    }
    var variables = context
    for known in ["messages", "tools", "add_generation_prompt"] { variables[known] = nil }
    return try template.render(
      messages: messages, tools: context["tools"],
      addGenerationPrompt: context["add_generation_prompt"]?.boolValue ?? false, variables: variables)
  }

  /// The members `…_token`, a text or an object with `content`.
  private static func specialTokens(_ configuration: JSON) -> [String: String] {
    var tokens: [String: String] = [:]
    for entry in configuration.objectValue ?? [:] where entry.key.hasSuffix("_token") {
      tokens[entry.key] = entry.value.stringValue ?? entry.value["content"]?.stringValue
    }
    return tokens
  }
}
