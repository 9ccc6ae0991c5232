import Basics

/// What llama.cpp's names of pre-tokenizers mean as the key `pre_tokenizer` of a tokenizer.json.
///
/// Source: `llama-vocab.cpp` of llama.cpp. Its "default" is taken for GPT-2's way, which the models have that were
/// converted before the name existed.
struct GGUFPreTokenizer {
  let json: JSON
  /// A piece that is itself a token is not taken apart.
  var ignoresMerges = false
  /// Whether a text begins with the beginning token when the file does not say.
  var addsBOS = false

  static let names = families.flatMap { $0.names }

  init?(name: String) {
    guard let family = Self.families.first(where: { $0.names.contains(name) }) else { return nil }
    json = family.json
    ignoresMerges = ["llama3", "llama-v3", "llama-bpe", "falcon3", "tekken"].contains(name)
    addsBOS = ["llama3", "llama-v3", "llama-bpe", "falcon3", "tekken"].contains(name)
  }

  private static let families: [(names: [String], json: JSON)] = [
    (
      ["default", "", "gpt-2", "phi-2", "mpt", "olmo", "jais", "roberta-bpe", "gpt-neox"], byteLevel(usesPattern: true)
    ),
    (
      ["smollm", "starcoder", "refact", "command-r", "codeshell", "exaone", "minerva-7b"],
      sequence([["type": "Digits", "individual_digits": true], byteLevel(usesPattern: true)])
    ),
    (["llama-bpe", "llama3", "llama-v3", "falcon3", "smaug-bpe", "dbrx"], split(SplitPattern.llama3Expression)),
    (["qwen2", "stablelm2", "deepseek-r1-qwen", "megrez", "hunyuan"], split(SplitPattern.qwen2Expression)),
    (["gpt-4o", "llama4"], split(SplitPattern.gpt4oExpression)),
    (["tekken"], split(SplitPattern.tekkenExpression)),
    (
      ["falcon"],
      sequence([
        ["type": "Punctuation", "behavior": "Contiguous"], byteLevel(usesPattern: true),
        ["type": "Digits", "individual_digits": false],
        [
          "type": "Split", "pattern": ["Regex": .string(SplitPattern.threeDigitsExpression)], "behavior": "Isolated",
          "invert": false,
        ],
      ])
    ),
  ]

  private static func byteLevel(usesPattern: Bool) -> JSON {
    ["type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": .bool(usesPattern)]
  }

  private static func sequence(_ stages: [JSON]) -> JSON { ["type": "Sequence", "pretokenizers": .array(stages)] }

  /// A cut at a pattern, then the bytes of each piece.
  private static func split(_ expression: String) -> JSON {
    sequence([
      ["type": "Split", "pattern": ["Regex": .string(expression)], "behavior": "Isolated", "invert": false],
      byteLevel(usesPattern: false),
    ])
  }
}
