/// BERT's cleaning of text, with the options of the stage BertNormalizer.
struct BertNormalization: Sendable {
  let cleansText: Bool
  let spacesChinese: Bool
  let stripsAccents: Bool
  let lowercases: Bool

  init(_ stage: FileValue) throws {
    cleansText = try stage.flag("clean_text", default: true)
    spacesChinese = try stage.flag("handle_chinese_chars", default: true)
    lowercases = try stage.flag("lowercase", default: true)
    stripsAccents = try stage["strip_accents"]?.bool() ?? lowercases
  }

  func applied(to text: [UInt32]) -> [UInt32] {
    let classes = ScalarClasses.shared
    var text = text
    if cleansText { text = Self.cleaned(text, classes) }
    if spacesChinese, text.contains(where: Self.isChinese) {
      text = text.flatMap { Self.isChinese($0) ? [0x20, $0, 0x20] : [$0] }
    }
    if stripsAccents {
      text = UnicodeForm.decomposed.applied(to: text)
      text.removeAll { $0 >= 0x300 && classes[$0].contains(.nonspacingMark) }
    }
    if lowercases { text = Normalizer.lowercased(text) }
    return text
  }

  private static func cleaned(_ text: [UInt32], _ classes: ScalarClasses) -> [UInt32] {
    var result: [UInt32] = []
    result.reserveCapacity(text.count)
    for scalar in text {
      switch scalar {
      case 0x09, 0x0A, 0x0D: result.append(0x20)
      case 0xFFFD: break
      default:
        let kind = classes[scalar]
        if kind.contains(.control) { continue }
        result.append(kind.contains(.whiteSpace) ? 0x20 : scalar)
      }
    }
    return result
  }

  private static func isChinese(_ scalar: UInt32) -> Bool {
    switch scalar {
    case 0x4E00...0x9FFF, 0x3400...0x4DBF, 0x20000...0x2A6DF, 0x2A700...0x2B73F, 0x2B740...0x2B81F, 0x2B920...0x2CEAF,
      0xF900...0xFAFF, 0x2F800...0x2FA1F:
      true
    default: false
    }
  }
}
