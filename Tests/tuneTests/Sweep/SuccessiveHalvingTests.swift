import Basics
import Testing

@testable import tune

/// Rungs against scikit-learn's `HalvingGridSearchCV` (`Tests/Fixtures/sweep/make_sweep.py`).
@Suite struct SuccessiveHalvingTests {
  private static func goldens() throws -> [JSON] {
    try String(contentsOfFile: "\(Workspace.fixtures)/sweep/halving.jsonl", encoding: .utf8).split(separator: "\n")
      .map { try JSON(parsing: String($0)) }
  }

  @Test func trialsAndStepsAreScikitLearns() throws {
    let goldens = try Self.goldens()
    #expect(goldens.count > 100)
    for golden in goldens {
      let trials = try #require(golden["trials"]?.intValue), steps = try #require(golden["steps"]?.intValue)
      let eta = try #require(golden["eta"]?.intValue)
      let resources = try #require(golden["resources"]?.arrayValue?.compactMap { $0.intValue })
      let rungs = SuccessiveHalving(
        trials: trials, steps: steps, eta: eta, fewestSteps: golden["fewest"]?.intValue ?? 1
      ).rungs
      #expect(rungs.map { $0.trials } == golden["candidates"]?.arrayValue?.compactMap { $0.intValue }, "\(golden)")
      // scikit-learn rounds the first rung and multiplies, so that its last one may have fewer than all steps; ours
      // divides, so that each may have up to eta^rung more. With fewer rungs than the trials would need,
      // scikit-learn counts up from the fewest steps and may end far from all of them.
      var power = 1, needed = 1
      while needed * eta <= trials { needed *= eta }
      let isShort = rungs.count > 1 && golden["fewest"] == .null && steps < needed
      for (rung, resource) in zip(rungs, resources) where !isShort {
        #expect((resource..<resource + power).contains(rung.steps), "\(golden): \(rung.steps)")
        power *= eta
      }
      #expect(rungs.last?.steps == steps)
    }
  }

  @Test func fewestSteps() {
    let rungs = SuccessiveHalving(trials: 64, steps: 100, eta: 2, fewestSteps: 30).rungs
    #expect(rungs == [.init(steps: 50, trials: 64), .init(steps: 100, trials: 32)])
    #expect(SuccessiveHalving(trials: 9, steps: 4, eta: 3, fewestSteps: 5).rungs == [.init(steps: 4, trials: 9)])
  }
}
