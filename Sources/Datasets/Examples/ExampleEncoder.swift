import Basics

/// Turns one record of a training file into tokens and the ranges to learn.
///
/// - `{"prompt", "completion"}` texts: the two are tokenised apart, the end-of-text token follows, and the completion
///   with that token is learnt.
/// - `{"text"}`: everything and the end-of-text token is learnt.
/// - `{"messages"}`, or prompt and completion as lists of messages: rendered with the chat template and tokenised as a
///   whole; what the assistant says, up to and with the end of its turn, is learnt. Messages with `"weight": 0` or
///   `"train": false` are not learnt, nor are those of a prompt list. `tools`, `documents` and `chat_template_kwargs`
///   of the record go to the template.
///
/// The places of the assistant's turns come from rendering the conversation up to each turn: this needs no marks in
/// the template. A turn that the template renders differently once the conversation goes on (some drop the reasoning
/// of earlier turns) is found by the template's own `{% generation %}` marks, or by what another content in its place
/// changes. A turn without a certain place is not learnt; `turnsLeftOut` counts these.
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
      return try conversation(messages, learntFrom: 0, of: record, field: "messages")
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
      return try conversation(prompt + completion, learntFrom: prompt.count, of: record, field: "completion")
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
    _ messages: [JSON], learntFrom first: Int, of record: JSONObject, field: String
  ) throws(FieldProblem) -> Encoded {
    let rendering = try ConversationText(
      messages, inputs: try TemplateInputs(record), conversations: conversations, field: field)
    let whole = try rendering.text()
    let learnt = (first..<messages.count).filter { messages[$0].isLearnt }
    if encoding.readsSource { return try lastTurn(of: messages, rendering, whole, field: field) }
    var encoded = Encoded(tokens: try ids(whole, field: field), trained: [])
    let bytes = Array(whole.utf8)
    let turns = places(of: learnt, messages, rendering, whole, bytes)
    encoded.turnsLeftOut = learnt.count - turns.count
    guard !turns.isEmpty || learnt.isEmpty else {
      throw FieldProblem(
        field: field,
        reason: "the assistant's turns have no certain place in what the chat template renders; "
          + "begin the conversation with a system or user message, or use prompt and completion")
    }
    for turn in turns {
      let lower = boundary(of: bytes[..<turn.lowerBound], in: encoded.tokens)
      let isLast = turn.upperBound == bytes.count
      let upper = isLast ? encoded.tokens.count : boundary(of: bytes[..<turn.upperBound], in: encoded.tokens)
      if lower < upper { encoded.trained.append(lower..<upper) }
    }
    if turns.last?.upperBound == bytes.count {
      let after = rendering.end(of: messages.count - 1, in: whole)?.count
      endTurn(&encoded, answer: after.map { boundary(of: bytes.dropLast($0), in: encoded.tokens) })
    }
    return encoded
  }

  /// The UTF-8 ranges of turns in the whole text, up to and with their ends; those without a certain place left out.
  private func places(
    of learnt: [Int], _ messages: [JSON], _ rendering: ConversationText, _ whole: String, _ bytes: [UInt8]
  ) -> [Range<Int>] {
    var marked: [Range<Int>]?
    return learnt.compactMap { index in
      if let place = rendering.placeByPrefixes(of: index, in: whole), rendering.holds(index, bytes[place]) {
        return place
      }
      let turns = marked ?? rendering.markedTurns(of: whole) ?? []
      marked = turns
      let turn = messages[..<index].count { $0["role"]?.stringValue == "assistant" }
      if turn < turns.count, rendering.holds(index, bytes[turns[turn]]) { return turns[turn] }
      return rendering.placeByContent(of: index, in: bytes)
    }
  }

  /// Ends the last answer where its turn ends.
  ///
  /// An answer that the template ends with no mark gets the end-of-text token: a model tuned on it would never stop.
  /// What some templates write after the mark, as instructions for the next answer, is not the assistant's.
  ///
  /// - Parameter answer: how many tokens there are up to the end of the answer's content; nil where that is not known.
  private func endTurn(_ encoded: inout Encoded, answer: Int?) {
    guard let last = encoded.trained.last else { return }
    // Without a content, as of a message that calls tools, some white space may follow the mark.
    let rest = encoded.tokens[max(last.lowerBound, answer ?? last.upperBound - 3)..<last.upperBound]
    if let mark = rest.firstIndex(where: { isMark($0) }) {
      guard answer != nil else { return }
      let end = rest[mark...].firstIndex { !isMark($0) && !encoding.text(of: [Int($0)]).isBlank }
      encoded.trained[encoded.trained.count - 1] = last.lowerBound..<(end ?? last.upperBound)
    } else {
      encoded.tokens += ending
      encoded.trained[encoded.trained.count - 1] = last.lowerBound..<encoded.tokens.count
    }
  }

  private func isMark(_ token: Int32) -> Bool { encoding.markIDs.contains(Int(token)) }

  /// For an encoder and a decoder: one reads what precedes the last turn, the other writes it.
  private func lastTurn(
    of messages: [JSON], _ rendering: ConversationText, _ whole: String, field: String
  ) throws(FieldProblem) -> Encoded {
    let index = messages.count - 1
    guard messages[index].isLearnt else {
      throw FieldProblem(field: field, reason: "the last message is not the assistant's, which the decoder would write")
    }
    let bytes = Array(whole.utf8)
    guard let place = places(of: [index], messages, rendering, whole, bytes).first else {
      throw FieldProblem(
        field: field,
        reason: "the answer has no certain place in what the chat template renders; use prompt and "
          + "completion as texts")
    }
    let (prompt, answer) = (bytes[..<place.lowerBound], bytes[place.lowerBound...])
    let source = try ids(String(decoding: prompt, as: UTF8.self), field: field)
    let target = try checked(encoding.ids(of: String(decoding: answer, as: UTF8.self)), field: field)
    var encoded = Encoded(tokens: source + target, trained: [source.count..<(source.count + target.count)])
    endTurn(&encoded, answer: nil)
    return encoded
  }

  /// How many of the tokens a beginning of the text covers; a token across the end does not count.
  private func boundary(of beginning: ArraySlice<UInt8>, in tokens: [Int32]) -> Int {
    zip(encoding.promptIDs(of: String(decoding: beginning, as: UTF8.self)), tokens).prefix { $0 == Int($1) }.count
  }

  private var ending: [Int32] { encoding.endOfTextID.map { [Int32(truncatingIfNeeded: $0)] } ?? [] }

  private func ids(_ text: String, field: String) throws(FieldProblem) -> [Int32] {
    try checked(encoding.promptIDs(of: text), field: field)
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
