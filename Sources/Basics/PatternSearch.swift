/// Where a `LinearPattern` matched, in Unicode scalars of the text.
public struct PatternMatch: Sendable, Equatable {
  /// The whole match, then each group; nil for a group that took no part.
  public let groups: [Range<Int>?]

  public var range: Range<Int> { groups[0] ?? 0..<0 }
}

extension LinearPattern {
  /// All matches from left to right, none overlapping another, as Python's `re.finditer` gives them: of several at one
  /// place the one that backtracking would find first.
  ///
  /// Source: Pike, "The text editor sam", 1987, as told by Cox, "Regular Expression Matching: the Virtual Machine
  /// Approach", 2009.
  public func matches(in scalars: [Unicode.Scalar]) -> [PatternMatch] {
    var found: [PatternMatch] = []
    var position = 0, mustAdvance = false
    while position <= scalars.count, let match = firstMatch(in: scalars, from: position, mustAdvance: mustAdvance) {
      found.append(match)
      position = match.range.upperBound
      // Behind an empty match the next one is not empty, or is farther on.
      mustAdvance = match.range.isEmpty
    }
    return found
  }

  /// `re.sub(pattern, replacement, text)` with a replacement that is taken as it stands.
  public func replacing(with replacement: String, in text: String) -> String {
    let scalars = Array(text.unicodeScalars)
    var result = String.UnicodeScalarView(), end = 0
    for match in matches(in: scalars) {
      result.append(contentsOf: scalars[end..<match.range.lowerBound])
      result.append(contentsOf: replacement.unicodeScalars)
      end = match.range.upperBound
    }
    result.append(contentsOf: scalars[end...])
    return String(result)
  }

  private func firstMatch(in scalars: [Unicode.Scalar], from start: Int, mustAdvance: Bool) -> PatternMatch? {
    var search = PatternSearch(self, scalars, start: start, mustAdvance: mustAdvance)
    return search.run()
  }
}

/// One search: all ways to match are followed at once, the preferred first.
private struct PatternSearch {
  /// A way to match: a place in the program, and the positions of groups so far (-1 for none).
  private struct Thread {
    let place: Int
    var slots: [Int]
  }

  private let pattern: LinearPattern
  private let scalars: [Unicode.Scalar]
  private let start: Int
  private let mustAdvance: Bool
  /// The position at which a place was reached last, so that each is followed once.
  private var reached: [Int]

  init(_ pattern: LinearPattern, _ scalars: [Unicode.Scalar], start: Int, mustAdvance: Bool) {
    self.pattern = pattern
    self.scalars = scalars
    self.start = start
    self.mustAdvance = mustAdvance
    reached = [Int](repeating: -1, count: pattern.program.count)
  }

  mutating func run() -> PatternMatch? {
    var threads: [Thread] = [], next: [Thread] = []
    var matched: [Int]?
    for position in start...scalars.count {
      if matched == nil {
        var slots = [Int](repeating: -1, count: 2 * (pattern.groupCount + 1))
        slots[0] = position
        follow(Thread(place: 0, slots: slots), at: position, into: &threads)
      }
      if threads.isEmpty, matched != nil { break }
      next.removeAll(keepingCapacity: true)
      let variants = position < scalars.count ? pattern.spellings(scalars[position]) : []
      for thread in threads {
        if case .scalar(let set) = pattern.program[thread.place] {
          guard !variants.isEmpty, set.containsAny(of: variants) else { continue }
          follow(Thread(place: thread.place + 1, slots: thread.slots), at: position + 1, into: &next)
        } else {
          matched = thread.slots  // all other ways are less preferred
          break
        }
      }
      swap(&threads, &next)
    }
    return matched.map { slots in
      PatternMatch(
        groups: stride(from: 0, to: slots.count, by: 2).map { place in
          slots[place] < 0 || slots[place + 1] < 0 ? nil : slots[place]..<slots[place + 1]
        })
    }
  }

  /// Adds what is reached without a scalar: places that wait for one, and the match.
  private mutating func follow(_ thread: Thread, at position: Int, into threads: inout [Thread]) {
    var open = [thread]
    while var thread = open.popLast() {
      guard reached[thread.place] != position else { continue }
      reached[thread.place] = position
      switch pattern.program[thread.place] {
      case .scalar: threads.append(thread)
      case .match:
        guard !(mustAdvance && position == start) else { continue }
        thread.slots[1] = position
        threads.append(thread)
      case .jump(let target): open.append(Thread(place: target, slots: thread.slots))
      case .save(let slot):
        thread.slots[slot] = position
        open.append(Thread(place: thread.place + 1, slots: thread.slots))
      case .split(let first, let second):
        open.append(Thread(place: second, slots: thread.slots))
        open.append(Thread(place: first, slots: thread.slots))
      case .assertion(let assertion):
        if pattern.holds(assertion, at: position, of: scalars) {
          open.append(Thread(place: thread.place + 1, slots: thread.slots))
        }
      }
    }
  }
}
