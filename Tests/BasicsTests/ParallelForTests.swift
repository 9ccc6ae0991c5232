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

  @Test func thereIsAProcessor() { #expect(Threads.available >= 1) }
}
