import Basics

/// How examples are read for training.
public struct ExampleOptions: Sendable {
  /// The most tokens an example may have; nil for no limit.
  public var maxLength: Int?
  public var overlong: Overlong
  /// Learns every token, the prompt's as well.
  public var trainOnPrompt: Bool
  /// Reads only so many records.
  public var limit: Int?
  /// Takes only the first so many records of each task.
  public var limitPerTask: Int?
  /// The classes of a classifier; nil for models that write.
  public var labels: [String]?

  public init(
    maxLength: Int? = nil, overlong: Overlong = .error, trainOnPrompt: Bool = false, limit: Int? = nil,
    limitPerTask: Int? = nil, labels: [String]? = nil
  ) {
    self.labels = labels
    self.limitPerTask = limitPerTask
    self.maxLength = maxLength
    self.overlong = overlong
    self.trainOnPrompt = trainOnPrompt
    self.limit = limit
  }
}

/// The examples of one file and what happened on the way.
public struct ExampleSet: Sendable {
  public struct Length: Sendable, Equatable {
    public let line: Int
    /// In tokens, before anything was cut.
    public let tokens: Int
  }

  public var examples: [Example] = []
  public let path: String
  public var recordsRead = 0
  public var tokenCount = 0
  public var trainedTokenCount = 0
  /// The longest examples as read, at most three, longest first.
  public var longest: [Length] = []
  /// Examples over the limit that were dropped or cut, as the policy says.
  public var overlongCount = 0
  /// Examples left out because they have no token to learn, and the first of them.
  public var emptyCount = 0
  public var firstEmpty: [Rejection] = []
  /// Turns of assistants that were not learnt because the chat template gives them no certain place.
  public var turnsLeftOut = 0
}

/// Reads prepared data into tokens and labels; one path for training and for loss evaluation.
public struct ExampleReader: Sendable {
  private let encoder: ExampleEncoder
  private let options: ExampleOptions

  /// - Parameter conversations: renders messages; nil refuses them.
  public init(
    encoding: any TextEncoding, conversations: (any ConversationRendering)? = nil, options: ExampleOptions = .init()
  ) {
    encoder = ExampleEncoder(encoding: encoding, conversations: conversations, labels: options.labels)
    self.options = options
  }

  /// Reads a split of a prepared folder, or a single JSON-lines file.
  ///
  /// - Throws: `TuneError.data` naming the first lines when records are malformed, when examples are too long and the
  ///   policy is `.error`, or when nothing is left to learn.
  public func read(_ location: DataLocation, split: SplitName = .train) throws -> ExampleSet {
    try read(file: location.requiredFile(for: split))
  }

  public func read(file path: String) throws -> ExampleSet {
    var tasks = TaskNames()
    return try read(file: path, task: "", tasks: &tasks)
  }

  /// Reads a file of examples of one or more tasks.
  ///
  /// - Parameters:
  ///   - task: the task of records that name none in their member "task".
  ///   - tasks: the names of all tasks so far; new ones are added.
  public func read(file path: String, task: String, tasks: inout TaskNames) throws -> ExampleSet {
    if let maximum = options.maxLength, maximum < 2 {
      throw TuneError.usage("the maximum length is \(maximum); expected at least 2 tokens")
    }
    var set = ExampleSet(path: path)
    var problems = ProblemList(), tooLong = ProblemList()
    var taken: [Int: Int] = [:]
    let reader = try RecordReader(path)
    while set.recordsRead < options.limit ?? .max, let outcome = try reader.next() {
      set.recordsRead += 1
      switch outcome {
      case .rejected(let rejection): problems.add(rejection.description)
      case .record(let record):
        do throws(FieldProblem) {
          let number = try tasks.insert(of: record.fields, otherwise: task)
          taken[number, default: 0] += 1
          if taken[number, default: 0] > options.limitPerTask ?? .max { continue }
          let encoded = try encoder.encode(record.fields)
          add(encoded, task: number, line: record.line, to: &set, tooLong: &tooLong)
        } catch {
          problems.add(Rejection(file: path, line: record.line, field: error.field, reason: error.reason).description)
        }
      }
    }
    try check(set, problems: problems, tooLong: tooLong)
    return set
  }

  private func add(
    _ encoded: ExampleEncoder.Encoded, task: Int, line: Int, to set: inout ExampleSet, tooLong: inout ProblemList
  ) {
    var example = Example(
      tokens: encoded.tokens, trained: encoded.trained, label: encoded.label, task: task, line: line)
    set.turnsLeftOut += encoded.turnsLeftOut
    set.note(length: example.tokens.count, line: line)
    if let maximum = options.maxLength, example.tokens.count > maximum {
      set.overlongCount += 1
      if options.overlong == .error { tooLong.add("\(set.path):\(line): \(example.tokens.count) tokens") }
      guard let fitted = options.overlong.fit(example, to: maximum) else { return }
      example = fitted
    }
    guard example.trainedTokenCount > 0 else {
      set.emptyCount += 1
      let reason =
        "no token to learn; " + (set.wasCut(line) ? "the limit cuts all of them off" : "the completion is empty")
      if set.firstEmpty.count < 3 { set.firstEmpty.append(Rejection(file: set.path, line: line, reason: reason)) }
      return
    }
    if options.trainOnPrompt { example.trained = [0..<example.tokens.count] }
    set.tokenCount += example.tokens.count
    set.trainedTokenCount += example.trainedTokenCount
    set.examples.append(example)
  }

  private func check(_ set: ExampleSet, problems: ProblemList, tooLong: ProblemList) throws {
    guard set.recordsRead > 0 else { throw TuneError.data("\(set.path): no records; expected a JSON object a line") }
    if problems.count > 0 {
      throw problems.error("\(set.path): \(problems.count) of \(set.recordsRead) records cannot be used")
    }
    if tooLong.count > 0 {
      let longest = set.longest.first.map { "; the longest, on line \($0.line), has \($0.tokens)" } ?? ""
      throw tooLong.error(
        "\(set.path): \(tooLong.count) of \(set.recordsRead) examples have more than \(options.maxLength ?? 0) tokens"
          + "\(longest); raise the maximum length, or drop or truncate such examples")
    }
    guard set.examples.isEmpty else { return }
    var empty = ProblemList()
    for rejection in set.firstEmpty { empty.add(rejection.description) }
    if set.emptyCount > 0 { throw empty.error("\(set.path): none of \(set.recordsRead) examples has a token to learn") }
    throw TuneError.data(
      "\(set.path): all \(set.recordsRead) examples have more than \(options.maxLength ?? 0) tokens and were dropped; "
        + "raise the maximum length or truncate")
  }
}

extension ExampleSet {
  init(path: String) { self.path = path }

  fileprivate mutating func note(length: Int, line: Int) {
    let place = longest.firstIndex { $0.tokens < length } ?? longest.count
    guard place < 3 else { return }
    longest.insert(Length(line: line, tokens: length), at: place)
    if longest.count > 3 { longest.removeLast() }
  }

  /// Whether the example that was just read had been cut.
  fileprivate func wasCut(_ line: Int) -> Bool { overlongCount > 0 && longest.contains { $0.line == line } }
}
