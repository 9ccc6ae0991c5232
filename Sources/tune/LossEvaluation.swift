import Basics
import Datasets
import Training

/// `tune eval --loss FILE`: the summed loss and the trained-token count of each example.
struct LossEvaluation {
  let file: String
  let command: Tune.Eval
  let console: Console

  func run(_ run: Run?) throws {
    let loaded = try LoadedModel.tuned(
      run: run, model: command.modelOptions.model, tuned: command.tuned,
      chatTemplate: command.modelOptions.chatTemplate,
      quantization: command.quantization.value(for: run, console: console), console: console)
    let options = ExampleOptions(
      maxLength: loaded.model.maxTokens, limit: command.limit, labels: loaded.model.traits.labels)
    let set = try ExampleReader(encoding: loaded.encoding, conversations: loaded.conversations, options: options)
      .read(file: file)
    for example in set.examples {
      try loaded.model.checkVocabulary(example.tokens.lazy.map { Int($0) }, source: "\(file):\(example.line)")
    }
    let losses = SupervisedFineTuning.exampleLosses(loaded.model, set.examples)
    for (example, loss) in zip(set.examples, losses) {
      console.json([
        "line": .integer(example.line), "nll_sum": .number(loss.sum), "trained_tokens": .integer(loss.trainedTokens),
        "tokens": .integer(example.tokens.count),
      ])
      if !console.isJSON {
        console.answer("\(file):\(example.line)\t\(fixed(loss.sum, 4))\t\(loss.trainedTokens)")
      }
    }
    let tokens = losses.reduce(0) { $0 + $1.trainedTokens }
    let mean = losses.reduce(0) { $0 + $1.sum } / Double(max(1, tokens))
    console.note(
      "\(losses.count) examples · \(grouped(tokens)) trained tokens · mean loss \(fixed(mean, 4)) a token")
  }
}
