import CHash

/// The SHA-256 digest of a stream of bytes, for content hashes of data and weights (FIPS 180-4).
///
/// Own code: the libraries that have it would double the time of a clean build.
public struct SHA256: Sendable {
  private var state: [UInt32] = [
    0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,
  ]
  private var blocks = HashBlocks()

  public init() {}

  public mutating func update(_ bytes: UnsafeRawBufferPointer) {
    // Taken out, not copied: the closure may not reach into what is being changed.
    var words = state
    state = []
    blocks.update(bytes) { Self.compress($0, into: &words) }
    state = words
  }

  public mutating func update(_ text: String) {
    var text = text
    text.withUTF8 { update(UnsafeRawBufferPointer($0)) }
  }

  /// The digest of everything so far as 64 hexadecimal digits.
  public func hexadecimal() -> String {
    var copy = self
    blocks.padding.withUnsafeBytes { copy.update($0) }
    return hexadecimalText(copy.state)
  }

  private static func compress(_ blocks: UnsafeRawBufferPointer, into state: inout [UInt32]) {
    guard let start = blocks.baseAddress else { return }
    state.withUnsafeMutableBufferPointer { tune_sha256_blocks($0.baseAddress, start, blocks.count / 64) }
  }
}

/// The bytes of a hash function that works on blocks of 64 bytes and is padded with their number of bits (FIPS 180-4,
/// section 5.1.1).
package struct HashBlocks: Sendable {
  private var pending: [UInt8] = []
  private var length: UInt64 = 0

  package init() {}

  /// - Parameter compress: gets whole blocks, in order.
  package mutating func update(_ bytes: UnsafeRawBufferPointer, compress: (UnsafeRawBufferPointer) -> Void) {
    length += UInt64(bytes.count)
    var rest = bytes[...]
    if !pending.isEmpty {
      let missing = min(64 - pending.count, rest.count)
      pending += rest.prefix(missing)
      rest = rest.dropFirst(missing)
      guard pending.count == 64 else { return }
      pending.withUnsafeBytes { compress($0) }
      pending.removeAll(keepingCapacity: true)
    }
    let whole = rest.count / 64 * 64
    if whole > 0 { compress(UnsafeRawBufferPointer(rebasing: rest.prefix(whole))) }
    pending += rest.dropFirst(whole)
  }

  /// What ends the last block.
  package var padding: [UInt8] {
    var padding: [UInt8] = [0x80]
    while (pending.count + padding.count) % 64 != 56 { padding.append(0) }
    for shift in stride(from: 56, through: 0, by: -8) {
      padding.append(UInt8(truncatingIfNeeded: (length &* 8) >> UInt64(shift)))
    }
    return padding
  }
}

/// Words as eight hexadecimal digits each.
package func hexadecimalText(_ words: [UInt32]) -> String {
  words.map { word in
    let digits = String(word, radix: 16)
    return String(repeating: "0", count: 8 - digits.utf8.count) + digits
  }.joined()
}
