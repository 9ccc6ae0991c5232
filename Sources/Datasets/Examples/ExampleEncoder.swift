import Basics

/// Turns one record of a training file into tokens and the ranges to learn.
///
/// - `{"prompt", "completion"}` texts: the two are tokenised apart, the end-of-text token follows, and the completion
///   with that token is learnt.
/// - `{"text"}`: everything and the end-of-text token is learnt.
/// - `{"messages"}`, or prompt and completion as lists of messages: rendered with the chat template and tokenised as a
///   whole; what the assistant says, up to and with the end of its turn, is learnt. Messages with `"weight": 0` or
///   `"train": false` are not learnt, nor are those of a prompt list.
///
/// The places of the assistant's turns come from rendering the conversation up to each turn: this needs no marks in
/// the template. A turn that the template renders differently once the conversation goes on (some drop the reasoning
/// of earlier turns) is found by the template's own `{% generation %}` marks; without them it has no certain place and is
/// not learnt; `turnsLeftOut` counts these.
struct ExampleEncoder: Sendable {
  let encoding: any TextEncoding
  let conversations: (any ConversationRendering)?
  /// The classes of a classifier, which reads the prompt; the completion then names one of them.
  var labels: [String]?

  struct Encoded {
    var tokens: [Int32]
    var trained: [Range<Int>]
    var label: Int32?
    var turnsLeftOut = 0
  }

  func encode(_ record: JSONObject) throws(FieldProblem) -> Encoded {
    if let labels { return try labelled(record, labels) }
    if record["messages"] != nil {
      let messages = try checkedMessages(record["messages"], field: "messages")
      return try conversation(messages, learntFrom: 0, tools: record["tools"], field: "messages")
    }
    if record["prompt"] != nil || record["completion"] != nil { return try promptCompletion(record) }
    if let text = record["text"] {
      guard let text = text.stringValue else {
        throw FieldProblem(field: "text", reason: "\(text.kindName); expected a text")
      }
      guard !encoding.readsSource else {
        throw FieldProblem(field: "text", reason: "has no prompt for the encoder; expected prompt and completion")
      }
      let tokens = try checked(encoding.promptIDs(of: text), field: "text") + ending
      return Encoded(tokens: tokens, trained: [0..<tokens.count])
    }
    throw unknownRecord(record)
  }

  private func labelled(_ record: JSONObject, _ labels: [String]) throws(FieldProblem) -> Encoded {
    guard let prompt = record["prompt"]?.stringValue else {
      throw FieldProblem(field: "prompt", reason: "missing or no text; a classifier reads prompt and completion")
    }
    guard let completion = record["completion"]?.stringValue?.strippedAsInPython, !completion.isEmpty else {
      throw FieldProblem(field: "completion", reason: "missing or empty; expected the name of a class")
    }
    guard let label = labels.firstIndex(where: { $0.isSame(as: completion) }) else {
      throw FieldProblem(
        field: "completion", reason: "'\(completion)' is no class of the model; expected one of \(labels.listed)")
    }
    return Encoded(
      tokens: try checked(encoding.promptIDs(of: prompt), field: "prompt"), trained: [], label: Int32(label))
  }

  private func promptCompletion(_ record: JSONObject) throws(FieldProblem) -> Encoded {
    switch (record["prompt"], record["completion"]) {
    case (.string(let prompt), .string(let completion)):
      let promptTokens = try checked(encoding.promptIDs(of: prompt), field: "prompt")
      let completionTokens =
        completion.isBlank
        ? [] : try checked(encoding.continuationIDs(of: completion, after: prompt), field: "completion") + ending
      let tokens = promptTokens + completionTokens
      return Encoded(tokens: tokens, trained: completionTokens.isEmpty ? [] : [promptTokens.count..<tokens.count])
    case (.array, .array):
      let prompt = try checkedMessages(record["prompt"], field: "prompt")
      let completion = try checkedMessages(record["completion"], field: "completion")
      return try conversation(
        prompt + completion, learntFrom: prompt.count, tools: record["tools"], field: "completion")
    case (let prompt, nil), (let prompt, .null):
      throw FieldProblem(
        field: "completion", reason: "missing; expected \(prompt?.arrayValue == nil ? "a text" : "a list of messages")")
    case (nil, _), (.null, _): throw FieldProblem(field: "prompt", reason: "missing; expected a text")
    case (.some(let prompt), .some(let completion)):
      let reason =
        "\(completion.kindName) beside a prompt that is \(prompt.kindName); expected two texts or two lists of messages"
      throw FieldProblem(field: "completion", reason: reason)
    }
  }

