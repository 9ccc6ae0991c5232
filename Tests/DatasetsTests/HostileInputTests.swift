import Basics
import CZlib
import CZstd
import Foundation
import Testing

@testable import Datasets

/// Inputs that are damaged, huge or meant to do harm: time and memory stay bounded, and what is wrong is said.
@Suite struct HostileInputTests {
  /// Each rule of RFC 4180, section 2, and what it leaves open as Python's csv module reads it.
  @Test(arguments: [
    ("2.1 records end in CRLF", "a,b\r\n1,2\r\n", [["1", "2"]]),
    ("2.2 the last may end in nothing", "a,b\r\n1,2", [["1", "2"]]),
    ("2.4 spaces belong to a field", "a,b\r\n 1 ,\" 2 \"\r\n", [[" 1 ", " 2 "]]),
    ("2.4 fields may be empty", "a,b\r\n,\r\n\"\",\r\n", [["", ""], ["", ""]]),
    ("2.5 fields may be quoted", "\"a\",b\r\n\"1\",2\r\n", [["1", "2"]]),
    ("2.6 quotes hold commas", "a,b\r\n\"1,5\",2\r\n", [["1,5", "2"]]),
    ("2.6 quotes hold CRLF", "a,b\r\n\"1\r\n5\",2\r\n", [["1\r\n5", "2"]]),
    ("2.6 quotes hold LF and CR", "a,b\r\n\"1\n5\",\"2\r6\"\r\n", [["1\n5", "2\r6"]]),
    ("2.6 names hold all of it", "\"a,\r\n\"\"\",b\r\n1,2\r\n", [["1", "2"]]),
    ("2.7 quotes are doubled", "a,b\r\n\"say \"\"yes\"\"\",\"\"\"\"\r\n", [["say \"yes\"", "\""]]),
    ("2.7 nothing but quotes", "a,b\r\n\"\"\"\"\"\",\"\"\r\n", [["\"\"", ""]]),
    ("LF alone ends records", "a,b\n1,2\n3,4\n", [["1", "2"], ["3", "4"]]),
    ("blank lines are no records", "a,b\r\n\r\n1,2\r\n\r\n", [["1", "2"]]),
    ("the byte-order mark is none of the name", "\u{FEFF}a,b\r\n1,2\r\n", [["1", "2"]]),
  ])
  func rfc4180CornerCases(rule: String, text: String, rows: [[String]]) throws {
    let (records, rejections) = try Fixture.read(text, name: "t.csv")
    #expect(rejections.isEmpty, "\(rule): \(rejections)")
    #expect(records.map { $0.fields.map { $0.value.stringValue ?? "" } } == rows, "\(rule)")
    #expect(records.allSatisfy { $0.fields.keys.last == "b" && ($0.fields.keys.first ?? "").hasPrefix("a") }, "\(rule)")
  }

  /// The sizes of the pieces that files are read, unpacked and cut in, and one byte to either side.
  @Test(arguments: [1 << 16, 1 << 17, 1 << 18], [false, true])
  func invalidUTF8ExactlyAtAReadBufferBoundary(boundary: Int, isPacked: Bool) throws {
    for place in boundary - 2...boundary + 1 {
      for (bytes, isValid) in [([0xC3, 0xA9], true), ([0xC3, 0x28], false)] as [([UInt8], Bool)] {
        let start = Array("{\"a\": \"".utf8)
        let padding = [UInt8](repeating: UInt8(ascii: "x"), count: place - start.count)
        let text = start + padding + bytes + Array("\"}\n{\"a\": \"é\"}\n".utf8)
        try Fixture.inFolder { folder in
          let path = "\(folder)/t.jsonl"
          try Fixture.write(isPacked ? Self.gzip(text) : text, to: path)
          let outcomes = try Self.outcomes(path)
          #expect(outcomes.count == 2 && outcomes[1] == .record(Record(fields: ["a": "é"], line: 2)))
          switch outcomes[0] {
          case .record(let record):
            #expect(isValid && record.fields["a"]?.stringValue?.utf8.count == padding.count + 2, "at byte \(place)")
          case .rejected(let rejection):
            #expect(!isValid && rejection.line == 1 && rejection.reason.contains("not valid UTF-8"), "at byte \(place)")
          }
        }
      }
    }
  }

