import Foundation
import Testing

@testable import Basics

/// `Threads.count` belongs to the whole process, in which other tests run too: these give their own number. They write
/// to places of their own without locks, so that the pool alone orders the writes and the thread sanitizer can tell.
@Suite struct ParallelForTests {
  @Test(arguments: [0, 1, 2, 7, 64, 1000], 1...8) func everyIndexRunsOnce(count: Int, threads: Int) {
    #expect(timesRun(count, threads: threads) == [Int](repeating: 1, count: count))
  }

  @Test(arguments: [0, 1, 15, 16, 17, 100, 1001], [1, 4, 16, 1000]) func rangesCoverEverything(count: Int, grain: Int) {
    for threads in 1...8 {
      var timesCovered = [Int](repeating: 0, count: count), ends = [Int](repeating: 0, count: count)
      timesCovered.withUnsafeMutableBufferPointer { timesCovered in
        ends.withUnsafeMutableBufferPointer { ends in
          parallelRanges(count, grain: grain, threads: threads) { range in
            for index in range { timesCovered[index] += 1 }
            ends[range.lowerBound] = range.upperBound
          }
        }
      }
      let ranges = (0..<count).filter { ends[$0] > 0 }.map { $0..<ends[$0] }
      #expect(timesCovered == [Int](repeating: 1, count: count))
      #expect(ranges.dropLast().allSatisfy { $0.count.isMultiple(of: grain) })
      #expect(ranges.count <= threads)
    }
  }

  /// Close together, so that workers are met awake, and with pauses, so that they are met asleep and falling asleep.
  @Test func tinyRegionsInARowWithChangingThreads() {
    for round in 0..<5000 {
      let count = 1 + round % 23
      guard timesRun(count, threads: 1 + round % 8) == [Int](repeating: 1, count: count) else {
        Issue.record("round \(round)")
        return
      }
      if round.isMultiple(of: 50) { usleep(UInt32(round % 200)) }
    }
  }

  @Test func callersOnSeveralThreads() async {
    await withTaskGroup(of: Bool.self) { group in
      for caller in 0..<6 {
        group.addTask {
          (0..<500).allSatisfy { round in
            let count = 1 + (caller * 7 + round) % 40
            return timesRun(count, threads: 1 + round % 8) == [Int](repeating: 1, count: count)
          }
        }
      }
      for await isRight in group { #expect(isRight) }
    }
  }

  @Test(arguments: [2, 8]) func nestedRegions(threads: Int) {
    var timesRun = [Int](repeating: 0, count: 5 * 6 * 7)
    timesRun.withUnsafeMutableBufferPointer { timesRun in
      parallelFor(5, threads: threads) { first in
        parallelFor(6, threads: threads) { second in
          parallelFor(7, threads: threads) { third in timesRun[(first * 6 + second) * 7 + third] += 1 }
        }
      }
    }
    #expect(timesRun == [Int](repeating: 1, count: 5 * 6 * 7))
  }

  /// On as many threads as were asked for, though the pool has more.
  @Test(arguments: [2, 3]) func workIsShared(threads: Int) {
    parallelFor(8, threads: 8) { _ in }
    #expect(mostThreadsInARegion(of: threads) == threads)
  }

  /// A process need not end its workers.
  @Test func processExitsWhileWorkersSleep() async {
    await #expect(processExitsWith: .exitCode(3)) {
      parallelFor(100, threads: 8) { _ in }
      usleep(1000)
      exit(3)
    }
  }

  @Test func processExitsInsideARegion() async {
    await #expect(processExitsWith: .exitCode(4)) {
      parallelFor(100, threads: 8) { index in
        if index == 50 { exit(4) }
        usleep(100)
      }
    }
  }

  /// Only the thread that forks exists in the child: the pool starts anew there.
  @Test func forkedChildHasWorkersOfItsOwn() async {
    await #expect(processExitsWith: .success) {
      _ = mostThreadsInARegion(of: 2)
      let fork = unsafeBitCast(dlsym(nil, "fork"), to: (@convention(c) () -> pid_t).self)
      let child = fork()
      if child == 0 { _exit(mostThreadsInARegion(of: 2) == 2 ? 0 : 1) }
      var status: Int32 = -1
      waitpid(child, &status, 0)
      exit(status == 0 ? 0 : 1)
    }
  }

  @Test func thereIsAProcessor() { #expect(Threads.available >= 1) }
}

/// How often each index ran.
private func timesRun(_ count: Int, threads: Int) -> [Int] {
  var seen = [Int](repeating: 0, count: count)
  seen.withUnsafeMutableBufferPointer { seen in
    parallelFor(count, threads: threads) { seen[$0] += 1 }
  }
  return seen
}

/// The most threads that ran items of one of 20 regions, or of more, for up to a minute, until `threads` did: other tests
/// may hold the pool.
private func mostThreadsInARegion(of threads: Int) -> Int {
  let end = Date() + 60
  var most = 0, regions = 0
  while regions < 20 || (most < threads && Date() < end) {
    regions += 1
    var runners = [pthread_t](repeating: pthread_self(), count: 4 * threads)
    runners.withUnsafeMutableBufferPointer { runners in
      parallelFor(4 * threads, threads: threads) { index in
        runners[index] = pthread_self()
        usleep(1000)
      }
    }
    most = max(most, Set(runners).count)
  }
  return most
}
