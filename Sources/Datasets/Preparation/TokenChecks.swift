import Basics

/// Counts the tokens of examples and makes sure that training on them can work: the trainer's own encoding decides.
public struct TokenChecks: Sendable {
  /// The model's name, for reports.
  public let model: String
  /// The most tokens an example should have; nil for no limit.
  public let maxLength: Int?
  private let encoder: ExampleEncoder
  private let encoding: any TextEncoding
  private let beginID: Int?
  private let stopIDs: Set<Int32>

  /// - Parameters:
  ///   - beginID: the beginning-of-text token, which must not stand twice at the start.
  ///   - stopIDs: the tokens that end an answer; one of them must be learnt in the last answer.
  public init(
    model: String, encoding: any TextEncoding, conversations: (any ConversationRendering)?, beginID: Int?,
    stopIDs: Set<Int>, maxLength: Int?
  ) {
    self.model = model
    self.maxLength = maxLength
    self.encoding = encoding
    self.beginID = beginID
    self.stopIDs = Set(stopIDs.compactMap { Int32(exactly: $0) })
    encoder = ExampleEncoder(encoding: encoding, conversations: conversations)
  }

  /// - Throws: `FieldProblem` for an example that has no token to learn, whose answer never ends, or that begins twice.
  func count(_ example: PreparedExample) throws(FieldProblem) -> TokenCount? {
    guard let record = example.json.objectValue, record["chosen"] == nil else { return nil }
    let encoded = try encoder.encode(record)
    let trained = encoded.trained.reduce(0) { $0 + $1.count }
    guard trained > 0 else { throw FieldProblem(field: nil, reason: "no token would be learnt") }
    if let beginID, encoded.tokens.count > 1, encoded.tokens[..<2].allSatisfy({ $0 == Int32(beginID) }) {
      throw FieldProblem(field: nil, reason: "begins with two beginning-of-text tokens; leave it out of the data")
    }
    if !stopIDs.isEmpty, let last = encoded.trained.last {
      // Some chat templates write line feeds or a second mark after the token that ends a turn.
      guard encoded.tokens[last].contains(where: { stopIDs.contains($0) }) else {
        throw FieldProblem(
          field: nil, reason: "the answer does not end with an end-of-turn token; a model tuned on it never stops")
      }
    }
    return TokenCount(total: encoded.tokens.count, trained: trained)
  }

  /// The pieces of a prepared record as the model reads them, for display: neighbouring tokens that are learnt, or not,
  /// as one text each.
  ///
  /// - Throws: `TuneError.data` when the record cannot be encoded.
  public func spans(of record: JSONObject) throws -> (spans: [(text: String, isTrained: Bool)], count: TokenCount) {
    let encoded: ExampleEncoder.Encoded
    do {
      encoded = try encoder.encode(record)
    } catch {
      throw TuneError.data("\(error.field.map { "\($0): " } ?? "")\(error.reason)")
    }
    var spans: [(text: String, isTrained: Bool)] = []
    var position = 0
    for range in encoded.trained + [encoded.tokens.count..<encoded.tokens.count] {
      let before = Array(encoded.tokens[position..<range.lowerBound]), learnt = Array(encoded.tokens[range])
      for (ids, isTrained) in [(before, false), (learnt, true)] where !ids.isEmpty {
        spans.append((encoding.text(of: ids.map { Int($0) }), isTrained))
      }
      position = range.upperBound
    }
    let trained = encoded.trained.reduce(0) { $0 + $1.count }
    return (spans, TokenCount(total: encoded.tokens.count, trained: trained))
  }
}

/// The tokens of an example, and how many of them are learnt.
public struct TokenCount: Sendable, Equatable {
  public let total: Int
  public let trained: Int
}
