import Basics

/// How texts are read for language modelling.
public struct DocumentOptions: Sendable {
  /// The most tokens of a window.
  public var windowLength: Int
  /// Whether windows go on over the ends of documents.
  public var packs = true
  /// What one document of a .txt file is.
  public var unit = RecordFormat.TextUnit.file
  /// Reads only so many documents to train on.
  public var limit: Int?
  /// Takes only the first so many validation windows of each task.
  public var validationLimit: Int?
  /// The share of documents that are held out where the data have no validation split.
  public var validationShare = 0.05

  public init(windowLength: Int) { self.windowLength = windowLength }
}

/// A text to learn or to measure.
public struct Document: Sendable {
  public let fields: JSONObject
  public let text: String
  /// The line on which it begins, from 1.
  public let line: Int
}

/// Reads texts into windows of tokens of which every one is learnt.
///
/// A document is a record's `text`, its prompt and completion one after the other, or its messages as the chat template
/// renders them. It is tokenised with what the tokenizer begins a text with, and the end-of-text token follows where the
/// text does not end in it. Memory holds one document and the tokens of all.
public struct DocumentReader: Sendable {
  private let encoding: any TextEncoding
  private let conversations: (any ConversationRendering)?
  private var options: DocumentOptions

  public init(
    encoding: any TextEncoding, conversations: (any ConversationRendering)? = nil, options: DocumentOptions
  ) {
    self.encoding = encoding
    self.conversations = conversations
    self.options = options
  }

  /// Reads the documents of a file, of a folder's data files, or of a prepared folder's splits.
  ///
  /// Without a validation split, documents are held out by a hash of their content; where that takes all, none is.
  ///
  /// - Parameters:
  ///   - task: the task of records that name none in their member "task".
  ///   - tasks: the names of all tasks so far; new ones are added.
  /// - Throws: `TuneError.data` naming the first lines that cannot be used, or when there is no text.
  public func read(
    _ location: DataLocation, task: String, tasks: inout TaskNames
  ) throws -> (training: ExampleSet, validation: ExampleSet) {
    guard options.windowLength >= 2 else {
      throw TuneError.usage("the maximum length is \(options.windowLength); expected at least 2 tokens")
    }
    let validationFile = location.isFolder ? location.file(for: .validation) : nil
    let splitter = Splitter(
      fractions: try SplitFractions(
        train: 1 - options.validationShare, validation: options.validationShare, test: 0), seed: 0)
    var training = WindowSet(path: location.path, options, task), validation = training
    validation.limitPerTask = options.validationLimit
    try forEachDocument(inFiles: files(location), limit: options.limit) { document throws(FieldProblem) in
      let isHeldOut =
        validationFile == nil && options.validationShare > 0
        && splitter.split(of: document.fields.canonicalText) == .validation
      if isHeldOut {
        try validation.add(document, tokens(of: document.text), &tasks)
      } else {
        try training.add(document, tokens(of: document.text), &tasks)
      }
    }
    if let validationFile {
      try forEachDocument(inFiles: [validationFile]) { document throws(FieldProblem) in
        try validation.add(document, tokens(of: document.text), &tasks)
      }
    }
    let sets = (training: training.finished(), validation: validation.finished())
    if !sets.training.examples.isEmpty { return sets }
    if validationFile == nil, !sets.validation.examples.isEmpty {
      var reader = self
      reader.options.validationShare = 0
      return try reader.read(location, task: task, tasks: &tasks)
    }
    throw TuneError.data(
      "\(location.path): no text in \(sets.training.recordsRead) records; expected texts to learn")
  }

  /// Gives the documents of files to `body`, one at a time.
  ///
  /// - Throws: `TuneError.data` naming the first lines that cannot be used, once all were read.
  public func forEachDocument(
    inFiles files: [String], limit: Int? = nil, _ body: (Document) throws(FieldProblem) -> Void
  ) throws {
    var problems = ProblemList()
    var count = 0
    for path in files {
      let reader = try RecordReader(path, format: format(of: path))
      while count < limit ?? .max, let outcome = try reader.next() {
        count += 1
        switch outcome {
        case .rejected(let rejection): problems.add(rejection.description)
        case .record(let record):
          do throws(FieldProblem) {
            try body(Document(fields: record.fields, text: try text(of: record.fields), line: record.line))
          } catch {
            problems.add(
              Rejection(file: path, line: record.line, field: error.field, reason: error.reason).description)
          }
        }
      }
    }
    if problems.count > 0 {
      throw problems.error("\(files[0]): \(problems.count) of \(count) records cannot be used")
    }
  }

