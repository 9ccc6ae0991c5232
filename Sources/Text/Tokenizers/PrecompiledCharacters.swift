import Foundation

/// SentencePiece's table of replacements: a trie as a double array, and the texts it leads to.
///
/// Source: `Darts` of SentencePiece, and the crate spm_precompiled, which the reference uses.
struct PrecompiledCharacters: Sendable {
  private let units: [UInt32]
  /// The replacements, each ended by a zero byte.
  private let texts: [UInt8]

  /// - Throws: `TuneError.data` for a table whose parts do not fit together.
  init(bytes: [UInt8], from value: FileValue) throws {
    func word(_ offset: Int) -> UInt32 {
      (0..<4).reduce(0) { $0 | UInt32(bytes[offset + $1]) << UInt32(8 * $1) }
    }
    guard bytes.count >= 4, Int(word(0)) <= bytes.count - 4, word(0) % 4 == 0 else {
      throw value.failure("is no table of replacements; fetch the file again")
    }
    let end = 4 + Int(word(0))
    units = stride(from: 4, to: end, by: 4).map(word)
    texts = Array(bytes[end...])
  }

  init(base64 value: FileValue) throws {
    guard let data = Data(base64Encoded: try value.string()) else {
      throw value.failure("is not base64; fetch the file again")
    }
    try self.init(bytes: Array(data), from: value)
  }

  /// The replacements of the beginnings of a text, the shortest first: how many bytes each takes and its place.
  private func forEachMatch(of bytes: ArraySlice<UInt8>, _ body: (Int, Int) -> Bool) {
    guard let root = units.first else { return }
    var node = Self.offset(root)
    for (index, byte) in bytes.enumerated() {
      if byte == 0 { return }
      node ^= Int(byte)
      guard node < units.count else { return }
      let unit = units[node]
      guard unit & (1 << 31 | 0xFF) == UInt32(byte) else { return }
      node ^= Self.offset(unit)
      if unit >> 8 & 1 == 1 {
        guard node < units.count else { return }
        if !body(index + 1, Int(units[node] & 0x7FFF_FFFF)) { return }
      }
    }
  }

  private static func offset(_ unit: UInt32) -> Int { Int(unit >> 10) << Int(unit >> 6 & 8) }

  private func text(at place: Int) -> ArraySlice<UInt8> {
    guard place < texts.count else { return [] }
    return texts[place...].prefix { $0 != 0 }
  }

  /// What the shortest beginning that the table knows is replaced by; nil where it knows none.
  func firstReplacement(of bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
    var found: Int?
    forEachMatch(of: bytes) { _, place in
      found = place
      return false
    }
    return found.map { text(at: $0) }
  }

  /// The longest beginning that the table knows: its length in bytes, and what replaces it.
  func longestReplacement(of bytes: ArraySlice<UInt8>) -> (length: Int, text: ArraySlice<UInt8>)? {
    var found: (Int, Int)?
    forEachMatch(of: bytes) { length, place in
      found = (length, place)
      return true
    }
    return found.map { ($0, text(at: $1)) }
  }

  /// The text with replacements as the Rust library makes them: a grapheme of fewer than six bytes whole, by its
  /// shortest beginning, others scalar by scalar.
  func applied(to text: [UInt32]) -> [UInt32] {
    var result: [UInt32] = []
    result.reserveCapacity(text.count)
    var bytes: [UInt8] = []
    var start = 0
    while start < text.count {
      let end = Self.graphemesEnd(in: text, from: start)
      if end - start == 1 {
        append(text[start...start], &bytes, to: &result)
      } else {
        for character in String(scalars: text[start..<end]) {
          append(Array(scalarsOf: String(character))[...], &bytes, to: &result)
        }
      }
      start = end
    }
    return result
  }

  /// One scalar that is a grapheme for sure, or a stretch whose graphemes must be sought.
  private static func graphemesEnd(in text: [UInt32], from start: Int) -> Int {
    /// Below U+0300 only a line feed joins what is before it, and nothing what comes behind.
    func isSure(_ position: Int) -> Bool {
      text[position] < 0x300 && (text[position] != 0x0A || position == 0 || text[position - 1] != 0x0D)
    }
    var end = start + 1
    while end < text.count, !(isSure(end) && text[end - 1] < 0x300) { end += 1 }
    return end
  }

  private func append(_ grapheme: ArraySlice<UInt32>, _ bytes: inout [UInt8], to result: inout [UInt32]) {
    bytes.removeAll(keepingCapacity: true)
    for scalar in grapheme { forEachUTF8Byte(of: scalar) { bytes.append($0) } }
    if bytes.count < 6, let replacement = firstReplacement(of: bytes[...]) {
      result += [UInt32](scalarsOf: String(decoding: replacement, as: UTF8.self))
      return
    }
    for scalar in grapheme {
      bytes.removeAll(keepingCapacity: true)
      forEachUTF8Byte(of: scalar) { bytes.append($0) }
      if let replacement = firstReplacement(of: bytes[...]) {
        result += [UInt32](scalarsOf: String(decoding: replacement, as: UTF8.self))
      } else {
        result.append(scalar)
      }
    }
  }
}
