import Basics
import Datasets
import Foundation
import Models

/// A conversation with a model: reads lines, keeps the messages, writes the answers as they come.
struct ChatSession {
  private var loaded: LoadedModel
  private var conversations: ChatTemplateRendering
  private let inputs: TemplateInputs
  private var session: GenerationSession
  private let sampling: SamplingFlags
  /// The user's, which adapters do not change.
  private let chatTemplate: String?
  private let maxNewTokens: Int
  private let console: Console
  private var system: String?
  private var messages: [JSON] = []

  /// - Parameter chatTemplate: the user's choice; nil for that of the model or its adapters.
  /// - Throws: `TuneError.usage` for a model that is not one to talk with.
  init(
    _ loaded: LoadedModel, chatTemplate: String?, system: String?, inputs: TemplateInputs, maxNewTokens: Int,
    _ sampling: SamplingFlags, _ console: Console
  ) throws {
    guard loaded.model.traits.labels == nil else {
      throw TuneError.usage("\(loaded.name) classifies texts and does not write; use tune generate for the class")
    }
    conversations = try Self.conversations(of: loaded)
    self.loaded = loaded
    self.chatTemplate = chatTemplate
    self.inputs = inputs
    self.system = system
    self.maxNewTokens = maxNewTokens
    self.console = console
    self.sampling = sampling
    session = GenerationSession(loaded.model, stopIDs: loaded.stopIDs, sampling: sampling.options)
  }

  private static func conversations(of loaded: LoadedModel) throws -> ChatTemplateRendering {
    guard let conversations = loaded.conversations else {
      throw TuneError.usage(
        "\(loaded.name) has no chat template: it was not made to talk; use tune generate, or an instruct model: "
          + "tune chat --model HuggingFaceTB/SmolLM2-135M-Instruct")
    }
    return conversations
  }

  mutating func run() throws {
    console.note("\(loaded.summary) · \(loaded.model.dimensions.maxPositions) tokens of context · /help for commands")
    while let line = readMessage() {
      if line.hasPrefix("/") {
        guard try obey(line) else { return }
      } else if !line.allSatisfy({ $0.isWhitespace }) {
        try answer(["role": "user", "content": .string(line)])
      }
    }
  }

  /// The next message; nil at the end of the input.
  private func readMessage() -> String? {
    var lines: [String] = []
    while true {
      if Self.isTerminal, !console.isQuiet { Console.printError(lines.isEmpty ? "> " : "… ") }
      guard let line = readLine() else { return lines.isEmpty ? nil : lines.joined(separator: "\n") }
      guard line.hasSuffix("\\") else { return (lines + [line]).joined(separator: "\n") }
      lines.append(String(line.dropLast()))
    }
  }

  private static var isTerminal: Bool { isatty(STDIN_FILENO) == 1 }

  // MARK: Commands

  /// - Returns: false for the end of the conversation.
  private mutating func obey(_ line: String) throws -> Bool {
    let parts = line.split(separator: " ", maxSplits: 1).map { String($0) }
    let rest = parts.count > 1 ? parts[1].trimmingCharacters(in: .whitespaces) : ""
    switch parts[0] {
    case "/exit", "/quit", "/bye": return false
    case "/reset":
      messages = []
      console.note("the conversation begins anew")
    case "/system":
      system = rest.isEmpty ? nil : rest
      console.note(rest.isEmpty ? "no system prompt" : "system prompt set; /reset begins anew with it")
    case "/tool":
      guard messages.last?["role"]?.stringValue == "assistant", !rest.isEmpty else {
        console.note("/tool needs what a tool returned, after an answer that called it")
        break
      }
      try answer(["role": "tool", "content": .string(rest)])
    case "/history":
      for message in conversation {
        console.answer("\(message["role"]?.stringValue ?? ""): \(message["content"]?.stringValue ?? "")")
      }
    case "/adapter": try recovering { try $0.useAdapters(rest) }
    case "/save": save(to: rest)
    case "/help":
      console.note(
        "/reset · /system TEXT · /tool TEXT · /adapter NAME:WEIGHT … or none · /history · /save FILE · /exit; a line ending with \\ goes on in the next"
      )
    case let command: console.note("there is no \(command); /help lists the commands")
    }
    return true
  }

