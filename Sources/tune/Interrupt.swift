import Foundation
import Synchronization

/// Ctrl-C and SIGTERM, turned into a flag that long work asks after each step; a second Ctrl-C ends at once.
enum Interrupt {
  private static let received = Atomic<Int32>(0)

  static func install() {
    // Whoever started the program may have left the signals blocked.
    var signals = sigset_t()
    sigemptyset(&signals)
    for number in [SIGINT, SIGTERM] { sigaddset(&signals, number) }
    pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    for number in [SIGINT, SIGTERM] {
      signal(number) { number in
        if Interrupt.received.exchange(number, ordering: .relaxed) != 0 { _exit(128 + number) }
      }
    }
  }

  /// Lets the signals end the program again, while nothing is at work.
  static func uninstall() { for number in [SIGINT, SIGTERM] { signal(number, SIG_DFL) } }

  /// Forgets a request that was met.
  static func clear() { received.store(0, ordering: .relaxed) }

  static var isRequested: Bool { received.load(ordering: .relaxed) != 0 }
  /// 130 after Ctrl-C, 143 after SIGTERM.
  static var exitCode: Int32 { 128 + max(SIGINT, received.load(ordering: .relaxed)) }
}