  /// In a process of its own: other tests take memory beside this one.
  @Test func aLineOf100MegabytesIsReadInBoundedMemory() async {
    await #expect(processExitsWith: .success) { try Self.expectBoundedMemory() }
  }

  private static func expectBoundedMemory() throws {
    try Fixture.inFolder { folder in
      let path = "\(folder)/long.jsonl.gz", word = String(repeating: "abcdefghi ", count: 100_000)
      Fixture.writeGzip(to: path) { write in
        write("{\"a\": 1}\n{\"a\": \"")
        for _ in 0..<100 { write(word) }
        write("\"}\n{\"a\": 2}\n")
      }
      let before = Fixture.residentBytes()
      let reader = try RecordReader(path)
      var lengths: [Int] = [], most = 0
      while let outcome = try reader.next() {
        guard case .record(let record) = outcome else { continue }
        lengths.append(record.fields["a"]?.stringValue?.utf8.count ?? 0)
        most = max(most, Fixture.residentBytes() - before)
      }
      #expect(lengths == [0, 100_000_000, 0])
      // The bytes read, the chunk cut from them and the text.
      #expect(most < 700 << 20, "\(most >> 20) MB")
    }
  }

  /// `RecordChunkTests.aMillionColumns` reads ten times as many.
  @Test func aHundredThousandColumnsArePrepared() throws {
    let names = (2..<100_000).map { "c\($0)" }.joined(separator: ",")
    let cells = [String](repeating: "1", count: 99_998).joined(separator: ",")
    let text = "\(names),dialogue,summary\n\(cells),Hi.,They greet.\n"
    try Fixture.preparing(
      text, name: "wide.csv", configure: { $0.fractions = try SplitFractions(parsing: "1/0/0") }
    ) { report, out in
      #expect(report.recordsAccepted == 1 && report.tasks[0].columns.count == 100_000)
      #expect(report.templates.map { $0.name } == ["dialogue-summary"])
      let written = try Fixture.text("\(out)/train.jsonl")
      #expect(written == "{\"prompt\": \"Hi.\", \"completion\": \" They greet.\"}\n")
    }
  }

  /// Nothing is written of data that end too soon, and what was there before stays.
  @Test(arguments: ["gz", "zst"]) func compressedFilesCutShortLeaveNothingBehind(packing: String) throws {
    let text = (0..<4000).map { "{\"prompt\": \"p \($0 * 7919 % 4001)\", \"completion\": \"c\"}\n" }.joined()
    let whole = packing == "gz" ? Self.gzip(Array(text.utf8)) : Self.zstandard(Array(text.utf8))
    try Fixture.inFolder { folder in
      let path = "\(folder)/in.jsonl.\(packing)"
      let options = PreparationOptions(sources: [.init(inputs: [path])], output: "\(folder)/out")
      for length in [whole.count / 2, whole.count - 1] {
        try Fixture.write(whole.prefix(length), to: path)
        let message = Fixture.message(.data) { _ = try prepare(options, library: TemplateTests.library()) }
        #expect(message.hasPrefix("\(path): the compressed data are damaged or incomplete"), "\(message)")
        let left = (try? FileManager.default.contentsOfDirectory(atPath: "\(folder)/out")) ?? []
        #expect(left.isEmpty, "\(left)")
      }
      try Fixture.write(whole, to: path)
      #expect(try prepare(options, library: TemplateTests.library()).recordsAccepted == 4000)
    }
  }

