/// Decodes ids one by one: each call gives the text that is complete so far, never half a scalar.
///
/// The parts joined are what `Tokenizer.decode` gives, which is written with it.
public struct StreamingDecoder: Sendable {
  private let tokenizer: Tokenizer
  private let skipsSpecialTokens: Bool
  /// Bytes of a scalar that is not complete yet.
  private var pending: [UInt8] = []
  private var stages: [DecoderStage]

  init(_ tokenizer: Tokenizer, skipsSpecialTokens: Bool) {
    self.tokenizer = tokenizer
    self.skipsSpecialTokens = skipsSpecialTokens
    stages = tokenizer.decoder.stages
  }

  /// Takes the next id and gives the text that it completes; ids outside the vocabulary give none.
  public mutating func append(_ id: Int) -> String {
    add(id)
    return takeCompleteText()
  }

  /// What is left at the end: bytes that never became a scalar come out as U+FFFD.
  public mutating func finish() -> String {
    for index in stages.indices { pass(stages[index].finish(), from: index + 1) }
    defer { pending = [] }
    return String(decoding: pending, as: UTF8.self)
  }

  mutating func add(_ id: Int) {
    guard let token = tokenizer.token(id), !(skipsSpecialTokens && tokenizer.specialIDs.contains(id)) else { return }
    pass([Array(token.utf8)], from: 0)
  }

  private mutating func pass(_ tokens: [[UInt8]], from first: Int) {
    var tokens = tokens
    for index in first..<max(first, stages.count) {
      var next: [[UInt8]] = []
      for token in tokens { next += stages[index].take(token) }
      tokens = next
    }
    for token in tokens { pending += token }
  }

  private mutating func takeCompleteText() -> String {
    let held = Self.incompleteSuffix(pending)
    defer { pending.removeFirst(pending.count - held) }
    return String(decoding: pending.dropLast(held), as: UTF8.self)
  }

  /// How many bytes at the end may still become a scalar when more follow (Unicode, table 3-7).
  static func incompleteSuffix(_ bytes: [UInt8]) -> Int {
    for length in 1...3 where length <= bytes.count {
      let lead = bytes[bytes.count - length]
      if lead & 0xC0 == 0x80 { continue }
      let needed =
        switch lead {
        case 0xC2...0xDF: 2
        case 0xE0...0xEF: 3
        case 0xF0...0xF4: 4
        default: 1
        }
      guard needed > length else { return 0 }
      guard length > 1 else { return 1 }
      let allowed: ClosedRange<UInt8> =
        switch lead {
        case 0xE0: 0xA0...0xBF
        case 0xED: 0x80...0x9F
        case 0xF0: 0x90...0xBF
        case 0xF4: 0x80...0x8F
        default: 0x80...0xBF
        }
      return allowed.contains(bytes[bytes.count - length + 1]) ? length : 0
    }
    return 0
  }
}
