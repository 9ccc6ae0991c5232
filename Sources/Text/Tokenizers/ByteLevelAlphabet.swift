/// The alphabet of byte-level BPE: every byte is written as one printable Unicode scalar.
///
/// Printable Latin-1 stands for itself; the other 68 bytes take U+0100 and following in their order.
/// Source: `bytes_to_unicode` of GPT-2 (Radford et al., "Language Models are Unsupervised Multitask Learners", 2019).
enum ByteLevelAlphabet {
  /// The scalar of each byte.
  static let scalars: [UInt32] = {
    var next: UInt32 = 0x100
    return (0..<256).map { byte in
      switch byte {
      case 0x21...0x7E, 0xA1...0xAC, 0xAE...0xFF: return UInt32(byte)
      default:
        next += 1
        return next - 1
      }
    }
  }()

  /// The byte of a scalar of the alphabet, nil for any other scalar.
  static func byte(of scalar: UInt32) -> UInt8? {
    guard scalar < bytes.count else { return nil }
    let byte = bytes[Int(scalar)]
    return byte < 256 ? UInt8(byte) : nil
  }

  private static let bytes: [UInt16] = {
    var table = [UInt16](repeating: 256, count: 0x144)
    for (byte, scalar) in scalars.enumerated() { table[Int(scalar)] = UInt16(byte) }
    return table
  }()
}
