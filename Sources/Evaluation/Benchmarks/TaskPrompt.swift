import Basics

/// A part of a prompt, as a message of a conversation or as text with what stands behind it.
public struct TaskMessage: Sendable, Equatable {
  public enum Role: String, Sendable { case system, user, assistant }

  public var role: Role
  public var content: String
  /// Behind the content in plain text.
  var delimiter = ""

  var text: String { content + delimiter }
}

/// Renders a conversation; the flag says whether an answer is to follow.
public typealias TaskChatTemplate = @Sendable ([TaskMessage], Bool) throws -> String

/// How prompts are put together beside what the task says.
public struct TaskPromptOptions: Sendable {
  /// The examples before each question; nil for the task's own number, or none.
  public var numFewshot: Int?
  /// The seed of drawn examples: the harness's `fewshot_seed`.
  public var fewshotSeed: UInt64 = 1234
  public var systemInstruction: String?
  /// Nil for plain text.
  public var chatTemplate: TaskChatTemplate?
  /// With a chat template: each example is a turn of its own, instead of all in one.
  public var fewshotAsMultiturn = true

  public init() {}
}

/// Builds the prompts of a task's documents in their order: `fewshot_context` of the harness.
struct TaskPrompt {
  private let task: BenchmarkTask
  private let options: TaskPromptOptions
  private let examples: [TaskDocument]
  private let excludesQuestion: Bool
  private var random: PythonRandom
  let count: Int
  /// Whether `doc_to_text` gives the place of the right choice and the choices are prompts.
  let hasManyInputs: Bool

  /// - Parameter examples: the documents that examples are taken from.
  init(
    _ task: BenchmarkTask, _ options: TaskPromptOptions, examples: [TaskDocument], hasManyInputs: Bool
  ) {
    self.task = task
    self.options = options
    self.examples = examples
    self.hasManyInputs = hasManyInputs
    // A task that says 0 cannot be asked with examples.
    count = task.numFewshot == 0 ? 0 : options.numFewshot ?? task.numFewshot ?? 0
    // The harness compares the names of splits: a task without a test split whose examples have no split of their own
    // leaves the question itself out.
    excludesQuestion = task.fewshot.split == task.testSplit
    random = PythonRandom(seed: options.fewshotSeed)
  }

  /// The contexts of a document: one, or one for each choice.
  ///
  /// - Parameter original: the document as it is among the examples, where it is asked in other words; it is no example
  ///   of itself.
  mutating func contexts(of document: TaskDocument, original: TaskDocument? = nil) throws -> [String] {
    var messages: [TaskMessage] = []
    let description = try task.description?.text(of: document) ?? ""
    let system = joined(options.systemInstruction ?? "", description, with: task.fewshotDelimiter)
    if !system.isEmpty { messages.append(TaskMessage(role: .system, content: system)) }
    for example in try shots(for: original ?? document) { messages += try turn(example) }
    let prefix = try task.genPrefix?.text(of: document)
    if hasManyInputs, let choices = try task.docToChoice?.choices(of: document) {
      return try choices.map { choice in
        try rendered(messages + question(choice, prefix: prefix, delimiter: ""), hasPrefix: prefix != nil)
      }
    }
    let text = try task.docToText.value(of: document, hasChoices: task.docToChoice != nil)
    guard case .text(let text) = text else {
      throw TuneError.data("\(document.place): doc_to_text gives no text, but \(text.python)")
    }
    return [
      try rendered(messages + question(text, prefix: prefix, delimiter: task.targetDelimiter), hasPrefix: prefix != nil)
    ]
  }

  // MARK: Examples

  private mutating func shots(for document: TaskDocument) throws -> [TaskDocument] {
    guard count > 0 else { return [] }
    if task.fewshot.takesFirst {
      let pool = excludesQuestion ? examples.filter { $0 != document } : examples
      guard count <= pool.count else { throw tooFew(pool.count) }
      return Array(pool.prefix(count))
    }
    let drawn = count + (excludesQuestion ? 1 : 0)
    guard drawn <= examples.count else { throw tooFew(examples.count) }
    var shots = random.sample(below: examples.count, count: drawn).map { examples[$0] }
    guard excludesQuestion else { return shots }
    shots = Array(shots.filter { $0 != document }.prefix(count))
    guard shots.count < count else { return shots }
    let pool = examples.filter { $0 != document }
    guard count <= pool.count else { throw tooFew(pool.count) }
    return random.sample(below: pool.count, count: count).map { pool[$0] }
  }

