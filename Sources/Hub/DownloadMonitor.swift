import Basics
import Foundation
import Synchronization

/// How far a download is.
public struct DownloadProgress: Sendable, Equatable {
  /// Bytes that are here, those of an earlier download among them.
  public var bytes = 0
  /// Bytes that came over the network.
  public var receivedBytes = 0
  public var totalBytes = 0
  public var files = 0
  public var totalFiles = 0
  /// Remarks since the last report, such as why it waits.
  public var remarks: [String] = []
}

/// What the threads of a download share: how far they are, whether to stop, and the first failure.
final class DownloadMonitor: Sendable {
  private struct State {
    var progress = DownloadProgress()
    var next = 0
    var failure: (any Error)?
    var isCancelled = false
  }

  private let state = Mutex(State())

  var isCancelled: Bool { state.withLock { $0.isCancelled } }

  func add(_ files: [HubFile]) {
    state.withLock {
      $0.progress.totalFiles += files.count
      $0.progress.totalBytes += files.reduce(0) { $0 + $1.size }
    }
  }

  func received(_ count: Int) {
    state.withLock {
      $0.progress.bytes += count
      $0.progress.receivedBytes += count
    }
  }

  /// Adds bytes that were here already, or takes back those that have to come again.
  func adjust(by count: Int) { state.withLock { $0.progress.bytes += count } }

  func finishedFile() { state.withLock { $0.progress.files += 1 } }

  func remark(_ text: String) { state.withLock { $0.progress.remarks.append(text) } }

  /// The first failure counts; the other threads stop.
  func fail(_ error: any Error) {
    state.withLock {
      $0.failure = $0.failure ?? error
      $0.isCancelled = true
    }
  }

  func throwFailure() throws {
    if let failure = state.withLock({ $0.failure }) { throw failure }
  }

  /// The number of the next item to work on, of `count`; nil when there is none or the work is to stop.
  func nextIndex(below count: Int) -> Int? {
    state.withLock { state in
      guard state.next < count, !state.isCancelled else { return nil }
      state.next += 1
      return state.next - 1
    }
  }

  func beginQueue() { state.withLock { $0.next = 0 } }

  /// How far it is; remarks are handed out once.
  func takeProgress() -> DownloadProgress {
    state.withLock { state in
      defer { state.progress.remarks = [] }
      return state.progress
    }
  }

  /// Waits before another try.
  ///
  /// - Throws: `CancellationError` when another thread failed meanwhile.
  func wait(_ seconds: Double, reason: String) throws {
    if seconds >= 1 { remark("\(reason); trying again in \(Int(seconds.rounded(.up))) s") }
    let end = ContinuousClock.now + .seconds(seconds)
    while ContinuousClock.now < end {
      if isCancelled { throw CancellationError() }
      Thread.sleep(forTimeInterval: min(0.1, seconds))
    }
  }
}
