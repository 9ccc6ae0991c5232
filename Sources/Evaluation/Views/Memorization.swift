import Foundation

/// How a model went on from the beginning of a record that it was trained on.
///
/// Source: Carlini et al., "Quantifying Memorization Across Neural Language Models", 2022: a record is memorized where
/// the model, given its first tokens, greedily writes the next ones as they are.
public struct VerbatimMatch: Sendable, Equatable {
  /// The tokens that were compared.
  public let count: Int
  /// The first so many tokens that are the record's own.
  public let leading: Int
  /// The longest run of tokens that both have, wherever it stands.
  public let longestRun: Int

  public var isVerbatim: Bool { leading == count }

  /// - Parameters:
  ///   - written: by the model.
  ///   - record: what the record goes on with; at most a few hundred tokens, since each is compared with each.
  public init(written: [Int], record: [Int]) {
    count = record.count
    leading = zip(written, record).prefix { $0 == $1 }.count
    var longest = 0, above = [Int](repeating: 0, count: record.count + 1)
    for token in written {
      // From the right, so that the row above is still there.
      for place in record.indices.reversed() {
        above[place + 1] = record[place] == token ? above[place] + 1 : 0
        longest = max(longest, above[place + 1])
      }
    }
    longestRun = longest
  }
}

/// How much likelier a secret is than others of its form.
///
/// Source: Carlini et al., "The Secret Sharer", 2019, section 4.2: exposure is log2 of the number of candidates less
/// log2 of the secret's rank among them by likelihood. The candidates are drawn, not enumerated, so that it is at most
/// log2 of the number drawn and one: 8 bits for 255.
public struct Exposure: Sendable, Equatable {
  /// From 1: how many candidates are likelier, and one.
  public let rank: Int
  /// The alternatives and the secret itself.
  public let candidates: Int

  public init(secret: Double, alternatives: [Double]) {
    // A likelihood that is no number is never the first.
    rank = 1 + alternatives.count { !($0 <= secret) }
    candidates = alternatives.count + 1
  }

  /// In bits.
  public var bits: Double { log2(Double(candidates)) - log2(Double(rank)) }
}
