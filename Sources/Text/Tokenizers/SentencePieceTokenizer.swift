import Basics
import Foundation

extension Tokenizer {
  /// The tokenizer of a SentencePiece `.model` file.
  ///
  /// Its control tokens are found in text, as transformers does, and a text begins with the beginning token of a BPE
  /// model and ends with the end token of a model without one, unless the configuration says otherwise.
  ///
  /// - Parameters:
  ///   - bytes: the content of the file.
  ///   - configuration: the content of tokenizer_config.json.
  /// - Throws: `TuneError.data` for what is no such file or a model of words or characters.
  public init(sentencePiece bytes: [UInt8], configuration: JSON?, name: String) throws {
    var model = try SentencePieceModel(contentsOf: bytes, name: name)
    if model.kind == .bytePair, let id = model.ids(of: .unused).first {
      throw TuneError.data(
        "\(name): has the unused piece \(model.pieces[id]), which a BPE model cannot take apart here; expected none; "
          + "use the model's tokenizer.json")
    }
    model.addsBOS = configuration?["add_bos_token"]?.boolValue
    model.addsEOS = configuration?["add_eos_token"]?.boolValue
    try self.init(sentencePiece: model, configuration: configuration ?? model.configuration, name: name)
  }

  init(sentencePiece model: SentencePieceModel, configuration: JSON?, name: String) throws {
    let file = model.tokenizerFile
    let place = FileValue(file["model"] ?? .null, name: name, path: "model")
    try self.init(
      stages: TokenizerFile(sentencePiece: model, file: file, place: place), file: file, configuration: configuration,
      name: name)
  }
}

extension TokenizerFile {
  /// The stages as SentencePiece itself has them; a tokenizer.json can say most of that but not all.
  init(sentencePiece model: SentencePieceModel, file: JSON, place: FileValue) throws {
    var vocabulary = try Vocabulary(list: FileValue([], name: place.name))
    for (id, piece) in model.pieces.enumerated() { try vocabulary.add(piece, id: id, from: place) }
    self.vocabulary = vocabulary
    unknownID = model.unknownID
    normalizer = Normalizer(sentencePiece: try model.normalization(place))
    preTokenizer = try PreTokenizer(nil)
    postProcessor = try PostProcessor(FileValue(file, name: place.name)["post_processor"])
    decoder = try TokenDecoder(FileValue(file, name: place.name)["decoder"])
    self.model =
      switch model.kind {
      case .unigram: try UnigramModel(place, vocabulary, sentencePiece: SentencePieceScores(model))
      default: BPEModel(model, vocabulary)
      }
    addedTokens = (model.ids(of: .control) + model.ids(of: .unknown) + model.ids(of: .userDefined)).map { id in
      var token = AddedToken(id: id, content: model.pieces[id])
      token.isSpecial = model.types[id] != .userDefined
      // What the user defined is found before a model of pairs would merge across it.
      token.isNormalized = !token.isSpecial && !model.findsUserDefinedFirst
      return token
    }
    .filter { $0.isSpecial || model.kind == .bytePair }
    normalizesTokens = false
  }
}

extension SentencePieceModel {
  var configuration: JSON {
    var object: JSONObject = ["tokenizer_class": "PreTrainedTokenizerFast", "clean_up_tokenization_spaces": false]
    for (key, id) in [("bos_token", bosID), ("eos_token", eosID), ("unk_token", unknownID), ("pad_token", padID)] {
      if let id { object[key] = .string(pieces[id]) }
    }
    return .object(object)
  }

  /// The tokenizer.json that comes nearest, in the manner of transformers' converters.
  var tokenizerFile: JSON {
    [
      "version": "1.0", "truncation": .null, "padding": .null, "added_tokens": .array(addedTokens),
      "normalizer": normalizerJSON, "pre_tokenizer": preTokenizerJSON, "post_processor": postProcessorJSON,
      "decoder": decoderJSON, "model": kind == .unigram ? unigramJSON : bytePairJSON,
    ]
  }

  private var addedTokens: [JSON] {
    pieces.indices.filter { [.control, .unknown, .userDefined].contains(types[$0]) }.map { id in
      [
        "id": .integer(id), "content": .string(pieces[id]), "single_word": false, "lstrip": false, "rstrip": false,
        "normalized": .bool(types[id] == .userDefined && !findsUserDefinedFirst),
        "special": .bool(types[id] != .userDefined),
      ]
    }
  }

