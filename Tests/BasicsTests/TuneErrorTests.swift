import Basics
import Testing

@Suite struct TuneErrorTests {
  @Test func kindsHaveTheirExitCodes() {
    #expect(TuneError.runtime("").exitCode == 1)
    #expect(TuneError.usage("").exitCode == 2)
    #expect(TuneError.data("").exitCode == 3)
    #expect(TuneError(.gate, "").exitCode == 4)
    #expect(TuneError(.interrupted, "").exitCode == 130)
    #expect("\(TuneError.data("a.json: is empty"))" == "a.json: is empty")
  }

  @Test(
    arguments: [
      ("rnak", "rank"), ("rank", "rank"), ("RANK", nil), ("sead", "seed"), ("learning-rat", "learning-rate"),
      ("lerning_rate", "learning-rate"), ("", nil), ("x", nil), ("epochs", "epochs"), ("batch", nil),
    ] as [(String, String?)]) func nearestNames(typed: String, expected: String?)
  {
    #expect(nearest(typed, among: ["rank", "seed", "learning-rate", "epochs", "batch-size"]) == expected)
  }

  @Test func nothingIsNearestAmongNothing() {
    #expect(nearest("rank", among: []) == nil)
    let long = String(repeating: "a", count: 100_000)
    #expect(nearest(long, among: [long + "b"]) == long + "b")
  }
}
