import Basics
import Foundation

/// Turns data files into `train.jsonl`, `validation.jsonl`, `test.jsonl`, `dataset.json`, `dataset.md` and, where there
/// is something to put in them, `rejected.jsonl`, `findings.jsonl` and `generated.jsonl` in a folder.
///
/// The same input, templates, seed and shares give the same bytes every time, whatever the number of threads. Memory
/// does not grow with the input except for some 16 bytes a record, by which exact duplicates are found, and about 300
/// bytes a record where near duplicates are looked for or records are generated.
/// - Parameters:
///   - generator: writes the records that `options.generation` asks for; nil where it asks for none.
///   - progress: is told the number of records read, now and then.
///   - generationProgress: is told what the generator has written, now and then.
/// - Throws: `TuneError.usage` for unknown templates or columns, `TuneError.data` when no record can be used or a file
///   cannot be read.
public func prepare(
  _ options: PreparationOptions, library: TemplateLibrary, generator: (any TextGenerator)? = nil,
  progress: ((Int) -> Void)? = nil, generationProgress: @escaping (GenerationReport) -> Void = { _ in }
) throws -> PreparationReport {
  precondition((options.generation == nil) == (generator == nil), "a generator and what it is to write go together")
  try options.validate()
  let isNew = !FileManager.default.fileExists(atPath: options.output)
  do {
    var run = try PreparationRun(
      options, library: library, generator: generator, progress: progress, generationProgress: generationProgress)
    return try run.execute()
  } catch {
    // The folder was made for files which were then not written; it goes only where it is empty.
    if isNew { rmdir(options.output) }
    throw error
  }
}

private struct PreparationRun {
  private let options: PreparationOptions
  private let progress: ((Int) -> Void)?
  private var plans: [RecordPlan]
  private let files: [SourceFiles]
  private var selections: [RecordSelection]
  private let cleaner: RecordCleaner
  private let splitter: Splitter
  private let statistics: ExampleStatistics
  private let writer: any ExampleWriter
  private let assigner: SplitAssigner
  private let generated: GeneratedRecords?
  private let collector: RecordCollector

  init(
    _ options: PreparationOptions, library: TemplateLibrary, generator: (any TextGenerator)?,
    progress: ((Int) -> Void)?, generationProgress: @escaping (GenerationReport) -> Void
  ) throws {
    var options = options
    for index in options.sources.indices {
      options.sources[index].inputs = try inputFiles(options.sources[index].inputs)
    }
    try options.refuseOverwriting()
    self.progress = progress
    var report = PreparationReport()
    report.folder = options.output
    report.isCheckOnly = options.checkOnly
    report.isMixture = options.mixture != nil
    var plans: [RecordPlan] = [], files: [SourceFiles] = [], selections: [RecordSelection] = []
    for index in options.sources.indices {
      let source = options.sources[index]
      var task = PreparationReport.Task()
      files.append(SourceFiles(source))
      task.columns = try files[index].columns()
      selections.append(try RecordSelection(source, columns: task.columns))
      task.license = source.license
      try options.checkColumns(task.columns)
      plans.append(try RecordPlan(source, options, samples: files[index].samples, library: library, report: &task))
      task.name = source.name ?? task.templates.first?.name ?? fileStem(source.inputs.first ?? "")
      if options.heldOutTasks.containsSame(as: task.name) { options.sources[index].isHeldOut = true }
      task.isHeldOut = options.sources[index].isHeldOut
      report.tasks.append(task)
    }
    try options.checkHeldOut(plans, tasks: report.tasks.map { $0.name })
    self.options = options
    self.plans = plans
    self.files = files
    self.selections = selections
    cleaner = try RecordCleaner(options.cleaning, comparesTexts: options.generation != nil)
    splitter = Splitter(fractions: options.fractions, seed: options.seed)
    statistics = ExampleStatistics(wordings: plans.map { $0.wordingNames.count }, maxLength: options.tokens?.maxLength)
    if let mixture = options.mixture {
      writer = try MixtureFiles(mixture, options, statistics: statistics)
    } else {
      writer = try SplitFiles(options, statistics: statistics)
    }
    // Demonstrations are drawn before: no record may leave the training split then.
    let form = options.sources[0].form(plans[0], columns: report.tasks[0].columns, samples: files[0].samples)
    let generated = GeneratedRecords(options, form: form, generator: generator, progress: generationProgress)
    self.generated = generated
    assigner = SplitAssigner(
      splitter: splitter, writer: writer, fillsEmptySplits: options.shots == 0,
      onTraining: { generated?.offer($0) })
    collector = try RecordCollector(options, report: report, assigner: assigner)
  }

