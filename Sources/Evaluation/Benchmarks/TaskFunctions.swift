import Basics

/// What the harness has Python functions for and tune has under their names.
protocol TaskFunction: RawRepresentable<String>, CaseIterable, Sendable {
  /// The key of a task file that names it.
  static var key: String { get }
}

extension TaskFunction {
  /// - Throws: `TuneError.usage` for a function that tune has not.
  init(name: String, task: String) throws {
    guard let found = Self(rawValue: name) else {
      let known = Self.allCases.map { $0.rawValue }.joined(separator: ", ")
      throw TuneError.usage(
        "\(task): \(Self.key): '\(name)' is no function of tune; known: \(known). Python functions cannot be run")
    }
    self = found
  }
}

/// What a task does to its documents before anything else; the harness's tasks have Python functions for it.
enum DocumentProcessor: String, TaskFunction {
  /// HellaSwag's query, choices and gold.
  case hellaswag
  /// BIG-bench: without the documents that have no choices.
  case bigbenchChoices = "filter_multiple_choice"
  /// ReCoRD's entities and answers, sorted and each once.
  case record
  /// TruthfulQA's answers with a period at the end, and "I have no comment." among the right ones.
  case truthfulqaGen = "truthfulqa_gen"

  static let key = "process_docs"

  /// - Returns: nil for a document that is left out.
  /// - Throws: `TuneError.data` for a document without what the function needs.
  func process(_ document: TaskDocument) throws -> TaskDocument? {
    var json = document.json
    switch self {
    case .hellaswag: try Self.fillHellaSwag(&json, document)
    case .bigbenchChoices:
      return try document.list("multiple_choice_targets").isEmpty ? nil : document
    case .record:
      for key in ["entities", "answers"] { json[key] = .array(Self.sorted(try document.texts(key))) }
    case .truthfulqaGen:
      json["question"] = .string(Self.stripped(try document.text("question")))
      var right = Self.closed(try document.texts("correct_answers"))
      if !right.contains("I have no comment.") { right.append("I have no comment.") }
      json["correct_answers"] = .array(right)
      json["incorrect_answers"] = .array(Self.closed(try document.texts("incorrect_answers")))
    }
    return TaskDocument(json: json, place: document.place)
  }

  /// Each once, in the order of their scalars.
  private static func sorted(_ texts: [String]) -> [JSON] {
    Set(texts.map { Array($0.utf8) }).sorted { $0.lexicographicallyPrecedes($1) }
      .map { .string(String(decoding: $0, as: UTF8.self)) }
  }

  /// Without empty ones, each with a period at its end.
  private static func closed(_ texts: [String]) -> [JSON] {
    texts.map { stripped($0) }.filter { !$0.isEmpty }.map { .string($0.utf8.last == UInt8(ascii: ".") ? $0 : $0 + ".") }
  }

  private static func stripped(_ text: String) -> String {
    PythonText.string(PythonText.stripped(Array(text.unicodeScalars)))
  }

  private static func fillHellaSwag(_ json: inout JSONObject, _ document: TaskDocument) throws {
    // Records that were made ready before.
    if json["query"] != nil, json["choices"] != nil, let gold = json["gold"] ?? json["label"] {
      json["label"] = json["label"] ?? gold
      return
    }
    let query =
      try "\(document.text("activity_label")): \(document.text("ctx_a")) "
      + Self.capitalized(document.text("ctx_b"))
    let endings = try document.texts("endings")
    guard endings.count > 1 else { throw TuneError.data("\(document.place): 'endings' has fewer than two texts") }
    guard let gold = json["label"]?.intValue ?? json["label"]?.stringValue.flatMap({ Int($0) }) else {
      throw TuneError.data("\(document.place): has no number 'label', which HellaSwag's records have")
    }
    json["query"] = .string(Self.withoutMarks(query))
    json["choices"] = .array(endings.map { .string(Self.withoutMarks($0)) })
    json["gold"] = .integer(gold)
  }

  /// Python's `str.capitalize`: the first character in title case, all others in lower case.
  private static func capitalized(_ text: String) -> String {
    guard let first = text.unicodeScalars.first else { return "" }
    let rest = PythonText.lowercased(Array(text.unicodeScalars))
    return first.properties.titlecaseMapping + PythonText.string(rest.dropFirst(PythonText.lowercased([first]).count))
  }

  /// HellaSwag's texts without WikiHow's marks.
  private static func withoutMarks(_ text: String) -> String {
    var scalars = PythonText.stripped(Array(text.unicodeScalars))
    scalars = PythonText.replacing(" [title]", with: ". ", in: scalars)
    scalars = Array(bracketed.replacing(with: "", in: PythonText.string(scalars)).unicodeScalars)
    return PythonText.string(PythonText.replacing("  ", with: " ", in: scalars))
  }

  private static let bracketed: LinearPattern = {
    guard let pattern = try? LinearPattern("\\[.*?\\]") else { preconditionFailure("the pattern of brackets") }
    return pattern
  }()
}

/// How a task scores what the model answered, where the harness has a Python function for it.
enum ResultProcessor: String, TaskFunction {
  /// The share of probability on right answers: TruthfulQA's mc2.
  case truthfulqaMC2 = "truthfulqa_mc2"
  /// Words and bytes of the page as it was before its marks were taken out.
  case wikitext
  /// ReCoRD's F1 and exact match of the likeliest entity.
  case record
  /// TruthfulQA: how much nearer an answer is to the right ones than to the wrong ones, by BLEU and ROUGE.
  case truthfulqaGen = "truthfulqa_gen"

  static let key = "process_results"
}

/// WikiText's pages as running text: `wikitext_detokenizer` of the harness.
enum WikiTextPage {
  static func detokenized(_ page: String) -> String {
    var text = Array(page.unicodeScalars)
    func replace(_ pairs: [(String, String)]) {
      for (old, new) in pairs { text = PythonText.replacing(old, with: new, in: text) }
    }
    replace([
      ("s '", "s'"), (" @-@ ", "-"), (" @,@ ", ","), (" @.@ ", "."), (" : ", ": "), (" ; ", "; "), (" . ", ". "),
      (" ! ", "! "), (" ? ", "? "), (" , ", ", "),
    ])
    for (open, close) in [("(", ")"), ("[", "]"), ("{", "}"), ("\"", "\""), ("'", "'")]
      as [(Unicode.Scalar, Unicode.Scalar)]
    {
      text = trimmed(text, open, close)
    }
    replace([
      ("= = = =", "===="), ("= = =", "==="), ("= =", "=="), (" \u{B0} ", "\u{B0}"), (" \n", "\n"), ("\n ", "\n"),
      (" N ", " 1 "), (" 's", "'s"),
    ])
    return PythonText.string(text)
  }

  /// `re.sub(r"o\s*([^c]*?)\s*c", r"o\1c", text)`: without white space inside pairs.
  private static func trimmed(
    _ text: [Unicode.Scalar], _ open: Unicode.Scalar, _ close: Unicode.Scalar
  ) -> [Unicode.Scalar] {
    var result: [Unicode.Scalar] = []
    var index = 0
    while index < text.count {
      guard text[index] == open, let end = text[(index + 1)...].firstIndex(of: close) else {
        result.append(text[index])
        index += 1
        continue
      }
      result.append(open)
      result += PythonText.stripped(Array(text[(index + 1)..<end]))
      result.append(close)
      index = end + 1
    }
    return result
  }
}
