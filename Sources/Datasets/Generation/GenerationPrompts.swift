import Basics

/// The prompts that show a model some given records and begin one more, as a series that it is to go on with.
///
/// To a chat model the series is its own answer, which it has begun: in one run each, 8 of 15 texts of
/// SmolLM2-135M-Instruct could be used so, and 8 of 23 without the chat template.
///
/// The new record has the labels of a given one, which the prompt already says: so labels are none but the known ones,
/// each as frequent as it is in the given records, and the model writes a text for its label.
struct GenerationPrompts {
  /// A prompt and what the answer goes on with.
  struct Begun {
    let prompt: GenerationPrompt
    /// The lines of the record that the prompt ends with.
    let beginning: String

    /// The same with more of the record there.
    ///
    /// - Parameter tokens: those of what is new.
    func going(on beginning: String, tokens: Int) -> Begun {
      var prompt = prompt
      prompt.text = String(decoding: prompt.text.utf8.dropLast(self.beginning.utf8.count), as: UTF8.self) + beginning
      prompt.maxNewTokens -= tokens
      return Begun(prompt: prompt, beginning: beginning)
    }
  }

  private let conversations: (any ConversationRendering)?
  private let tokenCount: (String) -> Int
  private let form: RecordForm
  private let labels: [String]
  private var records: [JSONObject]
  private let shownRecords: Int
  private let seed: UInt64
  /// The most tokens of a prompt with its answer.
  private let window: Int
  /// Room for a record as long as the longest given one.
  private let maxNewTokens: Int

  /// A prompt and its answer have at most so many tokens, whatever the model's context: time and memory grow with them.
  static let longestWindow = 2048

  /// - Parameters:
  ///   - records: given records of the training split, each of which has a text of the form.
  ///   - labels: the first columns of the form, whose values are not to be written by the model.
  /// - Throws: `TuneError.data` when no record is short enough for the model.
  init(
    _ records: [JSONObject], labels: [String], form: RecordForm, generator: any TextGenerator, shownRecords: Int,
    seed: UInt64
  ) throws {
    conversations = generator.conversations
    tokenCount = generator.tokenCount
    self.form = form
    self.labels = labels
    self.shownRecords = shownRecords
    self.seed = seed
    let window = min(generator.contextLength, Self.longestWindow)
    self.window = window
    // A shown record and the answer share the window: what is longer than half of it is not shown.
    let counted = records.map { (record: $0, tokens: generator.tokenCount(of: form.text(of: $0) ?? "")) }
      .filter { $0.tokens <= window / 2 }
    maxNewTokens = min(window / 2, 32 + (counted.map { $0.tokens }.max() ?? 0))
    self.records = counted.map { $0.record }
    self.records = try self.records.filter { fits(try text(showing: [$0], beginning: beginning(like: $0))) }
    guard !self.records.isEmpty else {
      throw TuneError.data(
        "--generate: none of \(records.count) records is short enough to be shown to \(generator.name) in \(window) "
          + "tokens; choose a model with a longer context")
    }
  }

  /// The prompt of an attempt: every one draws its own records.
  func prompt(attempt: Int) throws -> Begun {
    var random = SeededRandom(seed: streamHash(UInt64(attempt), "shown records", seed: seed))
    let beginning = beginning(like: records[random.integer(below: records.count)])
    var shown = draw(&random)
    var text = try text(showing: shown, beginning: beginning)
    while shown.count > 1, !fits(text) {
      shown.removeLast()
      text = try self.text(showing: shown, beginning: beginning)
    }
    let stops = ["\n\(RecordForm.separator)\n"] + form.columns.prefix(1).map { "\n\($0.name):" }
    return Begun(
      prompt: GenerationPrompt(text: text, maxNewTokens: maxNewTokens, stops: stops), beginning: beginning)
  }

  /// Different records, each at most once.
  private func draw(_ random: inout SeededRandom) -> [JSONObject] {
    var left = Array(records.indices), drawn: [JSONObject] = []
    while drawn.count < shownRecords, !left.isEmpty {
      let place = random.integer(below: left.count)
      drawn.append(records[left[place]])
      left.swapAt(place, left.count - 1)
      left.removeLast()
    }
    return drawn
  }

  private func fits(_ text: String) -> Bool { tokenCount(text) + maxNewTokens <= window }

  /// A record's labels and the name of the field that follows them.
  private func beginning(like record: JSONObject) -> String {
    let known = JSONObject(entries: record.filter { labels.containsSame(as: $0.key) })
    let next = form.columns.first { !labels.containsSame(as: $0.name) }
    return [form.text(of: known), next.map { "\($0.name):" }].compactMap { $0 }.joined(separator: "\n")
  }

  private func text(showing shown: [JSONObject], beginning: String) throws -> String {
    let series = (shown.compactMap { form.text(of: $0) } + [beginning])
      .joined(separator: "\n\n\(RecordForm.separator)\n\n")
    guard let conversations else { return series }
    let request = """
      Write records of a data set with the fields \(form.columns.map { $0.name }.joined(separator: ", ")), all different, \
      with a line \(RecordForm.separator) between two.
      """
    let messages: [JSON] = [["role": "user", "content": .string(request)]]
    return try conversations.text(of: messages, inputs: TemplateInputs(), addGenerationPrompt: true) + series
  }
}
