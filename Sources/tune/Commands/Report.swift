import ArgumentParser
import Basics
import Evaluation
import Foundation
import Training

extension Tune {
  struct Report: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show runs and sweeps as one HTML page: curves, scores, what was forgotten, faults, examples.",
      discussion: """
        Examples:
          tune report
          tune report runs/lora runs/full --output report.html
          tune report sweeps/rank --charts charts
          tune report runs/lora --tensorboard board

        The page needs nothing beside it. It shows what is there: the curves of tune train, the scores of tune eval,
        --forgetting, --tasks and --views, and the trials of tune sweep with the best one's run. Without a folder the
        newest run is taken.
        """)

    @Argument(help: ArgumentHelp("Folders of runs or sweeps (default: the newest in runs/).", valueName: "folder"))
    var folders: [String] = []

    @Option(
      help: ArgumentHelp("The page (default: report.html in the folder, or here for several).", valueName: "file"))
    var output: String?

    @Option(help: ArgumentHelp("Also write each chart into this folder, as SVG and PNG.", valueName: "folder"))
    var charts: String?

    @Option(
      help: ArgumentHelp(
        "Also write the curves for TensorBoard, each run into a folder in this one.", valueName: "folder"))
    var tensorboard: String?

    @OptionGroup var outputOptions: OutputOptions

    /// Charts that a terminal need not show: the page has them.
    private static let pageOnly: Set = ["task-loss", "training-loss", "learning-rate", "gradient-norm"]

    func run() throws {
      let console = outputOptions.start()
      let paths = try folders.isEmpty ? [newestRun(console)] : folders.map { Self.withoutSlash($0) }
      let sweeps = try paths.filter { SweepReport.isSweep($0) }.map { try SweepReport($0) }
      let runs = try runs(paths.filter { !SweepReport.isSweep($0) }, and: sweeps.compactMap { $0.bestRun })
      let page = ReportPage(runs, sweeps: sweeps.map { $0.sweep })
      show(page.charts, console)
      let path = output ?? (paths.count == 1 ? "\(paths[0])/report.html" : "report.html")
      try AtomicFile.write(page.html, to: path)
      let pictures = try writeCharts(page.charts)
      let boards = try writeTensorBoard(runs)
      console.answer(path)
      if let charts { console.field("charts", "\(charts)/ · \(pictures.count) files") }
      if let tensorboard { console.field("curves", "tensorboard --logdir \(tensorboard)") }
      console.json(["files": .array(([path] + pictures + boards).map { .string($0) })])
    }

    private static func withoutSlash(_ path: String) -> String {
      path.count > 1 && path.hasSuffix("/") ? withoutSlash(String(path.dropLast())) : path
    }

    private func newestRun(_ console: Console) throws -> String {
      guard let run = RunFolder.newest(in: Defaults.runs) else {
        throw TuneError.usage("there is no finished run in \(Defaults.runs)/; run tune train first, or name a run")
      }
      console.field("run", "\(run.path), the newest")
      return run.path
    }

    /// Runs of one name are told apart by their paths.
    private func runs(_ paths: [String], and best: [(path: String, name: String)]) throws -> [ReportRun] {
      let named = paths.map { ($0, URL(fileURLWithPath: $0).standardizedFileURL.lastPathComponent) } + best
      return try named.map { path, name in
        try ReportRun(path, name: named.count { $0.1.isSame(as: name) } > 1 ? path : name)
      }
    }

    private func show(_ charts: ReportCharts, _ console: Console) {
      for (name, picture) in charts.pictures where !Self.pageOnly.contains(name) {
        let lines = picture.lines(width: min(100, Terminal.width), plainText: !Terminal.isInteractive)
        for line in lines { console.line(line) }
        console.line()
      }
    }

    private func writeCharts(_ charts: ReportCharts) throws -> [String] {
      guard let folder = self.charts else { return [] }
      try createFolder(folder)
      return try charts.pictures.flatMap { name, picture in
        let path = "\(folder)/\(name)", picture = picture.picture(width: 720)
        try AtomicFile.write(picture.svg(), to: "\(path).svg")
        let file = try AtomicFile("\(path).png")
        try picture.png().withUnsafeBytes { try file.write($0) }
        try file.commit()
        return ["\(path).svg", "\(path).png"]
      }
    }

    /// Gives the folders that were written.
    private func writeTensorBoard(_ runs: [ReportRun]) throws -> [String] {
      guard let tensorboard else { return [] }
      return try runs.map { run in
        let folder = "\(tensorboard)/\(run.name.replacing("/", with: "-"))"
        try TensorBoardFile.write(
          run.metrics, scores: run.scores?["scores"], end: try run.lastChange(), folder: folder)
        return folder
      }
    }
  }
}
