/// One stage of the key `decoder` at work: takes the bytes of tokens one by one and hands tokens on.
///
/// Together the stages give the same text whether tokens come one by one or all at once.
enum DecoderStage: Sendable {
  /// Tokens in the byte-level alphabet.
  case byteLevel
  /// Tokens such as `<0x0A>` stand for bytes, which are text only where all in a row are valid.
  case byteFallback(run: [UInt8])
  /// Replaced within each token.
  case replace(TextPattern, with: [UInt32])
  /// A scalar taken from the ends of each token so many times at most.
  case strip(UInt32, start: Int, stop: Int)
  /// The same at the beginning of the whole text; `left` of it are still to take.
  case stripText(UInt32, left: Int)
  /// All tokens become one, at the end.
  case fuse(held: [UInt8])
  case metaspace(replacement: UInt32, dropsFirst: Bool, isFirst: Bool)
  /// Spaces between tokens but before those with the prefix.
  case wordPiece(prefix: [UInt32], cleansUp: Bool, isFirst: Bool)
  /// The suffix of a word becomes a space; the last token's nothing.
  case endOfWord(suffix: [UInt32], held: [UInt8]?)
  /// Repeated tokens are one, the padding token nothing.
  case ctc(CTC, last: [UInt8]?)
  /// A space between tokens, where a file names no decoder.
  case spaced(isFirst: Bool)

  struct CTC: Sendable {
    let padding: [UInt32]
    let delimiter: [UInt32]
    let cleansUp: Bool
  }

  /// What a token becomes; nothing where the stage waits for more.
  mutating func take(_ token: [UInt8]) -> [[UInt8]] {
    switch self {
    case .byteLevel: return [Self.byteLevel(token)]
    case .byteFallback(var run):
      if let byte = Self.fallbackByte(token) {
        run.append(byte)
        self = .byteFallback(run: run)
        return []
      }
      self = .byteFallback(run: [])
      return Self.text(ofRun: run) + [token]
    case .replace(let pattern, let content): return [Self.rewritten(token) { pattern.replaced(with: content, in: $0) }]
    case .strip(let scalar, let start, let stop):
      return [Self.rewritten(token) { Self.stripped($0, scalar, start: start, stop: stop) }]
    case .stripText(let scalar, let left):
      guard left > 0 else { return [token] }
      let kept = Self.rewritten(token) { Self.stripped($0, scalar, start: left, stop: 0) }
      let taken = (token.count - kept.count) / max(1, String(scalars: [scalar]).utf8.count)
      self = .stripText(scalar, left: kept.isEmpty ? left - taken : 0)
      return [kept]
    case .fuse(let held):
      self = .fuse(held: held + token)
      return []
    case .metaspace(let replacement, let dropsFirst, let isFirst):
      self = .metaspace(replacement: replacement, dropsFirst: dropsFirst, isFirst: false)
      return [
        Self.rewritten(token) { scalars in
          scalars.compactMap { $0 != replacement ? $0 : isFirst && dropsFirst ? nil : 0x20 }
        }
      ]
    case .wordPiece(let prefix, let cleansUp, let isFirst):
      self = .wordPiece(prefix: prefix, cleansUp: cleansUp, isFirst: false)
      return [
        Self.rewritten(token) { scalars in
          let joined =
            isFirst ? scalars : scalars.starts(with: prefix) ? Array(scalars.dropFirst(prefix.count)) : [0x20] + scalars
          return cleansUp ? CleanUp.applied(to: joined) : joined
        }
      ]
    case .endOfWord(let suffix, let held):
      self = .endOfWord(suffix: suffix, held: token)
      return held.map { [Self.withoutSuffix($0, suffix, replacedBy: [0x20])] } ?? []
    case .ctc(let rules, let last):
      self = .ctc(rules, last: token)
      return token == last ? [] : Self.text(of: token, rules)
    case .spaced(let isFirst):
      self = .spaced(isFirst: false)
      return isFirst ? [token] : [[0x20] + token]
    }
  }

  /// What is left at the end.
  mutating func finish() -> [[UInt8]] {
    switch self {
    case .byteFallback(let run):
      self = .byteFallback(run: [])
      return Self.text(ofRun: run)
    case .fuse(let held):
      self = .fuse(held: [])
      return [held]
    case .endOfWord(let suffix, let held):
      self = .endOfWord(suffix: suffix, held: nil)
      return held.map { [Self.withoutSuffix($0, suffix, replacedBy: [])] } ?? []
    default: return []
    }
  }

  private static func byteLevel(_ token: [UInt8]) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(token.count)
    for scalar in String(decoding: token, as: UTF8.self).unicodeScalars {
      // A token with any scalar outside the alphabet was added as plain text.
      guard let byte = ByteLevelAlphabet.byte(of: scalar.value) else { return token }
      bytes.append(byte)
    }
    return bytes
  }

  /// The byte that a token such as `<0x0A>` stands for.
  private static func fallbackByte(_ token: [UInt8]) -> UInt8? {
    guard token.count == 6, token.starts(with: Array("<0x".utf8)), token[5] == UInt8(ascii: ">") else { return nil }
    return UInt8(String(decoding: token[3..<5], as: UTF8.self), radix: 16)
  }

  private static func text(ofRun run: [UInt8]) -> [[UInt8]] {
    guard !run.isEmpty else { return [] }
    if String(validating: run, as: UTF8.self) != nil { return [run] }
    return run.map { _ in Array("\u{FFFD}".utf8) }
  }

  private static func rewritten(_ token: [UInt8], _ body: ([UInt32]) -> [UInt32]) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(token.count)
    for scalar in body([UInt32](scalarsOf: String(decoding: token, as: UTF8.self))) {
      forEachUTF8Byte(of: scalar) { bytes.append($0) }
    }
    return bytes
  }

  private static func stripped(_ scalars: [UInt32], _ scalar: UInt32, start: Int, stop: Int) -> [UInt32] {
    let first = scalars.prefix(start).prefix { $0 == scalar }.count
    let last = scalars.reversed().prefix(stop).prefix { $0 == scalar }.count
    return first + last >= scalars.count ? [] : Array(scalars[first..<scalars.count - last])
  }

  private static func withoutSuffix(_ token: [UInt8], _ suffix: [UInt32], replacedBy content: [UInt32]) -> [UInt8] {
    rewritten(token) { suffix.isEmpty ? $0 : TextPattern.literal(suffix).replaced(with: content, in: $0) }
  }

  private static func text(of token: [UInt8], _ rules: CTC) -> [[UInt8]] {
    let text = rewritten(token) { scalars in
      var scalars = TextPattern.literal(rules.padding).replaced(with: [], in: scalars)
      guard rules.cleansUp else { return scalars }
      scalars = CleanUp.applied(to: scalars)
      return TextPattern.literal(rules.delimiter).replaced(with: [0x20], in: scalars)
    }
    return text.isEmpty ? [] : [text]
  }
}

/// Takes away the spaces that the tokens of English words leave.
enum CleanUp {
  private static let rules: [(pattern: TextPattern, content: [UInt32])] = [
    (" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"), (" n't", "n't"), (" 'm", "'m"),
    (" do not", " don't"), (" 's", "'s"), (" 've", "'ve"), (" 're", "'re"),
  ].map { (.literal([UInt32](scalarsOf: $0)), [UInt32](scalarsOf: $1)) }

  static func applied(to text: [UInt32]) -> [UInt32] {
    guard text.contains(0x20) else { return text }
    return rules.reduce(text) { $1.pattern.replaced(with: $1.content, in: $0) }
  }
}
