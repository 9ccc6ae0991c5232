import Basics
import Foundation

/// A tiktoken file: a token in base64 and its rank a line. Its pattern and special tokens are not in it; they are told
/// by the number of its tokens.
///
/// Source: `tiktoken_ext/openai_public.py` of OpenAI's tiktoken, and `tokenizer.py` of Meta's llama-models.
struct TiktokenFile {
  private struct Family {
    let tokenCount: Int
    let pattern: String
    let special: [(id: Int, content: String)]
    var begin: String?
    let end: String
  }

  /// In the order of their ranks.
  let tokens: [[UInt8]]
  private let family: Family
  private let name: String

  init(contentsOf bytes: [UInt8], name: String) throws {
    var tokens: [[UInt8]] = []
    for (index, line) in bytes.split(separator: 0x0A).enumerated() {
      let parts = line.split(separator: 0x20)
      guard parts.count == 2, let token = Data(base64Encoded: String(decoding: parts[0], as: UTF8.self)),
        !token.isEmpty, Int(String(decoding: parts[1], as: UTF8.self)) == index
      else {
        throw TuneError.data(
          "\(name):\(index + 1): is no line of a tiktoken file; expected a token in base64 and the rank \(index); "
            + "fetch the file again")
      }
      tokens.append(Array(token))
    }
    guard let family = Self.families.first(where: { $0.tokenCount == tokens.count }) else {
      throw TuneError.data(
        "\(name): has \(tokens.count) tokens, as no known tiktoken file has; expected one of "
          + "\(Self.families.map { String($0.tokenCount) }.joined(separator: ", ")); use the model's tokenizer.json")
    }
    self.tokens = tokens
    self.family = family
    self.name = name
  }

  private static let families = [
    Family(
      tokenCount: 50_256, pattern: SplitPattern.gpt2Expression, special: [(50_256, "<|endoftext|>")],
      end: "<|endoftext|>"),
    Family(
      tokenCount: 100_256, pattern: SplitPattern.cl100kExpression,
      special: [
        (100_257, "<|endoftext|>"), (100_258, "<|fim_prefix|>"), (100_259, "<|fim_middle|>"),
        (100_260, "<|fim_suffix|>"), (100_276, "<|endofprompt|>"),
      ], end: "<|endoftext|>"),
    Family(
      tokenCount: 199_998, pattern: SplitPattern.gpt4oExpression,
      special: [(199_999, "<|endoftext|>"), (200_018, "<|endofprompt|>")], end: "<|endoftext|>"),
    Family(
      tokenCount: 128_000, pattern: SplitPattern.llama3Expression, special: llama3Special,
      begin: "<|begin_of_text|>", end: "<|end_of_text|>"),
  ]

  private static let llama3Special: [(id: Int, content: String)] = {
    let named = [
      "<|begin_of_text|>", "<|end_of_text|>", "<|reserved_special_token_0|>", "<|reserved_special_token_1|>",
      "<|finetune_right_pad_id|>", "<|step_id|>", "<|start_header_id|>", "<|end_header_id|>", "<|eom_id|>",
      "<|eot_id|>", "<|python_tag|>",
    ]
    let reserved = (2..<247).map { "<|reserved_special_token_\($0)|>" }
    return (named + reserved).enumerated().map { (128_000 + $0, $1) }
  }()

  private static func written(_ bytes: some Sequence<UInt8>) -> String {
    String(scalars: bytes.map { ByteLevelAlphabet.scalars[Int($0)] })
  }

  /// The tokenizer.json that says the same: every way to join two tokens to a third is a merge.
  func tokenizerFile() throws -> JSON {
    let written = tokens.map { Self.written($0) }
    let trie = ScalarTrie(written.enumerated().map { ([UInt32](scalarsOf: $1), $0) })
    var merges: [JSON] = []
    for token in written {
      let scalars = [UInt32](scalarsOf: token)
      let pairs = (1..<max(1, scalars.count)).compactMap { cut -> (left: Int, right: Int)? in
        guard let left = trie.longestMatch(in: scalars, 0..<cut), left.end == cut,
          let right = trie.longestMatch(in: scalars, cut..<scalars.count), right.end == scalars.count
        else { return nil }
        return (left.number, right.number)
      }
      for pair in pairs.sorted(by: { ($0.left, $0.right) < ($1.left, $1.right) }) {
        merges.append([.string(written[pair.left]), .string(written[pair.right])])
      }
    }
    let begin = family.special.first { $0.content == family.begin }
    return [
      "version": "1.0", "truncation": .null, "padding": .null,
      "added_tokens": .array(
        family.special.map { token in
          [
            "id": .integer(token.id), "content": .string(token.content), "single_word": false, "lstrip": false,
            "rstrip": false, "normalized": false, "special": true,
          ]
        }),
      "normalizer": .null,
      "pre_tokenizer": [
        "type": "Sequence",
        "pretokenizers": [
          ["type": "Split", "pattern": ["Regex": .string(family.pattern)], "behavior": "Isolated", "invert": false],
          ["type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": false],
        ],
      ],
      "post_processor": templateProcessing(before: begin?.id, after: nil) { _ in begin?.content ?? "" },
      "decoder": ["type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true],
      "model": [
        "type": "BPE", "dropout": .null, "unk_token": .null, "continuing_subword_prefix": .null,
        "end_of_word_suffix": .null, "fuse_unk": false, "byte_fallback": false, "ignore_merges": true,
        "vocab": .object(JSONObject(entries: written.enumerated().map { .init(key: $1, value: .integer($0)) })),
        "merges": .array(merges),
      ],
    ]
  }

  var configuration: JSON {
    var object: JSONObject = [
      "tokenizer_class": "PreTrainedTokenizerFast", "clean_up_tokenization_spaces": false,
      "eos_token": .string(family.end),
    ]
    if let begin = family.begin { object["bos_token"] = .string(begin) }
    return .object(object)
  }
}

extension Tokenizer {
  /// The tokenizer of a tiktoken file of GPT-2, GPT-4, GPT-4o or Llama 3, by way of the tokenizer.json that says the
  /// same.
  ///
  /// - Throws: `TuneError.data` for lines that are no tokens with their ranks in order, or a number of tokens that is
  ///   none of these families'.
  public init(tiktoken bytes: [UInt8], configuration: JSON?, name: String) throws {
    let file = try TiktokenFile(contentsOf: bytes, name: name)
    try self.init(
      jsonFile: file.tokenizerFile(), configuration: configuration ?? file.configuration, name: name)
  }

  /// The tokenizer of a file of any kind but GGUF: a tokenizer.json, a SentencePiece model, or a tiktoken file; told by
  /// the first byte.
  public init(file path: String) throws {
    let file = try MappedFile(path)
    switch file.withBytes(\.first) {
    case UInt8(ascii: "{"): try self.init(jsonFile: JSON(contentsOf: path), configuration: nil, name: path)
    // The first field of a SentencePiece model, a piece.
    case 0x0A: try self.init(sentencePiece: file.withBytes { Array($0) }, configuration: nil, name: path)
    default: try self.init(tiktoken: file.withBytes { Array($0) }, configuration: nil, name: path)
    }
  }
}
