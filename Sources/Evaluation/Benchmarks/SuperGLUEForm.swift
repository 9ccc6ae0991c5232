import Basics

/// SuperGLUE's records of several questions, and those whose spans must be mended, as the hub's `super_glue` has them.
///
/// Source: `super_glue.py` of Hugging Face's datasets.
enum SuperGLUEForm {
  /// The hub's records of one of `task`'s own; nil where it has the hub's form already.
  static func documents(of record: JSONObject, task: String, place: String) throws -> [JSONObject]? {
    switch task {
    case "multirc" where record["passage"] != nil: return try multiRC(record, place)
    case "record" where record["qas"] != nil: return try reCoRD(record, place)
    case "wsc" where record["target"] != nil: return [try winograd(record, place)]
    default: return nil
    }
  }

  private static func multiRC(_ record: JSONObject, _ place: String) throws -> [JSONObject] {
    let passage = record["passage"]
    guard let paragraph = passage?["text"], let questions = passage?["questions"]?.arrayValue else {
      throw TuneError.data("\(place): passage: expected a text and questions, as MultiRC's records have")
    }
    return questions.flatMap { question in
      (question["answers"]?.arrayValue ?? []).map { answer in
        [
          "paragraph": paragraph, "question": question["question"] ?? "", "answer": answer["text"] ?? "",
          "label": answer["label"] ?? .null,
        ]
      }
    }
  }

  private static func reCoRD(_ record: JSONObject, _ place: String) throws -> [JSONObject] {
    let passage = record["passage"]
    guard let text = passage?["text"]?.stringValue, let spans = passage?["entities"]?.arrayValue,
      let questions = record["qas"]?.arrayValue
    else { throw TuneError.data("\(place): expected a passage with a text and entities, as ReCoRD's records have") }
    let scalars = Array(text.unicodeScalars)
    let entities: [JSON] = try spans.map { span in
      guard let start = span["start"]?.intValue, let end = span["end"]?.intValue, start >= 0, end >= start,
        end < scalars.count
      else { throw TuneError.data("\(place): passage.entities: \(span.text()) is no part of the text") }
      return .string(PythonText.string(scalars[start...end]))
    }
    return questions.map { question in
      let answers = (question["answers"]?.arrayValue ?? []).compactMap { $0["text"] }
      return [
        "passage": .string(text), "query": question["query"] ?? "", "entities": .array(entities),
        "answers": .array(answers),
      ]
    }
  }

  private static func winograd(_ record: JSONObject, _ place: String) throws -> JSONObject {
    var result: JSONObject = ["text": record["text"] ?? ""]
    guard let text = record["text"]?.stringValue else { throw TuneError.data("\(place): has no text 'text'") }
    for span in ["span1", "span2"] {
      guard let words = record["target"]?["\(span)_text"]?.stringValue,
        let index = record["target"]?["\(span)_index"]?.intValue
      else { throw TuneError.data("\(place): target: expected \(span)_text and \(span)_index, as WSC's records have") }
      result["\(span)_text"] = .string(mended(words, at: index, of: text))
      result["\(span)_index"] = .integer(index)
    }
    let label = record["label"]
    result["label"] = label?.boolValue.map { .integer($0 ? 1 : 0) } ?? label
    return result
  }

  /// A span that is no part of its text, in the case of the text's word, without a period and line feeds.
  private static func mended(_ span: String, at index: Int, of text: String) -> String {
    let words = PythonText.split(Array(text.unicodeScalars))
    guard !text.contains(span), !["Kamenev and Zinoviev", "Kamenev, Zinoviev, and Stalin"].contains(span),
      words.indices.contains(index), let begin = words[index].first, let first = span.unicodeScalars.first
    else { return span }
    let cased = begin.properties.isLowercase ? first.properties.lowercaseMapping : first.properties.uppercaseMapping
    var rest = span.unicodeScalars.dropFirst()
    while rest.last == "." { rest.removeLast() }
    return cased + String(rest).replacing("\n", with: " ")
  }
}
