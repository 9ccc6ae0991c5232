import ArgumentParser
import Basics
import Datasets
import Foundation
import Training

/// Which data are trained on, and how.
struct DataOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "A prepared folder or a JSONL file of prompt/completion, messages or text (default: prepared); may be given again "
        + "for further tasks.", valueName: "path"
    ))
  var data: [String] = []

  @Option(
    help: ArgumentHelp(
      "What is learnt: supervised, the answers of examples, or lm, every token of texts (.txt, JSONL, CSV, or folders "
        + "of them).", valueName: "name"))
  var objective = DataObjective.supervised

  @Option(
    help: ArgumentHelp(
      "The most tokens an example may have (default: the model's context; with --objective lm at most 1024).",
      valueName: "tokens"))
  var maxLength: Int?

  @Option(
    help: ArgumentHelp(
      "Examples over --max-length: error, drop, truncate-prompt or truncate-end.", valueName: "policy"))
  var overlong = Overlong.error

  @Flag(help: "Learn the prompt's tokens as well.")
  var trainOnPrompt = false

  @Option(help: ArgumentHelp("Read only so many training examples of each --data.", valueName: "count"))
  var limit: Int?

  @Option(
    help: ArgumentHelp(
      "Train on this share of the examples, drawn by --seed: smaller shares are parts of larger ones (default: 1).",
      valueName: "share"))
  var dataFraction: Double?

  @Option(help: ArgumentHelp("Read at most so many validation examples of each task.", valueName: "count"))
  var evalLimit = 100

  @Option(
    help: ArgumentHelp(
      "How often tasks are trained on: all (every example once an epoch), uniform (all tasks equally often) or "
        + "temperature (between the two).", valueName: "name"))
  var taskSampling = TaskSamplingName.all

  @Option(
    help: ArgumentHelp(
      "With --task-sampling temperature: a task of n examples in proportion to n^(1/T) (default: 2).", valueName: "T"))
  var samplingTemperature: Double?

  @Flag(help: "Put every task into every step in its share, instead of drawing tasks at random.")
  var balancedBatches = false

  @Option(
    help: ArgumentHelp(
      "Tasks, separated by commas, that are not trained but measured on the validation data.", valueName: "tasks"))
  var heldOutTasks: String?

  @OptionGroup var texts: TextOptions

  func validate() throws {
    try evalLimit.requirePositive("--eval-limit")
    try maxLength?.requirePositive("--max-length", atLeast: 2)
    try limit?.requirePositive("--limit")
    if let dataFraction, !(dataFraction > 0 && dataFraction <= 1) {
      throw ValidationError("--data-fraction: \(dataFraction) is out of range; use a share above 0 and at most 1")
    }
    if let samplingTemperature {
      guard taskSampling == .temperature else {
        throw ValidationError("--sampling-temperature belongs to --task-sampling temperature; add it")
      }
      guard samplingTemperature >= 1, samplingTemperature.isFinite else {
        throw ValidationError(
          "--sampling-temperature: \(samplingTemperature) is out of range; use 1 (in proportion to size) or more")
      }
    }
    if objective == .supervised, let flag = texts.flag {
      throw ValidationError("\(flag) belongs to --objective lm; add it, or leave \(flag) out")
    }
    if objective == .lm, trainOnPrompt || overlong != .error {
      throw ValidationError(
        "\(trainOnPrompt ? "--train-on-prompt" : "--overlong") has no meaning with --objective lm, which learns every "
          + "token and cuts texts into windows; leave it out")
    }
  }

  /// Where the data are, each place once.
  func locations() throws -> [DataLocation] {
    if data.isEmpty, !FileManager.default.fileExists(atPath: Defaults.prepared) {
      throw TuneError.usage(
        "there is no \(Defaults.prepared)/ folder here; run tune prepare FILE first, or name data with --data")
    }
    var seen: Set<String> = []
    return try (data.isEmpty ? [Defaults.prepared] : data).map { path in
      guard seen.insert((path as NSString).standardizingPath).inserted else {
        throw TuneError.usage("--data \(path): is given twice; name each data once")
      }
      return try DataLocation(path)
    }
  }

  /// The classes that the data name, for a classifier that does not know them; nil for other models.
  func newLabels(for model: String?, in locations: [DataLocation], console: Console) throws -> [String]? {
    // A classifier learns no texts: it is refused where they are read.
    guard objective == .supervised else { return nil }
    let files = try locations.map { try $0.requiredFile(for: .train) }
    return try ClassLabels.new(for: model, files: files, limit: limit, console: console)
  }

  /// Sets how tasks are drawn.
  func apply(to options: inout TrainerOptions) {
    options.balancesTasks = balancedBatches
    switch taskSampling {
    case .all: options.taskSampling = .all
    case .uniform: options.taskSampling = .uniform
    case .temperature: options.taskSampling = .temperature(samplingTemperature ?? 2)
    }
  }

  /// The names that `--held-out-tasks` lists.
  var heldOutNames: [String] {
    heldOutTasks?.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty } ?? []
  }
}

/// How `--objective lm` cuts texts.
struct TextOptions: ParsableArguments {
  @Flag(
    inversion: .prefixedNo,
    help: "With --objective lm: lay texts end to end and cut them into windows of --max-length tokens (default: yes).")
  var packing: Bool?

  @Option(
    help: ArgumentHelp(
      "With --objective lm: what one text of a .txt file is: file, paragraph (between blank lines) or line "
        + "(default: file).", valueName: "unit"))
  var documentsBy: RecordFormat.TextUnit?

  @Option(
    help: ArgumentHelp(
      "With --objective lm: the share of texts that are held out for validation where the data have no validation "
        + "split (default: 0.05).", valueName: "share"))
  var validationSplit: Double?

  func validate() throws {
    guard let validationSplit else { return }
    guard validationSplit >= 0, validationSplit < 1 else {
      throw ValidationError("--validation-split: \(validationSplit) is out of range; use 0 or more, but less than 1")
    }
  }

  /// The first of the flags that was given, for errors.
  var flag: String? {
    if packing != nil { return packing == true ? "--packing" : "--no-packing" }
    return documentsBy != nil ? "--documents-by" : validationSplit != nil ? "--validation-split" : nil
  }
}

/// What of the data is learnt.
enum DataObjective: String, CaseIterable, ExpressibleByArgument {
  case supervised, lm
}

/// `TaskSampling` as the command line names it.
enum TaskSamplingName: String, CaseIterable, ExpressibleByArgument {
  case all, uniform, temperature
}

extension Overlong: ExpressibleByArgument {}
extension RecordFormat.TextUnit: ExpressibleByArgument {}
