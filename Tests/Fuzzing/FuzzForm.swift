import Basics

/// What a fuzzer knows of its inputs, so that damage reaches behind the reader's first checks.
public enum FuzzForm: Sendable {
  case text
  /// Numbers, values and members of JSON are changed and the rest stays JSON.
  case json
  /// Little-endian integers are changed in place: counts, lengths, offsets, types.
  case binary

  func change(_ bytes: inout [UInt8], _ random: inout SeededRandom) {
    switch self {
    case .text: break
    case .binary: Self.changeInteger(&bytes, &random)
    case .json:
      switch random.integer(below: 4) {
      case 0: Self.changeValue(&bytes, &random)
      case 1: Self.changeMember(&bytes, &random)
      default: Self.changeNumber(&bytes, &random)
      }
    }
  }

  // MARK: Binary

  private static func changeInteger(_ bytes: inout [UInt8], _ random: inout SeededRandom) {
    let width = 1 << random.integer(below: 4)
    guard bytes.count >= width else { return }
    // Headers are at the front: half of the changes are there.
    let reach = random.integer(below: 2) == 0 ? min(bytes.count, 2048) : bytes.count
    let place = random.integer(below: max(1, min(reach, bytes.count - width + 1)))
    let old = (0..<width).reduce(UInt64(0)) { $0 | UInt64(bytes[place + $1]) << UInt64(8 * $1) }
    let choices: [UInt64] = [
      0, 1, 2, 7, 32, 255, 65_535, 1 << 20, 1 << 31, (1 << 31) - 1, 1 << 32, 1 << 62, (1 << 63) - 1, 1 << 63, .max,
      UInt64(bytes.count), UInt64(bytes.count - place), old &+ 1, old &- 1, old &* 2, old &+ 32, old >> 1,
    ]
    let new = choices[random.integer(below: choices.count)]
    for index in 0..<width { bytes[place + index] = UInt8(truncatingIfNeeded: new >> UInt64(8 * index)) }
  }

  // MARK: JSON

  private static let numbers = [
    "0", "-1", "1", "2", "3", "4", "8", "7", "0.5", "-0.0", "255", "65536", "16777216", "2147483647", "2147483648",
    "4294967296", "4611686018427387904", "9223372036854775807", "9223372036854775808", "-9223372036854775808", "1e308",
    "1e400", "1e-320", "3.5",
  ].map { Array($0.utf8) }
  private static let values = ["null", "true", "false", "[]", "{}", "\"\"", "0", "[[]]"].map { Array($0.utf8) }

  private static func changeNumber(_ bytes: inout [UInt8], _ random: inout SeededRandom) {
    func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
    func isNumber(_ byte: UInt8) -> Bool { isDigit(byte) || "+-.eE".utf8.contains(byte) }
    guard let start = find(in: bytes, &random, where: isDigit) else { return }
    let end = bytes[start...].firstIndex { !isNumber($0) } ?? bytes.count
    let first = bytes[..<start].lastIndex { !isNumber($0) }.map { $0 + 1 } ?? 0
    bytes.replaceSubrange(first..<end, with: numbers[random.integer(below: numbers.count)])
  }

  /// What follows a colon becomes another value.
  private static func changeValue(_ bytes: inout [UInt8], _ random: inout SeededRandom) {
    guard let colon = find(in: bytes, &random, where: { $0 == UInt8(ascii: ":") }) else { return }
    let end = bytes[colon...].firstIndex { $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "}") } ?? bytes.count
    bytes.replaceSubrange(colon + 1..<end, with: values[random.integer(below: values.count)])
  }

  /// What stands between two commas goes, or stands there twice.
  private static func changeMember(_ bytes: inout [UInt8], _ random: inout SeededRandom) {
    guard let comma = find(in: bytes, &random, where: { $0 == UInt8(ascii: ",") }),
      let next = bytes[(comma + 1)...].firstIndex(of: UInt8(ascii: ","))
    else { return }
    if random.integer(below: 2) == 0 {
      bytes.removeSubrange(comma..<next)
    } else {
      bytes.insert(contentsOf: bytes[comma..<next], at: comma)
    }
  }

  /// The first such byte at or behind a random place, or from the front.
  private static func find(
    in bytes: [UInt8], _ random: inout SeededRandom, where isWanted: (UInt8) -> Bool
  ) -> Int? {
    let start = random.integer(below: bytes.count + 1)
    return bytes[start...].firstIndex(where: isWanted) ?? bytes[..<start].firstIndex(where: isWanted)
  }
}
