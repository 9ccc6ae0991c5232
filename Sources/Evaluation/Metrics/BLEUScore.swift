import Basics
import Foundation

/// A BLEU score with everything it was made of.
public struct BLEUScore: Sendable, Equatable {
  /// From 0 to 100.
  public internal(set) var score: Double
  /// Clipped matches of the orders 1, 2, …; with add-k smoothing including what was added.
  public internal(set) var counts: [Double]
  /// N-grams of the predictions of the orders 1, 2, …; with add-k smoothing including what was added.
  public internal(set) var totals: [Double]
  /// Smoothed precisions in percent.
  public internal(set) var precisions: [Double]
  public internal(set) var brevityPenalty: Double
  /// Tokens of all predictions.
  public internal(set) var predictionLength: Int
  /// Tokens of the references that are closest in length.
  public internal(set) var referenceLength: Int

  /// Length of the predictions in references; 0 when the references are empty.
  public var ratio: Double { referenceLength == 0 ? 0 : Double(predictionLength) / Double(referenceLength) }

  /// sacreBLEU's line, with the signature when one is given:
  /// `BLEU = 26.43 75.0/44.4/33.3/16.7 (BP = 0.717 ratio = 0.750 hyp_len = 12 ref_len = 16)`.
  public func text(signature: String? = nil) -> String {
    let label = signature.map { "BLEU|\($0)" } ?? "BLEU"
    let parts = precisions.map { String(format: "%.1f", $0) }.joined(separator: "/")
    let lengths = String(format: "BP = %.3f ratio = %.3f", brevityPenalty, ratio)
    return label + String(format: " = %.2f ", score) + parts
      + " (\(lengths) hyp_len = \(predictionLength) ref_len = \(referenceLength))"
  }
}

// MARK: Signature

extension BLEU {
  /// sacreBLEU's signature, such as `nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:2.6.0`.
  public func signature(references: Int?) -> String {
    signatureParts(references).map { "\($0.key):\($0.value)" }.joined(separator: "|")
  }

  /// The same with sacreBLEU's short keys: `#:1|c:mixed|e:no|tok:13a|s:exp|v:2.6.0`.
  public func shortSignature(references: Int?) -> String {
    signatureParts(references).map { "\($0.short):\($0.value)" }.joined(separator: "|")
  }

  private func signatureParts(_ references: Int?) -> [(key: String, short: String, value: String)] {
    [
      ("nrefs", "#", references.map { String($0) } ?? "var"),
      ("case", "c", lowercase ? "lc" : "mixed"),
      ("eff", "e", effectiveOrder ? "yes" : "no"),
      ("tok", "tok", tokenizer.name),
      ("smooth", "s", smoothing.signature),
      ("version", "v", Self.referenceVersion),
    ]
  }
}

// MARK: Smoothing by name

extension BLEU.Smoothing {
  /// The names of sacreBLEU's smoothing methods.
  public static let names = ["exp", "floor", "add-k", "none"]

  /// The smoothing of a name; `value` is for "floor" (0.1 when nil) and "add-k" (1 when nil), others ignore it.
  ///
  /// - Throws: `TuneError.usage` for an unknown name or a value that is negative or not finite.
  public init(name: String, value: Double? = nil) throws {
    if let value, !(value >= 0 && value.isFinite) {
      throw TuneError.usage("smoothing '\(name)': the value is \(value); it must be a number of at least 0")
    }
    switch name {
    case "exp": self = .exponential
    case "none": self = .none
    case "floor": self = .floor(value ?? 0.1)
    case "add-k": self = .addK(value ?? 1)
    default: throw unknownName(name, kind: "smoothing", known: Self.names)
    }
  }

  var signature: String {
    switch self {
    case .none: "none"
    case .exponential: "exp"
    case .floor(let value): String(format: "floor[%.2f]", value)
    case .addK(let value): String(format: "add-k[%.2f]", value)
    }
  }
}
