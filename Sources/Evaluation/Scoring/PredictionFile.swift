import Basics

/// Which members of a JSON record are what; dots lead into objects, as in "tuned.text".
public struct PredictionFields: Sendable {
  public var prediction: String?
  public var reference: String?
  public var source: String?

  public init(prediction: String? = nil, reference: String? = nil, source: String? = nil) {
    self.prediction = prediction
    self.reference = reference
    self.source = source
  }

  /// What files of other tools and tune's own call them; the first that a record has is taken.
  static let predictions = ["prediction", "hypothesis", "tuned.text", "base.text", "output", "generated", "response"]
  static let references = ["references", "reference", "target", "label", "completion", "answers", "answer", "expected"]
  static let sources = ["source", "prompt", "input", "document", "article", "question"]
}

/// Predictions with their references, from files.
public struct ScoredTexts: Sendable {
  public var predictions: [String] = []
  public var references: [[String]] = []
  /// What the predictions were made from; nil where no record has it.
  public var sources: [String]?
  /// Where each prediction stands, such as "predictions.jsonl:3".
  public var places: [String] = []

  public var count: Int { predictions.count }

  /// Reads a JSONL file of records, or plain text files: predictions, and one file of references or several, whose lines
  /// belong together.
  ///
  /// - Throws: `TuneError` with file and line for records without the members, members that are no text, files of
  ///   different lengths, and empty ones.
  public init(_ paths: [String], fields: PredictionFields = PredictionFields()) throws {
    guard let first = paths.first else { throw TuneError.usage("name a file of predictions") }
    if paths.count == 1 {
      try readRecords(first, fields)
    } else {
      try readLines(paths)
    }
    guard count > 0 else { throw TuneError.data("\(first): holds no prediction; expected one a line") }
  }

  // MARK: Plain text

  private mutating func readLines(_ paths: [String]) throws {
    let files = try paths.map { try Self.lines($0) }
    for (path, lines) in zip(paths, files) where lines.count != files[0].count {
      throw TuneError.data(
        "\(path): \(lines.count) lines, but \(paths[0]) has \(files[0].count); each prediction needs its reference on the "
          + "same line")
    }
    predictions = files[0]
    references = files[0].indices.map { line in files.dropFirst().map { $0[line] } }
    places = files[0].indices.map { "\(paths[0]):\($0 + 1)" }
  }

  private static func lines(_ path: String) throws -> [String] {
    // sacreBLEU takes the mark for text; so do its published scores.
    let reader = try LineReader(path, keepsByteOrderMark: true)
    var lines: [String] = []
    while let line = try reader.next() {
      guard let text = String(validating: line, as: UTF8.self) else {
        throw TuneError.data("\(path):\(reader.lineNumber): is not UTF-8 text")
      }
      lines.append(text)
    }
    return lines
  }

  // MARK: Records

  private mutating func readRecords(_ path: String, _ fields: PredictionFields) throws {
    let reader = try LineReader(path), members = Members(fields)
    var known: [String?] = []
    while true {
      var lines: [(place: String, bytes: [UInt8])] = []
      while lines.count < 1024, let line = try reader.next() {
        if line.allSatisfy({ $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }) { continue }
        lines.append(("\(path):\(reader.lineNumber)", line))
      }
      if lines.isEmpty { break }
      let records = parallelMap(lines.count) { [lines] index in
        [Result { try members.texts(of: lines[index].bytes, lines[index].place) }]
      }
      for record in records.joined() {
        let (prediction, found, source) = try record.get()
        predictions.append(prediction)
        references.append(found)
        known.append(source)
      }
      places += lines.map { $0.place }
    }
    let found = known.compactMap { $0 }
    sources = found.count == known.count ? found : nil
  }
}

/// Which members of a record are read.
private struct Members: Sendable {
  private let predictions: [MemberPath]
  private let references: [MemberPath]
  private let sources: [MemberPath]
  private let namedSource: String?

  init(_ fields: PredictionFields) {
    predictions = Self.paths(fields.prediction, PredictionFields.predictions)
    references = Self.paths(fields.reference, PredictionFields.references)
    sources = Self.paths(fields.source, PredictionFields.sources)
    namedSource = fields.source
  }

  func texts(
    of line: [UInt8], _ place: String
  ) throws -> (prediction: String, references: [String], source: String?) {
    guard let record = try? JSON(parsing: line), record.objectValue != nil else {
      throw TuneError.data("\(place): expected a JSON object with a prediction and its reference")
    }
    let prediction = try Self.member(record, predictions, "prediction", place)
    let reference = try Self.member(record, references, "reference", place)
    let source = Self.found(record, sources)
    if source == nil, let namedSource { throw TuneError.data("\(place): has no \"\(namedSource)\"") }
    return (
      try Self.text(prediction.value, prediction.name, place), try Self.texts(reference.value, reference.name, place),
      try source.map { try Self.text($0.value, $0.name, place) }
    )
  }

  /// A member's name and its parts between dots.
  private typealias MemberPath = (name: String, parts: [String])

  private static func paths(_ named: String?, _ usual: [String]) -> [MemberPath] {
    (named.map { [$0] } ?? usual).map { ($0, $0.split(separator: ".").map { String($0) }) }
  }

  private static func member(
    _ record: JSON, _ paths: [MemberPath], _ what: String, _ place: String
  ) throws -> (name: String, value: JSON) {
    if let found = found(record, paths) { return found }
    if let empty = paths.first(where: { value(record, $0) != nil }) {
      throw TuneError.data("\(place): \(empty.name): expected a text, found null")
    }
    let keys = record.objectValue?.keys.joined(separator: ", ") ?? ""
    let expected = paths.map { $0.name }.joined(separator: ", ")
    throw TuneError.data(
      "\(place): has no \(what) under \(expected); its members are \(keys): name one with --\(what)-field")
  }

  /// The first of the members that is there and not null.
  private static func found(_ record: JSON, _ paths: [MemberPath]) -> (name: String, value: JSON)? {
    for path in paths {
      if let value = value(record, path), !value.isNull { return (path.name, value) }
    }
    return nil
  }

  private static func value(_ record: JSON, _ path: MemberPath) -> JSON? {
    path.parts.reduce(record) { value, part in value?[part] }
  }

  /// A text, or a number as it is written, for labels and scores.
  private static func text(_ value: JSON, _ name: String, _ place: String) throws -> String {
    switch value {
    case .string(let text): return text
    case .integer, .number, .exactNumber: return value.text()
    default: throw TuneError.data("\(place): \(name): expected a text, found \(String(value.text().prefix(60)))")
    }
  }

  /// One reference or a list of them; of SQuAD's answers the texts.
  private static func texts(_ value: JSON, _ name: String, _ place: String) throws -> [String] {
    let value = value["text"] ?? value
    guard let items = value.arrayValue else { return [try text(value, name, place)] }
    return try items.enumerated().map { try text($0.element["text"] ?? $0.element, "\(name)[\($0.offset)]", place) }
  }
}
