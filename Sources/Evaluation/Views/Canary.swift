import Basics
import Datasets

/// A secret behind a text, whose random part other secrets of its form can be made from.
public struct Canary: Sendable, Hashable {
  /// What stands before the random part.
  public let context: String
  /// The random part: letters and digits, perhaps others between them.
  public let secret: String
  /// Where it was found.
  public let place: String

  public init(context: String, secret: String, place: String) {
    (self.context, self.secret, self.place) = (context, secret, place)
  }

  // MARK: Reading

  private static let marks = (open: "[[", close: "]]")

  /// Reads canaries, one a line. The secret stands between "[[" and "]]", which are no part of the text; where there are
  /// no such marks, it is what is personal or secret in the line.
  ///
  /// - Throws: `TuneError.data` naming the file and line where there is no secret, or the file has none at all.
  public static func read(_ path: String) throws -> [Canary] {
    let reader = try LineReader(path)
    var canaries: [Canary] = []
    while let line = try reader.next() {
      let place = "\(path):\(reader.lineNumber)"
      guard let text = String(validating: line, as: UTF8.self) else {
        throw TuneError.data("\(place): is not UTF-8 text")
      }
      if text.utf8.allSatisfy({ $0 == 32 || $0 == 9 }) { continue }
      if let canary = try marked(text, place: place) {
        canaries.append(canary)
      } else if let canary = found(in: text, place: place).first {
        canaries.append(canary)
      } else {
        throw TuneError.data("\(place): has no secret; put the secret between [[ and ]], such as: the code is [[4821]]")
      }
    }
    guard !canaries.isEmpty else { throw TuneError.data("\(path): has no canary; expected one a line") }
    return canaries
  }

  private static func marked(_ text: String, place: String) throws -> Canary? {
    let bytes = Array(text.utf8)
    guard let open = first(marks.open, in: bytes, from: 0) else { return nil }
    guard let close = first(marks.close, in: bytes, from: open + 2) else {
      throw TuneError.data("\(place): has [[ without ]]; close the secret's mark")
    }
    let canary = Canary(
      context: String(decoding: bytes[..<open], as: UTF8.self),
      secret: String(decoding: bytes[(open + 2)..<close], as: UTF8.self), place: place)
    guard canary.isRandom else {
      throw TuneError.data("\(place): the secret has no ASCII letter or digit; expected some that can be drawn anew")
    }
    return canary
  }

  private static func first(_ mark: String, in bytes: [UInt8], from start: Int) -> Int? {
    let mark = Array(mark.utf8)
    guard bytes.count >= start + mark.count else { return nil }
    return (start...(bytes.count - mark.count)).first { bytes[$0] == mark[0] && bytes[$0 + 1] == mark[1] }
  }

  /// What is personal or secret in a text: e-mail addresses, numbers of telephones and accounts, keys and the like.
  ///
  /// The random part of an address is what is before the at sign, that of a key what is behind its issuer's prefix.
  public static func found(in text: String, place: String) -> [Canary] {
    let bytes = Array(text.utf8)
    return SecretFinder.secrets(in: text).compactMap { found in
      var range = found.range
      switch found.kind {
      case .email:
        if let at = bytes[range].firstIndex(of: UInt8(ascii: "@")) { range = range.lowerBound..<at }
      case .secretKey:
        let head = bytes[range].prefix(12)
        let dash = head.lastIndex { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") }
        range = (dash.map { $0 + 1 } ?? min(range.upperBound, range.lowerBound + 4))..<range.upperBound
      default: break
      }
      // The text of a private key is far more than chance.
      guard range.count <= mostBytes else { return nil }
      let canary = Canary(
        context: String(decoding: bytes[..<range.lowerBound], as: UTF8.self),
        secret: String(decoding: bytes[range], as: UTF8.self), place: place)
      return canary.isRandom ? canary : nil
    }
  }

  private static let mostBytes = 256

  // MARK: Alternatives

  private var isRandom: Bool { secret.utf8.contains { Self.alphabet(of: $0) != nil } }

  /// Other secrets of the same form, all different: each digit and each ASCII letter is drawn anew from those of its
  /// kind, and all else stays. Fewer where the form has not so many.
  public func alternatives(count: Int, seed: UInt64) -> [String] {
    var random = SeededRandom(seed: seed ^ stableHash(secret), stream: "canary")
    var seen: Set<[UInt8]> = [Array(secret.utf8)], result: [String] = []
    var attempts = 0
    while result.count < count, attempts < 20 * count {
      attempts += 1
      let drawn = secret.utf8.map { byte in
        Self.alphabet(of: byte).map { $0.first + UInt8(random.integer(below: $0.count)) } ?? byte
      }
      if seen.insert(drawn).inserted { result.append(String(decoding: drawn, as: UTF8.self)) }
    }
    return result
  }

  private static func alphabet(of byte: UInt8) -> (first: UInt8, count: Int)? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): (UInt8(ascii: "0"), 10)
    case UInt8(ascii: "a")...UInt8(ascii: "z"): (UInt8(ascii: "a"), 26)
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): (UInt8(ascii: "A"), 26)
    default: nil
    }
  }
}
