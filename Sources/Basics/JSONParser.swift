import Foundation

/// Where and why a text is not JSON.
public struct JSONSyntaxError: Error, Sendable, Equatable, CustomStringConvertible {
  /// Byte offset of the first byte that does not fit.
  public let offset: Int
  public let reason: String

  public var description: String { "byte \(offset): \(reason)" }
}

extension JSON {
  /// Parses one JSON value that fills the whole text (white space around it is allowed).
  ///
  /// - Parameter keepingNumbers: whether a number that would be written in other words becomes an `exactNumber`.
  /// - Throws: `JSONSyntaxError`; nesting deeper than 512 levels is refused.
  public init(parsing bytes: UnsafeRawBufferPointer, keepingNumbers: Bool = false) throws(JSONSyntaxError) {
    var parser = JSONParser(bytes: bytes.assumingMemoryBound(to: UInt8.self), keepsNumbers: keepingNumbers)
    self = try parser.parseDocument()
  }

  public init(parsing bytes: [UInt8]) throws(JSONSyntaxError) {
    let result = bytes.withUnsafeBytes { raw in
      Result { () throws(JSONSyntaxError) -> JSON in try JSON(parsing: raw) }
    }
    self = try result.get()
  }

  public init(parsing text: String) throws(JSONSyntaxError) { try self.init(parsing: Array(text.utf8)) }

  /// Reads and parses a file; errors name the file and the byte.
  public init(contentsOf path: String) throws {
    let file = try MappedFile(path)
    do {
      // The mapping must outlive the parser, which sees only its address.
      self = try withExtendedLifetime(file) { try JSON(parsing: file.bytes) }
    } catch {
      throw TuneError.data("\(path): not valid JSON at \(error)")
    }
  }
}

extension JSON {
  /// Whether a number is written in these words.
  fileprivate func isWritten(as text: String) -> Bool {
    switch self {
    // The parser allows no sign but "-" and no leading zeros, so that "-0" alone is written otherwise.
    case .integer(let value): value != 0 || text.utf8.count == 1
    case .number(let value): Self.text(of: value).utf8.elementsEqual(text.utf8)
    default: true
    }
  }
}

/// A recursive-descent parser over bytes.
struct JSONParser {
  private static let maximumDepth = 512

  private let bytes: UnsafeBufferPointer<UInt8>
  private let keepsNumbers: Bool
  private(set) var position = 0

  init(bytes: UnsafeBufferPointer<UInt8>, keepsNumbers: Bool = false) {
    self.bytes = bytes
    self.keepsNumbers = keepsNumbers
  }

  mutating func parseDocument() throws(JSONSyntaxError) -> JSON {
    if bytes.count >= 3, bytes[0] == 0xEF, bytes[1] == 0xBB, bytes[2] == 0xBF { position = 3 }
    let value = try parseValue(depth: 0)
    skipWhiteSpace()
    guard position == bytes.count else { throw error("expected the end of the text") }
    return value
  }

  mutating func parseValue(depth: Int) throws(JSONSyntaxError) -> JSON {
    guard depth < Self.maximumDepth else { throw error("nested deeper than \(Self.maximumDepth) levels") }
    skipWhiteSpace()
    guard position < bytes.count else { throw error("the text ends where a value was expected") }
    switch bytes[position] {
    case UInt8(ascii: "{"): return try parseObject(depth: depth)
    case UInt8(ascii: "["): return try parseArray(depth: depth)
    case UInt8(ascii: "\""): return .string(try parseString())
    case UInt8(ascii: "t"): return try parseWord("true", .bool(true))
    case UInt8(ascii: "f"): return try parseWord("false", .bool(false))
    case UInt8(ascii: "n"): return try parseWord("null", .null)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try parseNumber()
    default: throw error("unexpected \(describe(bytes[position])) where a value was expected")
    }
  }

