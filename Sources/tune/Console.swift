import Basics
import Foundation

/// What a command prints: people read standard output (standard error with `--json`), scripts read JSON on standard
/// output, and progress goes to standard error.
struct Console {
  let isJSON: Bool
  let isQuiet: Bool

  /// Lines for people.
  func line(_ text: String = "") {
    guard !isQuiet else { return }
    Self.write(text + "\n", to: isJSON ? .standardError : .standardOutput)
  }

  /// A line with a label of fixed width, as every report begins.
  func field(_ label: String, _ text: String) {
    line(label.padding(toLength: max(10, label.count + 1), withPad: " ", startingAt: 0) + text)
  }

  /// The answer itself: printed even with `--quiet` unless a script asked for JSON.
  func answer(_ text: String, terminator: String = "\n") {
    if isJSON && isQuiet { return }
    Self.write(text + terminator, to: isJSON ? .standardError : .standardOutput)
  }

  /// A line for scripts; nothing without `--json`.
  func json(_ value: JSON) {
    guard isJSON else { return }
    Self.write(value.text() + "\n", to: .standardOutput)
  }

  /// Progress and remarks, on standard error.
  func note(_ text: String) {
    guard !isQuiet else { return }
    Self.write(text + "\n", to: .standardError)
  }

  /// Writes to standard error; what nobody can read gets lost.
  static func printError(_ text: String) { try? FileHandle.standardError.write(contentsOf: Data(text.utf8)) }

  /// An answer that cannot be written, on a full disk for example, ends the program.
  private static func write(_ text: String, to handle: FileHandle) {
    guard handle.fileDescriptor == STDOUT_FILENO else { return printError(text) }
    do {
      try handle.write(contentsOf: Data(text.utf8))
    } catch {
      printError("tune: standard output cannot be written; is the disk full?\n")
      exit(TuneError.Kind.runtime.rawValue)
    }
  }
}

/// What the terminal on standard error can do.
enum Terminal {
  /// Back to the line's beginning, and the line erased.
  static let clearLine = "\r\u{1B}[2K"

  static var isInteractive: Bool {
    isatty(STDERR_FILENO) == 1 && ProcessInfo.processInfo.environment["TERM"] != "dumb"
  }

  /// Whether colour is wanted on standard output: a terminal, and `NO_COLOR` is not set.
  static var usesColor: Bool {
    let environment = ProcessInfo.processInfo.environment
    return isatty(STDOUT_FILENO) == 1 && (environment["NO_COLOR"] ?? "").isEmpty && environment["TERM"] != "dumb"
  }

  static var width: Int {
    var size = winsize()
    return ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : 80
  }
}

/// Progress of a long piece of work: a bar on a terminal, a plain line every tenth or 30 seconds elsewhere.
final class Progress {
  private let total: Int
  private let console: Console
  private let interactive = Terminal.isInteractive
  /// When the first item was done, and how many: what came before it is no measure of the rest.
  private var begun: (time: ContinuousClock.Instant, done: Int)?
  private var lastDrawn = ContinuousClock.now - .seconds(60)
  private var nextTenth = 1

  init(total: Int, console: Console) {
    self.total = max(1, total)
    self.console = console
  }

  /// - Parameters:
  ///   - label: before the bar, such as "epoch 1/3".
  ///   - details: behind it, such as the loss.
  func update(_ done: Int, label: String, details: String) {
    guard !console.isQuiet else { return }
    let now = ContinuousClock.now
    if begun == nil { begun = (now, done) }
    if interactive {
      guard now - lastDrawn > .milliseconds(100) || done == total else { return }
      lastDrawn = now
      draw(done, label: label, details: details)
    } else if done * 10 >= nextTenth * total || now - lastDrawn > .seconds(done == 0 ? 600 : 30) {
      nextTenth = done * 10 / total + 1
      lastDrawn = now
      console.note("\(label)  \(done)/\(total)  \(details)\(remaining(done))")
    }
  }

  /// Ends the bar's line.
  func finish() {
    if interactive, !console.isQuiet { Console.printError("\n") }
  }

  private func draw(_ done: Int, label: String, details: String) {
    let percent = done * 100 / total
    let indent = String(repeating: " ", count: percent < 10 ? 2 : percent < 100 ? 1 : 0)
    let tail = "  \(indent)\(percent) %  \(details)\(remaining(done))"
    let room = min(40, Terminal.width - label.count - tail.count - 3)
    var text = "\(Terminal.clearLine)\(label) "
    if room >= 8 {
      let filled = room * done / total
      text += String(repeating: "━", count: filled) + String(repeating: "─", count: room - filled)
    }
    Console.printError(text + tail)
  }

  private func remaining(_ done: Int) -> String {
    guard let begun, done > begun.done, done < total else { return "" }
    let elapsed = (ContinuousClock.now - begun.time) / .seconds(1)
    return "  \(duration(elapsed / Double(done - begun.done) * Double(total - done))) left"
  }
}

/// "48 s", "12 min", "2 h 5 min".
func duration(_ seconds: Double) -> String {
  let whole = Int(seconds.rounded())
  if whole < 90 { return "\(whole) s" }
  if whole < 5400 { return "\((whole + 30) / 60) min" }
  return "\(whole / 3600) h \(whole % 3600 / 60) min"
}

/// 1234567 as "1,234,567".
func grouped(_ number: Int) -> String {
  var digits = String(abs(number))
  var parts: [String] = []
  while digits.count > 3 {
    parts.insert(String(digits.suffix(3)), at: 0)
    digits.removeLast(3)
  }
  parts.insert(digits, at: 0)
  return (number < 0 ? "-" : "") + parts.joined(separator: ",")
}

/// A number with a fixed count of decimals.
func fixed(_ number: Double, _ decimals: Int) -> String { String(format: "%.\(decimals)f", number) }

/// The most memory this process has used so far, in bytes.
func peakMemory() -> Int {
  var usage = rusage()
  getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
  return usage.ru_maxrss * 1024
}

/// 1,288,490,188 bytes as "1.2 GB".
func byteText(_ bytes: Int) -> String {
  let units = [(1 << 30, "GB"), (1 << 20, "MB"), (1 << 10, "kB")]
  for (size, name) in units where bytes >= size { return "\(fixed(Double(bytes) / Double(size), 1)) \(name)" }
  return "\(bytes) bytes"
}
