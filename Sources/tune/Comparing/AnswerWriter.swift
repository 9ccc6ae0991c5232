import Basics
import Datasets
import Evaluation
import Foundation
import Models

/// One contestant's answers to all prompts.
struct Answers {
  var texts: [String]
  var stopped: [Bool]
  var seconds: Double
  var newTokens: Int
  /// [metric][example]
  var counts: [[[Double]]] = []

  var speed: JSON { ["seconds": .number(seconds), "new_tokens": .integer(newTokens)] }

  /// What checks of answers look at.
  func items(_ prompts: [PromptExample]) -> [AnswerItem] {
    prompts.indices.map { index in
      AnswerItem(
        prompt: prompts[index].prompt, reference: prompts[index].reference ?? "", answer: texts[index],
        stopped: stopped[index])
    }
  }
}

/// Answers prompts with a model: texts, or the names of a classifier's classes.
struct AnswerWriter {
  let decoding: DecodingFlags
  let maxNewTokens: Int
  let batchSize: Int
  let console: Console

  /// - Parameter label: before the progress bar.
  /// - Throws: `TuneError.data` for a prompt that the model cannot read.
  func answers(_ loaded: LoadedModel, _ prompts: [PromptExample], label: String) throws -> Answers {
    if let classifier = loaded.model as? SequenceClassifier { return try classes(classifier, prompts) }
    let progress = Progress(total: prompts.count, console: console)
    defer { progress.finish() }
    let requests = prompts.map {
      GenerationRequest(promptIDs: $0.tokens.map { Int($0) }, maxNewTokens: maxNewTokens)
    }
    let start = ContinuousClock.now
    var answers =
      try decoding.beams.map { try beams($0, loaded, requests, progress, label) }
      ?? written(loaded, requests, progress, label)
    answers.seconds = (ContinuousClock.now - start) / .seconds(1)
    return answers
  }

  private func written(
    _ loaded: LoadedModel, _ requests: [GenerationRequest], _ progress: Progress, _ label: String
  ) throws -> Answers {
    let generator = Generator(
      loaded.model, stopIDs: loaded.stopIDs, sampling: decoding.sampling.options, rules: decoding.rules,
      batchSize: batchSize)
    var tokens = 0
    let results = try StoppingGenerator(loaded: loaded, generator: generator).texts(
      requests, stops: requests.map { _ in decoding.sampling.stop }, onToken: { tokens += 1 },
      onFinish: { progress.update($0, label: label, details: "\(grouped(tokens)) tokens") })
    return Answers(
      texts: results.map { stripped($0.text) }, stopped: results.map { $0.stopped }, seconds: 0, newTokens: tokens)
  }

  private func beams(
    _ options: BeamSearchOptions, _ loaded: LoadedModel, _ requests: [GenerationRequest], _ progress: Progress,
    _ label: String
  ) throws -> Answers {
    // So many rows are in flight as without beams.
    let search = BeamSearch(
      loaded.model, stopIDs: loaded.stopIDs, options: options, rules: decoding.rules,
      batchSize: max(1, batchSize / options.numBeams))
    let results = try search.generate(requests) { progress.update($0, label: label, details: decoding.summary) }
    var answers = Answers(texts: [], stopped: [], seconds: 0, newTokens: results.reduce(0) { $0 + $1.ids.count })
    for result in results {
      var writer = StopStringWriter(stops: decoding.sampling.stop)
      _ = writer.append(loaded.tokenizer.decode(result.ids))
      _ = writer.finish()
      answers.texts.append(stripped(writer.text))
      answers.stopped.append(result.stopped || writer.isStopped)
    }
    return answers
  }

  private func stripped(_ text: String) -> String { text.trimmingCharacters(in: .whitespacesAndNewlines) }

  private func classes(_ classifier: SequenceClassifier, _ prompts: [PromptExample]) throws -> Answers {
    let longest = classifier.dimensions.maxPositions
    for prompt in prompts where prompt.tokens.count > longest {
      throw TuneError.data(
        "line \(prompt.line): \(prompt.tokens.count) tokens, but \(classifier.traits.architecture) reads \(longest)")
    }
    let start = ContinuousClock.now
    let texts = classifier.classify(prompts.map { $0.tokens }).map { $0.label }
    return Answers(
      texts: texts, stopped: prompts.map { _ in true }, seconds: (ContinuousClock.now - start) / .seconds(1),
      newTokens: 0)
  }
}
