import ArgumentParser
import Training

/// Where the curves of a training go beside `metrics.jsonl`, named as in Hugging Face's TrainingArguments.
struct ReportingOptions: ParsableArguments {
  enum Target: String, CaseIterable, ExpressibleByArgument {
    case none, tensorboard
  }

  @Option(help: ArgumentHelp("Also write the curves for tensorboard (default: none).", valueName: "none|tensorboard"))
  var reportTo = Target.none

  @Option(
    help: ArgumentHelp(
      "With --report-to tensorboard: the folder of its files (default: tensorboard in the run's).", valueName: "folder")
  )
  var loggingDir: String?

  func validate() throws {
    if loggingDir != nil && reportTo == .none {
      throw ValidationError("--logging-dir belongs to --report-to tensorboard; add it")
    }
  }

  /// Nil where nothing is written.
  func path(run: String) -> String? { reportTo == .tensorboard ? loggingDir ?? "\(run)/tensorboard" : nil }

  func tensorBoard(run: String) throws -> TensorBoardFile? {
    try path(run: run).map { try TensorBoardFile(folder: $0) }
  }
}
