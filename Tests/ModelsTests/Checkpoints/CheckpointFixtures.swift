import Basics
import Foundation
import Testing

@testable import Models

/// The goldens of Tests/Fixtures/checkpoints, written by its make_checkpoints.py.
enum CheckpointFixtures {
  static func path(_ name: String, file: String = #filePath) -> String {
    let tests = URL(fileURLWithPath: file).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    return tests.appendingPathComponent("Fixtures/checkpoints/\(name)").path
  }

  static func bytes(_ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(fileURLWithPath: path(name))))
  }
}

/// A folder that is removed when the value goes away.
final class TemporaryFolder {
  let path = FileManager.default.temporaryDirectory.path + "/checkpoints-\(UUID().uuidString)"

  init() throws { try createFolder(path) }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func write(_ text: String, _ name: String) throws { try AtomicFile.write(text, to: "\(path)/\(name)") }

  func copy(_ fixture: String, as name: String) throws {
    try FileManager.default.copyItem(atPath: CheckpointFixtures.path(fixture), toPath: "\(path)/\(name)")
  }
}

extension WeightStore {
  /// A tensor of the store as float32.
  func values(_ name: String) throws -> [Float] {
    let tensor = try #require(self.tensor(name))
    var values = [Float](repeating: .nan, count: tensor.elementCount)
    try read(tensor, into: &values)
    return values
  }
}

/// The message of the `TuneError` that `body` throws.
func message(_ body: () throws -> Void) throws -> String {
  do {
    try body()
  } catch let error as TuneError {
    return error.message
  }
  Issue.record("expected an error")
  return ""
}

func bits(_ values: [Float]) -> [UInt32] { values.map(\.bitPattern) }

/// `bytes` with one to four changes among its first `limit` bytes: a random byte, a flipped bit, an extreme 64-bit
/// number, an insertion or removal, or the end cut off.
func mutated(_ bytes: [UInt8], limit: Int, _ random: inout SeededRandom) -> [UInt8] {
  var bytes = bytes
  for _ in 0...random.integer(below: 4) {
    guard bytes.count > 16 else { return bytes }
    let place = random.integer(below: min(limit, bytes.count - 8))
    switch random.integer(below: 7) {
    case 0: bytes[place] = UInt8(random.integer(below: 256))
    case 1: bytes[place] ^= 1 << UInt8(random.integer(below: 8))
    case 2:
      let extremes: [UInt64] = [0, 1, .max, .max >> 1, 1 << 63, 1 << 32, UInt64(bytes.count), 0xFFFF_FFFF]
      let number = extremes[random.integer(below: extremes.count)]
      for index in 0..<8 { bytes[place + index] = UInt8(truncatingIfNeeded: number >> UInt64(8 * index)) }
    case 3: bytes.insert(UInt8(random.integer(below: 256)), at: place)
    case 4: bytes.remove(at: place)
    case 5: bytes[place] = Array("0123456789[]{}\",:-e".utf8)[random.integer(below: 19)]
    default: bytes.removeLast(random.integer(below: bytes.count))
    }
  }
  return bytes
}

/// Opens mutations of `bytes`; whatever opens is read whole, and an error must be a `TuneError`.
func fuzz(
  _ bytes: [UInt8], limit: Int, iterations: Int, stream: String,
  _ open: (UnsafeRawBufferPointer) throws -> any WeightStore
) throws -> (opened: Int, refused: Int) {
  var random = SeededRandom(seed: 42, stream: stream)
  var opened = 0, refused = 0
  for _ in 0..<iterations {
    try mutated(bytes, limit: limit, &random).withUnsafeBytes { bytes in
      do {
        let store = try open(bytes)
        for name in store.tensorNames {
          guard let tensor = store.tensor(name), tensor.format.isExpandable else { continue }
          _ = try store.values(name)
        }
        opened += 1
      } catch is TuneError {
        refused += 1
      }
    }
  }
  return (opened, refused)
}
