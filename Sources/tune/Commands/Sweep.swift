import ArgumentParser
import Basics
import Foundation

extension Tune {
  struct Sweep: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Train with many choices of options, compare them, and name the best.",
      discussion: """
        Examples:
          tune sweep --grid rank=1,2,4,8 --grid learning-rate=1e-3,3e-3 -- --lora --max-steps 200
          tune sweep --recipe rank-curve --eval --metric rougeL --budget 30m
          tune sweep --random learning-rate=log:1e-4..1e-2 --random rank=4,8,16 --trials 27 --halving 3 -- --max-steps 300
          tune sweep --variant "LoRA: --lora" --variant "QLoRA: --lora --load-in-4bit" --grid learning-rate=1e-3,3e-3
          tune sweep --resume sweeps/2026-11-21

        What stands behind -- are options of tune train that all trials share. Each trial is a process of its own with
        its run's folder in the sweep's; one that fails is told in the table. Writes sweep.json (the state, too),
        results.jsonl, table.md and chart.svg.
        """)

    @Option(
      help: ArgumentHelp(
        "An option of tune train and the values to try; may be given again.", valueName: "option=values"))
    var grid: [String] = []

    @Option(
      help: ArgumentHelp(
        "Draw an option of tune train: from values, a range (0..0.3), or its logarithm (log:1e-5..1e-2).",
        valueName: "option=range"))
    var random: [String] = []

    @Option(
      help: ArgumentHelp(
        "A labelled choice of several options, such as \"QLoRA: --lora --load-in-4bit\"; may be given again.",
        valueName: "label: options"))
    var variant: [String] = []

    @Option(
      help: ArgumentHelp(
        "rank-curve, learning-curve or methods: a named grid, which --grid may narrow.", valueName: "name"))
    var recipe: SweepRecipe?

    @Option(
      help: ArgumentHelp(
        "Draw so many trials (default: all of the grid, 10 with a --random range).", valueName: "count"))
    var trials: Int?

    @Option(help: "The seed of the draws; each trial's own is tune train's --seed.")
    var seed: UInt64 = 42

    @Option(
      help: ArgumentHelp(
        "Successive halving: train all trials briefly, then one of so many of them longer, up to --max-steps.",
        valueName: "eta"))
    var halving: Int?

    @Option(help: ArgumentHelp("With --halving: the first rung has at least so many steps.", valueName: "count"))
    var halvingMinSteps = 1

    @Option(
      help: ArgumentHelp("Start no trial that is not expected to end within this time, such as 30m.", valueName: "time")
    )
    var budget: String?

    @Option(
      help: ArgumentHelp(
        "Compare by eval_loss, rouge1, rouge2, rougeL, rougeLsum, bleu, accuracy, macro_f1 or forgetting (default: "
          + "eval_loss).", valueName: "name"))
    var metric: SweepMetric?

    @Flag(help: "Score each trial with tune eval on the test split; a metric other than eval_loss does so, too.")
    var eval = false

    @Option(
      parsing: .unconditional,
      help: ArgumentHelp("Options of tune eval as one text, such as \"--limit 50\".", valueName: "options"))
    var evalOptions: String?

    @Flag(help: "Measure what each trial forgot with tune eval --forgetting; --metric forgetting does so, too.")
    var forgetting = false

    @Option(
      parsing: .unconditional,
      help: ArgumentHelp(
        "Options of tune eval --forgetting as one text, such as \"--other-tasks reviews\".", valueName: "options"))
    var forgettingOptions: String?

    @Option(
      parsing: .unconditional,
      help: ArgumentHelp("Options of tune train as one text, for --config; those behind -- win.", valueName: "options"))
    var train: String?

    @Option(help: ArgumentHelp("The sweep's folder (default: sweeps/<date>).", valueName: "folder"))
    var output: String?

    @Option(help: ArgumentHelp("Go on with the sweep in this folder; finished trials are kept.", valueName: "folder"))
    var resume: String?

    @Flag(help: "List the trials and run none.")
    var dryRun = false

    @OptionGroup var outputOptions: OutputOptions

    @Argument(parsing: .postTerminator, help: "Behind --: options of tune train for all trials.")
    var trainOptions: [String] = []

    func validate() throws {
      try trials?.requirePositive("--trials")
      try halving?.requirePositive("--halving", atLeast: 2)
      try halvingMinSteps.requirePositive("--halving-min-steps")
      if resume != nil && output != nil {
        throw ValidationError("--resume and --output exclude each other; a sweep goes on in its own folder")
      }
      if forgettingOptions != nil && !measuresForgetting {
        throw ValidationError("--forgetting-options belongs to --forgetting; add it")
      }
      if evalOptions != nil && !evaluates { throw ValidationError("--eval-options belongs to --eval; add it") }
    }

    func run() throws {
      let console = outputOptions.start()
      let run = try SweepRun(command: self, console: console)
      if dryRun { return run.printPlan() }
      let isInterrupted = try run.execute()
      if isInterrupted { throw ExitCode(Interrupt.exitCode) }
    }

    private var measuresForgetting: Bool { forgetting || metric == .forgetting }
    private var evaluates: Bool { eval || metric?.needsEvaluation == true }

    /// The settings that the command line gives.
    func settings() throws -> SweepSettings {
      var settings = SweepSettings()
      (settings.recipe, settings.grid, settings.random, settings.variants) = (recipe, grid, random, variant)
      (settings.trials, settings.seed) = (trials, seed)
      (settings.halving, settings.halvingMinSteps) = (halving, halvingMinSteps)
      (settings.metric, settings.evaluates) = (metric ?? .evalLoss, evaluates)
      settings.evalOptions = try evalOptions.map { try ShellWords.split($0, flag: "--eval-options") } ?? []
      settings.measuresForgetting = measuresForgetting
      settings.forgettingOptions =
        try forgettingOptions.map { try ShellWords.split($0, flag: "--forgetting-options") } ?? []
      let shared = try train.map { try ShellWords.split($0, flag: "--train") } ?? []
      // A configuration file is read now, so that it may change while the sweep runs.
      let expanded = try ConfigArguments.expanded(["train"] + shared + trainOptions)
      settings.trainOptions = CommandLineText.joiningNegativeNumbers(Array(expanded.dropFirst()))
      return settings
    }
  }
}

extension SweepMetric: ExpressibleByArgument {}
