import ArgumentParser
import Basics
import Datasets
import Evaluation
import Foundation
import Training

extension Tune {
  struct Eval: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Score base and tuned model on held-out data, or measure the loss of examples or texts.",
      discussion: """
        Examples:
          tune eval --rouge
          tune eval --metric rouge,chrf,bleu --limit 100 --fail-under rougeL=0.30
          tune eval --with few-shot,retrieved --gate "rougeL >= base+0.02 @95%" --junit gates.xml
          tune eval --run runs/full --compare-runs runs/lora runs/ia3 --num-beams 4
          tune eval --accuracy --macro-f1 --fail-under accuracy=0.8
          tune eval --perplexity book.txt articles.jsonl
          tune eval --loss prepared/test.jsonl --json
          tune eval --tasks hellaswag,arc_easy --tasks-data benchmarks --limit 200
          tune eval --tasks arc_easy,gsm8k --views calibration,robustness,toxicity --limit 200
          tune eval --memorization prepared --max-memorization 0.01
          tune eval --forgetting --max-forgetting 0.05
          tune eval --forgetting --run runs/full --compare-runs runs/replay runs/lora --other-tasks reviews

        Base and tuned model answer the same items of the test split, greedily or as --num-beams and --temperature say,
        and so do the baselines of --with and the runs of --compare-runs. predictions.jsonl, scores.json, errors.json,
        flips.jsonl and examples.md go to the run's eval/ folder. --fail-under and --gate make the exit code 4 when the
        tuned model misses what they ask for.

        Without a metric it is ROUGE, or accuracy and its kin where the model is a classifier or the completions are
        few labels. A label is right when it equals the completion, white space around both aside.
        """)

    @Option(help: ArgumentHelp("Metrics, separated by commas; tune score --list names them.", valueName: "names"))
    var metric: String?

    @Flag(help: "ROUGE-1, -2, -L and -Lsum as rouge_score computes them.")
    var rouge = false

    @Flag(help: "BLEU as sacreBLEU computes it, 0 to 100.")
    var bleu = false

    @Flag(help: "The share of right labels.")
    var accuracy = false

    @Flag(help: "F1 of labels as scikit-learn computes it: the mean over all labels that are expected or predicted.")
    var macroF1 = false

    @Flag(help: "F1 of all labels together.")
    var microF1 = false

    @Flag(help: "F1 of labels, weighted by how often each is expected.")
    var weightedF1 = false

    @Flag(help: "Matthews' correlation of expected and predicted labels, -1 to 1.")
    var matthewsCorrelation = false

    @Option(help: ArgumentHelp("Print the summed loss of each example of this file instead.", valueName: "file"))
    var loss: String?

    @Option(
      parsing: .upToNextOption,
      help: ArgumentHelp(
        "Measure the perplexity of these texts instead: .txt, JSONL, CSV, or folders of them.", valueName: "file"))
    var perplexity: [String] = []

    @Option(
      help: ArgumentHelp(
        "With --perplexity: the most tokens that a window holds (default: the model's context).", valueName: "tokens"))
    var maxLength: Int?

    @Option(
      help: ArgumentHelp(
        "A prepared folder or JSONL file (default: the data that the run was trained on); may be given again.",
        valueName: "path"))
    var data: [String] = []

    @OptionGroup var modelOptions: ModelOptions
    @OptionGroup var quantization: QuantizationOptions
    @OptionGroup var tuned: TunedOptions

    @OptionGroup(title: "Benchmarks") var benchmarks: BenchmarkOptions
    @OptionGroup(title: "Views and privacy") var viewOptions: ViewOptions
    @OptionGroup(title: "Forgetting") var forgetting: ForgettingOptions

    @Option(help: ArgumentHelp("Score only so many examples.", valueName: "count"))
    var limit: Int?

    @Option(help: ArgumentHelp("The most tokens to write for an example.", valueName: "count"))
    var maxNewTokens = 64

    @Option(help: ArgumentHelp("Examples decoded together.", valueName: "count"))
    var batchSize = 16

    @OptionGroup(title: "Decoding") var decoding: DecodingFlags
    @OptionGroup(title: "Metrics") var metricFlags: MetricFlags
    @OptionGroup(title: "Other contestants") var baselines: BaselineOptions
    @OptionGroup(title: "Gates") var gateOptions: GateOptions
    @OptionGroup(title: "Errors") var errors: ErrorOptions

    @Option(
      help: ArgumentHelp("The folder for predictions and scores (default: eval/ in the run).", valueName: "folder"))
    var output: String?

    @Flag(help: "With --json: tell the seconds and tokens of generation.")
    var timings = false

    @OptionGroup var outputOptions: OutputOptions

    func validate() throws {
      try limit?.requirePositive("--limit")
      try batchSize.requirePositive("--batch-size")
      try maxNewTokens.requirePositive("--max-new-tokens")
      try maxLength?.requirePositive("--max-length")
      try validateKind()
      try viewOptions.check(hasTasks: benchmarks.isAsked || !benchmarks.taskFile.isEmpty)
      if maxLength != nil, perplexity.isEmpty { throw ValidationError("--max-length belongs to --perplexity; add it") }
    }

    /// Answers are scored, or one of three other things is measured.
    private func validateKind() throws {
      let kinds = [
        ("--loss", loss != nil), ("--perplexity", !perplexity.isEmpty), ("--forgetting", forgetting.forgetting),
        ("--tasks", benchmarks.tasks != nil), ("--memorization", viewOptions.memorization != nil),
      ].filter { $0.1 }.map { $0.0 }
      guard let kind = kinds.first else { return }
      guard kinds.count == 1 else {
        throw ValidationError("\(kinds.joined(separator: " and ")) exclude each other; choose one")
      }
      let scores = [
        ("--metric", metric != nil), ("--rouge", rouge), ("--bleu", bleu), ("--accuracy", accuracy),
        ("--macro-f1", macroF1),
        ("--micro-f1", microF1), ("--weighted-f1", weightedF1), ("--matthews-correlation", matthewsCorrelation),
        ("--with", baselines.with != nil), ("--timings", timings), ("--num-beams", decoding.numBeams > 1),
        ("--temperature", decoding.sampling.temperature > 0),
        ("--compare-runs", !forgetting.compareRuns.isEmpty && kind != "--forgetting"),
        ("--gate", !gateOptions.isEmpty && !["--forgetting", "--tasks"].contains(kind)),
        ("--output", output != nil && !["--forgetting", "--tasks", "--memorization"].contains(kind)),
      ]
      if let flag = scores.first(where: { $0.1 }) {
        throw ValidationError("\(flag.0) belongs to the scoring of answers, which \(kind) does not do; leave it out")
      }
    }

    /// Where results go: beside what is evaluated where that is one folder of the user's; the cache of the hub is none.
    func outputFolder(of run: Run?) -> String {
      let named = tuned.adapter.count == 1 ? (try? tuned.adapters)?.first?.name : nil
      let adapter = named.flatMap { FileManager.default.fileExists(atPath: $0) ? $0 : nil }
      return output ?? run.map { "\($0.path)/eval" } ?? adapter.map { "\($0)/eval" } ?? "eval"
    }

    func run() throws {
      let console = outputOptions.start()
      if benchmarks.listTasks { return try BenchmarkEvaluation.list(benchmarks, console: console) }
      // A name that is wrong is known before a model is loaded.
      if !forgetting.forgetting, benchmarks.tasks == nil { _ = try gateOptions.gates.metricNames() }
      let run = try tuned.resolvedRun(model: modelOptions.model, console: console)
      if let loss { return try LossEvaluation(file: loss, command: self, console: console).run(run) }
      if forgetting.forgetting {
        var evaluation = ForgettingEvaluation(command: self, run: run, console: console)
        return try evaluation.execute()
      }
      if viewOptions.memorization != nil {
        return try MemorizationEvaluation(command: self, run: run, console: console).execute()
      }
      if benchmarks.tasks != nil {
        return try BenchmarkEvaluation(command: self, run: run, console: console).execute()
      }
      if !perplexity.isEmpty { return try PerplexityEvaluation(command: self, run: run, console: console).execute() }
      try Comparison(command: self, run: run, console: console).execute()
    }
  }
}
