import Basics
import Foundation
import Testing

@testable import Text

/// Reading, refusing and writing tokenizer files.
struct TokenizerFileTests {
  @Test(arguments: [
    (#"{"model": {"type": "Trigram", "vocab": {}}}"#, "model is the model \"Trigram\""),
    (#"{"model": {"type": "Unigram", "vocab": [["a"]]}}"#, "model has the entry 0 [\"a\"]"),
    (#"{"model": {"type": "Unigram", "unk_id": 1, "vocab": [["a", 0]]}}"#, "model has unk_id 1"),
    (#"{"model": {"type": "WordPiece", "vocab": {"a": 0}}}"#, "model has the unk_token \"[UNK]\""),
    (#"{"model": {"type": "WordLevel", "unk_token": "u", "vocab": {"a": 0}}}"#, "model has the unk_token \"u\""),
    (
      #"{"model": {"type": "BPE", "vocab": {"a": 0}, "merges": ["a a"]}}"#,
      "model.merges has merge 0 \"a a\", whose token \"aa\""
    ),
    (#"{"model": {"type": "BPE", "vocab": {"a": 0}, "merges": ["a a a"]}}"#, "has merge 0 as \"a a a\""),
    (#"{"model": {"type": "BPE", "vocab": {"a": -1}, "merges": []}}"#, "the id -1"),
    (#"{"model": {"type": "BPE", "vocab": {"a": 99999999999}, "merges": []}}"#, "the id 99999999999"),
    (
      #"{"model": {"type": "BPE", "vocab": {"a": 0, "b": 70000}, "merges": []}}"#,
      "gives the token \"b\" the id 70000; expected 0 to 65567 in a vocabulary of 2 tokens"
    ),
    (#"{"model": {"type": "BPE", "merges": []}}"#, "model has no \"vocab\""),
    (#"{"normalizer": {"type": "Odd"}, "model": {}}"#, "normalizer is the normalizer \"Odd\""),
    (
      #"{"normalizer": {"type": "Precompiled", "precompiled_charsmap": "/wAAAA=="}, "model": {}}"#,
      "normalizer.precompiled_charsmap is no table"
    ),
    (#"{"pre_tokenizer": {"type": "Odd"}, "model": {}}"#, "pre_tokenizer is the pre-tokenizer \"Odd\""),
    (
      #"{"pre_tokenizer": {"type": "Metaspace", "prepend_scheme": "last"}, "model": {}}"#,
      "pre_tokenizer.prepend_scheme is the scheme \"last\""
    ),
    (#"{"decoder": {"type": "X"}, "model": {"vocab": {}, "merges": []}}"#, "decoder is the decoder \"X\""),
    (
      #"{"added_tokens": [{"id": 0, "content": "b"}], "model": {"vocab": {"a": 0}, "merges": []}}"#,
      "added_tokens[0] gives \"b\" the id 0, which is the token \"a\""
    ),
    ("[]", "the file is an array; expected an object"),
    ("{}", "the file has no \"model\""),
  ])
  func saysWhatIsWrong(text: String, part: String) throws {
    let json = try JSON(parsing: text)
    let error = #expect(throws: TuneError.self) { try Tokenizer(jsonFile: json, configuration: nil, name: "t.json") }
    #expect(error?.message.hasPrefix("t.json: ") == true)
    #expect(error?.message.contains(part) == true, "\(error?.message ?? "")")
  }

  @Test func readsTheConfiguration() throws {
    let configuration: JSON = [
      "bos_token": "<|start|>", "eos_token": ["content": "<|end|>", "lstrip": false], "pad_token": "<pad>",
      "unk_token": .null, "add_bos_token": true, "add_eos_token": true,
      "chat_template": [["name": "tool", "template": "T"], ["name": "default", "template": "D"]],
    ]
    let tokenizer = try TokenizerFixtures.small(configuration: configuration)
    #expect(tokenizer.bosID == 1 && tokenizer.eosID == 2 && tokenizer.padID == 0 && tokenizer.unknownID == nil)
    #expect(tokenizer.chatTemplate == "D")
    #expect(tokenizer.specialIDs == [0, 1, 2])
    // As in transformers, the flags do not change what tokenizer.json says.
    #expect(tokenizer.encode("a", addSpecialTokens: true) == tokenizer.encode("a", addSpecialTokens: false))
  }

  @Test func writesWhatItRead() throws {
    let folder = NSTemporaryDirectory() + "tune-tokenizer-\(getpid())"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let configuration: JSON = ["eos_token": "<|end|>", "model_max_length": 8192, "chat_template": "{{ x }}\n"]
    let tokenizer = try TokenizerFixtures.small(configuration: configuration)
    try tokenizer.write(toFolder: folder)
    let again = try Tokenizer(folder: folder)
    #expect(again.file == tokenizer.file)
    #expect(again.chatTemplate == "{{ x }}\n" && again.eosID == 2)
    #expect(again.configuration?["model_max_length"] == 8192)
    try AtomicFile.write(#"{"bos_token": "<|start|>", "eos_token": "a"}"#, to: folder + "/special_tokens_map.json")
    try AtomicFile.write("file", to: folder + "/chat_template.jinja")
    let mapped = try Tokenizer(folder: folder)
    #expect(mapped.bosID == 1 && mapped.eosID == 2 && mapped.chatTemplate == "file")
    #expect(throws: TuneError.self) { try Tokenizer(folder: folder + "/absent") }
  }

  @Test func readsAFolderWithASentencePieceModelAlone() throws {
    let folder = NSTemporaryDirectory() + "tune-tokenizer-model-\(getpid())"
    try createFolder(folder)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    #expect(!Tokenizer.isIn(folder: folder))
    try Data(TokenizerFuzzTests.model(kind: 2)).write(to: URL(fileURLWithPath: folder + "/tokenizer.model"))
    try AtomicFile.write(#"{"eos_token": "</s>", "add_bos_token": false}"#, to: folder + "/tokenizer_config.json")
    #expect(Tokenizer.isIn(folder: folder))
    let tokenizer = try Tokenizer(folder: folder)
    #expect(tokenizer.eosID == 2)
    #expect(tokenizer.encode("th", addSpecialTokens: true) == [7])
  }

  @Test func damagedFilesNeverCrash() throws {
    let sources = try TokenizerTests.files.map { try shortened(TokenizerFixtures.json(TokenizerFixtures.path($0))) }
    let pool: [JSON] = [
      .null, true, -1, 3, 1e300, "", "Sequence", "ByteLevel", "Split", "a", [], [1], [:], ["type": "Sequence"],
      ["type": "ByteLevel"], ["Regex": "x"], ["String": ""], 4_194_303,
    ]
    var random = SeededRandom(seed: 4, stream: "fuzz")
    var succeeded = 0
    for round in 0..<1500 {
      var json = sources[round % sources.count]
      for _ in 0...random.integer(below: 2) { mutate(&json, pool, &random) }
      guard let tokenizer = try? Tokenizer(jsonFile: json, configuration: json, name: "fuzz") else { continue }
      succeeded += 1
      let ids = tokenizer.encode("a <|end|> tool\n12é🙂 they've", addSpecialTokens: true)
      _ = tokenizer.decode(ids)
    }
    #expect(succeeded > 100)
  }

  /// The file with few tokens and merges, so that many rounds are quick.
  private func shortened(_ json: JSON) -> JSON {
    guard var file = json.objectValue, var model = json["model"]?.objectValue else { return json }
    let kept = model["vocab"]?.objectValue?.entries.filter { $0.key.unicodeScalars.count == 1 } ?? []
    model["vocab"] = .object(JSONObject(entries: Array(kept.prefix(40)) + [.init(key: "an", value: 4000)]))
    model["merges"] = [["a", "n"]]
    file["model"] = .object(model)
    return .object(file)
  }

  private func mutate(_ json: inout JSON, _ pool: [JSON], _ random: inout SeededRandom) {
    let stops = random.integer(below: 4) == 0
    switch json {
    case .object(var object) where !object.isEmpty && !stops:
      let key = object.keys[random.integer(below: object.count)]
      var value = object[key] ?? .null
      if random.integer(below: 12) == 0 {
        object[key] = nil
      } else {
        mutate(&value, pool, &random)
        object[key] = value
      }
      json = .object(object)
    case .array(var elements) where !elements.isEmpty && !stops:
      let index = random.integer(below: elements.count)
      if random.integer(below: 6) == 0 {
        elements.append(elements[index])
      } else {
        mutate(&elements[index], pool, &random)
      }
      json = .array(elements)
    default: json = pool[random.integer(below: pool.count)]
    }
  }
}