  private func tooFew(_ count: Int) -> TuneError {
    .usage("\(task.name): \(self.count) examples a prompt, but there are \(count) to take them from; use fewer")
  }

  /// An example with its answer.
  private func turn(_ document: TaskDocument) throws -> [TaskMessage] {
    let settings = task.fewshot
    let choiceField = settings.docToChoice ?? task.docToChoice
    var question = try (settings.docToText ?? task.docToText).value(of: document, hasChoices: choiceField != nil)
    var choices = try choiceField?.choices(of: document)
    if hasManyInputs, case .index(let place) = question, let all = choices, all.indices.contains(place) {
      question = .text(all[place])
      choices = nil
    }
    guard case .text(let text) = question else {
      throw TuneError.data("\(document.place): doc_to_text gives no text, but \(question.python)")
    }
    let target = try (settings.docToTarget ?? task.docToTarget).value(
      of: document, hasChoices: choiceField != nil, isTarget: true)
    let answer: String
    switch target {
    case .index(let place):
      guard let choices, choices.indices.contains(place) else {
        throw TuneError.data("\(document.place): doc_to_target gives \(place), which is none of the choices")
      }
      answer = choices[place]
    case .text(let text): answer = text
    case .list(let items): answer = items.first?.stringValue ?? ""
    }
    let prefix = try task.genPrefix?.text(of: document)
    let delimiter = settings.targetDelimiter ?? task.targetDelimiter
    return [
      TaskMessage(
        role: .user, content: text, delimiter: prefix == nil || needsDelimiter(text, prefix ?? "") ? delimiter : ""),
      TaskMessage(
        role: .assistant, content: joined(prefix ?? "", answer, with: " "),
        delimiter: settings.fewshotDelimiter ?? task.fewshotDelimiter),
    ]
  }

  private func question(_ text: String, prefix: String?, delimiter: String) -> [TaskMessage] {
    guard let prefix, !prefix.isEmpty else { return [TaskMessage(role: .user, content: text)] }
    return [
      TaskMessage(role: .user, content: text, delimiter: needsDelimiter(text, prefix) ? delimiter : ""),
      TaskMessage(role: .assistant, content: prefix),
    ]
  }

  // MARK: Text

  private func rendered(_ messages: [TaskMessage], hasPrefix: Bool) throws -> String {
    guard let template = options.chatTemplate else { return messages.map { $0.text }.joined() }
    return try template(options.fewshotAsMultiturn ? messages : inOneTurn(messages), !hasPrefix)
  }

  /// All turns in one of the user, but for the system's and the begin of the answer.
  private func inOneTurn(_ messages: [TaskMessage]) -> [TaskMessage] {
    var rest = messages[...]
    var result: [TaskMessage] = []
    if rest.first?.role == .system { result.append(rest.removeFirst()) }
    let last = rest.last?.role == .assistant ? rest.popLast() : nil
    let text = rest.dropLast().map { $0.text }.joined() + (rest.last?.content ?? "")
    result.append(TaskMessage(role: .user, content: text))
    return result + (last.map { [TaskMessage(role: .assistant, content: $0.content)] } ?? [])
  }

  /// Two texts with something between them where neither has white space there.
  private func joined(_ first: String, _ second: String, with delimiter: String) -> String {
    guard !first.isEmpty, !second.isEmpty else { return first + second }
    return needsDelimiter(first, second) ? first + delimiter + second : first + second
  }

  private func needsDelimiter(_ first: String, _ second: String) -> Bool {
    guard let last = first.unicodeScalars.last, let next = second.unicodeScalars.first else { return false }
    return !PythonText.isWhitespace(last) && !PythonText.isWhitespace(next)
  }
}