  /// A gzip or zstandard file that unpacks to more than a thousand times its size is refused after 256 MB. In a process of
  /// its own, whose memory no other test takes part in.
  @Test(arguments: ["gz", "zst"]) func zipBombsAreRefusedInBoundedMemory(packing: String) async throws {
    await #expect(processExitsWith: .success) { [packing] in try Self.expectRefusedBomb(packing) }
  }

  private static func expectRefusedBomb(_ packing: String) throws {
    let line = [UInt8](repeating: UInt8(ascii: "x"), count: (1 << 22) - 1) + [UInt8(ascii: "\n")]
    let member = packing == "gz" ? Self.gzip(line) : Self.zstandard(line)
    #expect(member.count * 1000 < line.count)
    try Fixture.inFolder { folder in
      let path = "\(folder)/bomb.txt.\(packing)"
      // 2 GB.
      try Fixture.write((0..<512).flatMap { _ in member }, to: path)
      let before = Fixture.residentBytes()
      var count = 0, most = 0
      let message = Fixture.message(.data) {
        let chunker = try RecordChunker(path)
        while try chunker.next() != nil {
          count += 1
          most = max(most, Fixture.residentBytes() - before)
        }
      }
      #expect(message.hasPrefix("\(path): unpacks to more than 1,000 times its size (256 MB so far)"), "\(message)")
      #expect(count >= 60 && most < 128 << 20, "\(count) chunks, \(most >> 20) MB")
    }
  }

  @Test func aTemplateThatLoopsForEverEnds() throws {
    let yaml = """
      name: loop
      task: Loop.
      fields: {dialogue: D, summary: S}
      templates:
        - name: w
          prompt_and_target: >-
            {% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}{{ dialogue }} ||| {{ summary }}
      """
    try Fixture.inFolder { folder in
      try Fixture.write(yaml, to: "\(folder)/loop.yaml")
      try Fixture.write("{\"dialogue\": \"d\", \"summary\": \"s\"}\n", to: "\(folder)/in.jsonl")
      let source = PreparationOptions.Source(inputs: ["\(folder)/in.jsonl"], templates: ["\(folder)/loop.yaml"])
      let options = PreparationOptions(sources: [source], output: "\(folder)/out")
      let message = Fixture.message(.data) { _ = try prepare(options, library: TemplateTests.library()) }
      #expect(
        message.contains("in.jsonl:1: template loop/w: ") && message.contains("steps; expected a bounded template"))
    }
  }

  // MARK: Helpers

  private static func outcomes(_ path: String) throws -> [RecordOutcome] {
    let chunker = try RecordChunker(path)
    var outcomes: [RecordOutcome] = []
    while let chunk = try chunker.next() { outcomes += chunk.parse() }
    return outcomes
  }

  private static func gzip(_ plain: [UInt8]) -> [UInt8] {
    var stream = z_stream(), packed = [UInt8](repeating: 0, count: plain.count + 1024), plain = plain
    // 16 more than the window's size asks for gzip's header.
    deflateInit2_(
      &stream, Z_BEST_COMPRESSION, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
      Int32(MemoryLayout<z_stream>.size))
    defer { deflateEnd(&stream) }
    let size = packed.count
    plain.withUnsafeMutableBufferPointer { input in
      packed.withUnsafeMutableBufferPointer { output in
        (stream.next_in, stream.avail_in) = (input.baseAddress, UInt32(input.count))
        (stream.next_out, stream.avail_out) = (output.baseAddress, UInt32(output.count))
        #expect(deflate(&stream, Z_FINISH) == Z_STREAM_END)
      }
    }
    return Array(packed[..<(size - Int(stream.avail_out))])
  }

  private static func zstandard(_ plain: [UInt8]) -> [UInt8] {
    var packed = [UInt8](repeating: 0, count: ZSTD_compressBound(plain.count))
    let count = ZSTD_compress(&packed, packed.count, plain, plain.count, 3)
    return Array(packed[..<count])
  }
}
