/// The key `decoder`: how tokens become text again.
struct TokenDecoder: Sendable {
  /// The stages before any token.
  private(set) var stages: [DecoderStage] = []

  private static let known = [
    "Sequence", "ByteLevel", "Replace", "ByteFallback", "Fuse", "Strip", "Metaspace", "WordPiece", "BPEDecoder", "CTC",
  ]

  init(_ value: FileValue?) throws {
    let values = try flattenedStages(value, sequenceKey: "decoders")
    // Many stages in a damaged file could let a token grow without bounds.
    guard values.count <= 8 else { throw values[8].failure("is the ninth stage; expected at most 8") }
    stages = try values.map(Self.stage)
    if value == nil { stages = [.spaced(isFirst: true)] }
    joinAsTheyCome()
  }

  private static func stage(_ value: FileValue) throws -> DecoderStage {
    func text(_ key: String, _ standard: String) throws -> [UInt32] {
      [UInt32](scalarsOf: try value[key]?.string() ?? standard)
    }
    let type = try value.type()
    switch type {
    case "ByteLevel": return .byteLevel
    case "ByteFallback": return .byteFallback(run: [])
    case "Fuse": return .fuse(held: [])
    case "Replace":
      let content = [UInt32](scalarsOf: try value.required("content").string())
      guard content.count <= 64 else {
        throw value.failure("has a content of \(content.count) scalars; expected at most 64")
      }
      return .replace(try TextPattern(value.required("pattern")), with: content)
    case "Strip":
      let scalars = [UInt32](scalarsOf: try value.required("content").string())
      let start = try value.required("start").integer(), stop = try value["stop"]?.integer() ?? 0
      guard scalars.count == 1, start >= 0, stop >= 0 else {
        throw value.failure("strips \"\(String(scalars: scalars))\" \(start) and \(stop) times; expected one scalar")
      }
      return .strip(scalars[0], start: start, stop: stop)
    case "Metaspace":
      let metaspace = try Metaspace(value)
      return .metaspace(
        replacement: metaspace.replacement, dropsFirst: metaspace.scheme != .never, isFirst: true)
    case "WordPiece":
      return .wordPiece(
        prefix: try text("prefix", "##"), cleansUp: try value.flag("cleanup", default: true), isFirst: true)
    case "BPEDecoder": return .endOfWord(suffix: try text("suffix", "</w>"), held: nil)
    case "CTC":
      let rules = DecoderStage.CTC(
        padding: try text("pad_token", "<pad>"), delimiter: try text("word_delimiter_token", "|"),
        cleansUp: try value.flag("cleanup", default: true))
      return .ctc(rules, last: nil)
    default: throw value.unsupported("the decoder \"\(type)\"", known: known)
    }
  }

  /// Lets text out as it comes where what makes one of all tokens is followed by nothing, or by stripping at the
  /// beginning alone.
  private mutating func joinAsTheyCome() {
    guard let index = stages.lastIndex(where: { if case .fuse = $0 { true } else { false } }) else { return }
    var joined: [DecoderStage] = []
    for stage in stages[(index + 1)...] {
      guard case .strip(let scalar, let start, 0) = stage else { return }
      joined.append(.stripText(scalar, left: start))
    }
    stages.replaceSubrange(index..., with: joined)
  }
}