  /// The files with the texts of a split: a prepared folder's, or all of what is none.
  public func files(_ location: DataLocation, split: SplitName = .train) throws -> [String] {
    if location.isFolder, let file = location.file(for: split) { return [file] }
    return try inputFiles([location.path])
  }

  /// A file named .txt or .md is text, whatever it looks like.
  private func format(of path: String) -> RecordFormat? {
    ["txt", "text", "md", "markdown"].contains(RecordFormat.fileExtension(path)) ? .text(options.unit) : nil
  }

  private func text(of record: JSONObject) throws(FieldProblem) -> String {
    if record["messages"] != nil {
      return try conversation(try checkedMessages(record["messages"], field: "messages"), record)
    }
    if let prompt = record["prompt"] {
      switch (prompt, record["completion"]) {
      case (.string(let prompt), .string(let completion)): return prompt + completion
      case (.string(let prompt), nil), (.string(let prompt), .null): return prompt
      case (.array, .array):
        let messages = try checkedMessages(prompt, field: "prompt")
        return try conversation(messages + checkedMessages(record["completion"], field: "completion"), record)
      case (.array, nil), (.array, .null): return try conversation(try checkedMessages(prompt, field: "prompt"), record)
      default:
        throw FieldProblem(
          field: "prompt", reason: "expected prompt and completion as two texts or two lists of messages")
      }
    }
    guard let text = record["text"] else { throw unknownRecord(record) }
    guard let text = text.stringValue else {
      throw FieldProblem(field: "text", reason: "\(text.kindName); expected a text")
    }
    return text
  }

  private func conversation(_ messages: [JSON], _ record: JSONObject) throws(FieldProblem) -> String {
    try ConversationText(
      messages, inputs: try TemplateInputs(record), conversations: conversations, field: "messages"
    ).text()
  }

  /// The tokens of a document with its end; none for a blank one.
  private func tokens(of text: String) -> [Int32] {
    guard !text.isBlank else { return [] }
    var ids = encoding.promptIDs(of: text)
    if let end = encoding.endOfTextID {
      // A chat template may write the end itself, and white space after it.
      let last = ids.suffix(3).last { $0 == end || !encoding.text(of: [$0]).isBlank }
      if last != end { ids.append(end) }
    }
    return ids.map { Int32(truncatingIfNeeded: $0) }
  }
}

/// Windows of one data, by task.
private struct WindowSet {
  private var set: ExampleSet
  private let options: DocumentOptions
  private let task: String
  private var windows: [Int: DocumentWindows] = [:]
  private var counts: [Int: Int] = [:]
  var limitPerTask: Int?

  init(path: String, _ options: DocumentOptions, _ task: String) {
    set = ExampleSet(path: path)
    self.options = options
    self.task = task
  }

  mutating func add(
    _ document: Document, _ tokens: @autoclosure () -> [Int32], _ tasks: inout TaskNames
  ) throws(FieldProblem) {
    let number = try tasks.insert(of: document.fields, otherwise: task)
    set.recordsRead += 1
    if counts[number, default: 0] >= limitPerTask ?? .max { return }
    var open = windows[number] ?? DocumentWindows(length: options.windowLength, packs: options.packs, task: number)
    windows[number] = nil
    let tokens = tokens()
    if tokens.isEmpty { set.emptyCount += 1 }
    for window in open.add(tokens, line: document.line) { append(window) }
    windows[number] = open
  }

  /// All windows, with the last one of each task.
  mutating func finished() -> ExampleSet {
    for number in windows.keys.sorted() { for window in windows[number]?.finish() ?? [] { append(window) } }
    return set
  }

  private mutating func append(_ window: Example) {
    guard counts[window.task, default: 0] < limitPerTask ?? .max else { return }
    counts[window.task, default: 0] += 1
    set.tokenCount += window.tokens.count
    set.trainedTokenCount += window.trainedTokenCount
    set.examples.append(window)
  }
}
