import Basics

/// A piece of a text that is personal or secret.
public struct FoundSecret: Sendable, Equatable {
  public let kind: FindingKind
  /// In UTF-8 bytes.
  public let range: Range<Int>
}

/// Finds what a `Redactor` would replace.
public enum SecretFinder {
  /// The secrets of a text from left to right; they do not overlap. The time is linear in the text.
  ///
  /// - Parameter kinds: those of `FindingKind.redactable` to look for; others are passed over.
  public static func secrets(in text: String, kinds: [FindingKind] = Redactor.standardKinds) -> [FoundSecret] {
    let sensitive = SensitiveKinds(kinds)
    return text.withBytes { bytes in
      guard !sensitive.triggers.isDisjoint(with: Triggers(in: bytes)) else { return [] }
      return SensitiveSpanScanner.spans(of: sensitive, in: bytes).map { FoundSecret(kind: $0.kind, range: $0.range) }
    }
  }
}
