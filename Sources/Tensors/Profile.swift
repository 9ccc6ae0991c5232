import Synchronization

/// Where the time of a computation goes, by kind of operation. Collects only inside `Profile.measuring`.
public final class Profile: Sendable {
  /// What the operations of one kind took together.
  public struct Entry: Sendable, Equatable {
    public var calls = 0
    /// Wall time without that of operations inside.
    public var seconds = 0.0
    /// Floating-point operations of the matrix products inside that the method needs, each multiplication and addition
    /// counted: 2mnk for a product; for attention those of the scores that are seen, and none for making scores again.
    public var productOperations = 0.0

    /// Floating-point operations a second.
    public var rate: Double { seconds > 0 ? productOperations / seconds : 0 }
  }

  @TaskLocal fileprivate static var current: Profile?

  private struct State {
    var entries: [String: Entry] = [:]
    /// Time of the operations inside the one being timed, which is not its own.
    var innerSeconds = 0.0
    /// Arithmetic of the operation being timed.
    var operations = 0.0
  }

  private let state = Mutex(State())

  public init() {}

  /// By the operation's name.
  public var entries: [String: Entry] { state.withLock { $0.entries } }

  /// Runs `body` and adds its operations to this profile.
  public func measuring<Result>(_ body: () throws -> Result) rethrows -> Result {
    try Self.$current.withValue(self, operation: body)
  }

  fileprivate func timing<Result>(_ name: String, _ body: () throws -> Result) rethrows -> Result {
    let outer = state.withLock { state in
      let outer = (inner: state.innerSeconds, operations: state.operations)
      (state.innerSeconds, state.operations) = (0, 0)
      return outer
    }
    let start = ContinuousClock.now
    defer {
      let seconds = (ContinuousClock.now - start) / .seconds(1)
      state.withLock { state in
        var entry = state.entries[name] ?? Entry()
        entry.calls += 1
        entry.seconds += seconds - state.innerSeconds
        entry.productOperations += state.operations
        state.entries[name] = entry
        (state.innerSeconds, state.operations) = (outer.inner + seconds, outer.operations)
      }
    }
    return try body()
  }

  fileprivate func count(_ added: Double) { state.withLock { $0.operations += added } }

  /// The rate of OpenBLAS's sgemm on all threads at the shape of a transformer's layer, in floating-point operations a
  /// second: the bound that the products of a profile are held against. Takes about a fifth of a second.
  public static func productLimit() -> Double {
    let (m, n, k) = (512, 1536, 576)
    let a = Tensor.zeros([m, k]), b = Tensor.zeros([n, k]), c = Tensor(shape: [m, n])
    let rates = (0..<20).map { _ in
      let start = ContinuousClock.now
      Products.multiply(c.pointer, stride: n, a.operand, b.transposed, m: m, n: n, k: k)
      return 2 * Double(m * n * k) / ((ContinuousClock.now - start) / .seconds(1))
    }
    return rates.max() ?? 0
  }
}

/// Runs `body` as one operation of the profile that is being taken, if any.
public func profiled<Result>(_ name: @autoclosure () -> String, _ body: () throws -> Result) rethrows -> Result {
  guard let profile = Profile.current else { return try body() }
  return try profile.timing(name(), body)
}

/// Counts floating-point operations in the profile that is being taken, if any.
func countOperations(_ count: @autoclosure () -> Double) {
  Profile.current?.count(count())
}
