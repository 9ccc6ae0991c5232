/// A metric of sacreBLEU, which signs its scores in a long and a short form.
public protocol SacreBLEUMetric: SummedMetric {
  /// sacreBLEU's name, such as "chrF2++".
  var title: String { get }
  func signatureParts(references: Int?) -> [SignaturePart]
}

extension SacreBLEUMetric {
  /// sacreBLEU's signature, such as `nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:2.6.0`.
  public func signature(references: Int?) -> String { signature(references: references, resampling: []) }

  /// The same with what a resampling adds, such as `bs:1000` and `seed:12345`.
  func signature(references: Int?, resampling: [SignaturePart]) -> String {
    var parts = signatureParts(references: references)
    parts.insert(contentsOf: resampling, at: 1)
    return parts.map { "\($0.key):\($0.value)" }.joined(separator: "|")
  }

  /// The same with sacreBLEU's short keys: `#:1|c:mixed|e:no|tok:13a|s:exp|v:2.6.0`.
  public func shortSignature(references: Int?) -> String {
    signatureParts(references: references).map { "\($0.short):\($0.value)" }.joined(separator: "|")
  }
}

/// One part of a sacreBLEU signature, with its long and its short key.
public struct SignaturePart: Sendable, Equatable {
  public let key: String
  public let short: String
  public let value: String

  init(_ key: String, _ short: String, _ value: String) {
    self.key = key
    self.short = short
    self.value = value
  }

  /// - Parameter count: references of every example; nil when examples differ in it.
  static func references(_ count: Int?) -> SignaturePart {
    SignaturePart("nrefs", "#", count.map { String($0) } ?? "var")
  }

  /// The release of sacreBLEU whose numbers and texts these are.
  static var sacreBLEUVersion: SignaturePart { SignaturePart("version", "v", BLEU.referenceVersion) }
}
