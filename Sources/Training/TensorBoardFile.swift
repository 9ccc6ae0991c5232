import Basics
import Foundation

/// A file of TensorBoard: one record for each number that a step has, with the tags of Hugging Face's Trainer.
///
/// Records are TFRecord's (length, checksum, bytes, checksum), their bytes the protocol buffer `Event`. Source:
/// tensorflow's `record_writer.cc` and `event.proto`; transformers' `rewrite_logs`.
public final class TensorBoardFile {
  private let file: FileHandle
  private let now: () -> Double

  /// Creates `events.out.tfevents.…` in a folder, which is made where it is missing.
  ///
  /// - Parameters:
  ///   - suffix: what the name ends with (default: the host and the process, as TensorBoard's own writer has it).
  ///   - now: seconds since 1970, of each record.
  /// - Throws: `TuneError.runtime` where it cannot be written.
  public init(
    folder: String, suffix: String? = nil, now: @escaping () -> Double = { Date().timeIntervalSince1970 }
  ) throws {
    self.now = now
    let host = ProcessInfo.processInfo.hostName.filter { $0.isLetter || $0.isNumber || $0 == "-" }
    let path = "\(folder)/events.out.tfevents.\(Int(now())).\(suffix ?? "\(host).\(getpid()).0")"
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    } catch {
      throw TuneError.runtime("\(folder): cannot be created; check the path and its permissions")
    }
    guard FileManager.default.createFile(atPath: path, contents: nil), let file = FileHandle(forWritingAtPath: path)
    else {
      throw TuneError.runtime("\(path): cannot be written")
    }
    self.file = file
    try write(ProtocolBuffer().number(1, now()).text(3, "brain.Event:2"))
  }

  /// Writes what a finished run measured: the lines of its `metrics.jsonl`, each at its time, and scores as
  /// `test/…`, the base's at step 0 and the tuned model's at the last step. The file's name is the same each time.
  ///
  /// - Parameters:
  ///   - scores: those of `eval/scores.json`; nil where there are none.
  ///   - end: when the run ended, in seconds since 1970.
  /// - Throws: `TuneError.runtime` where it cannot be written.
  public static func write(_ lines: [JSON], scores: JSON?, end: Double, folder: String) throws {
    func seconds(_ line: JSON) -> Double {
      (line["seconds"]?.doubleValue ?? 0) + (line["eval_seconds"]?.doubleValue ?? 0)
    }
    var time = end - lines.reduce(0) { $0 + seconds($1) }
    let start = time, file = try TensorBoardFile(folder: folder, suffix: "tune", now: { start })
    for line in lines {
      time += seconds(line)
      try file.add(line, time: time)
    }
    let last = lines.compactMap { $0["step"]?.intValue }.max() ?? 0
    for entry in scores?.objectValue ?? JSONObject() {
      for (side, step) in [("base", 0), ("tuned", last)] {
        guard let value = entry.value[side]?.doubleValue else { continue }
        try file.add("test/\(entry.key)", value, step: step, time: side == "base" ? start : end)
      }
    }
  }

  /// Adds the numbers of a line of `metrics.jsonl`: `eval_loss` as `eval/loss`, all others as `train/…`.
  ///
  /// - Parameter time: seconds since 1970 (default: now).
  public func add(_ line: JSON, time: Double? = nil) throws {
    guard let step = line["step"]?.intValue else { return }
    for member in line.objectValue ?? JSONObject() where member.key != "step" {
      guard let value = member.value.doubleValue else { continue }
      let isEvaluation = member.key.hasPrefix("eval_")
      try add(
        isEvaluation ? "eval/\(member.key.dropFirst(5))" : "train/\(member.key)", value, step: step,
        time: time)
    }
  }

  public func add(_ tag: String, _ value: Double, step: Int, time: Double? = nil) throws {
    let scalar = ProtocolBuffer().text(1, tag).float(2, Float(value))
    let summary = ProtocolBuffer().message(1, scalar)
    try write(ProtocolBuffer().number(1, time ?? now()).integer(2, step).message(5, summary))
  }

  private func write(_ event: ProtocolBuffer) throws {
    func bytes<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] {
      withUnsafeBytes(of: value.littleEndian) { Array($0) }
    }
    let length = bytes(UInt64(event.bytes.count))
    let record =
      length + bytes(CRC32C.masked(length)) + event.bytes + bytes(CRC32C.masked(event.bytes))
    do {
      try file.write(contentsOf: record)
    } catch {
      throw TuneError.runtime("the TensorBoard file cannot be written: \(error.localizedDescription)")
    }
  }

  deinit { try? file.close() }
}

/// Fields of a protocol buffer, as far as TensorBoard's events need them.
struct ProtocolBuffer {
  private(set) var bytes: [UInt8] = []

  func number(_ field: Int, _ value: Double) -> ProtocolBuffer { fixed(field, 1, value.bitPattern.littleEndian) }
  func float(_ field: Int, _ value: Float) -> ProtocolBuffer { fixed(field, 5, value.bitPattern.littleEndian) }
  func text(_ field: Int, _ value: String) -> ProtocolBuffer { delimited(field, Array(value.utf8)) }
  func message(_ field: Int, _ value: ProtocolBuffer) -> ProtocolBuffer { delimited(field, value.bytes) }

  /// Zero is the default, which is left out.
  func integer(_ field: Int, _ value: Int) -> ProtocolBuffer {
    guard value != 0 else { return self }
    var buffer = self
    buffer.append(UInt64(field << 3))
    buffer.append(UInt64(bitPattern: Int64(value)))
    return buffer
  }

  private func fixed<Bits>(_ field: Int, _ kind: Int, _ bits: Bits) -> ProtocolBuffer {
    var buffer = self
    buffer.append(UInt64(field << 3 | kind))
    withUnsafeBytes(of: bits) { buffer.bytes += $0 }
    return buffer
  }

  private func delimited(_ field: Int, _ content: [UInt8]) -> ProtocolBuffer {
    var buffer = self
    buffer.append(UInt64(field << 3 | 2))
    buffer.append(UInt64(content.count))
    buffer.bytes += content
    return buffer
  }

  /// Seven bits a byte, the lowest first.
  private mutating func append(_ value: UInt64) {
    var value = value
    while value >= 0x80 {
      bytes.append(UInt8(value & 0x7f) | 0x80)
      value >>= 7
    }
    bytes.append(UInt8(value))
  }
}

/// The checksum of TFRecord (Castagnoli's polynomial), masked so that sums of sums are none.
enum CRC32C {
  private static let table: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { value, _ in value & 1 == 1 ? value >> 1 ^ 0x82f6_3b78 : value >> 1 }
  }

  static func checksum(_ bytes: [UInt8]) -> UInt32 {
    ~bytes.reduce(~0) { table[Int(UInt8(truncatingIfNeeded: $0) ^ $1)] ^ $0 >> 8 }
  }

  static func masked(_ bytes: [UInt8]) -> UInt32 {
    let sum = checksum(bytes)
    return (sum >> 15 | sum << 17) &+ 0xa282_ead8
  }
}
