import ArgumentParser
import Basics
import Evaluation
import Foundation

extension Tune {
  struct Score: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Score predictions against references, and one system against another on the same examples.",
      discussion: """
        Examples:
          tune score --metric rouge,bleu predictions.jsonl
          tune score --metric bleu,chrf,ter hypotheses.txt references.txt
          tune score --metric bleu system.jsonl --paired baseline.jsonl
          tune score --metric rougeL eval/predictions.jsonl --paired eval/predictions.jsonl --paired-field base.text
          tune score --metric squad --prediction-field answer --reference-field gold answers.jsonl --json
          tune score --list

        A JSONL file has a prediction and its references in each record, under names such as prediction and reference or
        those that --prediction-field and --reference-field give; dots lead into objects. Of several plain text files the
        first holds predictions, a line each, the others references. The numbers are those of rouge_score 0.1.2,
        sacreBLEU 2.6.0, ROUGE-1.5.5, the SQuAD scripts, scikit-learn, jiwer 4.0.0 and NLTK 3.10.4; tune selftest metrics
        shows it.
        """)

    @Argument(help: ArgumentHelp("A JSONL file, or predictions and references as plain text.", valueName: "file"))
    var files: [String] = []

    @Option(
      help: ArgumentHelp("Metrics, separated by commas; --list names them all (default: rouge).", valueName: "names"))
    var metric: String?

    @Flag(help: "List the metrics.")
    var list = false

    @Option(help: ArgumentHelp("The member with the prediction, such as tuned.text.", valueName: "name"))
    var predictionField: String?

    @Option(help: ArgumentHelp("The member with the reference, or a list of them.", valueName: "name"))
    var referenceField: String?

    @Option(
      help: ArgumentHelp(
        "The member with what the prediction was made from, for copy_rate, novelty and compression.",
        valueName: "name"))
    var sourceField: String?

    @Option(
      help: ArgumentHelp(
        "A baseline's predictions for the same examples, in the same order: JSONL, or plain text beside plain text.",
        valueName: "file"))
    var paired: String?

    @Option(help: ArgumentHelp("The member of the baseline's file with its prediction.", valueName: "name"))
    var pairedField: String?

    @Option(
      help: ArgumentHelp("Bootstrap samples for intervals and the paired bootstrap; 0 for none.", valueName: "count"))
    var bootstrapSamples = 1000

    @Option(help: ArgumentHelp("Trials of approximate randomisation with --paired; 0 for none.", valueName: "count"))
    var randomizationTrials = 10_000

    @Option(help: ArgumentHelp("The seed of samples and trials; sacreBLEU's is 12345.", valueName: "seed"))
    var seed: UInt64 = Resampling.defaultSeed

    @OptionGroup(title: "Metrics") var metricFlags: MetricFlags

    @OptionGroup(title: "Gates") var gateOptions: GateOptions

    @OptionGroup var outputOptions: OutputOptions

    func validate() throws {
      guard !list else { return }
      guard !files.isEmpty else {
        throw ValidationError("name a file of predictions, for example: tune score --metric rouge predictions.jsonl")
      }
      if pairedField != nil, paired == nil {
        throw ValidationError("--paired-field belongs to --paired; name the file")
      }
      guard bootstrapSamples >= 0 else {
        throw ValidationError("--bootstrap-samples: \(bootstrapSamples) is out of range; use 0 or more, such as 1000")
      }
      guard randomizationTrials >= 0 else {
        throw ValidationError(
          "--randomization-trials: \(randomizationTrials) is out of range; use 0 or more, such as 10000")
      }
    }

    func run() throws {
      let console = outputOptions.start()
      if list { return listMetrics(console) }
      let gates = try gateOptions.gates.metricNames()
      let names = (metric ?? "rouge").split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
      let metrics = try Evaluation.metrics(
        named: names + gates, options: metricFlags.options)
      try Scoring(self, metrics: metrics, console: console).execute()
    }

    private func listMetrics(_ console: Console) {
      if console.isJSON {
        return console.json(["metrics": .array(metricNames.map { .string($0) })])
      }
      for group in metricGroups { console.answer("\(group.name): \(group.metrics.joined(separator: ", "))") }
      for name in metricNames { console.answer(name) }
    }
  }
}
