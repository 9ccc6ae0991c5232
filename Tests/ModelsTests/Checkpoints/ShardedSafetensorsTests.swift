import Basics
import Foundation
import Testing

@testable import Models

@Suite struct ShardedSafetensorsTests {
  @Test(arguments: [
    (#"{"weight_map":{"single":"../x.safetensors"}}"#, "expected a plain file name in the same folder"),
    (#"{"weight_map":{"single":"/etc/passwd"}}"#, "expected a plain file name"),
    (#"{"weight_map":{"single":".."}}"#, "expected a plain file name"),
    (#"{"weight_map":{"single":""}}"#, "expected a plain file name"),
    (#"{"weight_map":{"single":3}}"#, "is an integer; expected a string"),
    (#"{"weight_map":{"single":"b.safetensors"}}"#, "names b.safetensors, which is missing"),
    (#"{"weight_map":{"other":"a.safetensors"}}"#, "'other' in a.safetensors, which does not hold it"),
    (#"{"weight_map":{"single":"a.safetensors","single":"a.safetensors"}}"#, "lists tensor 'single' twice"),
    (#"{"weights":{}}"#, "has no object 'weight_map'"),
    (#"{"#, "not valid JSON"),
  ])
  func badIndexesAreRefused(index: String, expected: String) throws {
    let folder = try TemporaryFolder()
    try folder.copy("plain.safetensors", as: "a.safetensors")
    try folder.write(index, "model.safetensors.index.json")
    let text = try message { _ = try ShardedSafetensors(index: "\(folder.path)/model.safetensors.index.json") }
    #expect(text.contains(expected), "\(text)")
  }

  @Test func mutationsNeverCrash() throws {
    let folder = try TemporaryFolder()
    try folder.copy("plain.safetensors", as: "a.safetensors")
    let index = Array(#"{"metadata":{},"weight_map":{"single":"a.safetensors","half":"a.safetensors"}}"#.utf8)
    var random = SeededRandom(seed: 42, stream: "index")
    var refused = 0
    for _ in 0..<300 {
      let path = "\(folder.path)/index.json"
      let bytes = mutated(index, limit: index.count, &random)
      // Plain writing: Foundation's waits for the disk each time.
      let file = try #require(fopen(path, "wb"))
      fwrite(bytes, 1, bytes.count, file)
      fclose(file)
      do { _ = try ShardedSafetensors(index: path) } catch is TuneError { refused += 1 }
    }
    #expect(refused > 100)
  }
}
