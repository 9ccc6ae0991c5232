import Basics
import Foundation
import Fuzzing
import Testing

@testable import Datasets

/// Damaged data and template files, a few hundred in every run of the suite and for minutes in `make fuzz`: whatever is
/// in a file, reading ends soon, with records, rejections or a `TuneError`.
@Suite(.serialized) struct LongFuzzTests {
  private static let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().path

  private static let jsonTokens = [
    "{", "}", "[", "]", "\"", ":", ",", "\\", "\\u", "\\ud83d", "\\u0000", "null", "true", "-", "1e999", "0.1", "-0",
    "12345678901234567890", "\u{FEFF}", "\n", "\r\n", " ", "{\"a\":", "[[", "é", "👍",
  ]

  @Test func csv() throws {
    let table = "title,body,stars\n\"a \"\"b\"\"\",\"x\ny\",5\nc,d,4\r\ne,\"f,g\",3\nü,\"日本\",1\n"
    let semicolons = "id;text\r\n1;\"a;b\"\r\n2;c\r\n"
    let tabs = "title\tbody\n\"a\"\t\"x\ny\"\nc \"d\"\te\nf\tg\n"
    let tokens = [
      ",", ";", "\t", "\"", "\"\"", "\n", "\r", "\r\n", "\",\"", "\"\n\"", "\u{FEFF}", "\0", "é", "|", " ", "\"a",
      "a\"",
      "[", "{", "NA",
    ]
    for name in ["damaged.csv", "damaged.tsv"] {
      let corpus = try [table, semicolons, tabs].map { Array($0.utf8) } + [Self.compressed(table)]
      try Fuzzer(fileName: name, corpus: corpus, tokens: tokens).run(inputs: 400, share: 0.5) { bytes, path in
        try Self.checkLines(bytes, path: path)
      }
    }
  }

  @Test func json() throws {
    let records =
      #"{"a": "é\ud83d\ude00\n", "b": [1, {"c": null}], "d": -1.5e-7}"# + "\n{\"a\": true}\r\n\n{\"a\": 2}\n"
    let array = "[\n  {\"a\": \"x]\", \"b\": [1, {\"c\": null}]},\n  {\"a\": 2},\n  {\"a\": 3.5}\n]\n"
    let corpus = [records, array, #"[0, -0.0, 1E5, "\/\b\f\r\t\\\"", {}, [], false]"#].map { Array($0.utf8) }
    try Fuzzer(fileName: "value.json", corpus: corpus, tokens: Self.jsonTokens).run(inputs: 400, share: 0.4) {
      try Self.checkValue($0, path: $1)
    }
    try Fuzzer(fileName: "lines.jsonl", corpus: [corpus[0]], tokens: Self.jsonTokens).run(inputs: 400, share: 0.3) {
      try Self.checkJSONLines($0, path: $1)
    }
    try Fuzzer(fileName: "array.json", corpus: [corpus[1]], tokens: Self.jsonTokens).run(inputs: 400, share: 0.3) {
      try Self.checkLines($0, path: $1)
    }
  }

  @Test func yaml() throws {
    let folder = Self.repository + "/Templates"
    let names = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".yaml") }.sorted()
    let library = try names.map { Array(try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\($0)"))) }
    let corpus = library + [TemplateTests.reviews, TemplateTests.dialogues].map { Array($0.utf8) }
    let tokens = [
      ":", "- ", "  ", "\n", "|-", ">", "|||", "{{", "}}", "{%", "%}", "&a ", "*a", "<<: ", "!!str ", "!Template", "? ",
      "\t", "#", "'", "\"", "\\x", "[", "{", "---\n", "...\n", "%YAML 9\n", "@", "`", "\u{FEFF}", "\u{85}", "~",
      "name:",
    ]
    try Fuzzer(fileName: "template.yaml", corpus: corpus, tokens: tokens).run(inputs: 200) { _, path in
      try Self.checkTemplate(path)
    }
  }

  // What must hold

  /// Records and rejections come in the order of their lines, none beyond the file's last, each record with as many
  /// fields as the header.
  private static func checkLines(_ bytes: [UInt8], path: String) throws {
    do {
      let reader = try RecordReader(path)
      let header = reader.header
      // A line of an array may hold several elements.
      let step = header == nil ? 0 : 1
      var line = 0
      while let outcome = try reader.next() {
        let found: Int
        switch outcome {
        case .rejected(let rejection): found = rejection.line
        case .record(let record):
          found = record.line
          try FuzzFailure.unless(
            header.map { $0.count == record.fields.count } ?? true, "line \(found) has \(record.fields.count) fields")
        }
        try FuzzFailure.unless(found >= line + step, "line \(found) comes after line \(line)")
        line = found
      }
      guard !isCompressed(bytes) else { return }
      let last = 1 + max(bytes.count { $0 == 0x0A }, bytes.count { $0 == 0x0D })
      try FuzzFailure.unless(line <= last, "line \(line) is beyond the last, \(last)")
    } catch is TuneError {}
  }

  /// Every line that is not blank becomes a record or a rejection.
  private static func checkJSONLines(_ bytes: [UInt8], path: String) throws {
    guard !isCompressed(bytes), !bytes.isEmpty else { return }
    let text = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes.dropFirst(3) : bytes[...]
    // Without a line feed, carriage returns end the lines.
    let terminator: UInt8 = !text.contains(0x0A) && text.contains(0x0D) ? 0x0D : 0x0A
    let expected = text.split(separator: terminator).count { !$0.allSatisfy { [0x20, 0x09, 0x0D].contains($0) } }
    let reader = try RecordReader(path, format: .jsonLines)
    var count = 0
    while try reader.next() != nil { count += 1 }
    try FuzzFailure.unless(count == expected, "\(count) records and rejections of \(expected) lines")
  }

  /// What is accepted is written so that it reads the same; what is refused is refused at a byte of the text.
  private static func checkValue(_ bytes: [UInt8], path: String) throws {
    do {
      let text = try JSON(parsing: bytes).text()
      let again = try JSON(parsing: text).text()
      try FuzzFailure.unless(again.isSame(as: text), "\(text) is written again as \(again)")
    } catch let error as JSONSyntaxError {
      try FuzzFailure.unless((0...bytes.count).contains(error.offset), "the error is at byte \(error.offset)")
    }
  }

  /// A file that loads has wordings that render, or say why not.
  private static func checkTemplate(_ path: String) throws {
    do {
      let task = try TaskTemplate(contentsOf: path)
      let fields = JSONObject(entries: task.fieldNames.map { JSONObject.Entry(key: $0, value: "a ||| b\né") })
      for wording in task.wordings {
        do { _ = try wording.render(fields, draw: 1) } catch is RenderingFailure {}
      }
    } catch is TuneError {}
  }

  private static func isCompressed(_ bytes: [UInt8]) -> Bool {
    bytes.starts(with: [0x1F, 0x8B]) || bytes.starts(with: [0x28, 0xB5, 0x2F, 0xFD])
  }

  private static func compressed(_ text: String) throws -> [UInt8] {
    try Fixture.inFolder { folder in
      Fixture.writeGzip(to: "\(folder)/t.gz") { $0(text) }
      return Array(try Data(contentsOf: URL(fileURLWithPath: "\(folder)/t.gz")))
    }
  }
}
