/// The key `post_processor`: the special tokens around a text or a pair of texts.
struct PostProcessor: Sendable {
  enum Part: Sendable, Equatable {
    case first(type: Int)
    case second(type: Int)
    case token(Int, type: Int)
  }

  private(set) var single: [Part] = [.first(type: 0)]
  private(set) var pair: [Part] = [.first(type: 0), .second(type: 1)]

  private static let known = [
    "Sequence", "TemplateProcessing", "ByteLevel", "RobertaProcessing", "BertProcessing",
  ]

  init(_ value: FileValue?) throws {
    var addsTokens = false
    for stage in try flattenedStages(value, sequenceKey: "processors") {
      let type = try stage.type()
      // Changes offsets only.
      if type == "ByteLevel" { continue }
      guard Self.known.contains(type) else {
        throw stage.unsupported("the post-processor \"\(type)\"", known: Self.known)
      }
      guard !addsTokens else { throw stage.failure("is a second stage that adds tokens; expected one; remove it") }
      addsTokens = true
      if type == "TemplateProcessing" {
        single = try Self.template(stage, "single")
        pair = try stage["pair"] == nil ? pair : Self.template(stage, "pair")
      } else {
        try setClassification(
          start: Self.pairID(stage.required("cls")), end: Self.pairID(stage.required("sep")),
          isRoberta: type == "RobertaProcessing")
      }
    }
  }

  private mutating func setClassification(start: Int, end: Int, isRoberta: Bool) {
    single = [.token(start, type: 0), .first(type: 0), .token(end, type: 0)]
    pair =
      isRoberta
      ? single + [.token(end, type: 0), .second(type: 0), .token(end, type: 0)]
      : single + [.second(type: 1), .token(end, type: 1)]
  }

  private static func template(_ stage: FileValue, _ key: String) throws -> [Part] {
    let template = try stage.required(key)
    let parts = try template.array().flatMap { part -> [Part] in
      if let sequence = part["Sequence"] {
        let type = try sequence["type_id"]?.integer() ?? 0
        let name = try sequence["id"]?.string() ?? "A"
        guard name == "A" || (name == "B" && key == "pair") else {
          throw sequence.failure("is the text \(name); expected A, or B in \"pair\"")
        }
        return [name == "A" ? .first(type: type) : .second(type: type)]
      }
      let special = try part.required("SpecialToken")
      let token = try special.required("id").string()
      let type = try special["type_id"]?.integer() ?? 0
      return try stage.required("special_tokens").required(token).required("ids").array()
        .map { .token(try checkedID($0), type: type) }
    }
    let texts = parts.filter { if case .token = $0 { false } else { true } }.count
    guard texts == (key == "pair" ? 2 : 1) else {
      throw template.failure(
        "has \(texts) places for texts; expected \(key == "pair" ? 2 : 1) of {\"Sequence\": …}; fetch the file again")
    }
    return parts
  }

  /// The id in `["</s>", 2]`.
  private static func pairID(_ value: FileValue) throws -> Int {
    let parts = try value.array()
    guard parts.count == 2 else { throw value.failure("has \(parts.count) parts; expected a token and its id") }
    return try checkedID(parts[1])
  }

  private static func checkedID(_ value: FileValue) throws -> Int {
    let id = try value.integer()
    guard id >= 0, id < Vocabulary.maximumSize else { throw value.failure("is \(id); expected a token's id") }
    return id
  }
}
