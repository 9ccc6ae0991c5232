/// A language model as preparation needs it: something that goes on with a text.
public protocol TextGenerator {
  /// The model's name, for the report and the data card.
  var name: String { get }
  /// The most tokens of a prompt and what follows it.
  var contextLength: Int { get }
  /// Renders messages as the model reads them; nil where it knows no conversations.
  var conversations: (any ConversationRendering)? { get }

  func tokenCount(of text: String) -> Int

  /// Goes on with every prompt; the same prompts and seed give the same texts.
  func texts(continuing prompts: [GenerationPrompt], seed: UInt64) throws -> [GeneratedText]
}

/// What a text generator goes on with.
public struct GenerationPrompt: Sendable, Equatable {
  public var text: String
  public var maxNewTokens: Int
  /// Texts that end the answer and do not belong to it.
  public var stops: [String]
}

/// What a text generator wrote.
public struct GeneratedText: Sendable, Equatable {
  public var text: String
  /// False where the text ran into the limit of tokens.
  public var isFinished: Bool

  public init(text: String, isFinished: Bool) {
    self.text = text
    self.isFinished = isFinished
  }
}
