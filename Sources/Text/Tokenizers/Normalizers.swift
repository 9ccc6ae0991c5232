import Foundation

/// The key `normalizer`: rewrites text before it is cut.
struct Normalizer: Sendable {
  private enum Step: Sendable {
    case unicode(UnicodeForm)
    case lowercase
    case prepend([UInt32])
    case replace([UInt32], with: [UInt32])
    case strip(left: Bool, right: Bool)
  }

  private enum UnicodeForm: String, Sendable {
    case composed = "NFC"
    case decomposed = "NFD"
    case compatibilityComposed = "NFKC"
    case compatibilityDecomposed = "NFKD"
  }

  private static let known = [
    "Sequence", "NFC", "NFD", "NFKC", "NFKD", "Lowercase", "Prepend", "Replace", "Strip",
  ]
  /// Steps that lengthen the text may do so this many times over altogether, so that a damaged file is no bomb.
  private static let maximumGrowth = 64

  private let steps: [Step]

  init(_ value: FileValue?) throws {
    var growth = 1
    steps = try flattenedStages(value, sequenceKey: "normalizers").map { stage in
      let step = try Self.step(stage)
      switch step {
      case .replace(let pattern, let content): growth *= max(1, (content.count + pattern.count - 1) / pattern.count)
      case .unicode(.compatibilityComposed), .unicode(.compatibilityDecomposed): growth *= 2
      default: break
      }
      guard growth <= Self.maximumGrowth else { throw stage.failure("makes the text too long; shorten the content") }
      return step
    }
  }

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
      let pattern = try stage.required("pattern")
      guard let literal = pattern["String"] else {
        throw pattern.unsupported("a regular expression", known: ["{\"String\": …}"])
      }
      let sought = try shortText(literal)
      guard !sought.isEmpty else { throw literal.failure("is empty; expected the text to replace") }
      return .replace(sought, with: try shortText(stage.required("content")))
    case "Strip":
      return .strip(
        left: try stage.flag("strip_left", default: true), right: try stage.flag("strip_right", default: true))
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
    case .unicode(let form): return applied(form, to: text)
    case .lowercase:
      return text.flatMap { scalar in
        Unicode.Scalar(scalar).map { [UInt32](scalarsOf: $0.properties.lowercaseMapping) } ?? [scalar]
      }
    case .prepend(let prefix): return text.isEmpty ? text : prefix + text
    case .replace(let pattern, let content): return replaced(pattern, with: content, in: text)
    case .strip(let left, let right): return stripped(text, left: left, right: right)
    }
  }

  private static func applied(_ form: UnicodeForm, to text: [UInt32]) -> [UInt32] {
    // No form changes ASCII; nothing below U+0300 composes.
    let unchangedBelow: UInt32 = form == .composed ? 0x300 : 0x80
    if text.allSatisfy({ $0 < unchangedBelow }) { return text }
    let string = String(scalars: text)
    return switch form {
    case .composed: [UInt32](scalarsOf: string.precomposedStringWithCanonicalMapping)
    case .decomposed: [UInt32](scalarsOf: string.decomposedStringWithCanonicalMapping)
    case .compatibilityComposed: [UInt32](scalarsOf: string.precomposedStringWithCompatibilityMapping)
    case .compatibilityDecomposed: [UInt32](scalarsOf: string.decomposedStringWithCompatibilityMapping)
    }
  }

  private static func replaced(_ pattern: [UInt32], with content: [UInt32], in text: [UInt32]) -> [UInt32] {
    var result: [UInt32] = []
    result.reserveCapacity(text.count)
    var position = 0
    while position < text.count {
      if text[position...].starts(with: pattern) {
        result += content
        position += pattern.count
      } else {
        result.append(text[position])
        position += 1
      }
    }
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