  mutating func execute() throws -> PreparationReport {
    try drawSamples()
    if options.shots > 0 { try gatherDemonstrations() }
    for task in plans.indices {
      collector.begin(task: task)
      try read(task, .examples) { [collector, progress] chunk in
        let goesOn = try collector.take(chunk)
        progress?(collector.report.recordsRead)
        return goesOn
      }
    }
    return try finish()
  }

  /// What records are processed for.
  private enum Purpose {
    case demonstrations, examples
    /// The records are those that a model wrote: they have no group or stratum, and the sample is full already.
    case generated
  }

  private func processor(_ task: Int, _ purpose: Purpose) -> RecordProcessor {
    let isGenerated = purpose == .generated, writes = purpose != .demonstrations
    let marks = options.keepsProvenance || options.mixture != nil
    return RecordProcessor(
      plan: plans[task], selection: isGenerated ? selections[task].withoutSample : selections[task],
      groupColumn: isGenerated ? nil : options.groupColumn,
      stratifyColumn: isGenerated ? nil : options.stratifyColumn,
      cleaner: cleaner, splitter: splitter, tokens: writes ? options.tokens : nil,
      augmentations: writes ? options.augmentations : [],
      task: marks ? collector.report.tasks[task].name : nil,
      keepsFields: purpose == .demonstrations || options.generation != nil, isGenerated: isGenerated)
  }

  /// Reads the files of a task through its plan, chunk by chunk.
  private func read(
    _ task: Int, _ purpose: Purpose, collect: @escaping (ProcessedChunk) throws -> Bool
  ) throws {
    let source = options.sources[task]
    let pipeline = ChunkPipeline(process: processor(task, purpose).process, collect: collect)
    try files[task].forEach { path, chunks in
      if purpose == .examples { try note(source.parallelFields == nil ? [path] : source.inputs, chunks, task) }
      return try pipeline.run(chunks)
    }
  }

  private func note(_ paths: [String], _ chunks: any ChunkSource, _ task: Int) throws {
    for path in paths {
      let entry = PreparationReport.Source(
        path: path, format: chunks.formatName, sha256: path == "-" ? "" : try fileSHA256(path))
      collector.edit { $0.tasks[task].sources.append(entry) }
    }
  }

  /// Looks at all records where a sample of so many is wanted.
  private mutating func drawSamples() throws {
    for task in plans.indices {
      guard let count = selections[task].wantedCount else { continue }
      try refuseStandardInput("--sample with a number of records")
      var smallest = SmallestHashes(count: count)
      let pipeline = ChunkPipeline(process: selections[task].hashes) { hashes in
        for hash in hashes { smallest.insert(hash) }
        return true
      }
      try files[task].forEach { _, chunks in try pipeline.run(chunks) }
      selections[task].draw(from: smallest)
    }
  }

  private func refuseStandardInput(_ what: String) throws {
    guard !files.contains(where: { $0.readsStandardInput }) else {
      throw TuneError.usage("\(what) reads the data twice, which standard input does not allow; name a file")
    }
  }

  /// Reads everything once to find the records that are shown as demonstrations: training records alone.
  private mutating func gatherDemonstrations() throws {
    try refuseStandardInput("--shots")
    // The same records are dropped, and the same places given, as when the examples are written.
    var sieve = try RecordSieve(options.cleaning)
    let places = SplitAssigner(splitter: splitter, writer: writer)
    for task in plans.indices {
      let isHeldOut = options.sources[task].isHeldOut, limit = options.sources[task].limit ?? .max
      var pool = Demonstrations(count: options.shots, seed: options.seed)
      var accepted = 0
      try read(task, .demonstrations) { [splitter] chunk in
        for case .accepted(let record) in chunk.records {
          guard accepted < limit, case .kept = sieve.judge(record) else { continue }
          accepted += 1
          let split = splitter.split(at: places.position(of: record))
          guard let fields = record.fields, split == .train, !isHeldOut else { continue }
          pool.offer(fields, content: record.content, group: record.group)
        }
        return accepted < limit
      }
      plans[task].demonstrations = pool
    }
  }

  private func finish() throws -> PreparationReport {
    try assigner.finish()
    try generate()
    let files = try writer.finish()
    collector.edit { $0.add(statistics, tokens: options.tokens, files: files) }
    if let mixture = writer as? MixtureFiles {
      collector.edit { for task in $0.tasks.indices { $0.tasks[task].available = mixture.available[task] } }
    }
    try checkSomethingIsLeft()
    try findInTheWhole()
    warn()
    collector.edit { $0.rejections = Array($0.rejections.prefix(options.shownRejections)) }
    if options.cleaning.isStrict { try refuseFindings() }
    guard !options.checkOnly else { return collector.report }
    try writer.commit()
    let extra = try collector.commit()
    try removeStaleFiles(keeping: extra)
    let card = DataCard(report: collector.report, options: options)
    try AtomicFile.write(card.json.text(.pretty) + "\n", to: "\(options.output)/dataset.json")
    try card.write(to: options.output)
    return collector.report
  }

