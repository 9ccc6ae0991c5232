import Basics
import Datasets
import Models
import Tensors
import Training

/// The logits of test prompts, for holding two forms of one model against each other.
struct LogitComparison {
  /// Examples are cut to so many tokens, and what is held to so many values (256 MB).
  private static let longestExample = 128
  private static let heldValues = 1 << 26
  private static let exampleLimit = 16
  /// Instruction, code and dialogue: texts that use different parts of a vocabulary.
  private static let builtIn = [
    ("Summarize: Anna asks Tom whether he can bring the ladder on Saturday.", " Tom will bring Anna the ladder."),
    ("The capital of France is", " Paris, a city on the river Seine."),
    ("def add(a, b):", "\n    return a + b"),
    ("User: How are you today?\nAssistant:", " I am fine, thank you! What can I do for you?"),
  ]

  private let batches: [SupervisedBatch]
  /// What the prompts are, for the report.
  let source: String

  var tokenCount: Int { batches.reduce(0) { $0 + $1.tokens.tokenCount } }

  /// - Parameter data: a prepared folder or a file of examples; nil for built-in texts.
  init(_ loaded: LoadedModel, data: String?) throws {
    let longest = min(Self.longestExample, loaded.model.dimensions.maxPositions)
    var examples: [Example]
    if let data {
      let file = try DataLocation(data).requiredFile(for: .test)
      let options = ExampleOptions(
        maxLength: longest, overlong: .truncatePrompt, limit: Self.exampleLimit, labels: loaded.model.traits.labels)
      examples = try ExampleReader(encoding: loaded.encoding, conversations: loaded.conversations, options: options)
        .read(file: file).examples
      source = file
    } else {
      examples = Self.builtIn.map { Self.example(prompt: $0, completion: $1, loaded.encoding, longest: longest) }
      source = "built-in prompts"
    }
    var held = 0
    examples = examples.filter { example in
      guard example.tokens.count > 1 else { return false }
      held += example.tokens.count * loaded.model.dimensions.vocabularySize
      return held <= Self.heldValues || held == example.tokens.count * loaded.model.dimensions.vocabularySize
    }
    guard !examples.isEmpty else { throw TuneError.data("\(source): has no example to compare models on") }
    for example in examples {
      try loaded.model.checkVocabulary(example.tokens.lazy.map { Int($0) }, source: source)
    }
    batches = examples.map { SupervisedBatch([$0], decoderStartID: loaded.model.traits.decoderStartID) }
  }

  private static func example(
    prompt: String, completion: String, _ encoding: TokenizerEncoding, longest: Int
  ) -> Example {
    let promptIDs = encoding.promptIDs(of: prompt)
    let ids = (promptIDs + encoding.continuationIDs(of: completion, after: prompt)).prefix(longest)
    return Example(
      tokens: ids.map { Int32($0) }, trained: [min(promptIDs.count, ids.count - 1)..<ids.count], line: 1)
  }

  /// The logits of every token, or of a classifier's texts, one list a prompt.
  func logits(of model: any LanguageModel) -> [[Float]] {
    Recording.off {
      batches.map { batch in
        model.headLogits(of: model.hiddenStates(batch.tokens, source: batch.source, caches: nil, rows: nil)).values
      }
    }
  }

  /// The largest difference of two models' logits; infinite where one is not a number.
  static func largestDifference(_ a: [[Float]], _ b: [[Float]]) -> Float {
    var largest: Float = 0
    for (a, b) in zip(a, b) {
      for (a, b) in zip(a, b) where !(abs(a - b) <= largest) {
        largest = (a - b).isNaN ? .infinity : abs(a - b)
      }
    }
    return largest
  }

  /// The largest magnitude of logits.
  static func largestMagnitude(_ values: [[Float]]) -> Float {
    values.reduce(0) { $1.reduce($0) { max($0, abs($1)) } }
  }
}
