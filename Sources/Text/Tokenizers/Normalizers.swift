import Foundation

/// The key `normalizer`: rewrites text before it is cut.
struct Normalizer: Sendable {
  private enum Step: Sendable {
    case unicode(UnicodeForm)
    case lowercase
    case prepend([UInt32])
    case replace(TextPattern, with: [UInt32])
    case strip(left: Bool, right: Bool)
    case stripAccents
    case bert(BertNormalization)
    case precompiled(PrecompiledCharacters)
    case sentencePiece(SentencePieceNormalization)
    case nmt
    case byteLevel
  }

  private static let known = [
    "Sequence", "NFC", "NFD", "NFKC", "NFKD", "Lowercase", "Prepend", "Replace", "Strip", "StripAccents",
    "BertNormalizer", "Precompiled", "Nmt", "ByteLevel",
  ]
  /// Steps that lengthen the text may do so this many times over altogether, so that a damaged file is no bomb.
  private static let maximumGrowth = 64

  private let steps: [Step]

  init(_ value: FileValue?) throws {
    var growth = 1
    steps = try flattenedStages(value, sequenceKey: "normalizers").map { stage in
      let step = try Self.step(stage)
      switch step {
      case .replace(let pattern, let content):
        growth *= max(1, (content.count + pattern.minimumLength - 1) / max(1, pattern.minimumLength))
      case .unicode(.compatibilityComposed), .unicode(.compatibilityDecomposed), .precompiled: growth *= 2
      case .bert, .byteLevel: growth *= 2
      default: break
      }
      guard growth <= Self.maximumGrowth else { throw stage.failure("makes the text too long; shorten the content") }
      return step
    }
  }

  init(sentencePiece normalization: SentencePieceNormalization) { steps = [.sentencePiece(normalization)] }

  func normalized(_ text: [UInt32]) -> [UInt32] {
    steps.reduce(text) { Self.apply($1, to: $0) }
  }

  private static func step(_ stage: FileValue) throws -> Step {
    let type = try stage.type()
    if let form = UnicodeForm(rawValue: type) { return .unicode(form) }
    switch type {
    case "Lowercase": return .lowercase
    case "Prepend": return .prepend(try shortText(stage.required("prepend")))
    case "Replace":
      return .replace(try TextPattern(stage.required("pattern")), with: try shortText(stage.required("content")))
    case "Strip":
      return .strip(
        left: try stage.flag("strip_left", default: true), right: try stage.flag("strip_right", default: true))
    case "StripAccents": return .stripAccents
    case "BertNormalizer": return .bert(try BertNormalization(stage))
    case "Precompiled":
      return .precompiled(try PrecompiledCharacters(base64: stage.required("precompiled_charsmap")))
    case "Nmt": return .nmt
    case "ByteLevel": return .byteLevel
    default: throw stage.unsupported("the normalizer \"\(type)\"", known: known)
    }
  }

  private static func shortText(_ value: FileValue) throws -> [UInt32] {
    let scalars = [UInt32](scalarsOf: try value.string())
    guard scalars.count <= 64 else { throw value.failure("has \(scalars.count) scalars; expected at most 64") }
    return scalars
  }

  private static func apply(_ step: Step, to text: [UInt32]) -> [UInt32] {
    switch step {
    case .unicode(let form): return form.applied(to: text)
    case .lowercase: return lowercased(text)
    case .prepend(let prefix): return text.isEmpty ? text : prefix + text
    case .replace(let pattern, let content): return pattern.replaced(with: content, in: text)
    case .strip(let left, let right): return stripped(text, left: left, right: right)
    case .stripAccents:
      let classes = ScalarClasses.shared
      return text.filter { $0 < 0x300 || !classes[$0].contains(.combiningMark) }
    case .bert(let normalization): return normalization.applied(to: text)
    case .precompiled(let characters): return characters.applied(to: text)
    case .sentencePiece(let normalization): return normalization.applied(to: text)
    case .nmt: return text.compactMap(nmt)
    case .byteLevel: return byteLevel(text)
    }
  }

  static func lowercased(_ text: [UInt32]) -> [UInt32] {
    var result: [UInt32] = []
    result.reserveCapacity(text.count)
    for value in text {
      switch value {
      case 0x41...0x5A: result.append(value + 0x20)
      case 0..<0x80, 0x4E00..<0xA000: result.append(value)
      default:
        guard let scalar = Unicode.Scalar(value), scalar.properties.changesWhenLowercased else {
          result.append(value)
          continue
        }
        for lower in scalar.properties.lowercaseMapping.unicodeScalars { result.append(lower.value) }
      }
    }
    return result
  }

  /// SentencePiece's rules for machine translation: controls vanish, odd spaces become spaces.
  private static func nmt(_ scalar: UInt32) -> UInt32? {
    switch scalar {
    case 0x01...0x08, 0x0B, 0x0E...0x1F, 0x7F, 0x8F, 0x9F: nil
    case 0x09, 0x0A, 0x0C, 0x0D, 0x1680, 0x200B...0x200F, 0x2028, 0x2029, 0x2581, 0xFEFF, 0xFFFD: 0x20
    default: scalar
    }
  }

  private static func byteLevel(_ text: [UInt32]) -> [UInt32] {
    var result: [UInt32] = []
    result.reserveCapacity(text.count)
    for scalar in text { forEachUTF8Byte(of: scalar) { result.append(ByteLevelAlphabet.scalars[Int($0)]) } }
    return result
  }

  private static func stripped(_ text: [UInt32], left: Bool, right: Bool) -> [UInt32] {
    let classes = ScalarClasses.shared
    var slice = text[...]
    if left { slice = slice.drop { classes[$0].contains(.whiteSpace) } }
    if right { while let last = slice.last, classes[last].contains(.whiteSpace) { slice.removeLast() } }
    return Array(slice)
  }
}
