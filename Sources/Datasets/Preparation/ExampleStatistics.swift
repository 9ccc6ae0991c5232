import Basics

/// Counts of what was written, by task, split, wording, label and length.
final class ExampleStatistics {
  private(set) var tasks: [TaskStatistics]
  private let maxLength: Int?

  /// - Parameter wordings: how many each task has.
  init(wordings: [Int], maxLength: Int?) {
    tasks = wordings.map { TaskStatistics(wordings: $0) }
    self.maxLength = maxLength
  }

  /// Makes room for another task.
  func addTask(wordings: Int) { tasks.append(TaskStatistics(wordings: wordings)) }

  func add(_ example: PlacedExample) { tasks[example.task].add(example, maxLength: maxLength) }
}

/// The counts of one task.
struct TaskStatistics: Sendable {
  /// Labels are counted while there are at most so many different ones.
  static let mostLabels = 64

  private(set) var splits: [SplitName: Int] = [:]
  private(set) var wordings: [Int]
  private(set) var prompts = LengthCounter()
  private(set) var completions = LengthCounter()
  /// How often each short target occurs; nil once there are too many, or long ones, for a set of labels.
  private(set) var labels: [String: Int]? = [:]
  private(set) var tokens = LengthCounter()
  private(set) var tokenCount = 0
  private(set) var trainedTokenCount = 0
  private(set) var overMaxLength = 0

  init(wordings: Int) { self.wordings = [Int](repeating: 0, count: wordings) }

  var examples: Int { splits.values.reduce(0, +) }

  mutating func add(_ example: PlacedExample, maxLength: Int?) {
    let line = example.line
    splits[example.split, default: 0] += 1
    if let wording = line.wording { wordings[wording] += 1 }
    prompts.add(line.promptLength)
    completions.add(line.completionLength)
    if let label = line.label {
      labels?[label, default: 0] += 1
      if let count = labels?.count, count > Self.mostLabels { labels = nil }
    } else {
      labels = nil
    }
    guard let count = line.tokens else { return }
    tokens.add(count.total)
    tokenCount += count.total
    trainedTokenCount += count.trained
    if let maxLength, count.total > maxLength { overMaxLength += 1 }
  }
}

extension PreparationReport {
  /// Takes over the counts of what was written.
  mutating func add(_ statistics: ExampleStatistics, tokens: TokenChecks?, files: [PreparedFile]) {
    self.files = files
    var prompts = LengthCounter(), completions = LengthCounter(), tokenLengths = LengthCounter()
    for (index, counts) in statistics.tasks.enumerated() {
      tasks[index].add(counts)
      prompts.add(counts.prompts)
      completions.add(counts.completions)
      tokenLengths.add(counts.tokens)
    }
    promptLengths = prompts.summary
    completionLengths = completions.summary
    guard let tokens else { return }
    self.tokens = TokenSummary(
      model: tokens.model, lengths: tokenLengths.summary, histogram: tokenLengths.histogram(),
      total: tasks.reduce(0) { $0 + $1.tokenCount }, trained: tasks.reduce(0) { $0 + $1.trainedTokenCount },
      maxLength: tokens.maxLength, overMaxLength: statistics.tasks.reduce(0) { $0 + $1.overMaxLength },
      packingEfficiency: tokens.maxLength.map { tokenLengths.packingEfficiency(window: $0) })
  }
}

extension PreparationReport.Task {
  fileprivate mutating func add(_ counts: TaskStatistics) {
    splits = counts.splits
    available = counts.splits[.train] ?? 0
    for index in exampleCounts.indices { exampleCounts[index].count = counts.wordings[index] }
    labels = counts.labels.flatMap { labels in
      labels.isEmpty
        ? nil
        : labels.map { (label: $0.key, count: $0.value) }.sorted {
          $0.count == $1.count ? $0.label < $1.label : $0.count > $1.count
        }
    }
    tokenCount = counts.tokenCount
    trainedTokenCount = counts.trainedTokenCount
    characters = (counts.prompts.histogram(), counts.completions.histogram())
  }
}
