import Basics
import CZlib
import Foundation
import Testing

@testable import Datasets

@Suite struct RecordReaderTests {
  @Test func readsWhatPythonReads() throws {
    let cases = try Fixture.golden("readers.json")
    #expect(cases.count > 40)
    for golden in cases {
      let name = try #require(golden["name"]?.stringValue)
      let data = try #require(Data(base64Encoded: golden["data"]?.stringValue ?? "-"))
      let expected = try #require(golden["records"]?.arrayValue)
      let (records, rejections) = try Fixture.read(data, name: name)
      #expect(rejections.isEmpty, "\(name): \(rejections)")
      #expect(records.map { JSON.object($0.fields).text() } == expected.map { $0.text() }, "\(name)")
    }
  }

  @Test func numbersLinesThroughQuotedLineBreaks() throws {
    let (records, _) = try Fixture.read("a,b\n1,\"x\ny\"\n\n2,z\n", name: "t.csv")
    #expect(records.map { $0.line } == [2, 5])
    #expect(records[0].fields == ["a": "1", "b": "x\ny"])
  }

  @Test func rejectsRaggedRowsWithTheirLine() throws {
    let (records, rejections) = try Fixture.read("a,b\n1\n1,2,3\n4,5\n", name: "t.csv")
    #expect(records.map { $0.line } == [4])
    #expect(
      rejections.map { $0.description } == [
        "t.csv:2: 1 field where the header has 2; put fields that hold the delimiter in quotes",
        "t.csv:3: 3 fields where the header has 2; put fields that hold the delimiter in quotes",
      ])
  }

  @Test func aBrokenQuoteCostsOneRecord() throws {
    let (records, rejections) = try Fixture.read("a,b\n\"open,1\n2,3\n\"x\" y,4\n5,6\n", name: "t.csv")
    #expect(records.map { $0.line } == [3, 5])
    #expect(rejections.map { $0.line } == [2, 4])
    let (atEnd, unclosed) = try Fixture.read("a,b\n1,2\n3,\"never\n4,5\n", name: "t.csv")
    #expect(atEnd.map { $0.line } == [2, 4])
    #expect(unclosed.first?.reason.contains("never closed") == true)
  }

  @Test func tabSeparatedFilesMayHaveBareQuotes() throws {
    let text = "t\tb\n\"Great\" thing\tx\n\"open\ty\nz\t5\" disk\n\"a\tb\"\t\"c\nd\"\n"
    let (records, rejections) = try Fixture.read(text, name: "t.tsv")
    #expect(rejections.isEmpty)
    #expect(records.map { $0.fields["t"]?.stringValue } == ["\"Great\" thing", "\"open", "z", "a\tb"])
    #expect(records.map { $0.fields["b"]?.stringValue } == ["x", "y", "5\" disk", "c\nd"])
  }

  @Test func rejectsInvalidUTF8ByField() throws {
    let (records, rejections) = try Fixture.read(
      Array("a,b\n1,".utf8) + [0xFF, 0x0A] + Array("2,3\n".utf8), name: "t.csv")
    #expect(records.count == 1)
    #expect(rejections.map { $0.description } == ["t.csv:2: b: not valid UTF-8; save the file as UTF-8"])
    let (_, lines) = try Fixture.read(
      Array("{\"a\": \"".utf8) + [0xC3] + Array("\"}\n{\"a\": 1}\n".utf8), name: "t.jsonl")
    #expect(lines.count == 1 && lines[0].reason.contains("not valid UTF-8"))
  }

  @Test func rejectsWhatIsNoObject() throws {
    let (records, rejections) = try Fixture.read("{\"a\": 1}\n[1]\n{broken\n\n7\n{\"b\": 2}", name: "t.jsonl")
    #expect(records.map { $0.line } == [1, 6])
    #expect(rejections.map { $0.line } == [2, 3, 5])
    #expect(rejections[0].description == "t.jsonl:2: an array; expected an object with the record's fields")
    #expect(rejections[1].description.hasPrefix("t.jsonl:3: not valid JSON at byte 1: "))
  }

  @Test func anArrayGoesOnAfterABrokenElement() throws {
    let text =
      "[\n {\"a\": 1},\n {\"a\": \"open},\n {\"a\": 2},\n"
      + " 5, \"s]\", [1, {}],\n {\"a\": nul},\n {\"a\": {\"b\": [\"]\"]}}\n]\n"
    let (records, rejections) = try Fixture.read(text, name: "t.json")
    #expect(records.first?.line == 2 && records.last?.line == 7)
    #expect(rejections.map { $0.line }.contains(3) && rejections.map { $0.line }.contains(6))
    #expect(
      rejections.contains { $0.description == "t.json:5: an integer; expected an object with the record's fields" })
  }

  @Test func tellsAnArrayThatIsCutOff() throws {
    let (inside, first) = try Fixture.read("[{\"a\": 1}, {\"a\": ", name: "t.json")
    #expect(inside.count == 1 && first.map { $0.reason } == ["the file ends inside this record; it may be cut off"])
    let (between, second) = try Fixture.read("[{\"a\": 1}", name: "t.json")
    #expect(between.count == 1 && second.count == 1)
    let (after, third) = try Fixture.read("[{\"a\": 1}] x", name: "t.json")
    #expect(after.count == 1 && third.count == 1)
  }

  @Test(arguments: [
    ("x.json", "{\"a\": 1}\n", "jsonl"), ("x.json", " [{}]", "json"), ("x", "[{}]", "json"), ("x.txt", "{}", "jsonl"),
    ("x.txt", "a\tb,c\n", "tsv"), ("x.dat", "a,b\n", "csv"), ("x.jsonl", "[{\"a\": 1}]", "json"),
    ("x.CSV", "a;b\n", "csv"),
  ])
  func findsTheFormat(name: String, text: String, format: String) throws {
    try Fixture.inFolder { folder in
      try Fixture.write(text, to: "\(folder)/\(name)")
      #expect(try RecordReader("\(folder)/\(name)").format.name == format)
    }
  }

  @Test(arguments: [
    ("x.csv", [UInt8](), "is empty"), ("x.csv", Array("\n\n".utf8), "is empty"),
    ("x", Array("words\n".utf8), "not recognised"),
    ("x.csv", [0xFF, 0xFE, 0x41, 0], "UTF-16"), ("x.bin", Array("PAR1....".utf8), "Parquet"),
    ("x.csv", Array("a,a\n1,2\n".utf8), "two columns are named 'a'"), ("x.csv", Array("\"a\n1\n".utf8), "header line"),
  ])
  func refusesWhatItCannotRead(name: String, bytes: [UInt8], expected: String) throws {
    try Fixture.inFolder { folder in
      try Fixture.write(bytes, to: "\(folder)/\(name)")
      let message = Fixture.message(.data) { _ = try RecordReader("\(folder)/\(name)") }
      #expect(message.contains(expected), "\(message)")
    }
    let missing = Fixture.message(.data) { _ = try RecordReader("/nowhere/x.csv") }
    #expect(missing == "/nowhere/x.csv: no such file; check the name and the folder")
  }

  @Test func damagedGzipIsAnError() throws {
    try Fixture.inFolder { folder in
      let path = "\(folder)/x.jsonl.gz"
      Fixture.writeGzip(to: path) { write in for index in 0..<5000 { write("{\"a\": \(index * 7919 % 5003)}\n") } }
      let whole = try Data(contentsOf: URL(fileURLWithPath: path))
      try Fixture.write(whole.prefix(whole.count / 2), to: path)
      let message = Fixture.message(.data) {
        let reader = try RecordReader(path)
        while try reader.next() != nil {}
      }
      #expect(message.contains("damaged or incomplete"))
    }
  }

  /// In a process of its own: other tests take memory beside this one.
  @Test func memoryStaysConstant() async {
    await #expect(processExitsWith: .success) { try Self.expectConstantMemory() }
  }

  private static func expectConstantMemory() throws {
    try Fixture.inFolder { folder in
      let path = "\(folder)/large.jsonl.gz"
      let filler = String(repeating: "word ", count: 20)
      Fixture.writeGzip(to: path) { write in
        for index in 0..<200_000 { write("{\"id\": \(index), \"text\": \"\(filler)\"}\n") }
      }
      let reader = try RecordReader(path)
      var count = 0
      for _ in 0..<1000 { if try reader.next() != nil { count += 1 } }
      let before = Fixture.residentBytes()
      while try reader.next() != nil { count += 1 }
      #expect(count == 200_000)
      // All records together take several times as much.
      #expect(Fixture.residentBytes() - before < 48 << 20)
    }
  }
}
