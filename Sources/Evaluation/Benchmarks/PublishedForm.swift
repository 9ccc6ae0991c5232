import Basics

/// How the authors of a benchmark publish its records, and how they become those that tasks are written for: Hugging
/// Face's. Records that have that form already stay as they are.
struct PublishedForm {
  private let task: String
  private let dataset: String

  init(_ task: BenchmarkTask) {
    self.task = task.name
    dataset = task.datasetPath ?? ""
  }

  /// Whether files are not tables with a header or objects, one a line.
  var isPlain: Bool { ["cola", "mrpc", "wikitext"].contains(task) || dataset == "cais/mmlu" || isBigBench }

  private var isBigBench: Bool { ["hails/bigbench", "SaylorTwift/bbh"].contains(dataset) }

  func documents(of record: JSONObject, place: String) throws -> [JSONObject] {
    var json = record
    // AI2's: {"question": {"stem": …, "choices": [{"text": …, "label": …}]}, "answerKey": …}
    if let question = json["question"], let stem = question["stem"], let choices = question["choices"]?.arrayValue {
      json[task == "openbookqa" ? "question_stem" : "question"] = stem
      json["choices"] = [
        "text": .array(choices.map { $0["text"] ?? "" }), "label": .array(choices.map { $0["label"] ?? "" }),
      ]
    }
    if task == "boolq", json["label"] == nil, let answer = json["answer"]?.boolValue { json["label"] = .bool(answer) }
    if let documents = try SuperGLUEForm.documents(of: record, task: task, place: place) { return documents }
    if dataset == "truthfulqa/truthful_qa", let question = json["Question"] {
      return try [truthful(json, question, place)]
    }
    if let label = json["label"]?.stringValue, task != "hellaswag" {
      json["label"] =
        Self.labels(task)?[label].map { .integer($0) } ?? Int(label).map { .integer($0) } ?? .string(label)
    }
    return [json]
  }

  /// The numbers of labels that are published as words.
  private static func labels(_ task: String) -> [String: Int]? {
    switch task {
    case "cb": ["entailment": 0, "contradiction": 1, "neutral": 2]
    case "mnli", "mnli_mismatch": ["entailment": 0, "neutral": 1, "contradiction": 2]
    case "rte", "sglue_rte", "qnli": ["entailment": 0, "not_entailment": 1]
    default: nil
    }
  }

  /// TruthfulQA.csv: answers are separated by semicolons.
  private func truthful(_ json: JSONObject, _ question: JSON, _ place: String) throws -> JSONObject {
    func answers(_ key: String) throws -> [JSON] {
      guard let text = json[key]?.stringValue else { throw TuneError.data("\(place): has no column '\(key)'") }
      return text.unicodeScalars.split(separator: ";").map { PythonText.string(PythonText.stripped(Array($0))) }
        .filter { !$0.isEmpty }.map { .string($0) }
    }
    let best = try answers("Best Answer").prefix(1), right = try answers("Correct Answers")
    let wrong = try answers("Incorrect Answers")
    func targets(_ right: [JSON]) -> JSON {
      ["choices": .array(right + wrong), "labels": .array(right.map { _ in 1 } + wrong.map { _ in 0 })]
    }
    return [
      "question": question, "mc1_targets": targets(Array(best)), "mc2_targets": targets(right),
      "correct_answers": .array(right), "incorrect_answers": .array(wrong),
    ]
  }

  // MARK: Plain files

  func plainDocuments(_ lines: [String], path: String) throws -> [TaskData.PlacedRecord] {
    if isBigBench, let json = try? JSON(parsing: lines.joined(separator: "\n")), json["examples"] != nil {
      return try BigBenchForm(makesPrompts: dataset == "hails/bigbench").documents(of: json, path: path)
    }
    // A user's own JSON lines, in the form of the task.
    if lines.first(where: { !$0.isEmpty })?.hasPrefix("{") == true { return try jsonLines(lines, path) }
    switch task {
    case "wikitext": return pages(lines, path)
    case _ where isBigBench: throw TuneError.data("\(path): expected a JSON object with a list of examples")
    case "cola":
      return try table(lines, path, columns: 4) { ["label": Self.number($0[1]), "sentence": .string($0[3])] }
    case "mrpc":
      return try table(Array(lines.dropFirst()), path, columns: 5, firstLine: 2) {
        ["label": Self.number($0[0]), "sentence1": .string($0[3]), "sentence2": .string($0[4])]
      }
    default: return try questions(lines.joined(separator: "\n"), path)
    }
  }

