import ArgumentParser
import Basics
import Evaluation
import Foundation
import Training

extension Tune {
  struct Report: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show runs as one HTML page: curves, scores, what was forgotten, faults, examples.",
      discussion: """
        Examples:
          tune report
          tune report runs/lora runs/full --output report.html
          tune report runs/lora --charts charts

        The page needs nothing beside it. It shows what is there: scores of tune eval, --forgetting and --tasks, and the
        curves of training. Without a run the newest one is taken.
        """)

    @Argument(help: ArgumentHelp("Folders of runs (default: the newest in runs/).", valueName: "run"))
    var runs: [String] = []

    @Option(help: ArgumentHelp("The page (default: report.html in the run, or here for several).", valueName: "file"))
    var output: String?

    @Option(help: ArgumentHelp("Write the charts alone into this folder, as SVG.", valueName: "folder"))
    var charts: String?

    @OptionGroup var outputOptions: OutputOptions

    func run() throws {
      let console = outputOptions.start()
      let paths = try runs.isEmpty ? [newestRun(console)] : runs
      let found = try paths.map { try ReportRun($0) }
      let charts = ReportCharts(found)
      for (_, picture) in charts.pictures {
        for line in picture.lines(width: 80, plainText: !Terminal.isInteractive) { console.line(line) }
        console.line()
      }
      var files: [String] = []
      if let folder = self.charts {
        try createFolder(folder)
        for (name, picture) in charts.pictures {
          files.append("\(folder)/\(name).svg")
          try AtomicFile.write(picture.svg(width: 720), to: files[files.count - 1])
        }
      } else {
        let path = output ?? (found.count == 1 ? "\(found[0].path)/report.html" : "report.html")
        try AtomicFile.write(ReportPage(found).html, to: path)
        files.append(path)
      }
      for file in files { console.answer(file) }
      console.json(["files": .array(files.map { .string($0) })])
    }

    private func newestRun(_ console: Console) throws -> String {
      guard let run = RunFolder.newest(in: Defaults.runs) else {
        throw TuneError.usage("there is no finished run in \(Defaults.runs)/; run tune train first, or name a run")
      }
      console.field("run", "\(run.path), the newest")
      return run.path
    }
  }
}
