import Allocations

/// How much memory a check may hold at one time: a multiple of its input, and an amount that any input may take.
///
/// Measured are all blocks that the thread of the check allocates, by an allocator that counts them; what other threads
/// take and what is mapped from files is not.
public struct FuzzMemory: Sendable {
  let perByte: Int
  let fixed: Int

  /// Whether the process counts: on Linux without a sanitizer.
  public static var isMeasured: Bool { allocations_are_counted() }

  public init(perByte: Int, fixed: Int) {
    self.perByte = perByte
    self.fixed = fixed
  }

  /// The most bytes that the body holds at one time; nil where allocations are not counted.
  static func peak(_ body: () throws -> Void) rethrows -> Int? {
    guard isMeasured else {
      try body()
      return nil
    }
    allocations_begin()
    do {
      try body()
    } catch {
      _ = allocations_end()
      throw error
    }
    return allocations_end()
  }

  /// - Returns: the share of what the input may take.
  @discardableResult
  func check(_ peak: Int, of size: Int) throws -> Double {
    let most = perByte * size + fixed
    try FuzzFailure.unless(
      peak <= most, "takes \(peak) bytes for an input of \(size); expected at most \(perByte) times that and \(fixed)")
    return Double(peak) / Double(most)
  }
}