  private static func number(_ text: String) -> JSON { Int(text).map { .integer($0) } ?? .string(text) }

  private func jsonLines(_ lines: [String], _ path: String) throws -> [TaskData.PlacedRecord] {
    try lines.enumerated().filter { !$0.element.isEmpty }.map { index, line in
      guard let json = (try? JSON(parsing: line))?.objectValue else {
        throw TuneError.data("\(path):\(index + 1): is no JSON object")
      }
      return (json, "\(path):\(index + 1)")
    }
  }

  /// Lines of cells between tabs, without quotes.
  private func table(
    _ lines: [String], _ path: String, columns: Int, firstLine: Int = 1, _ record: ([String]) -> JSONObject
  ) throws -> [TaskData.PlacedRecord] {
    try lines.enumerated().filter { !$0.element.isEmpty }.map { index, line in
      let cells = line.split(separator: "\t", omittingEmptySubsequences: false).map { String($0) }
      guard cells.count == columns else {
        throw TuneError.data("\(path):\(index + firstLine): \(cells.count) columns; expected \(columns)")
      }
      return (record(cells), "\(path):\(index + firstLine)")
    }
  }

  /// MMLU's CSV without a header: a question, four choices, and the letter of the right one.
  private func questions(_ text: String, _ path: String) throws -> [TaskData.PlacedRecord] {
    var line = 1
    return try CommaSeparatedRows.rows(of: text).map { cells in
      let place = "\(path):\(line)"
      line += 1 + cells.reduce(0) { $0 + $1.utf8.filter { $0 == UInt8(ascii: "\n") }.count }
      guard cells.count == 6, let answer = ["A", "B", "C", "D"].firstIndex(of: cells[5]) else {
        throw TuneError.data("\(place): expected a question, four choices and a letter from A to D")
      }
      return (
        [
          "question": .string(cells[0]), "choices": .array(cells[1...4].map { .string($0) }),
          "answer": .integer(answer),
        ], place
      )
    }
  }

  /// WikiText's pages: each begins with a heading of the first level.
  private func pages(_ lines: [String], _ path: String) -> [TaskData.PlacedRecord] {
    var pages: [(text: String, line: Int)] = []
    for (index, line) in lines.enumerated() {
      let isTitle = line.hasPrefix(" = ") && line.hasSuffix(" = ") && !line.hasPrefix(" = = ")
      if isTitle || pages.isEmpty { pages.append(("", index + 1)) }
      pages[pages.count - 1].text += line + "\n"
    }
    return pages.filter { !$0.text.allSatisfy { $0.isWhitespace } }
      .map { (["page": .string($0.text)], "\(path):\($0.line)") }
  }
}

/// Rows of comma-separated values without a header: cells in quotes may hold commas, line feeds and doubled quotes.
enum CommaSeparatedRows {
  static func rows(of text: String) -> [[String]] {
    var rows: [[String]] = [], row: [String] = [], cell = String.UnicodeScalarView()
    var isQuoted = false
    func endCell() {
      row.append(String(cell))
      cell = String.UnicodeScalarView()
    }
    let scalars = Array(text.unicodeScalars)
    var index = 0
    while index < scalars.count {
      let scalar = scalars[index]
      if isQuoted {
        if scalar == "\"", index + 1 < scalars.count, scalars[index + 1] == "\"" {
          cell.append("\"")
          index += 1
        } else if scalar == "\"" {
          isQuoted = false
        } else {
          cell.append(scalar)
        }
      } else if scalar == "\"", cell.isEmpty {
        isQuoted = true
      } else if scalar == "," {
        endCell()
      } else if scalar == "\n" {
        endCell()
        rows.append(row)
        row = []
      } else {
        cell.append(scalar)
      }
      index += 1
    }
    if !row.isEmpty || !cell.isEmpty {
      endCell()
      rows.append(row)
    }
    return rows.filter { $0 != [""] }
  }
}
