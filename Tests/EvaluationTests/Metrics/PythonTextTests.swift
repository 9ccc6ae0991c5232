import Basics
import Testing

@testable import Evaluation

@Suite struct PythonTextTests {
  @Test func agreesWithGoldenValues() throws {
    for vector in try MetricVectors.golden("python_str") { try check(vector) }
  }

  @Test(.enabled(if: MetricVectors.hasShared, MetricVectors.reason))
  func agreesWithSharedValues() throws {
    for vector in try MetricVectors.shared("python_str") { try check(vector) }
  }

  private func check(_ vector: JSON) throws {
    let text = try #require(vector.hypotheses.first), expected = try vector.at("expected")
    let scalars = Array(text.unicodeScalars)
    #expect(same(PythonText.string(PythonText.lowercased(scalars)), expected["lower"]?.stringValue), "\(text)")
    #expect(same(PythonText.string(PythonText.stripped(scalars)), expected["strip"]?.stringValue), "\(text)")
    #expect(same(PythonText.string(PythonText.strippedAtEnd(scalars)), expected["rstrip"]?.stringValue), "\(text)")
    let words = PythonText.split(scalars).map { PythonText.string($0) }
    #expect(same(words, try expected.at("split").strings()), "\(text)")
  }
}
