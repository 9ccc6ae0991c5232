import Basics

/// Records that are training examples already and need no template.
///
/// The shapes are those of TRL (docs/source/dataset_formats.md), LLaMA-Factory (data/README.md), OpenAI's fine-tuning
/// files, Stanford Alpaca and promptsource. `converted` turns one into another wherever the meaning is kept.
public enum RecordShape: String, Sendable, CaseIterable {
  /// `{"prompt", "completion"}`: texts, or lists of messages.
  case promptCompletion = "prompt-completion"
  /// `{"messages": [{"role", "content"}, …]}`, the shape of OpenAI and TRL, with `tools` where there are any.
  case messages
  /// `{"conversations": [{"from", "value"}, …]}`, with `system` and `tools` where there are any.
  case shareGPT = "sharegpt"
  /// `{"instruction", "input", "output"}`; becomes Stanford Alpaca's own prompt.
  case alpaca
  /// `{"text"}`: every token is learnt.
  case text
  /// `{"inputs_pretokenized", "targets_pretokenized"}`: promptsource's templates as P3 has applied them.
  case promptsource
  /// `{"prompt", "chosen", "rejected"}`: texts, or lists of messages; the prompt may also be the common beginning of
  /// both answers, as in hh-rlhf.
  case preference
  /// `{"conversations", "chosen": {"from", "value"}, "rejected": {"from", "value"}}`, LLaMA-Factory's pairs.
  case shareGPTPreference = "sharegpt-preference"
  /// `{"instruction", "input", "chosen", "rejected"}`.
  case alpacaPreference = "alpaca-preference"
  /// `{"input": {"messages", "tools"}, "preferred_output", "non_preferred_output"}`, OpenAI's pairs.
  case openAIPreference = "openai-preference"
  /// `{"prompt", "completion", "label"}` with true or false, for KTO; also `{"messages", "label"}` and
  /// `{"conversations", "kto_tag"}`, whose completion is the last turn.
  case unpairedPreference = "unpaired-preference"

  /// The shape that the columns tell; nil when the data need a template.
  ///
  /// - Parameter samples: some records; a column `label` makes a preference only where it holds true or false in them.
  public init?(columns: [String], samples: [JSONObject] = []) {
    let names = Set(columns)
    func has(_ wanted: String...) -> Bool { names.isSuperset(of: wanted) }
    let hasLabel = has("label") && samples.allSatisfy { ($0["label"] ?? true).boolValue != nil }
    if has("input", "preferred_output", "non_preferred_output") {
      self = .openAIPreference
    } else if has("chosen", "rejected") {
      self = has("conversations") ? .shareGPTPreference : has("instruction") ? .alpacaPreference : .preference
    } else if hasLabel && (has("prompt", "completion") || has("messages")) || has("conversations", "kto_tag") {
      self = .unpairedPreference
    } else if has("messages") {
      self = .messages
    } else if has("prompt", "completion") {
      self = .promptCompletion
    } else if has("conversations") {
      self = .shareGPT
    } else if has("instruction", "output") {
      self = .alpaca
    } else if has("inputs_pretokenized", "targets_pretokenized") {
      self = .promptsource
    } else if has("text"), names.subtracting(["text"]).isSubset(of: Self.labels) {
      self = .text
    } else {
      return nil
    }
  }

  /// The shape of one record; nil when it needs a template.
  public init?(_ record: JSONObject) { self.init(columns: record.keys, samples: [record]) }

  /// Columns that say where a text is from.
  private static let labels: Set<String> = ["id", "meta", "metadata", "source", "url", "timestamp", "date"]

  /// How the report says it.
  public var explanation: String {
    switch self {
    case .promptCompletion: "the records have a prompt and a completion already"
    case .messages: "the records are conversations (messages) already"
    case .shareGPT: "the records are ShareGPT conversations; they become messages"
    case .alpaca: "the records are Alpaca instructions; they get Alpaca's own prompt"
    case .text: "the records are plain texts; every token is learnt"
    case .promptsource: "the records are prompts of promptsource; they become prompt and completion"
    case .preference: "the records are preference pairs (prompt, chosen, rejected)"
    case .shareGPTPreference: "the records are preference pairs of conversations; they become prompt, chosen, rejected"
    case .alpacaPreference: "the records are preference pairs of instructions; they get Alpaca's own prompt"
    case .openAIPreference: "the records are OpenAI's preference pairs; they become prompt, chosen, rejected"
    case .unpairedPreference: "the records are answers labelled good or bad (prompt, completion, label)"
    }
  }

  /// Whether the records are preferences: two answers, or one with a label.
  public var isPreference: Bool {
    switch self {
    case .preference, .shareGPTPreference, .alpacaPreference, .openAIPreference, .unpairedPreference: true
    default: false
    }
  }

  /// What training is given for a record: `{"messages"}`, `{"prompt", "completion"}`, `{"text"}`, or a preference.
  func example(_ fields: JSONObject) throws(FieldProblem) -> PreparedExample {
    PreparedExample(try content(of: fields))
  }

  /// The record in another shape; in its own it stays as it is, to the byte.
  ///
  /// A pair becomes two unpaired records; every other conversion gives one. Only the members of the shape are written,
  /// none of them null; messages are taken over as they are.
  /// - Throws: `FieldProblem` for a record that is not of this shape, and with the reason where the other shape cannot
  ///   hold its meaning.
  public func converted(_ record: JSONObject, to target: RecordShape) throws(FieldProblem) -> [JSONObject] {
    let content = try content(of: record)
    return target == self ? [record] : try content.records(as: target)
  }
}
