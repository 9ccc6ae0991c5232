import Basics
import Foundation
import Testing

@testable import tune

/// Axes, points, budgets and words.
@Suite struct SweepPlanTests {
  private func axes(_ grid: [String], random: [String] = []) throws -> [SweepAxis] {
    try grid.map { try SweepAxis(parsing: $0, flag: "--grid") }
      + random.map { try SweepAxis(parsing: $0, flag: "--random") }
  }

  private func texts(_ points: [[AxisValue]]) -> [String] {
    points.map { $0.map { $0.text }.joined(separator: " ") }
  }

  @Test func valuesBecomeOptions() throws {
    let axes = try axes(["learning_rate=1e-4, 3e-4", "use-rslora=true,false", "shuffle=true,false", "seed=-1"])
    #expect(axes.map { $0.name } == ["learning-rate", "use-rslora", "shuffle", "seed"])
    #expect(axes[0].values.map { $0.options } == [["--learning-rate", "1e-4"], ["--learning-rate", "3e-4"]])
    #expect(axes[1].values.map { $0.options } == [["--use-rslora"], []])
    #expect(axes[2].values.map { $0.options } == [["--shuffle"], ["--no-shuffle"]])
    #expect(axes[3].values.map { $0.options } == [["--seed=-1"]])
    let variants = try SweepAxis(variants: ["QLoRA: --lora --load-in-4bit", "text: --prompt-tuning-init-text \"a b\""])
    #expect(variants.values.map { $0.text } == ["QLoRA", "text"])
    #expect(variants.values[1].options == ["--prompt-tuning-init-text", "a b"])
  }

