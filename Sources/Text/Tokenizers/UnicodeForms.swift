import Foundation

/// The normalization forms of Unicode, by the names of tokenizer.json, in Unicode 9 as the reference has them: scalars
/// that came later change nothing and nothing moves across them.
enum UnicodeForm: String, Sendable {
  case composed = "NFC"
  case decomposed = "NFD"
  case compatibilityComposed = "NFKC"
  case compatibilityDecomposed = "NFKD"

  func applied(to text: [UInt32]) -> [UInt32] {
    // No form changes ASCII; nothing below U+0300 composes.
    let unchangedBelow: UInt32 = self == .composed ? 0x300 : 0x80
    if text.allSatisfy({ $0 < unchangedBelow }) { return text }
    var result: [UInt32] = []
    result.reserveCapacity(text.count)
    var start = 0
    while start < text.count {
      var end = start
      while end < text.count, !isInert(text[end]) { end += 1 }
      appendForm(of: text[start..<end], unchangedBelow, to: &result)
      while end < text.count, isInert(text[end]) {
        result.append(text[end])
        end += 1
      }
      start = end
    }
    return result
  }

  /// Whether a scalar stays as it is and parts what is before it from what is behind.
  ///
  /// Beyond the basic plane that is asked here: Foundation of Swift 6.3 composes U+E0057 and a dot below to U+1E88, as
  /// if it were U+0057, and likewise many others.
  private func isInert(_ scalar: UInt32) -> Bool {
    if scalar < 0x300 { return false }
    if ScalarClasses.shared[scalar].contains(.beyondUnicode9) { return true }
    switch scalar {
    // The vowels of Indic scripts that compose.
    case 0..<0x10000, 0x11080..<0x115C0: return false
    // Emoji and ideographs.
    case 0x1F300..<0x2F800, 0x2FA20...: return true
    default:
      guard let only = Unicode.Scalar(scalar), only.properties.canonicalCombiningClass == .notReordered else {
        return false
      }
      let isCanonical = self == .composed || self == .decomposed
      let text = String(only)
      let parts =
        isCanonical ? text.decomposedStringWithCanonicalMapping : text.decomposedStringWithCompatibilityMapping
      return parts.unicodeScalars.first == only
    }
  }

  private func appendForm(of text: ArraySlice<UInt32>, _ unchangedBelow: UInt32, to result: inout [UInt32]) {
    if text.allSatisfy({ $0 < unchangedBelow }) {
      result += text
      return
    }
    let string = String(scalars: Self.withoutTibetanPairs(text))
    let form =
      switch self {
      case .composed: string.precomposedStringWithCanonicalMapping
      case .decomposed: string.decomposedStringWithCanonicalMapping
      case .compatibilityComposed: string.precomposedStringWithCompatibilityMapping
      case .compatibilityDecomposed: string.decomposedStringWithCompatibilityMapping
      }
    let start = result.count
    for scalar in form.unicodeScalars {
      // Foundation of Swift 6.3 leaves a syllable without a final and the final behind it apart.
      if isComposed, (0x11A8...0x11C2).contains(scalar.value), result.count > start, let last = result.last,
        (0xAC00...0xD7A3).contains(last), (last - 0xAC00) % 28 == 0
      {
        result[result.count - 1] = last + scalar.value - 0x11A7
      } else {
        result.append(scalar.value)
      }
    }
  }

  /// Foundation of Swift 6.3 does not reorder what these vowels decompose to; no form has them.
  private static func withoutTibetanPairs(_ text: ArraySlice<UInt32>) -> [UInt32] {
    text.flatMap { scalar -> [UInt32] in
      switch scalar {
      case 0x0F73: [0x0F71, 0x0F72]
      case 0x0F75: [0x0F71, 0x0F74]
      case 0x0F81: [0x0F71, 0x0F80]
      default: [scalar]
      }
    }
  }

  private var isComposed: Bool { self == .composed || self == .compatibilityComposed }
}