  /// Lets the model write its records, once all given ones have their places.
  private func generate() throws {
    guard let generated, collector.report.recordsAccepted > 0 else { return }
    let report = try generated.write(to: collector, through: processor(0, .generated))
    collector.edit { $0.generation = report }
  }

  /// Findings that only all records together show.
  private func findInTheWhole() throws {
    let kinds = options.cleaning.checks
    if kinds.contains(.lengthOutlier) { try collector.addLengthOutliers() }
    for task in collector.report.tasks where kinds.contains(.labelImbalance) {
      var counts = LabelCounts()
      for (label, count) in task.labels ?? [] { counts.add(label, count: count) }
      for finding in counts.findings(field: "completion") {
        try collector.add(PlacedFinding(file: task.name, line: 0, finding: finding))
      }
    }
  }

  private func warn() {
    collector.edit { report in
      for file in report.files where file.examples == 0 {
        report.warnings.append(
          "the \(file.split.rawValue) split is empty: \(report.recordsAccepted) records are too few for its share of "
            + "\(options.fractions[file.split])")
      }
      report.warnings += report.tasks.compactMap { $0.numberedLabels }
      if let generation = report.generation, generation.written < generation.asked {
        report.warnings.append(
          "\(generation.model) wrote \(generation.written) of \(generation.asked) records in \(generation.attempts) "
            + "attempts; not used: \(generation.reasons)")
      }
      for (task, source) in zip(report.tasks, options.sources) {
        guard case .count(let count) = source.amount, let mixture = options.mixture, !mixture.repeats else { continue }
        if task.available < count {
          report.warnings.append(
            "\(task.name) has \(task.available) training examples of the \(count) asked for; repeat: true would use "
              + "some of them again")
        }
      }
    }
  }

  private func checkSomethingIsLeft() throws {
    let report = collector.report
    guard report.recordsAccepted == 0 else { return }
    let files = options.sources.flatMap { $0.inputs }.joined(separator: ", ")
    guard report.recordsRead > 0 else {
      throw TuneError.data("\(files): no records; expected a header line and rows, or JSON objects")
    }
    if report.recordsFiltered > 0, report.recordsFiltered == report.recordsRead {
      throw TuneError.data("\(files): none of \(report.recordsRead) records passes --where and --sample")
    }
    let first = report.rejections.prefix(3).map { $0.description }.joined(separator: "\n  ")
    if collector.emptyCompletions == report.rejectedCount {
      throw TuneError.data(
        "\(files): every completion is empty (\(report.rejectedCount) records); expected a text to learn in each:"
          + "\n  \(first)")
    }
    throw TuneError.data("\(files): none of \(report.recordsRead) records can be used; the first reasons:\n  \(first)")
  }

  /// With `--strict` nothing is written where there is something to look at.
  private func refuseFindings() throws {
    let report = collector.report
    guard report.cleaning.total + report.rejectedCount + report.cleaning.contaminatedDropped > 0 else { return }
    let lines = report.rejections.map { $0.description } + report.cleaning.first.map { $0.description }
    throw TuneError.data(
      "--strict: \(report.rejectedCount) records rejected, \(report.cleaning.contaminatedDropped) contaminated and "
        + "\(report.cleaning.total) findings; nothing was written:\n  \(lines.joined(separator: "\n  "))")
  }

  /// Files of an earlier run that this one has no content for.
  private func removeStaleFiles(keeping extra: [String]) throws {
    guard FileManager.default.fileExists(atPath: "\(options.output)/dataset.json") else { return }
    let written = collector.report.files.map { ($0.path as NSString).lastPathComponent } + extra
    let names = (try? FileManager.default.contentsOfDirectory(atPath: options.output)) ?? []
    for name in names where !written.contains(name) {
      let isOurs =
        SplitName.allCases.contains { $0.fileName == name }
        || ["rejected.jsonl", "findings.jsonl", GeneratedRecords.fileName].contains(name)
        || (name.hasPrefix("train-") && name.hasSuffix(".jsonl"))
      if isOurs { unlink("\(options.output)/\(name)") }
    }
  }
}

/// `reviews` of `data/reviews.csv.gz`.
private func fileStem(_ path: String) -> String {
  let name = (path as NSString).lastPathComponent
  return name.split(separator: ".").first.map { String($0) } ?? "data"
}
