import Testing

@testable import Basics

/// The examples of FIPS 180-4 and lengths around the block's border, against Python's hashlib.
struct SHA256Tests {
  @Test(arguments: [
    ("", 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    ("a", 1_000_000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"),
  ])
  func standardExamples(text: String, times: Int, digest: String) {
    var hasher = SHA256()
    hasher.update(String(repeating: text, count: times))
    #expect(hasher.hexadecimal() == digest)
  }

  @Test func piecesEqualTheWhole() {
    let bytes = (0..<1000).map { UInt8($0 % 251) }
    for length in [0, 1, 55, 56, 63, 64, 65, 119, 120, 1000] {
      var whole = SHA256(), pieces = SHA256()
      bytes[..<length].withUnsafeBytes { whole.update($0) }
      var start = 0
      for step in 1...1000 where start < length {
        let end = min(length, start + step)
        bytes[start..<end].withUnsafeBytes { pieces.update($0) }
        start = end
      }
      #expect(whole.hexadecimal() == pieces.hexadecimal(), "length \(length)")
    }
  }

  @Test func blockBorder() {
    var hasher = SHA256()
    (0..<64).map { UInt8($0) }.withUnsafeBytes { hasher.update($0) }
    #expect(hasher.hexadecimal() == "fdeab9acf3710362bd2658cdc9a29e8f9c757fcf9811603a8c447cd1d9151108")
  }
}
