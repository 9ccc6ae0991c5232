import Basics
import Foundation

@testable import Text

extension GGUFVocabulary {
  /// The vocabulary of a well-formed GGUF file, read without any checks.
  init(wellFormedGGUF bytes: [UInt8]) {
    var position = 8
    func integer<Value: FixedWidthInteger>(_: Value.Type) -> Value {
      defer { position += MemoryLayout<Value>.size }
      return bytes.withUnsafeBytes { Value(littleEndian: $0.loadUnaligned(fromByteOffset: position, as: Value.self)) }
    }
    func string() -> String {
      let count = Int(integer(UInt64.self))
      defer { position += count }
      return String(decoding: bytes[position..<position + count], as: UTF8.self)
    }
    func value(_ type: UInt32) -> JSON {
      switch type {
      case 0, 1, 7: return .integer(Int(integer(UInt8.self)))
      case 2, 3: return .integer(Int(integer(UInt16.self)))
      case 4: return .integer(Int(integer(UInt32.self)))
      case 5: return .integer(Int(integer(Int32.self)))
      case 6: return .number(Double(Float(bitPattern: integer(UInt32.self))))
      case 8: return .string(string())
      case 9:
        let element = integer(UInt32.self)
        return .array((0..<Int(integer(UInt64.self))).map { _ in value(element) })
      default: return .integer(Int(truncatingIfNeeded: integer(UInt64.self)))
      }
    }
    _ = integer(UInt64.self)
    var keys: [String: JSON] = [:]
    for _ in 0..<integer(UInt64.self) {
      let key = string()
      keys[key] = value(integer(UInt32.self))
    }
    func key(_ name: String) -> JSON? { keys["tokenizer.ggml.\(name)"] }
    self.init(
      tokens: key("tokens")?.arrayValue?.compactMap(\.stringValue) ?? [], tokenTypes: key("token_type")?.ids ?? [],
      merges: key("merges")?.arrayValue?.compactMap(\.stringValue) ?? [], model: key("model")?.stringValue ?? "",
      preTokenizer: key("pre")?.stringValue ?? "default", bosID: key("bos_token_id")?.intValue,
      eosID: key("eos_token_id")?.intValue, unknownID: key("unknown_token_id")?.intValue,
      scores: key("scores")?.arrayValue?.compactMap { $0.doubleValue.map { Float($0) } } ?? [],
      addsSpacePrefix: key("add_space_prefix")?.intValue.map { $0 != 0 })
  }
}
