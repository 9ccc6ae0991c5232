import Basics
import Foundation
import Testing

@testable import Datasets

@Suite struct RecordChunkTests {
  static let sizes = [1, 7, 64, 1 << 18]

  @Test func tablesAreReadAsPythonReadsThem() throws {
    let cases = try Fixture.golden("tables.json")
    #expect(cases.count > 70)
    for golden in cases {
      let name = try #require(golden["name"]?.stringValue)
      let data = try #require(Data(base64Encoded: golden["data"]?.stringValue ?? "-"))
      let format = try RecordFormat(named: "csv", delimiter: golden["delimiter"]?.stringValue)
      let header = try #require(golden["header"]?.arrayValue).map { $0.stringValue ?? "" }
      let expected = try #require(golden["rows"]?.arrayValue)
      for size in Self.sizes {
        let outcomes = try Fixture.outcomes(data, name: "t.csv", format: format, chunkSize: size)
        let rows = outcomes.map { outcome -> JSON in
          guard case .record(let record) = outcome, record.fields.keys == header else { return .null }
          return .array(record.fields.map { $0.value })
        }
        #expect(JSON.array(rows).text() == JSON.array(expected).text(), "\(name), chunks of \(size)")
      }
    }
  }

  /// Broken quotes, ragged rows and blank lines, cut everywhere.
  @Test(arguments: [
    ("t.csv", "a,b\n\"open,1\n2,3\n\"x\" y,4\n5,6\n\n7\n\"8\n9\",\"\"\"\"\r\n\"never,\n1,2"),
    ("t.csv", "a,b\nx\",\"z\nx\",\"z\nx\",\"z\n1,2\n\"3\n\",4\n"),
    ("t.csv", "\r\na,b\r\n\"1\r\n\",2\r\n\r\n\"3\"\r\n4,5\r"), ("t.csv", "a,b\r1,2\r\r\"3\r\",4\r\"5\r6,7"),
    ("t.tsv", "t\tb\n\"Great\" thing\tx\n\"open\ty\nz\t5\" disk\n\"a\tb\"\t\"c\nd\"\n\"x\t\"y\nu\"\t\"v\n"),
    ("t.json", "[\n {\"a\": 1},\n {\"a\": \"open},\n {\"a\": 2},\n 5, \"s]\", [1, {}],\n {\"a\": nul}\n]\n x"),
    ("t.json", "[{\"a\": \"\\\"]}\"},{\"b\":[1,{\"c\":\"]\"}]} , 1.5e3,{\"a\": "),
    ("t.jsonl", "{\"a\": 1}\r\n\n[1]\n{broken\n  \n7\n{\"b\": \"é\"}"), ("t.jsonl", "{\"a\": 1}\r{\"a\": 2}\r"),
    ("t.txt", "one\n\n two\r\nthree"), ("t.txt", "one\rtwo\r\rthree"),
  ])
  func theCutsDoNotMatter(name: String, text: String) throws {
    let whole = try Fixture.outcomes(text.utf8, name: name)
    #expect(!whole.isEmpty)
    for size in 1...text.utf8.count {
      #expect(try Fixture.outcomes(text.utf8, name: name, chunkSize: size) == whole, "chunks of \(size)")
    }
  }

  @Test func textIsReadByLineParagraphAndFile() throws {
    let text = "\u{FEFF}one\r\ntwo\n \n\n three\nfour \n\n"
    func texts(_ format: String, _ size: Int) throws -> [String] {
      try Fixture.outcomes(text.utf8, name: "t.txt", format: RecordFormat(named: format), chunkSize: size).map {
        guard case .record(let record) = $0 else { return "(rejected)" }
        return "\(record.line): \(record.fields["text"]?.stringValue ?? "")"
      }
    }
    for size in [1, 5, 100] {
      #expect(try texts("text", size) == ["1: one", "2: two", "5:  three", "6: four "])
      #expect(try texts("text-paragraph", size) == ["1: one\r\ntwo", "5:  three\nfour "])
      #expect(try texts("text-file", size) == ["1: one\r\ntwo\n \n\n three\nfour \n\n"])
    }
  }

