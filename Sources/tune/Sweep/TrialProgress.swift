import Basics
import Foundation

/// The line of a terminal that tells what the running trial does; nothing elsewhere.
final class TrialProgress {
  private let title: String
  private let isShown: Bool
  private let begun = ContinuousClock.now
  private var lastShown: ContinuousClock.Instant?

  init(title: String, console: Console) {
    self.title = title
    isShown = Terminal.isInteractive && !console.isQuiet
  }

  /// Shows the last step of the run in a folder and the time so far, twice a second.
  func show(folder: String) {
    let now = ContinuousClock.now
    guard isShown, lastShown.map({ now - $0 > .milliseconds(500) }) ?? true else { return }
    lastShown = now
    let step = Self.lastStep("\(folder)/metrics.jsonl").map { "step \(grouped($0)) · " } ?? ""
    let text = "\(title)   \(step)\(duration((now - begun) / .seconds(1)))"
    Console.printError("\(Terminal.clearLine)\(text.prefix(max(10, Terminal.width - 1)))")
  }

  func clear() { if isShown { Console.printError(Terminal.clearLine) } }

  /// The step of the last whole line of a run's metrics.
  private static func lastStep(_ path: String) -> Int? {
    guard let file = FileHandle(forReadingAtPath: path), let end = try? file.seekToEnd(),
      (try? file.seek(toOffset: end > 1024 ? end - 1024 : 0)) != nil, let data = try? file.readToEnd()
    else { return nil }
    let lines = data.split(separator: UInt8(ascii: "\n"))
    return lines.reversed().lazy.compactMap {
      try? JSON(parsing: String(decoding: $0, as: UTF8.self))["step"]?.intValue
    }
    .first
  }
}
