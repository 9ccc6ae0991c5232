import Basics
import Testing

@testable import Models

@Suite struct FiniteCheckTests {
  @Test(arguments: [0, 4095, 4096, 262_143, 262_144, 599_999])
  func theFirstIsFound(index: Int) {
    var values = [Float](repeating: -3.4e38, count: 600_000)
    #expect(firstNonFinite(values, count: values.count) == nil)
    values[index] = .nan
    values[599_999] = -.infinity
    #expect(firstNonFinite(values, count: values.count) == index)
    #expect(firstNonFinite(values, count: index) == nil)
  }

  @Test func theTensorIsNamed() throws {
    let file = try Safetensors(CheckpointFixtures.path("plain.safetensors"))
    let tensor = try #require(file.tensor("single"))
    var values = try file.values("single")
    try file.requireFinite(tensor, values)
    values[7] = .infinity
    let text = try message { try file.requireFinite(tensor, values) }
    #expect(text.contains("tensor 'single' holds inf at index 7; weights must be finite"), "\(text)")
  }
}
