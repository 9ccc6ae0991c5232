import Basics

/// One line of a prepared file.
///
/// `{"prompt", "completion"}` with texts or lists of messages, `{"messages"}` (with `tools` where the data has
/// them), or `{"text"}`. The concatenation of a text prompt and completion is natural text: the completion begins with
/// a space unless the prompt ends, or the completion already begins, with white space.
public struct PreparedExample: Sendable, Equatable {
  public let json: JSON
  /// Lengths in Unicode scalars; for messages those of the assistant's turns count as completion.
  public let promptLength: Int
  public let completionLength: Int

  init(prompt: String, completion: String) {
    let completion = Self.spaced(completion, after: prompt)
    json = ["prompt": .string(prompt), "completion": .string(completion)]
    promptLength = prompt.unicodeScalars.count
    completionLength = completion.unicodeScalars.count
  }

  init(text: String) {
    json = ["text": .string(text)]
    promptLength = 0
    completionLength = text.unicodeScalars.count
  }

  /// - Parameter json: `{"messages"}` or `{"prompt", "completion"}` of checked messages.
  init(conversation json: JSON, messages: [JSON]) {
    self.json = json
    var lengths = (prompt: 0, completion: 0)
    for message in messages {
      let length = message["content"]?.stringValue?.unicodeScalars.count ?? 0
      if message["role"]?.stringValue == "assistant" { lengths.completion += length } else { lengths.prompt += length }
    }
    promptLength = lengths.prompt
    completionLength = lengths.completion
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
struct FieldProblem: Error {
  var field: String?
  var reason: String
  /// Whether the text to be learnt is what is empty.
  var isEmptyCompletion = false
}
