import Foundation

/// Says how many records have been read while the end of the input is not known.
final class RecordProgress {
  private let console: Console
  private let interactive = Terminal.isInteractive
  private let begun = ContinuousClock.now
  private var lastDrawn = ContinuousClock.now
  private var hasDrawn = false

  init(console: Console) { self.console = console }

  func update(_ records: Int) {
    let now = ContinuousClock.now
    guard !console.isQuiet, now - lastDrawn > (interactive ? .milliseconds(200) : .seconds(30)) else { return }
    lastDrawn = now
    let rate = Double(records) / ((now - begun) / .seconds(1))
    let text = "\(grouped(records)) records · \(grouped(Int(rate))) a second"
    if interactive {
      Console.printError("\(Terminal.clearLine)\(text)")
      hasDrawn = true
    } else {
      console.note(text)
    }
  }

  /// Takes the line away.
  func finish() {
    if hasDrawn { Console.printError(Terminal.clearLine) }
  }
}
