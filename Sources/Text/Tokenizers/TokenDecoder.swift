/// The key `decoder`: how tokens become text again.
struct TokenDecoder: Sendable {
  /// Tokens are written in the byte-level alphabet.
  private(set) var isByteLevel = false
  /// Tokens such as `<0x0A>` stand for bytes.
  private(set) var hasByteFallback = false
  /// Texts replaced within each token, such as "▁" by a space.
  private(set) var replacements: [(pattern: [UInt8], content: [UInt8])] = []
  /// A byte taken from the beginning of the whole text so many times at most.
  private(set) var leadingStrip: (byte: UInt8, count: Int)?
  /// Written between tokens; a space where a file names no decoder.
  private(set) var separator: [UInt8] = []

  private static let known = ["Sequence", "ByteLevel", "Replace", "ByteFallback", "Fuse", "Strip"]

  init(_ value: FileValue?) throws {
    let stages = try flattenedStages(value, sequenceKey: "decoders")
    var isFused = false
    if stages.isEmpty { separator = [0x20] }
    for stage in stages {
      let type = try stage.type()
      switch type {
      case "ByteLevel": isByteLevel = true
      case "ByteFallback": hasByteFallback = true
      case "Fuse": isFused = true
      case "Replace":
        let pattern = Array(try stage.required("pattern").required("String").string().utf8)
        guard !pattern.isEmpty else { throw stage.failure("replaces an empty text; expected a text") }
        replacements.append((pattern, Array(try stage.required("content").string().utf8)))
      case "Strip":
        guard isFused else { throw stage.failure("strips before Fuse; expected it behind; use another tokenizer") }
        leadingStrip = try Self.strip(stage)
      default: throw stage.unsupported("the decoder \"\(type)\"", known: Self.known)
      }
    }
    guard let last = stages.last else { return }
    if isByteLevel, stages.count > 1 {
      throw last.failure("stands beside ByteLevel or is it; expected ByteLevel alone; use another tokenizer")
    }
    // Many long replacements in a damaged file could let a token grow without bounds.
    guard replacements.count <= 4, replacements.allSatisfy({ $0.content.count <= 64 }) else {
      throw last.failure("replaces too much; expected at most 4 short replacements; fetch the file again")
    }
  }

  /// A token's text as bytes, before bytes of byte fallback are put together.
  func bytes(of token: String) -> [UInt8] {
    if isByteLevel {
      var bytes: [UInt8] = []
      for scalar in token.unicodeScalars {
        // A token with any scalar outside the alphabet was added as plain text.
        guard let byte = ByteLevelAlphabet.byte(of: scalar.value) else { return Array(token.utf8) }
        bytes.append(byte)
      }
      return bytes
    }
    return replacements.reduce(Array(token.utf8)) { Self.replaced($1.pattern, with: $1.content, in: $0) }
  }

  /// The byte that a token such as `<0x0A>` stands for.
  func fallbackByte(of token: String) -> UInt8? {
    let bytes = Array(token.utf8)
    guard hasByteFallback, bytes.count == 6, token.hasPrefix("<0x"), bytes[5] == UInt8(ascii: ">") else { return nil }
    return UInt8(String(decoding: bytes[3..<5], as: UTF8.self), radix: 16)
  }

  private static func strip(_ stage: FileValue) throws -> (byte: UInt8, count: Int) {
    let content = Array(try stage.required("content").string().utf8)
    let count = try stage.required("start").integer()
    guard content.count == 1, content[0] < 0x80, count >= 0, try stage["stop"]?.integer() ?? 0 == 0 else {
      throw stage.failure("is not the stripping of an ASCII scalar from the beginning; use another tokenizer")
    }
    return (content[0], count)
  }

  private static func replaced(_ pattern: [UInt8], with content: [UInt8], in bytes: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    var position = 0
    while position < bytes.count {
      if bytes[position...].starts(with: pattern) {
        result += content
        position += pattern.count
      } else {
        result.append(bytes[position])
        position += 1
      }
    }
    return result
  }
}
