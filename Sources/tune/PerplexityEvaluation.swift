import Basics
import Datasets
import Evaluation
import Foundation
import Training

/// `tune eval --perplexity`: how well base and tuned model predict texts, side by side.
struct PerplexityEvaluation {
  let command: Tune.Eval
  let run: Run?
  let console: Console

  /// What a text is measured by.
  private struct Sizes {
    var documents = 0
    var tokens = 0
    var words = 0
    var bytes = 0

    static func + (a: Sizes, b: Sizes) -> Sizes {
      Sizes(
        documents: a.documents + b.documents, tokens: a.tokens + b.tokens, words: a.words + b.words,
        bytes: a.bytes + b.bytes)
    }
  }

  /// One of the files or folders that were named.
  private struct Texts {
    let path: String
    var sizes = Sizes()
    var documents: [[Int32]] = []
  }

  func execute() throws {
    var models = try ComparedModels(command, run: run, console: console)
    let texts = try read(models.loaded)
    let sizes = texts.map { $0.sizes }.reduce(Sizes(), +)
    console.field("base", models.loaded.summary)
    console.field(
      "texts",
      "\(grouped(sizes.documents)) documents · \(grouped(sizes.tokens)) tokens · \(grouped(sizes.words)) words · "
        + "\(grouped(sizes.bytes)) bytes · windows of \(grouped(windowLength(models.loaded))) tokens")
    let base = try logLikelihoods(models.loaded, texts, label: "base ")
    let tuned = try models.loadTuned() ? logLikelihoods(models.loaded, texts, label: "tuned") : nil
    show(texts, base, tuned)
    console.json(json(texts, base, tuned))
  }

  // MARK: Reading and measuring

  private func read(_ loaded: LoadedModel) throws -> [Texts] {
    try loaded.requireDecoder(for: "--perplexity")
    let reader = DocumentReader(
      encoding: loaded.encoding, conversations: loaded.conversations,
      options: DocumentOptions(windowLength: loaded.model.maxTokens))
    return try command.perplexity.map { path -> Texts in
      var texts = Texts(path: path)
      let files = try reader.files(DataLocation(path), split: .test)
      try reader.forEachDocument(inFiles: files, limit: command.limit) { document throws(FieldProblem) in
        let ids = loaded.encoding.ids(of: document.text).map { Int32(truncatingIfNeeded: $0) }
        guard !ids.isEmpty else { return }
        texts.documents.append(ids)
        texts.sizes =
          texts.sizes
          + Sizes(
            documents: 1, tokens: ids.count, words: wordCount(document.text), bytes: document.text.utf8.count)
      }
      guard !texts.documents.isEmpty else { throw TuneError.data("\(path): has no text; expected texts to measure") }
      for ids in texts.documents { try loaded.model.checkVocabulary(ids.lazy.map { Int($0) }, source: path) }
      return texts
    }
  }

  private func windowLength(_ loaded: LoadedModel) -> Int {
    min(command.maxLength ?? .max, loaded.model.maxTokens)
  }

  private func logLikelihoods(_ loaded: LoadedModel, _ texts: [Texts], label: String) throws -> [Double] {
    guard let first = loaded.tokenizer.bosID ?? loaded.tokenizer.eosID else {
      throw TuneError.data(
        "\(loaded.name): the tokenizer has neither a beginning- nor an end-of-text token for texts to begin with")
    }
    let rolling = RollingLikelihood(
      loaded.model, first: Int32(truncatingIfNeeded: first), windowLength: windowLength(loaded))
    let progress = Progress(total: texts.reduce(0) { $0 + $1.sizes.tokens }, console: console)
    defer { progress.finish() }
    var done = 0
    return texts.map { texts in
      var sum = 0.0
      var waiting: [RollingLikelihood.Window] = []
      func measure() {
        guard !waiting.isEmpty else { return }
        sum += rolling.logLikelihood(of: waiting)
        done += waiting.reduce(0) { $0 + $1.targets.count }
        progress.update(done, label: label, details: "tokens")
        waiting = []
      }
      for window in texts.documents.lazy.flatMap({ rolling.windows(of: $0) }) {
        if waiting.reduce(window.input.count, { $0 + $1.input.count }) > Self.tokensPerPass { measure() }
        waiting.append(window)
      }
      measure()
      return sum
    }
  }

  /// Short texts go through the model together, up to so many tokens.
  private static let tokensPerPass = 1024

  // MARK: The report

  private static let measures: [(name: String, count: @Sendable (Sizes) -> Int)] = [
    ("token_perplexity", { $0.tokens }), ("word_perplexity", { $0.words }), ("byte_perplexity", { $0.bytes }),
  ]

  private func perplexity(_ logLikelihood: Double, _ count: Int) -> Double {
    exp(-logLikelihood / Double(max(1, count)))
  }

  private func show(_ texts: [Texts], _ base: [Double], _ tuned: [Double]?) {
    var parts = zip(texts, zip(base, tuned ?? base)).map { ($0.path, $0.sizes, $1.0, $1.1) }
    if texts.count > 1 {
      parts.append(
        ("all", texts.map { $0.sizes }.reduce(Sizes(), +), base.reduce(0, +), (tuned ?? base).reduce(0, +)))
    }
    console.line()
    for (path, sizes, base, after) in parts {
      if parts.count > 1 { console.answer(path) }
      var rows = [["", "base"] + (tuned == nil ? [] : ["tuned"])]
      for measure in Self.measures {
        let count = measure.count(sizes)
        let values = [base] + (tuned == nil ? [] : [after])
        rows.append([measure.name] + values.map { text(perplexity($0, count)) })
      }
      for line in columns(rows) { console.answer(line) }
    }
  }

  private func text(_ perplexity: Double) -> String {
    perplexity < 1e6 ? fixed(perplexity, 4) : String(format: "%.4e", perplexity)
  }

  private func json(_ texts: [Texts], _ base: [Double], _ tuned: [Double]?) -> JSON {
    let sizes = texts.map { $0.sizes }.reduce(Sizes(), +)
    var object = describe(sizes, base.reduce(0, +), tuned?.reduce(0, +))
    object["tune_version"] = .string(tuneVersion)
    object["files"] = .array(
      texts.enumerated().map { number, texts in
        var file = describe(texts.sizes, base[number], tuned?[number])
        file["path"] = .string(texts.path)
        return .object(file)
      })
    return .object(object)
  }

  private func describe(_ sizes: Sizes, _ base: Double, _ tuned: Double?) -> JSONObject {
    [
      "documents": .integer(sizes.documents), "tokens": .integer(sizes.tokens), "words": .integer(sizes.words),
      "bytes": .integer(sizes.bytes), "base": describe(base, sizes),
      "tuned": tuned.map { describe($0, sizes) } ?? .null,
    ]
  }

  private func describe(_ logLikelihood: Double, _ sizes: Sizes) -> JSON {
    var object: JSONObject = ["log_likelihood": .number(logLikelihood)]
    for measure in Self.measures {
      object[measure.name] = .number(perplexity(logLikelihood, measure.count(sizes)))
    }
    object["bits_per_byte"] = .number(-logLikelihood / Double(max(1, sizes.bytes)) / log(2))
    return .object(object)
  }
}
