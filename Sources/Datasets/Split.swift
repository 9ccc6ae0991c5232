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
  public func position(of content: String) -> Double { unitInterval(stableHash(prefix + content)) }

  /// What stands before a content when it is hashed for its place.
  var prefix: String { "split \(seed) " }

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

/// A hash as a number in [0, 1).
func unitInterval(_ hash: UInt64) -> Double { Double(hash >> 11) * 0x1p-53 }

/// A hash for one purpose, such as "shots", of a content's hash.
func streamHash(_ content: UInt64, _ purpose: String, seed: UInt64) -> UInt64 {
  var bytes = Array(purpose.utf8)
  withUnsafeBytes(of: (content.littleEndian, seed.littleEndian)) { bytes += $0 }
  return stableHash(bytes)
}

/// The hashes of one content that preparation needs.
struct ContentKey: Sendable {
  /// Equal for equal contents.
  let content: UInt64
  /// The place among the splits, in [0, 1).
  let position: Double
  /// Decides what is drawn for the content, the wording first of all.
  let draw: UInt64
}

/// Hashes contents under one seed.
struct ContentHasher: Sendable {
  private let plain = StableHasher()
  private let split: StableHasher
  private let template: StableHasher

  init(seed: UInt64) {
    split = StableHasher(Splitter(fractions: .standard, seed: seed).prefix)
    template = StableHasher("template \(seed) ")
  }

  func key(of content: JSONObject) -> ContentKey {
    let (content, position, draw) = StableHasher.values(plain, split, template, of: content.canonicalBytes)
    return ContentKey(content: content, position: unitInterval(position), draw: draw)
  }
}

extension JSONObject {
  /// The content as compact JSON that does not depend on the order of keys.
  var canonicalBytes: [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(1024)
    JSON.object(self).append(to: &bytes, style: JSON.Style(sortsKeys: true, spaced: false))
    return bytes
  }

  var canonicalText: String { String(decoding: canonicalBytes, as: UTF8.self) }
}
