import Basics
import Foundation

/// Reads `.model` files: the message ModelProto of `sentencepiece_model.proto` in protobuf's wire format.
extension SentencePieceModel {
  /// - Throws: `TuneError.data` for bytes that are no such message.
  init(contentsOf bytes: [UInt8], name: String) throws {
    let place = FileValue(.null, name: name)
    var message = ProtobufReader(bytes[...])
    do throws(ProtobufReader.Damage) {
      while let field = try message.next() {
        switch field.number {
        case 1: try addPiece(try field.bytes())
        case 2: try readTrainer(try field.bytes())
        case 3: try readNormalizer(try field.bytes())
        default: break
        }
      }
    } catch {
      throw place.failure("is no SentencePiece model (byte \(error.offset)); fetch the file again")
    }
    guard !pieces.isEmpty else { throw place.failure("has no pieces; expected a SentencePiece model") }
    try check(place)
  }

  private mutating func addPiece(_ bytes: ArraySlice<UInt8>) throws(ProtobufReader.Damage) {
    var message = ProtobufReader(bytes)
    var piece = "", score: Float = 0, type = PieceType.normal
    while let field = try message.next() {
      switch field.number {
      case 1: piece = String(decoding: try field.bytes(), as: UTF8.self)
      case 2: score = try field.float()
      case 3:
        guard let known = PieceType(rawValue: try field.integer()) else {
          throw ProtobufReader.Damage(offset: bytes.startIndex)
        }
        type = known
      default: break
      }
    }
    pieces.append(piece)
    scores.append(score)
    types.append(type)
  }

  private mutating func readTrainer(_ bytes: ArraySlice<UInt8>) throws(ProtobufReader.Damage) {
    var message = ProtobufReader(bytes)
    func id(_ value: Int) -> Int? { value < 0 ? nil : value }
    while let field = try message.next() {
      switch field.number {
      case 3:
        guard let known = Kind(rawValue: try field.integer()) else {
          throw ProtobufReader.Damage(offset: bytes.startIndex)
        }
        kind = known
      case 24: putsSpaceBehind = try field.integer() != 0
      case 35: hasByteFallback = try field.integer() != 0
      case 40: unknownID = id(try field.integer())
      case 41: bosID = id(try field.integer())
      case 42: eosID = id(try field.integer())
      case 43: padID = id(try field.integer())
      default: break
      }
    }
  }

  private mutating func readNormalizer(_ bytes: ArraySlice<UInt8>) throws(ProtobufReader.Damage) {
    var message = ProtobufReader(bytes)
    while let field = try message.next() {
      switch field.number {
      case 2: characters = Array(try field.bytes())
      case 3: addsPrefix = try field.integer() != 0
      case 4: removesExtraSpaces = try field.integer() != 0
      case 5: escapesSpaces = try field.integer() != 0
      default: break
      }
    }
  }
}

/// The fields of a protobuf message one by one.
struct ProtobufReader {
  struct Damage: Error {
    let offset: Int
  }

  struct Field {
    enum Content {
      case integer(UInt64)
      case bytes(ArraySlice<UInt8>)
      case word(UInt32)
    }

    let number: Int
    let content: Content
    let offset: Int

    func bytes() throws(Damage) -> ArraySlice<UInt8> {
      guard case .bytes(let bytes) = content else { throw Damage(offset: offset) }
      return bytes
    }

    /// An `int32`, `bool` or `enum`.
    func integer() throws(Damage) -> Int {
      guard case .integer(let value) = content else { throw Damage(offset: offset) }
      return Int(Int32(truncatingIfNeeded: value))
    }

    func float() throws(Damage) -> Float {
      guard case .word(let bits) = content else { throw Damage(offset: offset) }
      return Float(bitPattern: bits)
    }
  }

  private var bytes: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) { self.bytes = bytes }

  /// The next field; nil at the end.
  mutating func next() throws(Damage) -> Field? {
    guard !bytes.isEmpty else { return nil }
    let offset = bytes.startIndex
    let key = try variable()
    let content: Field.Content
    switch key & 7 {
    case 0: content = .integer(try variable())
    case 1:
      let words = Array(try take(8))
      content = .bytes(words[...])
    case 2:
      let count = try variable()
      guard count <= UInt64(bytes.count) else { throw Damage(offset: offset) }
      content = .bytes(try take(Int(count)))
    case 5: content = .word(try take(4).reversed().reduce(0) { $0 << 8 | UInt32($1) })
    default: throw Damage(offset: offset)
    }
    return Field(number: Int(truncatingIfNeeded: key >> 3), content: content, offset: offset)
  }

  private mutating func take(_ count: Int) throws(Damage) -> ArraySlice<UInt8> {
    guard count <= bytes.count else { throw Damage(offset: bytes.startIndex) }
    defer { bytes = bytes.dropFirst(count) }
    return bytes.prefix(count)
  }

  private mutating func variable() throws(Damage) -> UInt64 {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 70, by: 7) {
      guard let byte = bytes.popFirst() else { throw Damage(offset: bytes.startIndex) }
      value |= UInt64(byte & 0x7F) << shift
      if byte & 0x80 == 0 { return value }
    }
    throw Damage(offset: bytes.startIndex)
  }
}
