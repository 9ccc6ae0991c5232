import Foundation
import Synchronization

/// Ends the process when one input takes too long: code that hangs cannot be asked to stop.
final class Watchdog: Sendable {
  /// What to print before the process ends.
  private let message: String
  /// Seconds that one input may take.
  private let limit: Double
  /// When the present input began, in nanoseconds of the system's uptime; 0 between inputs.
  private let start = Atomic<UInt64>(0)
  private let isDone = Atomic<Bool>(false)

  /// - Parameter isPatient: whether the process shares the machine with other tests, or runs under a sanitizer: a minute
  ///   instead of 5 seconds.
  init(path: String, seed: UInt64? = nil, isPatient: Bool = false) {
    limit = isPatient ? 60 : 5
    message = "\(path): takes more than \(Int(limit)) seconds" + (seed.map { " (seed \($0))" } ?? "")
    Thread.detachNewThread { [self] in
      while !isDone.load(ordering: .relaxed) {
        Thread.sleep(forTimeInterval: 0.1)
        endIfOverdue()
      }
    }
  }

  /// Runs the body under watch and returns its seconds.
  func watch(_ body: () throws -> Void) rethrows -> Double {
    let began = DispatchTime.now().uptimeNanoseconds
    start.store(began, ordering: .relaxed)
    defer { start.store(0, ordering: .relaxed) }
    try body()
    return Double(DispatchTime.now().uptimeNanoseconds - began) / 1e9
  }

  func stop() { isDone.store(true, ordering: .relaxed) }

  private func endIfOverdue() {
    let began = start.load(ordering: .relaxed)
    let now = DispatchTime.now().uptimeNanoseconds
    guard began > 0, now > began, Double(now - began) / 1e9 > limit else { return }
    FileHandle.standardError.write(Data("\(message)\n".utf8))
    abort()
  }
}
