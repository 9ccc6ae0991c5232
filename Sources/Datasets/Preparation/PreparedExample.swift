import Basics

/// One line of a prepared file.
///
/// `{"prompt", "completion"}` with texts or lists of messages, `{"messages"}` (with `tools` where the data has
/// them), `{"text"}`, or a preference: `{"prompt", "chosen", "rejected"}` or `{"prompt", "completion", "label"}`.
/// The concatenation of a text prompt and completion is natural text: the completion begins with
/// a space unless the prompt ends, or the completion already begins, with white space.
public struct PreparedExample: Sendable, Equatable {
  public let json: JSON
  /// Lengths in Unicode scalars; for messages those of the assistant's turns count as completion, of a pair the longer
  /// answer.
  public let promptLength: Int
  public let completionLength: Int

  init(prompt: String, completion: String) {
    let completion = Self.spaced(completion, after: prompt)
    json = ["prompt": .string(prompt), "completion": .string(completion)]
    promptLength = prompt.scalarCount
    completionLength = completion.scalarCount
  }

  init(text: String) {
    json = ["text": .string(text)]
    promptLength = 0
    completionLength = text.scalarCount
  }

  /// - Parameter json: `{"messages"}` or `{"prompt", "completion"}` of checked messages.
  init(conversation json: JSON, messages: [JSON]) {
    self.json = json
    var lengths = (prompt: 0, completion: 0)
    for message in messages {
      let length = message.contentLength
      if message.isAssistant { lengths.completion += length } else { lengths.prompt += length }
    }
    promptLength = lengths.prompt
    completionLength = lengths.completion
  }

  /// - Parameter json: a pair, or an answer with its label.
  init(preference json: JSONObject, promptLength: Int, completionLength: Int) {
    self.json = .object(json)
    self.promptLength = promptLength
    self.completionLength = completionLength
  }

  /// The completion with a space before it where neither side of the seam has white space.
  static func spaced(_ completion: String, after prompt: String) -> String {
    guard let last = prompt.unicodeScalars.last, !last.isPythonSpace,
      let first = completion.unicodeScalars.first, !first.isPythonSpace
    else { return completion }
    return " " + completion
  }
}

/// Why one field of a record cannot be used.
public struct FieldProblem: Error, Sendable, Equatable {
  /// The field at fault; nil when the whole record is.
  public var field: String?
  /// One sentence: what was found and what was expected.
  public var reason: String
  /// Whether the text to be learnt is what is empty.
  public var isEmptyCompletion: Bool

  public init(field: String?, reason: String, isEmptyCompletion: Bool = false) {
    self.field = field
    self.reason = reason
    self.isEmptyCompletion = isEmptyCompletion
  }
}
