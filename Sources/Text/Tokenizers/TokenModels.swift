/// The key `model`: turns pieces of text into ids.
///
/// A further kind of model is a file with a conforming struct and a case in `readTokenModel`.
protocol TokenModel: Sendable {
  /// The id that stands for what the vocabulary lacks, if the model has one.
  var unknownID: Int? { get }

  /// Appends the ids of every piece to `ids`.
  func encode(_ pieces: Pieces, into ids: inout [Int])
}

/// Reads the model and its own tokens, to which the added ones come later.
func readTokenModel(_ value: FileValue) throws -> (vocabulary: Vocabulary, model: any TokenModel) {
  let type = try modelType(value)
  guard type == "Unigram" else {
    let vocabulary = try Vocabulary(value.required("vocab"))
    switch type {
    case "BPE": return (vocabulary, try BPEModel(value, vocabulary))
    case "WordPiece": return (vocabulary, try WordPieceModel(value, vocabulary))
    case "WordLevel": return (vocabulary, try WordLevelModel(value, vocabulary))
    default:
      throw value.unsupported("the model \"\(type)\"", known: ["BPE", "Unigram", "WordPiece", "WordLevel"])
    }
  }
  let vocabulary = try Vocabulary(list: value.required("vocab"))
  return (vocabulary, try UnigramModel(value, vocabulary))
}

/// The model's type; files of before 2020 do not name it.
private func modelType(_ value: FileValue) throws -> String {
  if let type = value["type"] { return try type.string() }
  if value["merges"] != nil { return "BPE" }
  if try value.required("vocab").json.arrayValue != nil { return "Unigram" }
  return value["continuing_subword_prefix"] != nil ? "WordPiece" : "WordLevel"
}
