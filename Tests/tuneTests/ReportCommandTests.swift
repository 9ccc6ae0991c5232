import Basics
import Foundation
import Testing

/// `tune report`, and the curves that `tune train` writes for TensorBoard, through the built program.
@Suite struct ReportCommandTests {
  private func trained(_ workspace: Workspace, _ arguments: String...) throws {
    try workspace.succeed(
      [
        "train", "--lora", "--rank", "2", "--model", Workspace.model, "--max-steps", "4", "--batch-size", "2",
        "--quiet",
      ]
        + arguments)
  }

  @Test func pagesChartsAndCurves() throws {
    let workspace = try Workspace.prepared()
    try trained(workspace, "--output", "runs/a", "--report-to", "tensorboard")
    try trained(workspace, "--output", "runs/b", "--report-to", "tensorboard", "--logging-dir", "board")
    try workspace.succeed("eval", "--rouge", "--run", "runs/a", "--limit", "4", "--quiet")
    let events = workspace.contents().filter { $0.contains("events.out.tfevents.") }
    #expect(events.count == 2 && events[0].hasPrefix("board/") && events[1].hasPrefix("runs/a/tensorboard/"))

    // The newest finished run is taken, and the page stands in its folder.
    let outcome = try workspace.succeed("report")
    #expect(outcome.output.contains("runs/b, the newest") && outcome.output.contains("runs/b/report.html"))
    #expect(outcome.output.contains("Loss"))

    let both = try workspace.succeed(
      "report", "runs/a/", "runs/b", "--charts", "charts", "--tensorboard", "curves", "--json")
    let files = try both.json["files"]?.arrayValue?.compactMap { $0.stringValue } ?? []
    #expect(
      files.first == "report.html" && files.contains("charts/loss.svg") && files.contains("charts/score-rougel.png"))
    for file in files { #expect(workspace.exists(file), "\(file)") }
    #expect(try workspace.bytes("charts/loss.png").starts(with: [0x89, 0x50, 0x4e, 0x47]))
    #expect(workspace.contents().filter { $0.hasPrefix("curves/a/events.out.tfevents.") }.count == 1)
    let page = try workspace.text("report.html")
    #expect(page.contains("<h2>Result</h2>") && page.contains("adapter_model.safetensors"))

    // The hash is that of the file as others compute it.
    let sha = Process(), pipe = Pipe()
    sha.executableURL = URL(fileURLWithPath: "/usr/bin/sha256sum")
    sha.arguments = [workspace.file("runs/a/adapter/adapter_model.safetensors")]
    sha.standardOutput = pipe
    try sha.run()
    let hash = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile().prefix(64), as: UTF8.self)
    #expect(hash.count == 64 && page.contains("<code>\(hash)</code>"))

    // The same bytes each time.
    let first = try workspace.contents().filter { $0.hasPrefix("ch") && $0.contains(".") }.map {
      try workspace.bytes($0)
    }
    try workspace.succeed("report", "runs/a", "runs/b", "--charts", "charts", "--quiet")
    #expect(try workspace.text("report.html") == page)
    #expect(
      try workspace.contents().filter { $0.hasPrefix("ch") && $0.contains(".") }.map { try workspace.bytes($0) }
        == first)
  }

  @Test func sweepsWithTheirBestRun() throws {
    let workspace = try Workspace.prepared()
    try workspace.succeed(
      "sweep", "--grid", "rank=1,2", "--output", "sweeps/ranks", "--quiet", "--", "--lora", "--model", Workspace.model,
      "--max-steps", "2", "--batch-size", "2")
    let outcome = try workspace.succeed("report", "sweeps/ranks", "--charts", "charts")
    #expect(outcome.output.contains("validation loss by rank") && workspace.exists("charts/sweep.png"))
    let page = try workspace.text("sweeps/ranks/report.html")
    #expect(page.contains("Report of the sweep ranks") && page.contains("Trials of ranks, by validation loss"))
    #expect(page.contains("ranks, trial ") && page.contains("--rank "))
    // A sweep is shown without the data that it was trained on.
    try FileManager.default.removeItem(atPath: workspace.file("prepared"))
    try workspace.succeed("report", "sweeps/ranks", "--quiet")
  }

  @Test func errorsAreTold() throws {
    let workspace = try Workspace()
    try workspace.fail(["report"], code: 2, saying: ["runs/", "tune train"])
    try workspace.fail(["report", "nowhere"], code: 3, saying: ["nowhere", "run.json"])
    try workspace.write("{\"status\":\"complete\"}", to: "runs/a/run.json")
    try workspace.fail(["report", "runs/a", "--tensorboard", "board"], code: 3, saying: ["metrics.jsonl"])
    try workspace.write("{\"step\":1}\nno JSON\n", to: "runs/a/metrics.jsonl")
    try workspace.fail(["report", "runs/a"], code: 3, saying: ["runs/a/metrics.jsonl:2"])
    try workspace.write("", to: "file")
    try workspace.write("{}", to: "runs/b/run.json")
    try workspace.fail(["report", "runs/b", "--charts", "file"], code: 1, saying: ["file"])
    try workspace.fail(
      ["train", "--lora", "--logging-dir", "board"], code: 2, saying: ["--logging-dir", "--report-to tensorboard"])
    try workspace.fail(["train", "--lora", "--report-to", "wandb"], code: 2, saying: ["wandb", "tensorboard"])
  }
}