  @Test(arguments: [
    ("rank", "not of the form option=values"), ("=1", "not of the form"), ("rank=", "has an empty value"),
    ("rank=1,,2", "has an empty value"), ("rank=1,1", "names '1' twice"), ("rnak=1", "did you mean 'rank'?"),
    ("output=a", "that can be varied"), ("json=true", "that can be varied"),
  ]) func wrongAxes(text: String, part: String) {
    #expect { try SweepAxis(parsing: text, flag: "--grid") } throws: {
      ($0 as? TuneError)?.message.contains(part) == true
    }
  }

  @Test(arguments: [
    "lora-dropout=1..0", "lora-dropout=a..b", "learning-rate=log:0..1", "rank=1..2..3", "rank=1..inf", "rank=..",
  ])
  func wrongRanges(text: String) {
    #expect(throws: TuneError.self) { try SweepAxis(parsing: text, flag: "--random") }
  }

  @Test func theGridIsTheProductTheLastAxisFastest() throws {
    let points = try SweepPoints.points(try axes(["rank=1,2", "seed=7,8,9"]), trials: nil, seed: 1)
    #expect(texts(points) == ["1 7", "1 8", "1 9", "2 7", "2 8", "2 9"])
  }

  @Test func drawsAreSeededDistinctAndInRange() throws {
    let grid = try axes(["rank=1,2,4,8", "seed=1,2,3"])
    let drawn = try SweepPoints.points(grid, trials: 5, seed: 3),
      all = texts(try SweepPoints.points(grid, trials: 12, seed: 3))
    #expect(drawn.count == 5 && Set(texts(drawn)).count == 5 && Set(texts(drawn)).isSubset(of: all))
    #expect(try SweepPoints.points(grid, trials: 5, seed: 3) == drawn)
    #expect(try SweepPoints.points(grid, trials: 5, seed: 4) != drawn)
    #expect(try SweepPoints.points(grid, trials: 100, seed: 3).count == 12)
    let random = try axes(
      [], random: ["learning-rate=log:1e-5..1e-2", "rank=log:1..64", "seed=5..6", "lora-dropout=0..0.3"])
    let points = try SweepPoints.points(random, trials: 400, seed: 9)
    #expect(points.count == 400)
    let rates = points.compactMap { Double($0[0].text) }, ranks = points.compactMap { Int($0[1].text) }
    #expect(rates.count == 400 && rates.allSatisfy { (1e-5...1e-2).contains($0) })
    #expect(ranks.count == 400 && ranks.allSatisfy { (1...64).contains($0) } && Set(ranks).count > 20)
    // Uniform in the logarithm: a third of the draws in each decade.
    for decade in [1e-5, 1e-4, 1e-3] {
      #expect((100...170).contains(rates.count { $0 >= decade && $0 < decade * 10 }))
    }
    #expect(Set(points.map { $0[2].text }) == ["5", "6"])
    #expect(points.allSatisfy { (0...0.3).contains(Double($0[3].text) ?? 9) })
    // Of two values there are only two trials.
    #expect(try SweepPoints.points(try axes([], random: ["seed=5..6"]), trials: 10, seed: 1).count == 2)
  }

  @Test func tooManyTrials() throws {
    let values = (1...40).map { "\($0)" }.joined(separator: ",")
    let grid = try axes(["rank=\(values)", "seed=\(values)"])
    #expect { try SweepPoints.points(grid, trials: nil, seed: 1) } throws: {
      ($0 as? TuneError)?.message.contains("a sweep of 1600 trials is too large; use --trials") == true
    }
    #expect(try SweepPoints.points(grid, trials: 1000, seed: 1).count == 1000)
    let huge = try axes([
      "rank=\(values)", "seed=\(values)", "epochs=\(values)", "max-steps=\(values)", "limit=\(values)",
      "batch-size=\(values)", "eval-limit=\(values)", "eval-steps=\(values)", "max-length=\(values)",
      "threads=\(values)",
      "warmup-steps=\(values)", "last-layers=\(values)", "bottleneck-size=\(values)",
    ])
    #expect(throws: TuneError.self) { try SweepPoints.points(huge, trials: nil, seed: 1) }
  }

  @Test func budgets() throws {
    for (text, seconds) in [("90s", 90.0), ("30m", 1800), ("2h", 7200), ("1h30m", 5400), ("1.5h", 5400), ("1m5s", 65)] {
      #expect(try SweepBudget.seconds(text) == seconds)
    }
    for text in ["", "30", "m", "-5m", "30m1h", "1h1h", "5 m", "1e9h", "0s", "1..5h", "١m"] {
      #expect(throws: TuneError.self, "\(text)") { try SweepBudget.seconds(text) }
    }
  }

  @Test func expectedTimeIsThatOfTheNearestTrial() {
    let measured = [
      SweepBudget.Measured(work: 10, seconds: 5, overhead: 1), .init(work: 100, seconds: 20, overhead: 3),
      .init(work: 100, seconds: 22, overhead: 0),
    ]
    #expect(SweepBudget.expectedSeconds(work: 100, measured: measured) == 23)
    #expect(SweepBudget.expectedSeconds(work: 12, measured: measured) == 7)
    #expect(SweepBudget.expectedSeconds(work: 1000, measured: measured) == 220)
    #expect(SweepBudget.expectedSeconds(work: 1, measured: []) == nil)
  }

  @Test func wordsAreThoseOfShlex() throws {
    let goldens = try String(contentsOfFile: "\(Workspace.fixtures)/sweep/words.jsonl", encoding: .utf8)
      .split(separator: "\n").map { try JSON(parsing: String($0)) }
    #expect(goldens.count > 300)
    for golden in goldens {
      let text = try #require(golden["text"]?.stringValue)
      guard let words = golden["words"]?.arrayValue?.compactMap({ $0.stringValue }) else {
        #expect(throws: TuneError.self, "\(golden)") { try ShellWords.split(text, flag: "--train") }
        continue
      }
      #expect(try ShellWords.split(text, flag: "--train") == words, "\(golden)")
      #expect(try ShellWords.split(ShellWords.joined(words), flag: "--train") == words, "\(golden)")
    }
    #expect(ShellWords.joined(["tune", "--rank=4", "a b", "it's", ""]) == "tune --rank=4 'a b' 'it'\\''s' ''")
  }

  @Test func settingsAndOutcomesAreReadBack() throws {
    var settings = SweepSettings()
    #expect(SweepSettings(.object(settings.json)) == settings)
    (settings.recipe, settings.grid, settings.random) = (.methods, ["rank=1,2"], ["seed=1..9"])
    (settings.variants, settings.trials, settings.seed) = (["a: --lora"], 4, .max)
    (settings.halving, settings.halvingMinSteps, settings.metric) = (3, 7, .rougeL)
    (settings.evaluates, settings.evalOptions, settings.trainOptions) = (true, ["--limit", "3"], ["--full"])
    let read = try #require(SweepSettings(try JSON(parsing: JSON.object(settings.json).text())))
    #expect(read == settings && SweepSettings().differences(from: settings).count == 12)
    #expect(SweepSettings(["grid": []]) == nil && SweepSettings(3) == nil)
    var outcome = TrialOutcome(trial: 3, rung: 1, status: .failed, reason: "why")
    outcome.wallSeconds = 1.5
    outcome.values["eval_loss"] = 0.5
    #expect(TrialOutcome(.object(outcome.json)) == outcome && TrialOutcome(["trial": 1]) == nil)
  }

  @Test func rankingPutsTheFurthestAndBestFirst() {
    func outcome(_ trial: Int, _ rung: Int, _ loss: JSON, _ status: TrialOutcome.Status = .complete) -> TrialOutcome {
      var outcome = TrialOutcome(trial: trial, rung: rung, status: status)
      outcome.values["eval_loss"] = loss
      outcome.values["rougeL"] = loss
      return outcome
    }
    let outcomes = [
      outcome(1, 0, 0.5), outcome(2, 1, 0.9), outcome(3, 0, .null), outcome(4, 0, 0.4), outcome(5, 0, 0.4),
      outcome(6, 0, 0.1, .failed), outcome(7, 1, 0.8),
    ]
    let ranking = SweepRanking(outcomes.reversed(), metric: .evalLoss)
    #expect(ranking.all.map { $0.trial } == [7, 2, 4, 5, 1, 3, 6] && ranking.best?.trial == 7)
    #expect(SweepRanking(outcomes, metric: .rougeL).scored.map { $0.trial } == [2, 7, 1, 4, 5])
  }
}
