/// The key `post_processor`: the special tokens before and after a text.
///
/// The stages for pairs of texts are not read: nothing here encodes pairs.
struct PostProcessor: Sendable {
  private(set) var prefix: [Int] = []
  private(set) var suffix: [Int] = []

  private static let known = [
    "Sequence", "TemplateProcessing", "ByteLevel", "RobertaProcessing", "BertProcessing",
  ]

  init(_ value: FileValue?) throws {
    for stage in try flattenedStages(value, sequenceKey: "processors") {
      let type = try stage.type()
      switch type {
      // Changes offsets only.
      case "ByteLevel": break
      case "TemplateProcessing":
        let (before, after) = try Self.template(stage)
        prefix = before + prefix
        suffix += after
      case "RobertaProcessing", "BertProcessing":
        prefix = [try Self.pairID(stage.required("cls"))] + prefix
        suffix.append(try Self.pairID(stage.required("sep")))
      default: throw stage.unsupported("the post-processor \"\(type)\"", known: Self.known)
      }
    }
  }

  private static func template(_ stage: FileValue) throws -> (before: [Int], after: [Int]) {
    var before: [Int] = [], after: [Int] = []
    var sawText = false
    for part in try stage.required("single").array() {
      if part["Sequence"] != nil {
        guard !sawText else { throw part.failure("is the text a second time; expected it once") }
        sawText = true
        continue
      }
      let token = try part.required("SpecialToken").required("id").string()
      let ids = try stage.required("special_tokens").required(token).required("ids").array().map { try checkedID($0) }
      if sawText { after += ids } else { before += ids }
    }
    guard sawText else { throw stage.failure("has no place for the text; expected {\"Sequence\": …} in \"single\"") }
    return (before, after)
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
