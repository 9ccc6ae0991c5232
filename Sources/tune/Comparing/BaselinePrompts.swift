import Basics
import Datasets
import Evaluation

/// The prompts of baselines: what people try before they tune.
struct BaselinePrompts {
  private let reader: PromptReader
  private let options: BaselineOptions
  /// The tokens that a prompt may have, so that the answer has room.
  private let longest: Int
  /// Training records with completions.
  private let examples: [PromptExample]
  private let index: BM25

  /// - Parameters:
  ///   - locations: whose training splits the examples come from.
  ///   - longest: the tokens that a prompt may have.
  /// - Throws: `TuneError` where examples are needed and there is no training split.
  init(
    _ options: BaselineOptions, reader: PromptReader, locations: [DataLocation], longest: Int
  ) throws {
    self.options = options
    self.reader = reader
    self.longest = longest
    let kinds = try options.kinds
    var examples: [PromptExample] = []
    if kinds.contains(where: { $0 != .prompt }) {
      for location in locations {
        guard location.isFolder, location.file(for: .train) != nil else {
          throw TuneError.usage(
            "--with: \(location.path) has no training split to take examples from; name a folder that tune prepare wrote"
          )
        }
        examples += try reader.read(location, split: .train).filter { $0.completion != nil }
      }
    }
    self.examples = examples
    index = BM25(kinds.contains(.retrieved) ? examples.map { $0.prompt } : [])
  }

  /// Each prompt as a baseline asks it, with as many examples as there is room for.
  func prompts(_ kind: BaselineKind, _ prompts: [PromptExample]) throws -> [PromptExample] {
    switch kind {
    case .prompt: try prompts.map { try reader.prompt($0, after: [], instruction: options.promptInstruction) }
    case .oneShot: try fixed(1, prompts)
    case .fewShot: try fixed(options.shots, prompts)
    case .retrieved:
      try prompts.map { prompt in
        // The likest stands last, nearest to the question.
        let found = index.nearest(to: prompt.prompt, count: options.shots).reversed().map { examples[$0] }
        return try fitting(prompt, found)
      }
    }
  }

  /// The same drawn examples before each prompt.
  private func fixed(_ count: Int, _ prompts: [PromptExample]) throws -> [PromptExample] {
    var random = SeededRandom(seed: options.shotSeed, stream: "few-shot examples")
    var places = Array(examples.indices)
    let drawn = (0..<min(count, places.count)).map { place in
      places.swapAt(place, place + random.integer(below: places.count - place))
      return examples[places[place]]
    }
    return try prompts.map { try fitting($0, drawn) }
  }

  /// The first examples go where there is no room for all.
  private func fitting(_ prompt: PromptExample, _ shown: [PromptExample]) throws -> PromptExample {
    for count in stride(from: shown.count, to: 0, by: -1) {
      let longer = try reader.prompt(prompt, after: Array(shown.suffix(count)))
      if longer.tokens.count <= longest { return longer }
    }
    return prompt
  }
}
