import Basics
import Synchronization
import Testing

@Suite struct ParallelForTests {
  @Test(arguments: [0, 1, 2, 7, 1000]) func everyIndexRunsOnce(count: Int) {
    let seen = Mutex([Int](repeating: 0, count: count))
    parallelFor(count) { index in seen.withLock { $0[index] += 1 } }
    #expect(seen.withLock { $0 } == [Int](repeating: 1, count: count))
  }

  @Test(arguments: [0, 1, 15, 16, 17, 100, 1001], [1, 4, 16, 1000]) func rangesCoverEverything(count: Int, grain: Int) {
    let ranges = Mutex<[Range<Int>]>([])
    parallelRanges(count, grain: grain) { range in ranges.withLock { $0.append(range) } }
    let sorted = ranges.withLock { $0 }.sorted { $0.lowerBound < $1.lowerBound }
    #expect(sorted.flatMap { Array($0) } == Array(0..<count))
    #expect(sorted.dropLast().allSatisfy { $0.count.isMultiple(of: grain) })
    #expect(sorted.count <= Threads.count)
  }

  /// Thousands of regions that end as soon as they begin, with a sum that a lost or doubled index changes.
  @Test(arguments: [2, 3, 8]) func tinyRegionsInARow(count: Int) {
    let sums = (0..<count).map { _ in Atomics() }
    for round in 0..<5_000 { parallelFor(count) { sums[$0].sum.add(round, ordering: .relaxed) } }
    #expect(sums.allSatisfy { $0.sum.load(ordering: .relaxed) == 5_000 * 4_999 / 2 })
  }

  /// Callers on several threads share one pool; whoever finds it taken works alone.
  @Test func callersAtTheSameTime() async {
    let total = await withTaskGroup(of: Int.self) { group in
      for caller in 0..<6 {
        group.addTask {
          let counter = Atomics()
          for round in 0..<500 {
            parallelFor(1 + (round + caller) % 9) { _ in counter.sum.add(1, ordering: .relaxed) }
          }
          return counter.sum.load(ordering: .relaxed) - (0..<500).reduce(0) { $0 + 1 + ($1 + caller) % 9 }
        }
      }
      return await group.reduce(0) { $0 + abs($1) }
    }
    #expect(total == 0)
  }

  @Test func nestingRunsOnTheSameThread() {
    let counter = Atomics()
    parallelFor(20) { _ in parallelFor(30) { _ in counter.sum.add(1, ordering: .relaxed) } }
    #expect(counter.sum.load(ordering: .relaxed) == 600)
  }

  @Test func thereIsAProcessor() { #expect(Threads.available >= 1) }
}

private final class Atomics: Sendable {
  let sum = Atomic<Int>(0)
}
