import CThreads
import Foundation
import Synchronization

/// The number of threads that heavy work uses: the processors this process may run on, unless a user chose another.
public enum Threads {
  private static let chosen = Atomic<Int>(0)

  /// Set once at start by `--threads`; read everywhere.
  public static var count: Int {
    get {
      let value = chosen.load(ordering: .relaxed)
      return value > 0 ? value : available
    }
    set { chosen.store(max(1, newValue), ordering: .relaxed) }
  }

  /// Processors this process may run on: its affinity mask, bounded by the control groups' quota.
  public static let available: Int = {
    let processors = max(1, ProcessInfo.processInfo.activeProcessorCount)
    guard let quota = ControlGroups().processors else { return processors }
    return max(1, min(processors, Int(quota.rounded(.up))))
  }()
}

/// Runs `body` for every index in 0..<count on up to `Threads.count` threads, this one among them, and returns when all
/// are done.
///
/// The body gets indices in no fixed order, so each must write to its own place. While another call is running, be it
/// around this one or on another thread, this one runs on its own thread alone.
public func parallelFor(_ count: Int, _ body: (Int) -> Void) {
  parallelFor(count, threads: Threads.count, body)
}

/// Splits `count` items into at most `Threads.count` ranges whose lengths are multiples of `grain` and runs them.
public func parallelRanges(_ count: Int, grain: Int = 1, _ body: (Range<Int>) -> Void) {
  parallelRanges(count, grain: grain, threads: Threads.count, body)
}

func parallelFor(_ count: Int, threads: Int, _ body: (Int) -> Void) {
  if count <= 1 || threads <= 1 {
    for index in 0..<count { body(index) }
    return
  }
  typealias Body = (Int) -> Void
  withoutActuallyEscaping(body) { body in
    withUnsafePointer(to: body) { pointer in
      let context = UnsafeMutableRawPointer(mutating: pointer)
      tune_parallel_for(count, threads, { $0!.assumingMemoryBound(to: Body.self).pointee($1) }, context)
    }
  }
}

func parallelRanges(_ count: Int, grain: Int, threads: Int, _ body: (Range<Int>) -> Void) {
  guard count > 0 else { return }
  let grains = (count + grain - 1) / grain
  let parts = min(threads, grains)
  if parts <= 1 {
    body(0..<count)
    return
  }
  parallelFor(parts, threads: threads) { part in
    let lower = min(count, part * grains / parts * grain)
    let upper = min(count, (part + 1) * grains / parts * grain)
    if lower < upper { body(lower..<upper) }
  }
}
