import Basics
import Foundation
import Hub

/// Where a model that a command names is: a path, else a model of the Hugging Face cache, else of the hub.
enum HubModels {
  static func hub() throws -> Hub {
    Hub(try HubSettings(environment: ProcessInfo.processInfo.environment, userAgent: "tune/\(tuneVersion)"))
  }

  /// - Parameters:
  ///   - flag: the flag that the name was given with, for messages.
  ///   - content: for a tokenizer alone no weights are fetched.
  /// - Returns: a path that exists.
  static func resolve(_ name: String, flag: String, content: HubContent, console: Console) throws -> String {
    if FileManager.default.fileExists(atPath: name) { return name }
    let hub = try hub()
    guard let reference = try? HubReference(name), reference.repository.contains("/") || hub.knows(reference) else {
      throw TuneError.data(
        "\(flag) \(name): no such file or folder, and no \(content == .adapter ? "adapter" : "model") of this name in "
          + "\(hub.settings.cache); \(mend(flag, content))")
    }
    do {
      return try fetch(reference, content: content, update: false, from: hub, console: console).path
    } catch let error as TuneError {
      throw TuneError(error.kind, "\(flag) \(name): no such file or folder here; \(error.message)")
    }
  }

  private static func mend(_ flag: String, _ content: HubContent) -> String {
    if content == .adapter { return "name an adapter folder of PEFT or mlx-lm, or an adapter of the hub as org/name" }
    return "name a model folder, a .gguf file or a model of the hub such as HuggingFaceTB/SmolLM2-135M-Instruct"
      + (flag == "--model" ? ", or leave \(flag) out for the default model" : "")
  }

  /// The folder of an adapter: a path, or a name of the hub.
  static func adapter(_ name: String, flag: String = "--adapter", console: Console) throws -> String {
    try resolve(name, flag: flag, content: .adapter, console: console)
  }

  /// A model's name as adapters record it: a model of the hub and, apart from it, its revision where that is not the
  /// usual one.
  static func baseName(_ name: String) -> (name: String, revision: String?) {
    guard !FileManager.default.fileExists(atPath: name), let reference = try? HubReference(name), reference.file == nil,
      reference.repository.contains("/"), !reference.revision.isSame(as: HubReference.defaultRevision)
    else { return (name, nil) }
    return (reference.repository, reference.revision)
  }

  static func fetch(
    _ reference: HubReference, content: HubContent, update: Bool, from hub: Hub, console: Console
  ) throws -> HubSnapshot {
    let bar = DownloadBar(label: reference.description, console: console)
    defer { bar.finish() }
    return try hub.snapshot(of: reference, content: content, update: update) { bar.update($0) }
  }
}

/// A download on standard error: a bar on a terminal, a plain line every tenth or 30 seconds elsewhere.
private final class DownloadBar {
  private let label: String
  private let console: Console
  private let interactive = Terminal.isInteractive
  private let begun = ContinuousClock.now
  private var lastDrawn = ContinuousClock.now
  private var drawnTenth = -1

  init(label: String, console: Console) {
    self.label = label
    self.console = console
  }

  func update(_ progress: DownloadProgress) {
    guard !console.isQuiet else { return }
    for remark in progress.remarks { note(remark) }
    let now = ContinuousClock.now
    let tenth = progress.bytes * 10 / max(1, progress.totalBytes)
    guard progress.totalBytes > 0, interactive || tenth > drawnTenth || now - lastDrawn > .seconds(30) else { return }
    drawnTenth = tenth
    lastDrawn = now
    let speed = Double(progress.receivedBytes) / max((now - begun) / .seconds(1), 1e-3)
    let text =
      "\(byteText(progress.bytes)) of \(byteText(progress.totalBytes)) · \(progress.files)/\(progress.totalFiles) files"
      + " · \(byteText(Int(speed)))/s"
    if interactive {
      Console.printError(Terminal.clearLine + bar(progress, text))
    } else {
      console.note("\(label)  \(text)")
    }
  }

  /// Takes the bar away; plain lines stay.
  func finish() {
    if interactive, drawnTenth >= 0 { Console.printError(Terminal.clearLine) }
  }

  private func note(_ text: String) {
    console.note((interactive ? Terminal.clearLine : "") + "\(label)  \(text)")
  }

  private func bar(_ progress: DownloadProgress, _ text: String) -> String {
    let room = min(40, Terminal.width - label.count - text.count - 4)
    guard room >= 8 else { return text }
    let filled = room * min(progress.bytes, progress.totalBytes) / max(1, progress.totalBytes)
    let line = String(repeating: "━", count: filled) + String(repeating: "─", count: room - filled)
    return "\(label) \(line)  \(text)"
  }
}
