import Basics
import Foundation
import Testing

@testable import Training

@Suite struct TensorBoardTests {
  @Test func checksumsAreCastagnolis() {
    #expect(CRC32C.checksum(Array("123456789".utf8)) == 0xe306_9283)
    #expect(CRC32C.checksum([]) == 0)
  }

  /// The bytes that torch.utils.tensorboard's SummaryWriter wrote for `add_scalar("train/loss", 2.5, 300)`, with its time.
  @Test func eventsAreTensorBoards() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let file = try TensorBoardFile(folder: folder, now: { 1.5 })
    try file.add(["step": 300, "loss": 2.5, "eval_loss": 1, "task": "text"])
    let name = try #require(try FileManager.default.contentsOfDirectory(atPath: folder).first)
    #expect(name.hasPrefix("events.out.tfevents.1."))
    let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)")))
    let time = withUnsafeBytes(of: 1.5.bitPattern.littleEndian) { Array($0) }
    let value = withUnsafeBytes(of: Float(2.5).bitPattern.littleEndian) { Array($0) }
    let scalar = [0x0a, 10] + Array("train/loss".utf8) + [0x15] + value
    let event = [0x09] + time + [0x10, 0xac, 0x02, 0x2a, UInt8(scalar.count + 2), 0x0a, UInt8(scalar.count)] + scalar
    #expect(records(bytes)[1] == event)
    #expect(records(bytes).count == 3 && String(decoding: records(bytes)[2], as: UTF8.self).contains("eval/loss"))
  }

  /// The records of torch.utils.tensorboard's SummaryWriter; its first one also names the writer.
  @Test func recordsAreTorchs() throws {
    let golden = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../Fixtures/tensorboard/scalars.tfevents")
    let expected = records([UInt8](try Data(contentsOf: golden)))
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let start = 1_700_000_000.25, file = try TensorBoardFile(folder: folder, suffix: "test", now: { start })
    let scalars = [
      ("train/loss", 2.5, 300), ("eval/loss", 0.1, 0), ("train/learning_rate", 1e-30, 1),
      ("train/grad_norm", -3.4e38, 1 << 31), ("test/rougeL", 0.0, 127), ("test/größe", 1.0, 128),
    ]
    for (index, (tag, value, step)) in scalars.enumerated() {
      try file.add(tag, value, step: step, time: start + Double(index))
    }
    let bytes = [UInt8](
      try Data(contentsOf: URL(fileURLWithPath: "\(folder)/events.out.tfevents.1700000000.test")))
    #expect(Array(records(bytes).dropFirst()) == Array(expected.dropFirst()))
    #expect(expected.count == scalars.count + 1 && expected[0].starts(with: records(bytes)[0]))
  }

  /// A finished run gives the same file each time, with times that go up to its end.
  @Test func finishedRuns() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let lines: [JSON] = [["step": 1, "loss": 2, "seconds": 3], ["step": 2, "eval_loss": 1, "eval_seconds": 4]]
    let scores: JSON = ["rougeL": ["base": 0.1, "tuned": 0.3]]
    for _ in 0..<2 { try TensorBoardFile.write(lines, scores: scores, end: 1007, folder: folder) }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["events.out.tfevents.1000.tune"])
    let found = records([UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(folder)/events.out.tfevents.1000.tune"))))
    // The version; loss and seconds of each line; the score of both models.
    #expect(found.count == 7)
    let times = found.map { record in
      Double(bitPattern: record[1..<9].reversed().reduce(0) { $0 << 8 | UInt64($1) })
    }
    #expect(times == [1000, 1003, 1003, 1007, 1007, 1000, 1007])
  }

  /// The records of a file, whose checksums must hold.
  private func records(_ bytes: [UInt8]) -> [[UInt8]] {
    var rest = bytes[...], records: [[UInt8]] = []
    func word(_ bytes: ArraySlice<UInt8>) -> UInt32 { bytes.reversed().reduce(0) { $0 << 8 | UInt32($1) } }
    while rest.count > 12 {
      let length = Array(rest.prefix(8)), count = Int(word(rest.prefix(4)))
      #expect(word(rest.dropFirst(8).prefix(4)) == CRC32C.masked(length))
      let record = Array(rest.dropFirst(12).prefix(count))
      #expect(word(rest.dropFirst(12 + count).prefix(4)) == CRC32C.masked(record))
      records.append(record)
      rest = rest.dropFirst(16 + count)
    }
    return records
  }
}
