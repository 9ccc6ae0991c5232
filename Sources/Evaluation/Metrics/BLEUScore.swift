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
  public var title: String { "BLEU" }

  public func signatureParts(references: Int?) -> [SignaturePart] {
    [
      .references(references), .init("case", "c", lowercase ? "lc" : "mixed"),
      .init("eff", "e", effectiveOrder ? "yes" : "no"), .init("tok", "tok", tokenizer.name),
      .init("smooth", "s", smoothing.signature), .sacreBLEUVersion,
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
