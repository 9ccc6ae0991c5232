import Basics

/// What a task does to its documents before anything else; the harness's tasks have Python functions for it.
enum DocumentProcessor: String, Sendable, CaseIterable {
  /// HellaSwag's query, choices and gold.
  case hellaswag

  init(name: String, task: String) throws {
    guard let found = Self(rawValue: name) else {
      let known = Self.allCases.map { $0.rawValue }.joined(separator: ", ")
      throw TuneError.usage(
        "\(task): process_docs: '\(name)' is no function of tune; known: \(known). Python functions cannot be run")
    }
    self = found
  }

  func process(_ document: TaskDocument) throws -> TaskDocument {
    var json = document.json
    switch self {
    case .hellaswag:
      // Records that were made ready before.
      if json["query"] != nil, json["choices"] != nil, let gold = json["gold"] ?? json["label"] {
        json["label"] = json["label"] ?? gold
        return TaskDocument(json: json, place: document.place)
      }
      func text(_ key: String) throws -> String {
        guard let text = json[key]?.stringValue else {
          throw TuneError.data("\(document.place): has no text '\(key)', which HellaSwag's records have")
        }
        return text
      }
      let query = try "\(text("activity_label")): \(text("ctx_a")) \(Self.capitalized(text("ctx_b")))"
      guard let endings = json["endings"]?.arrayValue?.compactMap({ $0.stringValue }), endings.count > 1 else {
        throw TuneError.data("\(document.place): has no list 'endings', which HellaSwag's records have")
      }
      guard let gold = json["label"]?.intValue ?? json["label"]?.stringValue.flatMap({ Int($0) }) else {
        throw TuneError.data("\(document.place): has no number 'label', which HellaSwag's records have")
      }
      json["query"] = .string(Self.withoutMarks(query))
      json["choices"] = .array(endings.map { .string(Self.withoutMarks($0)) })
      json["gold"] = .integer(gold)
    }
    return TaskDocument(json: json, place: document.place)
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
enum ResultProcessor: String, Sendable, CaseIterable {
  /// The share of probability on right answers: TruthfulQA's mc2.
  case truthfulqaMC2 = "truthfulqa_mc2"
  /// Words and bytes of the page as it was before its marks were taken out.
  case wikitext

  init(name: String, task: String) throws {
    guard let found = Self(rawValue: name) else {
      let known = Self.allCases.map { $0.rawValue }.joined(separator: ", ")
      throw TuneError.usage(
        "\(task): process_results: '\(name)' is no function of tune; known: \(known). Python functions cannot be run")
    }
    self = found
  }
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
