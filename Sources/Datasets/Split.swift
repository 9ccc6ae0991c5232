import Basics

/// A part of the data: to learn from, to watch while learning, to measure at the end.
public enum SplitName: String, Sendable, CaseIterable {
  case train, validation, test

  public var fileName: String { rawValue + ".jsonl" }
}

/// The shares of the three splits; they sum to 1.
public struct SplitFractions: Sendable, Equatable {
  public let train: Double
  public let validation: Double
  public let test: Double

  /// - Throws: `TuneError.usage` when a share is negative or they do not sum to 1.
  public init(train: Double, validation: Double, test: Double) throws {
    let shares = [train, validation, test]
    guard shares.allSatisfy({ $0 >= 0 && $0 <= 1 }), abs(shares.reduce(0, +) - 1) < 1e-6 else {
      throw TuneError.usage(
        "--split \(train)/\(validation)/\(test): the shares must be at least 0 and sum to 1, as 0.9/0.05/0.05 does")
    }
    (self.train, self.validation, self.test) = (train, validation, test)
  }

  /// Reads `0.9/0.05/0.05`, the shares of train, validation and test.
  public init(parsing text: String) throws {
    let shares = text.split(separator: "/", omittingEmptySubsequences: false).map { Double($0) }
    guard shares.count == 3, let train = shares[0], let validation = shares[1], let test = shares[2] else {
      throw TuneError.usage("--split '\(text)': expected three shares train/validation/test, for example 0.9/0.05/0.05")
    }
    try self.init(train: train, validation: validation, test: test)
  }

  private init() { (train, validation, test) = (0.9, 0.05, 0.05) }

  public static let standard = SplitFractions()

  public subscript(_ split: SplitName) -> Double {
    switch split {
    case .train: train
    case .validation: validation
    case .test: test
    }
  }

  /// The part of [0, 1) that belongs to a split.
  func interval(_ split: SplitName) -> Range<Double> {
    switch split {
    case .train: 0..<train
    case .validation: train..<max(train, 1 - test)
    case .test: max(train, 1 - test)..<max(1, train)
    }
  }
}

/// Assigns records to splits by a hash of their content and the seed, whatever file or order they come in.
///
/// Equal content always lands in the same split. With a group column the group's value is hashed instead, so that a
/// group (the reviews of one product, say) is never torn apart.
public struct Splitter: Sendable {
  public let fractions: SplitFractions
  public let seed: UInt64

  public init(fractions: SplitFractions, seed: UInt64) {
    self.fractions = fractions
    self.seed = seed
  }

  /// The place of a content in [0, 1), uniform over contents.
  public func position(of content: String) -> Double {
    Double(stableHash("split \(seed) \(content)") >> 11) * 0x1p-53
  }

  /// The split of a place. The shares are laid end to end: train, validation, test.
  public func split(at position: Double) -> SplitName {
    SplitName.allCases.last { fractions[$0] > 0 && position >= fractions.interval($0).lowerBound } ?? .train
  }

  public func split(of content: String) -> SplitName { split(at: position(of: content)) }

  /// How far a place is from the part that belongs to a split; 0 inside.
  func distance(from position: Double, to split: SplitName) -> Double {
    let interval = fractions.interval(split)
    return position < interval.lowerBound ? interval.lowerBound - position : max(0, position - interval.upperBound)
  }
}

extension JSONObject {
  /// The content as one text that does not depend on the order of keys.
  var canonicalText: String { JSON.object(self).canonical.text(.compact) }
}

extension JSON {
  /// The same value with the keys of all objects in byte order.
  fileprivate var canonical: JSON {
    switch self {
    case .array(let elements): .array(elements.map { $0.canonical })
    case .object(let object):
      .object(
        JSONObject(
          entries: object.map { JSONObject.Entry(key: $0.key, value: $0.value.canonical) }
            .sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }))
    default: self
    }
  }
}
