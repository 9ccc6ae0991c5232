import Basics
import Fuzzing
import Testing

/// The measure of the tests of readers is itself right: blocks are counted while they are held, and too many fail.
@Suite struct FuzzMemoryTests {
  private static func run(fixed: Int, _ check: () throws -> Void) throws {
    try Fuzzer(
      fileName: "memory", corpus: [[0]], tokens: ["a"], memory: FuzzMemory(perByte: 0, fixed: fixed)
    )
    .run(inputs: 1) { _, _ in try check() }
  }

  /// An array of so many bytes, and what it holds at the end.
  private static func allocate(_ count: Int) throws {
    let values = [UInt8](repeating: 1, count: count)
    try FuzzFailure.unless(values.last == 1, "lost a byte")
  }

  @Test(.enabled(if: FuzzMemory.isMeasured, "allocations are not counted under a sanitizer"))
  func whatIsHeldAtOneTimeCounts() throws {
    let megabyte = 1 << 20, slack = 1 << 16
    try Self.run(fixed: megabyte + slack) { for _ in 0..<3 { try Self.allocate(megabyte) } }
    #expect(throws: FuzzFailure.self) { try Self.run(fixed: megabyte) { try Self.allocate(megabyte) } }
    #expect(throws: FuzzFailure.self) {
      try Self.run(fixed: 2 * megabyte) {
        let first = [UInt8](repeating: 1, count: megabyte)
        try Self.allocate(megabyte + slack)
        try FuzzFailure.unless(first.last == 1, "lost a byte")
      }
    }
  }
}
