import Basics
import Datasets
import Evaluation
import Models
import Training

/// `tune eval --memorization`: what the models write word for word of the data that were trained on, and how exposed
/// the secrets in it are.
struct MemorizationEvaluation {
  let command: Tune.Eval
  let run: Run?
  let console: Console

  /// Records that go on for fewer tokens are left out: they are more often right by chance, as labels are.
  static let fewestTokens = 8
  /// So many secrets of the data are measured, the first ones.
  private static let mostSecrets = 32

  private var options: ViewOptions { command.viewOptions }

  /// What is measured.
  private struct Material {
    var file: String
    var records: [MemorizationReport.Record] = []
    var tooShortCount = 0
    var canaries: [Canary] = []
    var secretCount = 0
  }

  /// - Throws: `TuneError` of kind gate where more is memorized than `--max-memorization`.
  func execute() throws {
    var models = try ComparedModels(command, run: run, console: console)
    try models.loaded.requireDecoder(for: "--memorization")
    let room = models.loaded.model.maxTokens - (try models.virtualTokenCount(of: run))
    guard options.memorizationPrefix + options.memorizationLength <= room else {
      throw TuneError.usage(
        "--memorization-prefix and --memorization-length: \(options.memorizationPrefix) and "
          + "\(options.memorizationLength) tokens are more than the \(room) that \(models.loaded.name) reads; use fewer"
      )
    }
    let material = try read(models.loaded)
    console.field("base", models.loaded.summary)
    console.field(
      "data", "\(material.file) · \(grouped(material.records.count)) records · \(material.tooShortCount) too short")
    if !material.canaries.isEmpty {
      console.field("secrets", "\(material.canaries.count) of \(material.secretCount)")
    }
    let base = try measure(material, models.loaded, label: "base ")
    let tuned = try models.loadTuned() ? measure(material, models.loaded, label: "tuned") : nil
    let report = MemorizationReport(
      file: material.file, prefixTokens: options.memorizationPrefix, records: material.records,
      tooShortCount: material.tooShortCount, canaries: material.canaries, secretCount: material.secretCount, base: base,
      tuned: tuned)
    report.show(console)
    try report.write(to: command.outputFolder(of: run), loaded: models.loaded, console: console)
    console.json(report.json)
    try report.check(maximum: options.maxMemorization)
  }

  // MARK: Reading

  private func read(_ loaded: LoadedModel) throws -> Material {
    let file = try DataLocation(options.memorization ?? "").requiredFile(for: .train)
    let reading = ExampleOptions(limit: command.limit)
    let set = try ExampleReader(encoding: loaded.encoding, conversations: loaded.conversations, options: reading)
      .read(file: file)
    try loaded.checkVocabulary(of: set)
    var material = Material(file: file), seen: Set<[UInt8]> = []
    for example in set.examples {
      let ids = example.tokens.map { Int($0) }
      if options.canaries == nil {
        for canary in Canary.found(in: loaded.encoding.text(of: ids), place: "\(file):\(example.line)")
        where seen.insert(Array(canary.secret.utf8)).inserted {
          material.secretCount += 1
          if material.canaries.count < Self.mostSecrets { material.canaries.append(canary) }
        }
      }
      guard ids.count >= options.memorizationPrefix + Self.fewestTokens else {
        material.tooShortCount += 1
        continue
      }
      let rest = ids.dropFirst(options.memorizationPrefix).prefix(options.memorizationLength)
      material.records.append(
        .init(line: example.line, prefix: Array(ids.prefix(options.memorizationPrefix)), rest: Array(rest)))
    }
    if let path = options.canaries {
      material.canaries = try Canary.read(path)
      material.secretCount = material.canaries.count
    }
    // A gate needs records: without any it could not fail.
    let needsRecords = material.canaries.isEmpty || options.maxMemorization != nil
    guard !material.records.isEmpty || !needsRecords else {
      throw TuneError.data(
        "\(file): no record has the \(options.memorizationPrefix + Self.fewestTokens) tokens that are asked for; "
          + "lower --memorization-prefix")
    }
    return material
  }

  // MARK: Measuring

  private func measure(
    _ material: Material, _ loaded: LoadedModel, label: String
  ) throws -> MemorizationReport.Measured {
    let progress = Progress(total: material.records.count + material.canaries.count, console: console)
    defer { progress.finish() }
    // An end of text is a token of the record like any other.
    let generator = Generator(loaded.model, stopIDs: [], batchSize: command.batchSize)
    let written = try generator.generate(
      material.records.map { GenerationRequest(promptIDs: $0.prefix, maxNewTokens: $0.rest.count) },
      onFinish: { progress.update($0, label: label, details: "records") })
    let matches = zip(written, material.records).map { VerbatimMatch(written: $0.ids, record: $1.rest) }
    let exposure = CanaryExposure(loaded, alternatives: options.canaryAlternatives, seed: options.viewSeed)
    let exposures = try material.canaries.enumerated().map { number, canary in
      defer { progress.update(material.records.count + number + 1, label: label, details: "secrets") }
      return try exposure.measure(canary)
    }
    return .init(matches: matches, exposures: exposures)
  }
}

/// Ranks secrets among others of their form.
struct CanaryExposure {
  private let loaded: LoadedModel
  private let alternatives: Int
  private let seed: UInt64
  /// Tokens before a secret that are read, and candidates that are read together: each has keys and values of its own.
  private static let mostContext = 128, candidatesPerPass = 16

  init(_ loaded: LoadedModel, alternatives: Int, seed: UInt64) {
    (self.loaded, self.alternatives, self.seed) = (loaded, alternatives, seed)
  }

  /// - Throws: `TuneError.data` for a text that begins with a secret, where the tokenizer has no first token.
  func measure(_ canary: Canary) throws -> MemorizationReport.MeasuredSecret {
    let secrets = [canary.secret] + canary.alternatives(count: alternatives, seed: seed)
    // Whole texts are cut into tokens: where a secret begins, a token may have both of it and of what is before it.
    var ids = secrets.map { loaded.encoding.promptIDs(of: canary.context + $0).map { Int32($0) } }
    if common(ids) == 0 {
      guard let first = loaded.tokenizer.bosID ?? loaded.tokenizer.eosID else {
        throw TuneError.data("\(canary.place): begins with the secret; put some text before it")
      }
      ids = ids.map { [Int32(first)] + $0 }
    }
    let shared = common(ids), scorer = ContinuationScorer(loaded.model)
    for candidate in ids {
      try loaded.model.checkVocabulary(candidate.lazy.map { Int($0) }, source: canary.place)
    }
    let requests = ids.map {
      ContinuationRequest(
        context: Array($0[..<shared].suffix(Self.mostContext)), continuation: Array($0[shared...]))
    }
    var scores: [ContinuationScore] = []
    for start in stride(from: 0, to: requests.count, by: Self.candidatesPerPass) {
      scores += scorer.scores(Array(requests[start..<min(requests.count, start + Self.candidatesPerPass)]))
    }
    let exposure = Exposure(
      secret: scores[0].logLikelihood, alternatives: scores.dropFirst().map { $0.logLikelihood })
    return .init(exposure: exposure, isWritten: scores[0].isGreedy)
  }

  /// How many tokens all begin with; each has at least one of its own.
  private func common(_ ids: [[Int32]]) -> Int {
    ids.reduce((ids.first?.count ?? 1) - 1) { common, other in
      min(common, other.count - 1, zip(ids[0], other).prefix { $0 == $1 }.count)
    }
  }
}
