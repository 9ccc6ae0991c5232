/// Replaces personal and secret data by placeholders such as `<email>`.
///
/// Redacting twice changes nothing more. Line breaks around a span stay; a span never crosses what is no part of it.
public struct Redactor: Sendable {
  public let kinds: [FindingKind]
  private let sensitive: SensitiveKinds

  /// All kinds but addresses on the web, which are seldom private.
  public static let standardKinds = FindingKind.redactable.filter { $0 != .url }

  /// Replaced spans can lay bare others (a number that ran into an address); more rounds than these need a text made
  /// for it.
  private static let mostRounds = 16

  /// - Parameter kinds: those of `FindingKind.redactable` to replace; others are passed over.
  public init(_ kinds: [FindingKind] = Redactor.standardKinds) {
    self.kinds = FindingKind.redactable.filter { kinds.contains($0) }
    sensitive = SensitiveKinds(kinds)
  }

  /// The text with placeholders, and how many spans of each kind were replaced.
  public func redact(_ text: String) -> (text: String, counts: [FindingKind: Int]) {
    var result = text
    var counts: [FindingKind: Int] = [:]
    for _ in 0..<Self.mostRounds {
      guard let redacted = redactOnce(result, &counts) else { break }
      result = redacted
    }
    return (result, counts)
  }

  private func redactOnce(_ text: String, _ counts: inout [FindingKind: Int]) -> String? {
    text.withBytes { bytes in
      guard !sensitive.triggers.isDisjoint(with: Triggers(in: bytes)) else { return nil }
      let spans = SensitiveSpanScanner.spans(of: sensitive, in: bytes)
      guard !spans.isEmpty else { return nil }
      var output: [UInt8] = []
      output.reserveCapacity(bytes.count)
      var copied = 0
      for span in spans {
        output += bytes[copied..<span.range.lowerBound]
        output += Self.placeholder(span.kind).utf8
        copied = span.range.upperBound
        counts[span.kind, default: 0] += 1
      }
      output += bytes[copied...]
      return String(decoding: output, as: UTF8.self)
    }
  }

  /// What stands for a span of the kind.
  public static func placeholder(_ kind: FindingKind) -> String {
    switch kind {
    case .paymentCard: "<card>"
    case .secretKey: "<key>"
    case .socialSecurityNumber: "<ssn>"
    case .ipAddress: "<ip>"
    default: "<\(kind.rawValue)>"
    }
  }
}