  @Test func invalidUTF8AtACutIsRejectedByRecord() throws {
    let bytes = Array("t\n".utf8) + [0xC3, 0x0A] + Array("é\n".utf8) + [0x61, 0xC3]
    for size in 1...bytes.count {
      let outcomes = try Fixture.outcomes(bytes, name: "t.csv", chunkSize: size)
      #expect(outcomes.count == 3)
      #expect(outcomes[1] == .record(Record(fields: ["t": "é"], line: 3)))
      #expect(
        outcomes[2]
          == .rejected(Rejection(file: "t.csv", line: 4, field: "t", reason: "not valid UTF-8; save the file as UTF-8"))
      )
    }
  }

  @Test func aMillionColumns() throws {
    let names = (0..<1_000_000).map { "c\($0)" }.joined(separator: ",")
    let row = [String](repeating: "1", count: 1_000_000).joined(separator: ",")
    let outcomes = try Fixture.outcomes("\(names)\n\(row)\n\(row),\n".utf8, name: "t.csv")
    #expect(outcomes.count == 2)
    guard case .record(let record) = outcomes[0], case .rejected(let rejection) = outcomes[1] else {
      Issue.record("expected a record and a rejection")
      return
    }
    #expect(record.fields.count == 1_000_000)
    #expect(rejection.reason.hasPrefix("1000001 fields where the header has 1000000"))
  }

  /// Every line opens a quote that the next one seems to close: once looked ahead, the end is known.
  @Test(arguments: ["t.csv", "t.tsv"]) func chainsOfOpenQuotesTakeLinearTime(name: String) throws {
    let delimiter = name == "t.csv" ? "," : "\t"
    let line = "x\"\(delimiter)\"z\n"
    let count = 200_000
    let clock = ContinuousClock.now
    let outcomes = try Fixture.outcomes(
      ("a\(delimiter)b\n" + String(repeating: line, count: count)).utf8, name: name)
    #expect(outcomes.count == count)
    #expect(ContinuousClock.now - clock < .seconds(60))
  }

  @Test func recordsLongerThanAChunkAreWhole() throws {
    let long = String(repeating: "0123456789", count: 400_000)
    let outcomes = try Fixture.outcomes("{\"a\": 1}\n{\"a\": \"\(long)\"}\n{\"a\": 2}\n".utf8, name: "t.jsonl")
    #expect(outcomes.count == 3)
    #expect(outcomes[1] == .record(Record(fields: ["a": .string(long)], line: 2)))
  }

  @Test func aLineOfMoreThan256MegabytesIsRefused() throws {
    try Fixture.inFolder { folder in
      let path = "\(folder)/long.txt"
      try Fixture.write("short\n", to: path)
      #expect(truncate(path, RecordChunker.maximumRecordLength + 100) == 0)
      let reader = try RecordReader(path, format: .text(.line))
      #expect(try reader.next() == .record(Record(fields: ["text": "short"], line: 1)))
      let message = Fixture.message(.data) { _ = try reader.next() }
      #expect(message.hasPrefix("\(path):2: a record is longer than 256 MB"))
    }
  }

  @Test func recordsBeforeDamageAreDelivered() throws {
    try Fixture.inFolder { folder in
      for name in ["x.jsonl.gz", "x.csv.gz", "x.json.gz"] {
        let path = "\(folder)/\(name)"
        Fixture.writeGzip(to: path) { write in
          write(name == "x.csv.gz" ? "a\n" : name == "x.json.gz" ? "[\n" : "")
          for index in 0..<50_000 {
            let number = index * 7919 % 50_021
            write(name == "x.csv.gz" ? "\(number)\n" : "{\"a\": \(number)}\(name == "x.json.gz" ? "," : "")\n")
          }
        }
        let whole = try Data(contentsOf: URL(fileURLWithPath: path))
        try Fixture.write(whole.prefix(whole.count / 2), to: path)
        let reader = try RecordReader(path)
        var count = 0
        let message = Fixture.message(.data) {
          while let outcome = try reader.next() {
            guard case .record = outcome else { break }
            count += 1
          }
        }
        #expect(message.contains("\(name): the compressed data are damaged or incomplete"))
        #expect((15_000..<50_000).contains(count), "\(name): \(count) records")
      }
    }
  }

  @Test func instructionTasksStreamTheirInstances() throws {
    let task = """
      {
        "Contributors": ["[x] \\" {"], "Definition": ["Say it."], "Categories": ["Echo"],
        "Positive Examples": [{"input": "a", "output": "A", "explanation": "\\"Instances\\": ["}],
        "Instances": [
          {"id": "t-1", "input": "x", "output": ["X", "Y"]}, {"input": "y", "output": "Z"},
          {"id": "t-3", "input": "z", "output": []}
        ],
        "Instance License": ["none ]"]
      }
      """
    for size in 1...task.utf8.count {
      let outcomes = try Fixture.outcomes(task.utf8, name: "task9_echo.json", chunkSize: size)
      #expect(outcomes.count == 3)
      guard case .record(let first) = outcomes[0], case .record(let second) = outcomes[1] else {
        Issue.record("expected two records")
        return
      }
      #expect(
        JSON.object(first.fields).text(.compact)
          == #"{"id":"t-1","task":"task9_echo","definition":"Say it.","input":"x","output":"X","outputs":["X","Y"],"#
          + #""categories":["Echo"],"positive_examples":[{"input":"a","output":"A","explanation":"\"Instances\": ["}]}"#
      )
      #expect(second.fields["output"] == "Z" && second.fields["id"] == nil && second.line == 5)
      guard case .rejected(let rejection) = outcomes[2] else { return }
      #expect(rejection.field == "output" && rejection.line == 6)
    }
  }

  @Test(arguments: [
    ("x.csv", "a|b\n1|2\n", "a"), ("x.csv", "\"x;y\",b\n1,2\n", "x;y"), ("x.csv", "a;b,c;d\n1;2;3\n", "a"),
    ("x", "a;b\n1;2\n", "a"), ("x.csv", "a\tb,c\n1\t2\n", "a"),
  ])
  func findsTheDelimiter(name: String, text: String, column: String) throws {
    try Fixture.inFolder { folder in
      try Fixture.write(text, to: "\(folder)/\(name)")
      #expect(try RecordReader("\(folder)/\(name)").header?.first == column)
    }
  }

  @Test func proseIsText() throws {
    for (text, format) in [
      ("Well, he said.\nNo.\n", "text"), ("a,b\n1,2\n3,4\n", "csv"), ("a\tb\n", "tsv"), ("[1] A note.\n", "text"),
    ] {
      try Fixture.inFolder { folder in
        try Fixture.write(text, to: "\(folder)/x.txt")
        #expect(try RecordFormat.detect("\(folder)/x.txt").name == format)
      }
    }
  }

  @Test(arguments: [
    ("<?xml version=\"1.0\"?>", "XML"), ("\n<!DOCTYPE html>", "HTML"), ("%PDF-1.4\0", "a PDF"),
    ("\u{1F}\u{8B}", "compressed"),
  ])
  func refusesOtherKinds(text: String, kind: String) throws {
    try Fixture.inFolder { folder in
      let bytes = kind == "compressed" ? [0x1F, 0x8B, 8] : Array(text.utf8)
      try Fixture.write(bytes, to: "\(folder)/x.csv")
      #expect(Fixture.message(.data) { _ = try RecordReader("\(folder)/x.csv") }.contains(kind))
    }
  }

  @Test func formatsAreNamed() throws {
    for name in RecordFormat.names { #expect(try RecordFormat(named: name).name == name) }
    #expect(try RecordFormat(named: nil, delimiter: ";") == .delimited(UInt8(ascii: ";")))
    #expect(try RecordFormat(named: "csv", delimiter: "tab") == .tsv)
    #expect(Fixture.message(.usage) { _ = try RecordFormat(named: "jsonn") }.contains("did you mean 'json"))
    #expect(Fixture.message(.usage) { _ = try RecordFormat(named: "json", delimiter: ";") }.contains("--delimiter"))
    #expect(Fixture.message(.usage) { _ = try RecordFormat(named: "csv", delimiter: "é") }.contains("ASCII"))
  }

  @Test func inputsAreFilesFoldersAndPatterns() throws {
    try Fixture.inFolder { folder in
      for name in ["b.csv", "a.jsonl.gz", "c.txt.zst", ".hidden.csv", "README.md", "B.csv"] {
        try Fixture.write("x", to: "\(folder)/\(name)")
      }
      try createFolder("\(folder)/sub.csv")
      func names(_ arguments: [String]) throws -> [String] {
        try inputFiles(arguments.map { $0 == "-" ? $0 : "\(folder)/\($0)" }).map { ($0 as NSString).lastPathComponent }
      }
      #expect(try names([""]) == ["B.csv", "a.jsonl.gz", "b.csv", "c.txt.zst"])
      #expect(try names(["*.csv", "b.csv", "-"]) == ["B.csv", "b.csv", "-"])
      #expect(try names(["[ac].*"]) == ["a.jsonl.gz", "c.txt.zst"])
      #expect(Fixture.message(.data) { _ = try names(["*.tsv"]) }.contains("no file matches"))
      #expect(Fixture.message(.data) { _ = try names(["d.csv"]) }.contains("no such file"))
      #expect(Fixture.message(.data) { _ = try names(["sub.csv"]) }.contains("no data files"))
    }
  }

  @Test func standardInputIsReadByItsContent() throws {
    var ends: [Int32] = [0, 0]
    #expect(pipe(&ends) == 0)
    let before = dup(STDIN_FILENO)
    defer {
      dup2(before, STDIN_FILENO)
      close(before)
    }
    dup2(ends[0], STDIN_FILENO)
    close(ends[0])
    let text = Array("a;b\n1;2\n3\n".utf8)
    #expect(write(ends[1], text, text.count) == text.count)
    close(ends[1])
    let reader = try RecordReader("-")
    #expect(reader.format == .delimited(UInt8(ascii: ";")))
    #expect(try reader.next() == .record(Record(fields: ["a": "1", "b": "2"], line: 2)))
    guard case .rejected(let rejection) = try reader.next() else {
      Issue.record("expected a rejection")
      return
    }
    #expect(rejection.description.hasPrefix("standard input:3: 1 field where"))
    #expect(try reader.next() == nil)
  }
}
