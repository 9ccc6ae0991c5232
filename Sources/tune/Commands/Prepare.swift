import ArgumentParser
import Basics
import Datasets
import Foundation

extension Tune {
  struct Prepare: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Turn raw records into training data with prompt templates.",
      discussion: """
        Reads CSV, TSV, JSON, JSONL and plain text, each plain, gzip or zstd, from files, globs, folders or standard \
        input (-). Without --template the columns decide. A YAML file describes a mixture of many sources.

        Examples:
          tune prepare Datasets/dialogues.jsonl
          tune prepare reviews.csv --template review-rating --template review-headline
          tune prepare reviews.csv.gz --map review_body=text --where 'stars >= 4' --group-by product_id
          tune prepare chats.jsonl --check --strict
          tune prepare mixture.yaml --output mixed --tokenizer model.gguf --max-length 1024
          tune prepare reviews.csv --show 2
          tune prepare reviews.csv --generate 500 --model SmolLM2.gguf
        """)

    @Argument(help: "Data files, folders or globs, - for standard input, or one mixture.yaml.")
    var inputs: [String] = []

    @Option(
      help: ArgumentHelp("A template by name, name/wording, or YAML file; may be given again.", valueName: "name|file"))
    var template: [String] = []

    @Option(help: ArgumentHelp("The folder to write.", valueName: "folder"))
    var output = Defaults.prepared

    @Option(help: "The seed of splits, wordings and draws.")
    var seed: UInt64 = 42

    @Flag(help: "Write an example for every wording of a template instead of one a record.")
    var everyWording = false

    @Flag(
      help: "Write an example for each template instead of one a record: a review's rating, and the review from it.")
    var eachTemplate = false

    @Option(
      help: ArgumentHelp(
        "Write training examples again with noise in their prompts: typos=0.02,casing=0.1,word-dropout=0.1.",
        valueName: "kind=rate,…"))
    var augment: String?

    @Option(help: ArgumentHelp("Demonstrations before each example, from the training split.", valueName: "count"))
    var shots = 0

    @Option(
      help: ArgumentHelp(
        "Write records of this shape: \(RecordShape.allCases.map { $0.rawValue }.joined(separator: ", ")).",
        valueName: "shape"))
    var shape: String?

    @OptionGroup(title: "Reading") var reading: ReadingOptions
    @OptionGroup(title: "Splitting") var splitting: SplittingOptions
    @OptionGroup(title: "Cleaning") var cleaning: CleaningFlags
    @OptionGroup(title: "Generating") var generating: GenerationFlags
    @OptionGroup(title: "Looking") var looking: LookingOptions
    @OptionGroup var outputOptions: OutputOptions

    func validate() throws {
      if inputs.isEmpty || inputs.contains("") {
        throw ValidationError("name a data file, for example: tune prepare Datasets/dialogues.jsonl")
      }
    }

    func run() throws {
      let console = outputOptions.start()
      let options = try preparationOptions(console)
      let progress = RecordProgress(console: console)
      let generation = GenerationProgress(console: console)
      let report = try Datasets.prepare(
        options, library: try EmbeddedFiles.templates(), generator: try generating.generator(console),
        progress: progress.update,
        generationProgress: {
          progress.finish()
          generation.update($0)
        })
      progress.finish()
      generation.finish()
      PreparationPrinter(report: report, console: console).show()
      if let show = looking.show { try ExampleDisplay(options: options, console: console).show(show, of: report) }
    }

    private func preparationOptions(_ console: Console) throws -> PreparationOptions {
      var options = PreparationOptions(sources: [], output: output, seed: seed)
      if inputs.count == 1, let path = inputs.first, path.hasSuffix(".yaml") || path.hasSuffix(".yml") {
        try refuseSourceOptions()
        let mixture = try MixtureFile(contentsOf: path, seed: seed)
        (options.sources, options.mixture) = (mixture.sources, mixture.sampling)
      } else {
        options.sources = [try reading.source(inputs, templates: template, seed: seed)]
      }
      options.everyTemplate = everyWording
      options.eachTemplate = eachTemplate
      options.shape = try shape.map(Self.recordShape)
      options.augmentations = try (augment ?? "").split(separator: ",").map { try Self.augmentation($0, seed: seed) }
      options.shots = shots
      options.generation = generating.options
      try splitting.apply(to: &options)
      try cleaning.apply(to: &options)
      try looking.apply(to: &options, console: console)
      return options
    }

    private static func recordShape(_ name: String) throws -> RecordShape {
      guard let shape = RecordShape(rawValue: name) else {
        let known = RecordShape.allCases.map { $0.rawValue }.joined(separator: ", ")
        throw TuneError.usage("--shape: '\(name)' is not known; expected one of \(known)")
      }
      return shape
    }

    private static func augmentation(_ text: Substring, seed: UInt64) throws -> Augmentation {
      let parts = text.split(separator: "=", maxSplits: 1)
      guard parts.count == 2, let kind = Augmentation.Kind(rawValue: String(parts[0])), let rate = Double(parts[1])
      else {
        let kinds = Augmentation.Kind.allCases.map { $0.rawValue }.joined(separator: ", ")
        throw TuneError.usage("--augment: '\(text)' is not of the form kind=rate with one of \(kinds)")
      }
      return try Augmentation(kind, rate: rate, seed: seed)
    }

    /// What a mixture says source by source cannot be said for all.
    private func refuseSourceOptions() throws {
      guard template.isEmpty, reading.isDefault else {
        throw TuneError.usage(
          "--template and the options of reading belong to one source; write them into the mixture file's sources")
      }
    }
  }
}
