import Basics
import Datasets

/// Draws the examples of each step.
struct ExampleSampler {
  /// The examples of one task, or those of the replay.
  private struct Group {
    let indices: [Int]
    let share: Double
    var order: ExampleOrder
    /// Drawn so far.
    var count = 0
  }

  private var groups: [Group]
  /// Nil where every example comes once an epoch.
  private let balances: Bool?
  private var random: SeededRandom
  /// Draws of trained tasks, and examples of them.
  private var drawn = 0
  private let exampleCount: Int
  private let replayGroup: Int?

  /// Indices are those of the data's examples, then of its replay.
  init(_ data: TrainingData, _ options: TrainerOptions) {
    exampleCount = data.examples.count
    random = SeededRandom(seed: options.seed, stream: "tasks")
    func order(_ count: Int, _ stream: String) -> ExampleOrder {
      ExampleOrder(count: count, shuffles: options.shuffles, seed: options.seed, stream: stream)
    }
    let isMixed = options.taskSampling != .all || options.balancesTasks
    balances = isMixed || !data.replay.isEmpty ? options.balancesTasks || !isMixed : nil
    var parts: [[Int]] = [Array(data.examples.indices)]
    if isMixed {
      let byTask = Dictionary(grouping: data.examples.indices) { data.examples[$0].task }
      parts = byTask.sorted { $0.key < $1.key }.map { $0.value }
    }
    let shares = options.taskSampling.shares(parts.map { $0.count })
    let trained = 1 - (data.replay.isEmpty ? 0 : data.replayRatio)
    groups = zip(parts, shares).enumerated().map { number, part in
      Group(
        indices: part.0, share: part.1 * trained,
        order: order(part.0.count, isMixed ? "task/\(number)/" : ""))
    }
    replayGroup = data.replay.isEmpty ? nil : groups.count
    if !data.replay.isEmpty {
      let indices = data.replay.indices.map { $0 + data.examples.count }
      groups.append(Group(indices: indices, share: data.replayRatio, order: order(indices.count, "replay/")))
    }
  }

  /// Epochs of the trained tasks done, counting the current one in part.
  var epoch: Double { balances == nil ? groups[0].order.epoch : Double(drawn) / Double(exampleCount) }

  /// The next examples; fewer where an epoch ends and every example comes once an epoch.
  mutating func next(_ wanted: Int) -> [Int] {
    guard let balances else { return groups[0].order.next(wanted) }
    return (0..<wanted).map { _ in draw(fromGroup: balances ? mostOwed() : chosenGroup()) }
  }

  private mutating func draw(fromGroup group: Int) -> Int {
    groups[group].count += 1
    if group != replayGroup { drawn += 1 }
    return groups[group].indices[groups[group].order.next(1)[0]]
  }

  /// The group that has had the fewest of its share: every run of draws has each group as nearly in its share as whole
  /// numbers allow.
  private func mostOwed() -> Int {
    let total = Double(groups.reduce(1) { $0 + $1.count })
    let owed = groups.map { $0.share * total - Double($0.count) }
    return owed.indices.max { (owed[$0], $1) < (owed[$1], $0) } ?? 0
  }

  private mutating func chosenGroup() -> Int {
    var place = random.uniform()
    for (index, group) in groups.enumerated() {
      place -= group.share
      if place < 0 { return index }
    }
    return groups.lastIndex { $0.share > 0 } ?? 0
  }
}

/// The order in which examples are trained on: whole epochs, each shuffled by its own stream.
struct ExampleOrder {
  private let count: Int
  private let shuffles: Bool
  private let seed: UInt64
  private let stream: String
  private var current: [Int] = []
  private var position = 0
  private var epochsStarted = 0

  /// - Parameter stream: begins the names of the random streams.
  init(count: Int, shuffles: Bool, seed: UInt64, stream: String = "") {
    self.count = count
    self.shuffles = shuffles
    self.seed = seed
    self.stream = stream
  }

  /// Epochs done, counting the current one in part.
  var epoch: Double { Double(max(0, epochsStarted - 1)) + Double(position) / Double(count) }

  /// The next examples; fewer where an epoch ends, so that no step mixes two epochs.
  mutating func next(_ wanted: Int) -> [Int] {
    if position == current.count {
      current = Array(0..<count)
      if shuffles {
        var random = SeededRandom(seed: seed, stream: "\(stream)shuffle/\(epochsStarted)")
        current.shuffle(using: &random)
      }
      position = 0
      epochsStarted += 1
    }
    let taken = Array(current[position..<min(position + wanted, count)])
    position += taken.count
    return taken
  }
}
