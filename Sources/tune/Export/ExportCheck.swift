import Basics
import Datasets
import Models
import Text

/// Whether an exported file says what the model said: the same token ids of texts and chats, and the same greedy tokens.
struct ExportCheck {
  /// New tokens of each prompt.
  static let newTokens = 32

  private(set) var textCount = 0
  /// Texts whose ids differ.
  private(set) var differentTexts: [String] = []
  private(set) var tokenCount = 0
  private(set) var sameTokenCount = 0

  /// Prose, numbers, code, spaces, accents composed and not, scripts without spaces, right to left, emoji with joiners.
  private static let texts = [
    "The capital of France is", "Once upon a time, there was a little ship that could not swim.",
    "In 2024, 1234567 people paid 3.50 € each: 100 % more!", "def f(x):\n    return x ** 2  # squared\n\n\n",
    "  two  spaces,\ttabs\t\tand\r\nline ends \n", "don't, we'll, I'm, THEY'RE", "naïve café, Ångström, straße, ½ ﬁ",
    "e\u{301}te\u{301} decomposed", "你好，世界！今天天气很好。", "こんにちは、元気ですか？", "안녕하세요 세계", "Привет, как дела?",
    "مرحبا بالعالم", "שלום עולם", "नमस्ते दुनिया", "สวัสดีชาวโลก", "👩‍👩‍👧 🏳️‍🌈 🇫🇷 👍🏽", "a\u{0}b\u{7F}\u{FEFF}\u{200B}c", "",
  ]

  private static let chats: [[JSON]] = [
    [["role": "user", "content": "What is the capital of France?"]],
    [
      ["role": "user", "content": "Hello!"], ["role": "assistant", "content": "Hello. How can I help?"],
      ["role": "user", "content": "Say it in Japanese: 猫"],
    ],
  ]

  /// - Parameters:
  ///   - original: the model with its adapter, as it was exported.
  ///   - exported: read back from the file.
  init(_ original: LoadedModel, _ exported: LoadedModel) throws {
    for text in Self.texts {
      compare(
        text, original.tokenizer.encode(text, addSpecialTokens: true),
        exported.tokenizer.encode(text, addSpecialTokens: true))
    }
    var prompts = Self.texts.prefix(3).map { original.tokenizer.encode($0, addSpecialTokens: true) }
    if let chatTemplate = original.chatTemplate {
      for messages in Self.chats {
        let text = try chatTemplate.render(messages: messages, addGenerationPrompt: true)
        let ids = original.tokenizer.encode(text, addSpecialTokens: false)
        let again = try exported.chatTemplate?.render(messages: messages, addGenerationPrompt: true)
        compare(text, ids, again.map { exported.tokenizer.encode($0, addSpecialTokens: false) } ?? [])
        prompts.append(ids)
      }
    }
    let requests = prompts.map { GenerationRequest(promptIDs: $0, maxNewTokens: Self.newTokens) }
    let before = try Generator(original.model, stopIDs: []).generate(requests)
    let after = try Generator(exported.model, stopIDs: []).generate(requests)
    for (before, after) in zip(before, after) {
      tokenCount += before.ids.count
      sameTokenCount += zip(before.ids, after.ids).prefix { $0 == $1 }.count
    }
  }

  private mutating func compare(_ text: String, _ before: [Int], _ after: [Int]) {
    textCount += 1
    if before != after { differentTexts.append(text) }
  }
}
