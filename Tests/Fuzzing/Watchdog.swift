import Foundation
import Synchronization

/// Ends the process when one input takes too long: code that hangs cannot be asked to stop.
///
/// What counts is the processor's time, since a busy machine lets a process wait; for code that waits itself it is a
/// minute of the watchdog's own steps, which stand still where the process is stopped.
final class Watchdog: Sendable {
  /// What to print before the process ends.
  private let message: String
  /// Seconds of the processor that one input may take.
  private let limit: Double
  private static let step = 0.1
  private static let mostSteps = 600
  /// When the present input began, in nanoseconds of the system's uptime; 0 between inputs.
  private let start = Atomic<UInt64>(0)
  /// The nanoseconds of the processor that the process had taken by then.
  private let processorStart = Atomic<UInt64>(0)
  private let isDone = Atomic<Bool>(false)

  /// - Parameter isPatient: whether the process runs other tests too, or a sanitizer: then only steps count.
  init(path: String, seed: UInt64? = nil, isPatient: Bool = false) {
    limit = isPatient ? .infinity : 5
    message = "\(path): takes more than \(isPatient ? 60 : 5) seconds" + (seed.map { " (seed \($0))" } ?? "")
    Thread.detachNewThread { [self] in
      var watched: UInt64 = 0, steps = 0
      while !isDone.load(ordering: .relaxed) {
        Thread.sleep(forTimeInterval: Self.step)
        let began = start.load(ordering: .acquiring)
        steps = began == watched ? steps + 1 : 0
        watched = began
        if began > 0 { endIfOverdue(steps) }
      }
    }
  }

  /// Runs the body under watch and returns its seconds.
  func watch(_ body: () throws -> Void) rethrows -> Double {
    let began = DispatchTime.now().uptimeNanoseconds
    processorStart.store(Self.processorTime, ordering: .relaxed)
    start.store(began, ordering: .releasing)
    defer { start.store(0, ordering: .relaxed) }
    try body()
    return Double(DispatchTime.now().uptimeNanoseconds - began) / 1e9
  }

  func stop() { isDone.store(true, ordering: .relaxed) }

  private func endIfOverdue(_ steps: Int) {
    let began = processorStart.load(ordering: .relaxed), now = Self.processorTime
    guard steps > Self.mostSteps || (now > began && Double(now - began) / 1e9 > limit) else { return }
    FileHandle.standardError.write(Data("\(message)\n".utf8))
    abort()
  }

  private static var processorTime: UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }
}