  /// At a terminal an error is told, and the conversation goes on.
  private mutating func recovering(_ body: (inout ChatSession) throws -> Void) throws {
    do {
      try body(&self)
    } catch let error as TuneError where Self.isTerminal {
      console.note(error.message)
    }
  }

  /// Puts other adapters on the model: the conversation is then read anew with them.
  ///
  /// - Parameter list: as `--adapter` names them, with spaces between; `none` for the base, empty to be told.
  private mutating func useAdapters(_ list: String) throws {
    let names = list == "none" ? [] : list.split(separator: " ").map { String($0) }
    if !list.isEmpty {
      let choices = try names.map {
        try AdapterChoice($0, flag: "/adapter").resolved(flag: "/adapter", console: console)
      }
      // The template first: what fails then has changed no adapter of the model.
      var changed = loaded
      try changed.useChatTemplate(chatTemplate, tuned: choices.map { $0.name })
      let conversations = try Self.conversations(of: changed)
      try changed.replaceAdapters(by: choices)
      (self.conversations, loaded) = (conversations, changed)
      session = GenerationSession(loaded.model, stopIDs: loaded.stopIDs, sampling: sampling.options)
    }
    let summaries = loaded.adapters.map { $0.summary }
    console.note(
      summaries.isEmpty
        ? "no adapter: the base answers" : "the model answers with \(summaries.joined(separator: " + "))")
  }

  private func save(to path: String) {
    guard !path.isEmpty else { return console.note("/save needs a file, such as /save chat.jsonl") }
    guard !FileManager.default.fileExists(atPath: path) else {
      return console.note("\(path) exists already; name another file")
    }
    do {
      try AtomicFile.write(JSON.object(inputs.record(messages: conversation)).text() + "\n", to: path)
      console.note("\(messages.count) messages in \(path)")
    } catch {
      console.note("\(path) cannot be written: \(error)")
    }
  }

  private var conversation: [JSON] {
    (system.map { [["role": "system", "content": .string($0)]] } ?? []) + messages
  }

  // MARK: Answers

  private mutating func answer(_ message: JSON) throws {
    messages.append(message)
    do {
      let answer = try write()
      messages.append(["role": "assistant", "content": .string(answer)])
    } catch let error as TuneError where Self.isTerminal {
      // The conversation goes on: a refusal of the template, or a context that is full.
      messages.removeLast()
      console.note("\(error.message)\(messages.isEmpty ? "" : "; /reset begins anew")")
    }
  }

  private func write() throws -> String {
    let rendered = try conversations.text(of: conversation, inputs: inputs, addGenerationPrompt: true)
    let ids = loaded.encoding.promptIDs(of: rendered)
    var writer = StopStringWriter(stops: sampling.stop)
    var decoder = loaded.tokenizer.decoder()
    // Ctrl-C ends an answer; at the prompt it ends the program.
    Interrupt.install()
    defer { Interrupt.uninstall() }
    let result = try session.generate(GenerationRequest(promptIDs: ids, maxNewTokens: maxNewTokens)) { token in
      let visible = writer.append(decoder.append(token))
      if !console.isJSON { console.answer(visible, terminator: "") }
      return !writer.isStopped && !Interrupt.isRequested
    }
    let rest = writer.isStopped ? "" : writer.append(decoder.finish()) + writer.finish()
    if !console.isJSON { console.answer(rest) }
    if Interrupt.isRequested { console.note("(stopped)") }
    Interrupt.clear()
    let answer = writer.text.trimmingCharacters(in: .whitespacesAndNewlines)
    console.json([
      "role": "assistant", "content": .string(answer), "prompt_tokens": .integer(ids.count),
      "new_tokens": .integer(result.ids.count), "stopped": .bool(result.stopped),
    ])
    return answer
  }
}
