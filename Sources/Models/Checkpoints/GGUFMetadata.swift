import Basics

/// A metadata value of a GGUF file. Integers of all widths are one case, as are both float widths.
public enum GGUFValue: Sendable, Equatable {
  case integer(Int)
  /// 32-bit floats have the value of their shortest decimal text: 1e-5 and not 9.999999747378752e-06.
  case number(Double)
  case bool(Bool)
  case string(String)
  case integers([Int])
  case numbers([Double])
  case booleans([Bool])
  case strings([String])
  case arrays([GGUFValue])

  public var integerValue: Int? { if case .integer(let value) = self { value } else { nil } }
  public var boolValue: Bool? { if case .bool(let value) = self { value } else { nil } }
  public var stringValue: String? { if case .string(let value) = self { value } else { nil } }
  public var integersValue: [Int]? { if case .integers(let value) = self { value } else { nil } }
  public var stringsValue: [String]? { if case .strings(let value) = self { value } else { nil } }

  /// A number, also of an integer.
  public var numberValue: Double? {
    switch self {
    case .number(let value): value
    case .integer(let value): Double(value)
    default: nil
    }
  }

  /// The floats of an array, also of one of integers.
  public var numbersValue: [Double]? {
    switch self {
    case .numbers(let values): values
    case .integers(let values): values.map(Double.init)
    default: nil
    }
  }
}

/// Reads the typed fields of a GGUF file one after another; every read is checked against the end of the file.
struct GGUFCursor {
  /// Arrays longer than this are refused: the largest vocabularies have under a million entries.
  private static let maximumArrayCount = 1 << 24
  private static let maximumArrayDepth = 4

  let bytes: UnsafeRawBufferPointer
  let path: String
  private(set) var position = 0

  init(bytes: UnsafeRawBufferPointer, path: String) {
    self.bytes = bytes
    self.path = path
  }

  private var remaining: Int { bytes.count - position }

  mutating func integer<Integer: FixedWidthInteger>(_: Integer.Type) throws -> Integer {
    let size = MemoryLayout<Integer>.size
    guard size <= remaining else { throw truncated(size) }
    defer { position += size }
    return Integer(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: Integer.self))
  }

  /// An unsigned 64-bit count, offset or dimension that fits an `Int`.
  mutating func size(_ what: String) throws -> Int {
    let value = try integer(UInt64.self)
    guard let size = Int(exactly: value) else { throw damaged("\(what) is \(value)") }
    return size
  }

  mutating func string(_ what: String) throws -> String {
    let length = try size("the length of \(what)")
    guard length <= remaining else { throw truncated(length) }
    defer { position += length }
    return String(decoding: bytes[position..<(position + length)], as: UTF8.self)
  }

  /// A value of the metadata type `type`, as numbered in the GGUF specification.
  mutating func value(type: UInt32, key: String, depth: Int = 0) throws -> GGUFValue {
    switch type {
    case 0: .integer(Int(try integer(UInt8.self)))
    case 1: .integer(Int(try integer(Int8.self)))
    case 2: .integer(Int(try integer(UInt16.self)))
    case 3: .integer(Int(try integer(Int16.self)))
    case 4: .integer(Int(try integer(UInt32.self)))
    case 5: .integer(Int(try integer(Int32.self)))
    case 6: .number(try float32())
    case 7: .bool(try boolean(key))
    case 8: .string(try string("'\(key)'"))
    case 9: try array(key: key, depth: depth)
    case 10: .integer(try size("'\(key)'"))
    case 11: .integer(Int(try integer(Int64.self)))
    case 12: .number(Double(bitPattern: try integer(UInt64.self)))
    default: throw damaged("'\(key)' has the unknown value type \(type)")
    }
  }

  private mutating func array(key: String, depth: Int) throws -> GGUFValue {
    let type = try integer(UInt32.self)
    let count = try size("the length of '\(key)'")
    guard count <= Self.maximumArrayCount else { throw damaged("'\(key)' has \(count) entries") }
    guard depth < Self.maximumArrayDepth else { throw damaged("'\(key)' is nested too deeply") }
    switch type {
    case 0: return .integers(try integers(UInt8.self, count))
    case 1: return .integers(try integers(Int8.self, count))
    case 2: return .integers(try integers(UInt16.self, count))
    case 3: return .integers(try integers(Int16.self, count))
    case 4: return .integers(try integers(UInt32.self, count))
    case 5: return .integers(try integers(Int32.self, count))
    case 10: return .integers(try elements(count, minimumSize: 8) { try $0.size("an entry of '\(key)'") })
    case 11: return .integers(try integers(Int64.self, count))
    case 6: return .numbers(try elements(count, minimumSize: 4) { try $0.float32() })
    case 12:
      return .numbers(try elements(count, minimumSize: 8) { Double(bitPattern: try $0.integer(UInt64.self)) })
    case 7: return .booleans(try elements(count, minimumSize: 1) { try $0.boolean(key) })
    case 8: return .strings(try elements(count, minimumSize: 8) { try $0.string("an entry of '\(key)'") })
    case 9:
      return .arrays(try elements(count, minimumSize: 12) { try $0.array(key: key, depth: depth + 1) })
    default: throw damaged("'\(key)' is an array of the unknown value type \(type)")
    }
  }

  private mutating func integers<Integer: FixedWidthInteger>(_ type: Integer.Type, _ count: Int) throws -> [Int] {
    try elements(count, minimumSize: MemoryLayout<Integer>.size) { Int(try $0.integer(type)) }
  }

  /// Reads `count` entries after a check that the file is long enough to hold them.
  private mutating func elements<Element>(
    _ count: Int, minimumSize: Int, _ next: (inout GGUFCursor) throws -> Element
  ) throws -> [Element] {
    guard count <= remaining / minimumSize else { throw truncated(count * minimumSize) }
    var elements: [Element] = []
    elements.reserveCapacity(count)
    for _ in 0..<count { elements.append(try next(&self)) }
    return elements
  }

  private mutating func float32() throws -> Double {
    let value = Float(bitPattern: try integer(UInt32.self))
    return Double(value.description) ?? Double(value)
  }

  private mutating func boolean(_ key: String) throws -> Bool {
    let value = try integer(UInt8.self)
    guard value <= 1 else { throw damaged("'\(key)' is the boolean \(value)") }
    return value == 1
  }

  private func truncated(_ size: Int) -> TuneError {
    .data(
      "\(path): the file has \(bytes.count) bytes but its header needs \(size) more at byte \(position); "
        + "the download is incomplete; fetch it again")
  }

  func damaged(_ what: String) -> TuneError { .data("\(path): \(what); the file is damaged; fetch it again") }
}