  private func conversation(
    _ messages: [JSON], learntFrom first: Int, tools: JSON?, field: String
  ) throws(FieldProblem) -> Encoded {
    let rendering = try ConversationText(messages, tools: tools, conversations: conversations, field: field)
    let whole = try rendering.text(upTo: messages.count, addGenerationPrompt: false)
    var encoded = Encoded(tokens: try ids(whole, field: field), trained: [])
    var marked: [Range<Int>]?
    for index in first..<messages.count where messages[index].isLearnt {
      let before = try rendering.text(upTo: index, addGenerationPrompt: true)
      let through =
        index + 1 == messages.count ? whole : try rendering.text(upTo: index + 1, addGenerationPrompt: false)
      guard through.utf8.starts(with: before.utf8), whole.utf8.starts(with: through.utf8) else {
        marked = marked ?? rendering.markedTurns(of: whole) ?? []
        let turn = messages[..<index].count { $0["role"]?.stringValue == "assistant" }
        guard let places = marked, turn < places.count else {
          encoded.turnsLeftOut += 1
          continue
        }
        let bytes = Array(whole.utf8)
        let ends = [places[turn].lowerBound, places[turn].upperBound].map { end in
          boundary(of: String(decoding: bytes[..<end], as: UTF8.self), in: encoded.tokens)
        }
        if ends[0] < ends[1] { encoded.trained.append(ends[0]..<ends[1]) }
        continue
      }
      let lower = boundary(of: before, in: encoded.tokens)
      let upper = through.isSame(as: whole) ? encoded.tokens.count : boundary(of: through, in: encoded.tokens)
      if lower < upper { encoded.trained.append(lower..<upper) }
    }
    if encoded.trained.isEmpty, encoded.turnsLeftOut > 0 {
      throw FieldProblem(
        field: field,
        reason: "the assistant's turns have no certain place in what the chat template renders; "
          + "begin the conversation with a system or user message, or use prompt and completion")
    }
    return encoded
  }

  /// How many of the tokens a beginning of the text covers; a token across the end does not count.
  private func boundary(of beginning: String, in tokens: [Int32]) -> Int {
    var count = 0
    for id in encoding.ids(of: beginning) {
      guard count < tokens.count, tokens[count] == Int32(truncatingIfNeeded: id) else { break }
      count += 1
    }
    return count
  }

  private var ending: [Int32] { encoding.endOfTextID.map { [Int32(truncatingIfNeeded: $0)] } ?? [] }

  private func ids(_ text: String, field: String) throws(FieldProblem) -> [Int32] {
    try checked(encoding.ids(of: text), field: field)
  }

  private func checked(_ found: [Int], field: String) throws(FieldProblem) -> [Int32] {
    var ids: [Int32] = []
    ids.reserveCapacity(found.count)
    for id in found {
      guard let id = Int32(exactly: id) else {
        throw FieldProblem(field: field, reason: "token id \(id) is out of range")
      }
      ids.append(id)
    }
    return ids
  }
}

/// A record that is none of the shapes that training reads.
func unknownRecord(_ record: JSONObject) -> FieldProblem {
  let known = ["prompt", "completion", "messages", "text"]
  for key in record.keys {
    if let near = nearest(key, among: known) {
      return FieldProblem(field: key, reason: "unknown; did you mean '\(near)'?")
    }
  }
  let found = record.isEmpty ? "no fields" : record.keys.prefix(8).joined(separator: ", ")
  return FieldProblem(
    field: nil,
    reason: "found \(found); expected prompt and completion, messages, or text: run tune prepare on it first")
}

extension JSON {
  /// Whether this message is the assistant's and not marked as one to leave out.
  fileprivate var isLearnt: Bool {
    guard self["role"]?.stringValue == "assistant" else { return false }
    return self["weight"]?.doubleValue != 0 && self["train"]?.boolValue != false
  }
}