  private mutating func parseObject(depth: Int) throws(JSONSyntaxError) -> JSON {
    position += 1
    var object = JSONObject()
    skipWhiteSpace()
    if take("}") { return .object(object) }
    while true {
      skipWhiteSpace()
      guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else {
        throw error("expected a key in quotes")
      }
      let key = try parseString()
      skipWhiteSpace()
      guard take(":") else { throw error("expected ':' after the key \"\(key)\"") }
      object.append(JSONObject.Entry(key: key, value: try parseValue(depth: depth + 1)))
      skipWhiteSpace()
      if take("}") { return .object(object) }
      guard take(",") else { throw error("expected ',' or '}'") }
    }
  }

  private mutating func parseArray(depth: Int) throws(JSONSyntaxError) -> JSON {
    position += 1
    var elements: [JSON] = []
    skipWhiteSpace()
    if take("]") { return .array(elements) }
    while true {
      elements.append(try parseValue(depth: depth + 1))
      skipWhiteSpace()
      if take("]") { return .array(elements) }
      guard take(",") else { throw error("expected ',' or ']'") }
    }
  }

  private mutating func parseWord(_ word: StaticString, _ value: JSON) throws(JSONSyntaxError) -> JSON {
    let length = word.utf8CodeUnitCount
    guard position + length <= bytes.count, memcmp(bytes.baseAddress! + position, word.utf8Start, length) == 0 else {
      throw error("unexpected word; expected \(word)")
    }
    position += length
    return value
  }

  private mutating func parseNumber() throws(JSONSyntaxError) -> JSON {
    let start = position
    var isInteger = true
    _ = take("-")
    let integerStart = position
    skipDigits()
    guard position > integerStart else { throw error("expected a digit") }
    if bytes[integerStart] == UInt8(ascii: "0"), position > integerStart + 1 { throw error("a number starts with 0") }
    if take(".") {
      isInteger = false
      let fractionStart = position
      skipDigits()
      guard position > fractionStart else { throw error("expected a digit after '.'") }
    }
    if take("e") || take("E") {
      isInteger = false
      if !take("+") { _ = take("-") }
      let exponentStart = position
      skipDigits()
      guard position > exponentStart else { throw error("expected a digit in the exponent") }
    }
    if let plain = plainNumber(start..<position) { return plain }
    return try number(start..<position, isInteger: isInteger)
  }

  /// The number of up to 15 digits without an exponent, which is written as it stands; nil for any other.
  ///
  /// So many digits are exact in a double, as are the powers of ten, so that their quotient is the nearest double.
  private func plainNumber(_ range: Range<Int>) -> JSON? {
    let isNegative = bytes[range.lowerBound] == UInt8(ascii: "-")
    let digits = range.dropFirst(isNegative ? 1 : 0)
    guard digits.count <= 16 else { return nil }
    var magnitude = 0, point: Int?
    for position in digits {
      switch bytes[position] {
      case UInt8(ascii: "."): point = position
      case let byte where byte < UInt8(ascii: ":"): magnitude = magnitude * 10 + Int(byte - UInt8(ascii: "0"))
      default: return nil
      }
    }
    guard let point else { return magnitude == 0 && isNegative ? nil : .integer(isNegative ? -magnitude : magnitude) }
    let places = range.upperBound - point - 1
    // Zeros at the end and small numbers are written otherwise.
    let endsInZero = bytes[range.upperBound - 1] == UInt8(ascii: "0")
    guard places == 1 || !endsInZero, magnitude > 0 else { return nil }
    let value = Double(magnitude) / Self.powersOfTen[places]
    return value < 1e-4 ? nil : .number(isNegative ? -value : value)
  }

  private static let powersOfTen = (0...16).map { Double("1e\($0)") ?? .infinity }

  private func number(_ range: Range<Int>, isInteger: Bool) throws(JSONSyntaxError) -> JSON {
    let text = String(decoding: bytes[range], as: UTF8.self)
    let value: JSON
    if isInteger, let integer = Int(text) {
      value = .integer(integer)
    } else if let double = Double(text) {
      value = .number(double)
    } else {
      throw error("unreadable number \(text)")
    }
    return keepsNumbers && !value.isWritten(as: text) ? .exactNumber(text) : value
  }

