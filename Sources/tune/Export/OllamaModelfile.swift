import Basics
import Foundation
import Text

/// The `Modelfile` by which Ollama takes a GGUF file: `ollama create NAME -f Modelfile`.
///
/// Ollama's templates are Go's; a chat template is said in it only where both give the same text.
struct OllamaModelfile {
  static let heading = "# Written by tune export."

  let text: String

  init(ggufName: String, chatTemplate: ChatTemplate?, endToken: String?) {
    let form = chatTemplate.flatMap { template in
      ChatForm.all.lazy.compactMap { $0.matched(to: template) }.first
    }
    var lines = [Self.heading, "FROM ./\(ggufName)"]
    if let form {
      lines.append("TEMPLATE \"\"\"\(form.goTemplate)\"\"\"")
      if let system = form.defaultSystem { lines.append("SYSTEM \"\"\"\(system)\"\"\"") }
    } else if chatTemplate != nil {
      lines.append("# The chat template is none that is known in Go's form; Ollama may find one by itself in the file.")
    } else {
      lines.append("TEMPLATE \"{{ .Prompt }}\"")
    }
    let stops = (form.map { [$0.stop] } ?? []) + (endToken.map { [$0] } ?? [])
    for (index, stop) in stops.enumerated() where !stops[..<index].contains(stop) {
      lines.append("PARAMETER stop \(JSON.string(stop).text())")
    }
    text = lines.joined(separator: "\n") + "\n"
  }

  /// Writes it into a folder, unless a file of this name is somebody else's.
  ///
  /// - Returns: the path, nil when it was left alone.
  func write(toFolder folder: String) throws -> String? {
    let path = folder.isEmpty ? "Modelfile" : "\(folder)/Modelfile"
    let existing = try? String(contentsOfFile: path, encoding: .utf8)
    if FileManager.default.fileExists(atPath: path), existing?.hasPrefix(Self.heading) != true { return nil }
    try AtomicFile.write(text, to: path)
    return path
  }
}

/// A form of chat that many models share, in Jinja and in Go.
private struct ChatForm {
  let goTemplate: String
  /// What ends a turn.
  let stop: String
  /// The message that the template puts first where a chat has no system message.
  var defaultSystem: String?
  /// The text of a message.
  let turn: @Sendable (_ role: String, _ content: String) -> String
  /// What comes before the assistant's answer.
  let answer: String
  var hasSystem = true

  static let all = [chatML, llama3, gemma]

  private static let chatML = ChatForm(
    goTemplate: """
      {{- range .Messages }}<|im_start|>{{ .Role }}
      {{ .Content }}<|im_end|>
      {{ end }}<|im_start|>assistant

      """, stop: "<|im_end|>", turn: { "<|im_start|>\($0)\n\($1)<|im_end|>\n" }, answer: "<|im_start|>assistant\n")

  private static let llama3 = ChatForm(
    goTemplate: """
      {{- range .Messages }}<|start_header_id|>{{ .Role }}<|end_header_id|>

      {{ .Content }}<|eot_id|>{{ end }}<|start_header_id|>assistant<|end_header_id|>


      """, stop: "<|eot_id|>", turn: { "<|start_header_id|>\($0)<|end_header_id|>\n\n\($1)<|eot_id|>" },
    answer: "<|start_header_id|>assistant<|end_header_id|>\n\n")

  private static let gemma = ChatForm(
    goTemplate: """
      {{- range .Messages }}<start_of_turn>{{ if eq .Role "assistant" }}model{{ else }}user{{ end }}
      {{ .Content }}<end_of_turn>
      {{ end }}<start_of_turn>model

      """, stop: "<end_of_turn>",
    turn: { "<start_of_turn>\($0 == "assistant" ? "model" : "user")\n\($1)<end_of_turn>\n" },
    answer: "<start_of_turn>model\n", hasSystem: false)

  /// The form with its default system message, nil when the template writes another.
  func matched(to template: ChatTemplate) -> ChatForm? {
    let chat = [("user", "First question?"), ("assistant", "An answer."), ("user", "Second: é {x}?")]
    let instructed = [("system", "Be brief.")] + chat
    guard !hasSystem || rendered(template, instructed) == text(of: instructed),
      let plain = rendered(template, chat), plain.hasSuffix(text(of: chat))
    else { return nil }
    let before = plain.dropLast(text(of: chat).count)
    guard !before.isEmpty else { return self }
    let parts = turn("system", "\u{0}").components(separatedBy: "\u{0}")
    guard hasSystem, parts.count == 2, before.hasPrefix(parts[0]), before.hasSuffix(parts[1]) else { return nil }
    var form = self
    let system = String(before.dropFirst(parts[0].count).dropLast(parts[1].count))
    guard !system.contains("\"\"\"") else { return nil }
    form.defaultSystem = system
    return form
  }

  private func text(of messages: [(role: String, content: String)]) -> String {
    messages.map { turn($0.role, $0.content) }.joined() + answer
  }

  /// What the template writes, without the beginning token, which Ollama adds.
  private func rendered(_ template: ChatTemplate, _ messages: [(role: String, content: String)]) -> String? {
    let messages: [JSON] = messages.map { ["role": .string($0.role), "content": .string($0.content)] }
    return try? template.render(
      messages: messages, addGenerationPrompt: true, variables: ["bos_token": ""])
  }
}
