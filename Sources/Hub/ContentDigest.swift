import Basics

/// The digest by which the hub names a file's content: SHA-256 in large-file storage, else git's SHA-1 of the content
/// behind the header "blob <size>\0".
enum ContentDigest {
  case sha256(SHA256)
  case gitBlob(SHA1)

  init(for file: HubFile) {
    guard file.sha256 == nil else {
      self = .sha256(SHA256())
      return
    }
    var digest = SHA1()
    Array("blob \(file.size)\0".utf8).withUnsafeBytes { digest.update($0) }
    self = .gitBlob(digest)
  }

  mutating func update(_ bytes: UnsafeRawBufferPointer) {
    switch self {
    case .sha256(var digest):
      // Taken out so that the state is changed in place, not copied.
      self = .sha256(SHA256())
      digest.update(bytes)
      self = .sha256(digest)
    case .gitBlob(var digest):
      self = .gitBlob(SHA1())
      digest.update(bytes)
      self = .gitBlob(digest)
    }
  }

  func hexadecimal() -> String {
    switch self {
    case .sha256(let digest): digest.hexadecimal()
    case .gitBlob(let digest): digest.hexadecimal()
    }
  }
}

/// SHA-1 (FIPS 180-4), for git's names of contents alone: it is no proof against forgery.
package struct SHA1: Sendable {
  private typealias State = (UInt32, UInt32, UInt32, UInt32, UInt32)

  private var state: State = (0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0)
  private var blocks = HashBlocks()

  package init() {}

  package mutating func update(_ bytes: UnsafeRawBufferPointer) {
    var words = state
    blocks.update(bytes) { whole in
      for start in stride(from: 0, to: whole.count, by: 64) {
        Self.compress(UnsafeRawBufferPointer(rebasing: whole[start..<start + 64]), into: &words)
      }
    }
    state = words
  }

  package func hexadecimal() -> String {
    var copy = self
    blocks.padding.withUnsafeBytes { copy.update($0) }
    return hexadecimalText([copy.state.0, copy.state.1, copy.state.2, copy.state.3, copy.state.4])
  }

  private static func compress(_ block: UnsafeRawBufferPointer, into state: inout State) {
    withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 80) { words in
      for index in 0..<16 {
        words[index] = UInt32(bigEndian: block.loadUnaligned(fromByteOffset: index * 4, as: UInt32.self))
      }
      for index in 16..<80 {
        let mixed = words[index - 3] ^ words[index - 8] ^ words[index - 14] ^ words[index - 16]
        words[index] = mixed << 1 | mixed >> 31
      }
      var (a, b, c, d, e) = state
      for index in 0..<80 {
        let (mix, constant): (UInt32, UInt32) =
          switch index {
          case 0..<20: ((b & c) | (~b & d), 0x5a82_7999)
          case 20..<40: (b ^ c ^ d, 0x6ed9_eba1)
          case 40..<60: ((b & c) | (b & d) | (c & d), 0x8f1b_bcdc)
          default: (b ^ c ^ d, 0xca62_c1d6)
          }
        let next = (a << 5 | a >> 27) &+ mix &+ e &+ constant &+ words[index]
        (e, d, c, b, a) = (d, c, b << 30 | b >> 2, a, next)
      }
      state = (state.0 &+ a, state.1 &+ b, state.2 &+ c, state.3 &+ d, state.4 &+ e)
    }
  }
}
