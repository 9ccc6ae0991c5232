import Basics

/// What llama.cpp's names of pre-tokenizers mean as the key `pre_tokenizer` of a tokenizer.json.
///
/// Source: `llama-vocab.cpp` of llama.cpp, with the expressions as the models' own tokenizer.json files have them. Its
/// "default" is taken for GPT-2's way, which the models have that were converted before the name existed.
struct GGUFPreTokenizer {
  let json: JSON
  /// A piece that is itself a token is not taken apart.
  var ignoresMerges = false
  /// Whether a text begins with the beginning token when the file does not say.
  var addsBOS = false

  static let names = families.flatMap { $0.names }

  private static let ignoringMerges = llama3Names + ["tekken"]

  init?(name: String) {
    guard let family = Self.families.first(where: { $0.names.contains(name) }) else { return nil }
    json = family.json
    ignoresMerges = Self.ignoringMerges.contains(name)
    addsBOS = ignoresMerges || name == "chameleon"
  }

  private static let llama3Names = [
    "llama-bpe", "llama3", "llama-v3", "falcon3", "falcon-h1", "pixtral", "midm-2.0", "lfm2",
  ]

  private static let families: [(names: [String], json: JSON)] = [
    (
      [
        "default", "", "gpt-2", "phi-2", "mpt", "olmo", "jais", "roberta-bpe", "gpt-neox", "gigachat", "a.x-4.0",
        "mellum", "exaone4",
      ], byteLevel(usesPattern: true)
    ),
    (
      ["smollm", "starcoder", "refact", "command-r", "codeshell", "exaone", "minerva-7b"],
      sequence([["type": "Digits", "individual_digits": true], byteLevel(usesPattern: true)])
    ),
    (llama3Names + ["smaug-bpe", "dbrx", "glm4", "chatglm-bpe"], split([SplitPattern.llama3Expression])),
    (
      ["qwen2", "stablelm2", "deepseek-r1-qwen", "megrez", "hunyuan", "kormo", "f2llmv2", "grok-2"],
      split([SplitPattern.qwen2Expression])
    ),
    (["qwen35"], split([qwen35Expression])),
    (["gpt-4o", "llama4", "kanana2"], split([SplitPattern.gpt4oExpression])),
    (["tekken"], split([SplitPattern.tekkenExpression])),
    (["deepseek-llm"], split([lineBreaks, europeanLetters, marks, #"\s+$"#, hanAndHangul, #"\p{N}+"#])),
    (["deepseek-coder"], split([lineBreaks, #"\s?\p{L}+"#, #"\s?\p{P}+"#, hanAndHangul, #"\p{N}"#])),
    (
      ["deepseek-v3", "hunyuan-dense", "joyai-llm"],
      split([#"\p{N}{1,3}"#, "[一-龥\u{3040}-ゟ゠-ヿ]+", deepseek3Expression])
    ),
    (["bailingmoe", "bailingmoe2", "llada-moe"], split([bailingExpression])),
    (["seed-coder"], split([seedCoderExpression])),
    (["bloom", "poro-chat", "gpt3-finnish"], split([sentenceExpression])),
    (["viking"], split([sentenceExpression, #"\p{N}"#])),
    (
      ["falcon"],
      sequence([
        ["type": "Punctuation", "behavior": "Contiguous"], byteLevel(usesPattern: true),
        ["type": "Digits", "individual_digits": false], isolated(SplitPattern.threeDigitsExpression),
      ])
    ),
    (
      ["chameleon"],
      sequence(
        chameleonExpressions.map(isolated) + [
          ["type": "Digits", "individual_digits": true], ["type": "Punctuation", "behavior": "Isolated"],
          byteLevel(usesPattern: true),
        ])
    ),
  ]

  private static func byteLevel(usesPattern: Bool) -> JSON {
    ["type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": .bool(usesPattern)]
  }

  private static func sequence(_ stages: [JSON]) -> JSON { ["type": "Sequence", "pretokenizers": .array(stages)] }

  /// A cut at the matches of an expression and between them.
  private static func isolated(_ expression: String) -> JSON {
    ["type": "Split", "pattern": ["Regex": .string(expression)], "behavior": "Isolated", "invert": false]
  }

  /// Cuts at one expression after the other, then the bytes of each piece.
  private static func split(_ expressions: [String]) -> JSON {
    sequence(expressions.map(isolated) + [byteLevel(usesPattern: false)])
  }
}

extension GGUFPreTokenizer {
  private static let lineBreaks = #"[\r\n]"#
  private static let hanAndHangul = "[一-龥ࠀ-一가-\u{D7FF}]+"
  private static let marks = #"\s?[!-/:-~！-／：-～‘-‟　-。]+"#
  /// Letters of alphabets with case.
  private static let europeanLetters =
    #"\s?[A-Za-zµÀ-ÖØ-öø-ƺƼ-ƿǄ-ʓʕ-ʯͰ-ͳͶͷͻ-ͽͿΆΈ-ΊΌΎ-ΡΣ-ϵϷ-ҁҊ-ԯԱ-ՖႠ-ჅᎠ-Ᏽᏸ-ᏽᲐ-ᲺᲽ-Ჿᴀ-ᴫᵫ-ᵷᵹ-ᶚḀ-ἕἘ-Ἕἠ-"#
    + #"ὅὈ-Ὅὐ-ὗὙὛὝὟ-ώᾀ-ᾴᾶ-ᾼιῂ-ῄῆ-ῌῐ-ΐῖ-Ίῠ-Ῥῲ-ῴῶ-ῼℂℇℊ-ℓℕℙ-ℝℤΩℨK-ℭℯ-ℴℹℼ-ℿⅅ-ⅉⅎↃↄⰀ-ⱻⱾ-ⳤⳫ-ⳮⳲⳳꙀ-ꙭꚀ-ꚛꜢ-ꝯꝱ"#
    + #"-ꞇꞋ-ꞎꭰ-ꮿﬀ-ﬆﬓ-ﬗＡ-Ｚａ-ｚ𐐀-𐑏𐒰-𐓓𐓘-𐓻𐲀-𐲲𐳀-𐳲𑢠-𑣟𞤀-𞥃]+"#
  private static let sentenceExpression = #" ?[^(\s|.,!?…。，、।۔،)]+"#
  private static let qwen35Expression =
    #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+"#
    + #"|\s+(?!\S)|\s+"#
  private static let deepseek3Expression =
    ##"[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*"##
    + #"|\s*[\r\n]+|\s+(?!\S)|\s+"#
  private static let bailingExpression =
    #"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+"#
  private static let seedCoderExpression =
    #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1}| ?[^\s\p{L}\p{N}\r\n]+|\s*[\r\n]+|\s+(?!\S)|\s+"#
  private static let chameleonExpressions = [
    "<sentinel:[0-9]+>", "(IMGIMG)((A|B|C|D|E|F|G|H|I){1,4})Z", #"([\t\n]|    |  )"#,
  ]
}