  private mutating func parseString() throws(JSONSyntaxError) -> String {
    position += 1
    let start = position
    while position < bytes.count, bytes[position] != UInt8(ascii: "\""), bytes[position] != UInt8(ascii: "\\"),
      bytes[position] >= 0x20
    {
      position += 1
    }
    if position < bytes.count, bytes[position] == UInt8(ascii: "\"") {
      let text = try validated(UnsafeBufferPointer(rebasing: bytes[start..<position]), at: start)
      position += 1
      return text
    }
    return try parseEscapedString(from: start)
  }

  /// The slow path: the string has escapes; `position` stands at the first.
  private mutating func parseEscapedString(from start: Int) throws(JSONSyntaxError) -> String {
    var buffer = Array(bytes[start..<position])
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      switch byte {
      case UInt8(ascii: "\""):
        return try buffer.withUnsafeBufferPointer { content throws(JSONSyntaxError) in try validated(content, at: start)
        }
      case UInt8(ascii: "\\"): try parseEscape(into: &buffer)
      case 0..<0x20:
        position -= 1
        throw error("unescaped control character in a string")
      default: buffer.append(byte)
      }
    }
    throw error("the text ends inside a string")
  }

  private mutating func parseEscape(into buffer: inout [UInt8]) throws(JSONSyntaxError) {
    guard position < bytes.count else { throw error("the text ends inside a string") }
    let byte = bytes[position]
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): buffer.append(byte)
    case UInt8(ascii: "b"): buffer.append(8)
    case UInt8(ascii: "f"): buffer.append(12)
    case UInt8(ascii: "n"): buffer.append(10)
    case UInt8(ascii: "r"): buffer.append(13)
    case UInt8(ascii: "t"): buffer.append(9)
    case UInt8(ascii: "u"): try parseUnicodeEscape(into: &buffer)
    default: throw error("unknown escape \\\(describe(byte))")
    }
  }

  /// A `\uXXXX` escape, with its second half where it is a surrogate pair; a lone surrogate becomes U+FFFD.
  private mutating func parseUnicodeEscape(into buffer: inout [UInt8]) throws(JSONSyntaxError) {
    var value = try parseHex()
    if (0xD800..<0xDC00).contains(value), position + 6 <= bytes.count, bytes[position] == UInt8(ascii: "\\"),
      bytes[position + 1] == UInt8(ascii: "u")
    {
      let beforeLow = position
      position += 2
      let low = try parseHex()
      if (0xDC00..<0xE000).contains(low) {
        value = 0x10000 + (value - 0xD800) << 10 + (low - 0xDC00)
      } else {
        position = beforeLow
      }
    }
    let scalar = Unicode.Scalar(value) ?? "\u{FFFD}"
    buffer.append(contentsOf: UTF8.encode(scalar)!)
  }

  private mutating func parseHex() throws(JSONSyntaxError) -> UInt32 {
    guard position + 4 <= bytes.count else { throw error("the text ends inside a \\u escape") }
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard let digit = Character(Unicode.Scalar(bytes[position])).hexDigitValue else {
        throw error("expected a hexadecimal digit")
      }
      value = value << 4 | UInt32(digit)
      position += 1
    }
    return value
  }

  private func validated(_ content: UnsafeBufferPointer<UInt8>, at offset: Int) throws(JSONSyntaxError) -> String {
    guard let text = String(validUTF8: content) else {
      throw JSONSyntaxError(offset: offset, reason: "a string that is not valid UTF-8")
    }
    return text
  }

  private mutating func skipWhiteSpace() {
    while position < bytes.count, [0x20, 0x0A, 0x0D, 0x09].contains(bytes[position]) { position += 1 }
  }

  private mutating func skipDigits() {
    while position < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[position]) { position += 1 }
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private func error(_ reason: String) -> JSONSyntaxError { JSONSyntaxError(offset: position, reason: reason) }

  private func describe(_ byte: UInt8) -> String {
    (0x21..<0x7F).contains(byte) ? "'\(Character(Unicode.Scalar(byte)))'" : "byte 0x\(String(byte, radix: 16))"
  }
}
