import Basics
import Foundation
import Tensors

/// `--profile`: where the time of a computation went, by operation, and how near its products came to their limit.
struct ProfileReport {
  private let console: Console
  private let profile = Profile()
  private let start = ContinuousClock.now

  init(_ console: Console) { self.console = console }

  func measuring<Result>(_ body: () throws -> Result) rethrows -> Result { try profile.measuring(body) }

  /// Prints what was measured since the report was made, also as one JSON object with `--json`.
  func print() {
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    print(profile.entries.sorted { $0.value.seconds > $1.value.seconds }, seconds, limit: Profile.productLimit())
  }

  private func print(_ entries: [(key: String, value: Profile.Entry)], _ seconds: Double, limit: Double) {
    let rest = seconds - entries.reduce(0) { $0 + $1.value.seconds }
    console.line()
    console.line("operation                     seconds   share     calls   GFLOP/s   of sgemm")
    for (name, entry) in entries {
      let hasProducts = entry.productOperations > 0
      console.line(
        row(
          name, entry.seconds, entry.seconds / seconds, grouped(entry.calls),
          hasProducts ? fixed(entry.rate / 1e9, 1) : "", hasProducts ? "\(fixed(100 * entry.rate / limit, 0)) %" : ""))
    }
    console.line(row("everything else", rest, rest / seconds, "", "", ""))
    let operations = entries.reduce(0) { $0 + $1.value.productOperations }, rate = operations / seconds
    console.line(
      row(
        "together", seconds, 1, "", fixed(rate / 1e9, 1), "\(fixed(100 * rate / limit, 0)) %"))
    console.line(
      "sgemm runs at \(fixed(limit / 1e9, 1)) GFLOP/s here; tensors held at most \(byteText(Buffer.peakBytes)), the process "
        + byteText(peakMemory()))
    console.line()
    console.json([
      "profile": .object(JSONObject(entries: entries.map { JSONObject.Entry(key: $0.key, value: json($0.value)) })),
      "seconds": .number(seconds), "product_limit": .number(limit), "peak_tensor_bytes": .integer(Buffer.peakBytes),
    ])
  }

  private func json(_ entry: Profile.Entry) -> JSON {
    [
      "calls": .integer(entry.calls), "seconds": .number(entry.seconds),
      "product_operations": .number(entry.productOperations),
    ]
  }

  private func row(
    _ name: String, _ seconds: Double, _ share: Double, _ calls: String, _ rate: String, _ ofLimit: String
  ) -> String {
    func right(_ text: String, _ width: Int) -> String {
      String(repeating: " ", count: max(0, width - text.count)) + text
    }
    return name.padding(toLength: 28, withPad: " ", startingAt: 0) + right(fixed(seconds, 3), 9)
      + right("\(fixed(100 * share, 1)) %", 8) + right(calls, 10) + right(rate, 10) + right(ofLimit, 11)
  }
}
