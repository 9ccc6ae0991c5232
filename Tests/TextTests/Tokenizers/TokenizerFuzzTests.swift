import Basics
import Foundation
import Fuzzing
import Testing

@testable import Text

/// Damaged tokenizer files, a few hundred in every run of the suite and for minutes in `make fuzz`: reading ends soon
/// and in little memory, with a tokenizer that encodes and decodes, or a `TuneError`.
@Suite(.serialized) struct TokenizerFuzzTests {
  private static let texts = ["", " a  the <s> bread\n12é🙂 they've ▁x", "\u{FFFD}\0\r\n中文 e\u{301}"]

  @Test func tokenizerFile() throws {
    let stages = #"""
      {"added_tokens": [{"id": 5, "content": "<s>", "special": true, "lstrip": true, "rstrip": true}], "normalizer":
      {"type": "Sequence", "normalizers": [{"type": "BertNormalizer", "lowercase": true}, {"type": "Nmt"}, {"type":
      "Replace", "pattern": {"Regex": " {2,}"}, "content": "_"}]}, "pre_tokenizer": {"type": "Sequence",
      "pretokenizers": [{"type": "Split", "pattern": {"Regex": "(?i:'s|[^\\s\\p{L}&&[a-z]]+?)|\\w{1,3}(?!x)"},
      "behavior": "MergedWithNext", "invert": true}, {"type": "Metaspace", "prepend_scheme": "first"}]},
      "decoder": {"type": "Sequence", "decoders": [{"type": "WordPiece"}, {"type": "Fuse"}, {"type": "Strip",
      "content": " ", "start": 1, "stop": 1}]}, "post_processor": {"type": "BertProcessing", "sep": ["a", 0],
      "cls": ["b", 1]}, "model":
      """#
    let models = [
      #"{"type": "Unigram", "unk_id": 0, "byte_fallback": true, "vocab": [["a", -1.5], ["▁th", -2], ["e", -3.0]]}}"#,
      ###"{"type": "WordPiece", "unk_token": "a", "vocab": {"a": 0, "##b": 1, "th": 2, "##e": 3}}}"###,
      #"{"type": "WordLevel", "unk_token": "a", "vocab": {"a": 0, "the": 1}}}"#,
      #"{"type": "BPE", "unk_token": "a", "end_of_word_suffix": "_", "vocab": {"a": 0, "t": 1, "h": 2, "th": 3}, "#
        + #""merges": ["t h"]}}"#,
    ]
    let tokens = [
      #""type": "ByteLevel""#, #""type": "UnicodeScripts""#, #""type": "CTC""#, #""type": "BPEDecoder""#, "null",
      "true",
      "-1", "1e9", "{", "}", "[", "]", ",", "(", ")", "(?:", "{1,999}", "*", "+", "\\\\p{L}", "[^", "&&", "|", "▁", "é",
      "(?:ab){999}", "[[a-z]",
      "{\"type\": \"Split\", \"behavior\": \"Isolated\", \"pattern\": {\"Regex\": \"(?:ab){30}\"}},",
    ]
    let corpus = models.map { Array((stages + $0).utf8) }
    try Fuzzer(
      fileName: "tokenizer.json", corpus: corpus, tokens: tokens, form: .json,
      memory: FuzzMemory(perByte: 256, fixed: 1 << 22)
    )
    .runReader(inputs: 300, share: 0.5) { _, path in
      Self.use(try Tokenizer(jsonFile: try JSON(contentsOf: path), configuration: nil, name: "fuzz"))
    }
  }

  @Test func sentencePieceModel() throws {
    let tokens = ["\u{A}", "\u{12}", "\u{1A}", "\u{22}", "\0", "\u{7F}", "\u{80}", "▁", "<0x0A>", "<s>"]
    try Fuzzer(
      fileName: "piece.model", corpus: [Self.model(kind: 1), Self.model(kind: 2)], tokens: tokens, form: .binary,
      memory: FuzzMemory(perByte: 128, fixed: 1 << 18)
    )
    .runReader(inputs: 300, share: 0.3) { bytes, _ in
      Self.use(try Tokenizer(sentencePiece: bytes, configuration: nil, name: "fuzz"))
    }
  }

  /// All 50,256 tokens of GPT-2's number, since a file of another number is of no known family.
  @Test func tiktoken() throws {
    let bytes = (0..<256).map { [UInt8($0)] }
    let pairs = bytes.flatMap { first in bytes.prefix(200).map { first + $0 } }
    let lines = (bytes + pairs).prefix(50_256).enumerated().map { "\(Data($1).base64EncodedString()) \($0)\n" }
    try Fuzzer(
      fileName: "ranks.tiktoken", corpus: [Array(lines.joined().utf8)], tokens: ["\n", " ", "=", "AA==", "0", "\r"],
      memory: FuzzMemory(perByte: 128, fixed: 1 << 18)
    )
    .runReader(inputs: 3, share: 0.2) { _, path in Self.use(try Tokenizer(file: path)) }
  }

  private static func use(_ tokenizer: Tokenizer) {
    for text in texts {
      let ids = tokenizer.encode(text, addSpecialTokens: true)
      _ = tokenizer.decode(ids)
      var stream = tokenizer.decoder(skipSpecialTokens: false)
      for id in ids { _ = stream.append(id) }
      _ = stream.finish()
    }
  }

  /// A small model in protobuf's wire format.
  static func model(kind: UInt8) -> [UInt8] {
    func field(_ number: UInt8, _ content: [UInt8]) -> [UInt8] { [number << 3 | 2, UInt8(content.count)] + content }
    func piece(_ text: String, _ score: Float, _ type: UInt8) -> [UInt8] {
      let bits = withUnsafeBytes(of: score.bitPattern.littleEndian) { Array($0) }
      return field(1, field(1, Array(text.utf8)) + [0x15] + bits + [0x18, type])
    }
    let pieces =
      piece("<unk>", 0, 2) + piece("<s>", 0, 3) + piece("</s>", 0, 3) + piece("▁", -1, 1) + piece("t", -2, 1)
      + piece("h", -3, 1) + piece("th", -1.5, 1) + piece("▁th", -1.2, 1) + piece("=x=", 0, 4) + piece("<0x0A>", 0, 6)
    return pieces + field(2, [0x18, kind]) + field(3, [0x18, 1, 0x20, 1])
  }
}
