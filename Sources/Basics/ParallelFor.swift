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

  /// Processors this process may run on: its affinity mask, bounded by the cgroup's quota.
  public static let available: Int = {
    let processors = max(1, ProcessInfo.processInfo.activeProcessorCount)
    guard let quota = cgroupQuota() else { return processors }
    return max(1, min(processors, Int(quota.rounded(.up))))
  }()

  /// Processors of the cgroup-v2 CPU quota, nil when there is none.
  private static func cgroupQuota() -> Double? {
    guard let text = try? String(contentsOfFile: "/sys/fs/cgroup/cpu.max", encoding: .utf8) else { return nil }
    let fields = text.split(separator: " ")
    guard fields.count == 2, let quota = Double(fields[0]),
      let period = Double(fields[1].trimmingCharacters(in: .whitespacesAndNewlines)), period > 0
    else { return nil }
    return quota / period
  }
}

/// Runs `body` for every index in 0..<count on several threads and returns when all are done.
///
/// The body gets indices in no fixed order, so each must write to its own place. Inside of it, and while another thread
/// uses the pool, a parallelFor runs on its own thread alone.
public func parallelFor(_ count: Int, _ body: (Int) -> Void) {
  withoutActuallyEscaping(body) { body in
    withUnsafePointer(to: body) { body in
      let task: tune_task = { context, index in
        context!.assumingMemoryBound(to: ((Int) -> Void).self).pointee(index)
      }
      tune_parallel(count, Int32(Threads.count), task, UnsafeMutableRawPointer(mutating: body))
    }
  }
}

/// Splits `count` items into at most `Threads.count` ranges whose lengths are multiples of `grain` and runs them.
public func parallelRanges(_ count: Int, grain: Int = 1, _ body: (Range<Int>) -> Void) {
  guard count > 0 else { return }
  let grains = (count + grain - 1) / grain
  let parts = min(Threads.count, grains)
  if parts <= 1 {
    body(0..<count)
    return
  }
  parallelFor(parts) { part in
    let lower = min(count, part * grains / parts * grain)
    let upper = min(count, (part + 1) * grains / parts * grain)
    if lower < upper { body(lower..<upper) }
  }
}