  private var normalizerJSON: JSON {
    var stages: [JSON] = []
    if !characters.isEmpty {
      stages.append(["type": "Precompiled", "precompiled_charsmap": .string(Data(characters).base64EncodedString())])
    }
    if removesExtraSpaces {
      stages.append(["type": "Strip", "strip_left": true, "strip_right": true])
      stages.append(["type": "Replace", "pattern": ["Regex": " {2,}"], "content": " "])
    }
    if kind == .bytePair {
      if addsPrefix { stages.append(["type": "Prepend", "prepend": "▁"]) }
      stages.append(["type": "Replace", "pattern": ["String": " "], "content": "▁"])
    }
    return stages.isEmpty ? .null : ["type": "Sequence", "normalizers": .array(stages)]
  }

  private var preTokenizerJSON: JSON {
    guard kind == .unigram else { return .null }
    return [
      "type": "Metaspace", "replacement": "▁", "prepend_scheme": .string(addsPrefix ? "always" : "never"),
      "split": true,
    ]
  }

  private var postProcessorJSON: JSON {
    let begins = addsBOS ?? (kind == .bytePair)
    let ends = addsEOS ?? (bosID == nil)
    return templateProcessing(before: begins ? bosID : nil, after: ends ? eosID : nil) { pieces[$0] }
  }

  private var decoderJSON: JSON {
    var stages: [JSON] = [
      ["type": "Replace", "pattern": ["String": "▁"], "content": " "], ["type": "ByteFallback"], ["type": "Fuse"],
    ]
    if addsPrefix { stages.append(["type": "Strip", "content": " ", "start": 1, "stop": 0]) }
    return ["type": "Sequence", "decoders": .array(stages)]
  }

  private var unigramJSON: JSON {
    [
      "type": "Unigram", "unk_id": unknownID.map { .integer($0) } ?? .null, "byte_fallback": .bool(hasByteFallback),
      "vocab": .array(pieces.indices.map { [.string(pieces[$0]), .number(Double(scores[$0]))] }),
    ]
  }

  private var bytePairJSON: JSON {
    [
      "type": "BPE", "dropout": .null, "unk_token": unknownID.map { .string(pieces[$0]) } ?? .null,
      "continuing_subword_prefix": .null, "end_of_word_suffix": .null, "fuse_unk": true,
      "byte_fallback": .bool(hasByteFallback), "ignore_merges": false,
      "vocab": .object(JSONObject(entries: pieces.enumerated().map { .init(key: $1, value: .integer($0)) })),
      "merges": .array(
        pairs.sorted { ($0.rank, $0.left, $0.right) < ($1.rank, $1.left, $1.right) }
          .map { [.string(pieces[$0.left]), .string(pieces[$0.right])] }),
    ]
  }

  /// Every way to join two pieces to a third: the third's place among the scores, from the best; its id last.
  var pairs: [(rank: Int, left: Int, right: Int, joined: Int)] {
    let usable = pieces.indices.filter { types[$0] == .normal || types[$0] == .userDefined }
    let ordered = Set(usable.map { scores[$0] }).sorted(by: >)
    let ranks = Dictionary(uniqueKeysWithValues: ordered.enumerated().map { ($1, $0) })
    let written = usable.map { [UInt32](scalarsOf: pieces[$0]) }
    let trie = ScalarTrie(zip(written, usable).map { ($0, $1) }, keepsLast: true)
    var pairs: [(rank: Int, left: Int, right: Int, joined: Int)] = []
    for (scalars, id) in zip(written, usable) {
      for cut in 1..<max(1, scalars.count) {
        guard let left = trie.longestMatch(in: scalars, 0..<cut), left.end == cut,
          let right = trie.longestMatch(in: scalars, cut..<scalars.count), right.end == scalars.count
        else { continue }
        pairs.append((ranks[scores[id]] ?? 0, left.number, right.number, id))
      }
    }
    return pairs
  }
}

/// The stage TemplateProcessing with a token before and a token behind each text.
func templateProcessing(before: Int?, after: Int?, token: (Int) -> String) -> JSON {
  func part(_ id: Int, _ type: Int) -> JSON {
    ["SpecialToken": ["id": .string(token(id)), "type_id": .integer(type)]]
  }
  func text(_ id: JSON, _ type: Int) -> [JSON] {
    (before.map { [part($0, type)] } ?? []) + [["Sequence": ["id": id, "type_id": .integer(type)]]]
      + (after.map { [part($0, type)] } ?? [])
  }
  var special = JSONObject()
  for id in [before, after].compactMap({ $0 }) {
    special[token(id)] = ["id": .string(token(id)), "ids": [.integer(id)], "tokens": [.string(token(id))]]
  }
  return [
    "type": "TemplateProcessing",
    "single": .array(text("A", 0)),
    "pair": .array(text("A", 0) + text("B", 1)),
    "special_tokens": .object(special),
  ]
}
