import Basics
import Foundation
import Testing

@testable import Text

/// Real models' tokenizers against reference encodings that are too large for the repository.
@Suite(.enabled(if: TokenizerFixtures.shared != nil, "the folder of real tokenizers is not on this machine"))
struct ReferenceTokenizerTests {
  private func path(_ name: String) throws -> String { try #require(TokenizerFixtures.shared) + name }

  @Test(arguments: [
    "gpt2", "smollm2", "phi-2", "roberta-base", "falcon", "whisper-tiny", "cohere", "phi-3-mini", "bert-base-uncased",
    "t5-small", "flan-t5-base", "pegasus",
  ])
  func encodesAsHuggingFace(model: String) throws {
    let file = try TokenizerFixtures.json(path("\(model)/tokenizer.json.gz"))
    let tokenizer = try Tokenizer(jsonFile: file, configuration: nil, name: model)
    for row in try TokenizerFixtures.lines(path("vectors/reference/\(model).jsonl.gz")) {
      let text = try #require(row["text"]?.stringValue)
      #expect(tokenizer.encode(text, addSpecialTokens: true) == row["ids"]?.ids, "\(text.debugDescription)")
      let plain = (row["ids_nospecial"] ?? row["ids"])?.ids ?? []
      #expect(tokenizer.encode(text, addSpecialTokens: false) == plain, "\(text.debugDescription)")
      #expect(
        sameBytes(tokenizer.decode(plain, skipSpecialTokens: false), row["decoded"]?.stringValue),
        "\(text.debugDescription)")
    }
  }

  /// Texts in which no control token is written: SentencePiece itself takes these for plain text.
  @Test(arguments: [
    ("llama2/tokenizer.model", "llama2"), ("flan-t5-base/spiece.model", "flan-t5"),
    ("sentencepiece/test_model.model", "sentencepiece-test"),
  ])
  func encodesAsSentencePiece(file: String, vectors: String) throws {
    let bytes = try TokenizerFixtures.bytes(path(file))
    let tokenizer = try Tokenizer(sentencePiece: bytes, configuration: nil, name: file)
    for row in try TokenizerFixtures.lines(path("vectors/reference/\(vectors).spm.jsonl.gz")) {
      let text = try #require(row["text"]?.stringValue)
      if tokenizer.specialIDs.contains(where: { tokenizer.token($0).map(text.contains) ?? false }) { continue }
      #expect(tokenizer.encode(text, addSpecialTokens: false) == row["ids"]?.ids, "\(text.debugDescription)")
    }
  }

  @Test func ggufEqualsSmolLM2() throws {
    let file = try TokenizerFixtures.json(path("smollm2/tokenizer.json.gz"))
    let vocabulary = try GGUFVocabulary(file: file, preTokenizer: "gpt-2")
    let tokenizer = try Tokenizer(gguf: vocabulary, name: "smollm2.gguf")
    for row in try TokenizerFixtures.lines(path("vectors/reference/smollm2.jsonl.gz")) {
      let text = try #require(row["text"]?.stringValue)
      #expect(tokenizer.encode(text, addSpecialTokens: true) == row["ids"]?.ids, "\(text.debugDescription)")
    }
  }

  @Test(arguments: ["gpt-2", "falcon", "mpt", "starcoder", "llama-spm", "phi-3", "bert-bge"])
  func encodesGGUFVocabulariesAsLlamaCpp(model: String) throws {
    let bytes = try TokenizerFixtures.bytes(path("llama.cpp/ggml-vocab-\(model).gguf.gz"))
    try expectLlamaCppIDs(Tokenizer(gguf: GGUFVocabulary(wellFormedGGUF: bytes), name: model), model)
  }

  @Test func encodesLlama3() throws {
    let bytes = try TokenizerFixtures.bytes(path("llama3/tokenizer.tiktoken.model"))
    let tokenizer = try Tokenizer(tiktoken: bytes, configuration: nil, name: "llama3")
    try expectLlamaCppIDs(tokenizer, "llama-bpe")
    let row = try TokenizerFixtures.json(path("vectors/swift-transformers/Resources/llama_3.2_encoded.json"))
    let text = try #require(row["text"]?.stringValue)
    #expect(tokenizer.encode(text, addSpecialTokens: true) == row["token_ids"]?.ids)
  }

  private func expectLlamaCppIDs(_ tokenizer: Tokenizer, _ model: String) throws {
    let texts = try TokenizerFixtures.text(path("llama.cpp/ggml-vocab-\(model).gguf.inp"))
      .components(separatedBy: "\n__ggml_vocab_test__\n")
    let lines = try TokenizerFixtures.text(path("llama.cpp/ggml-vocab-\(model).gguf.out")).components(separatedBy: "\n")
    for (text, line) in zip(texts, lines) {
      let ids = line.split(separator: " ").compactMap { Int($0) }
      #expect(tokenizer.encode(text, addSpecialTokens: false) == ids, "\(text.debugDescription)")
    }
  }

  /// Conversations as transformers renders and encodes them for SmolLM2-135M-Instruct.
  @Test(.enabled(if: TokenizerFixtures.golden != nil, "the reference conversations are not on this machine"))
  func encodesConversations() throws {
    let golden = try #require(TokenizerFixtures.golden)
    let file = try TokenizerFixtures.json(path("smollm2/tokenizer.json.gz"))
    let tokenizer = try Tokenizer(jsonFile: file, configuration: nil, name: "smollm2")
    for row in try ["greedy", "loss"].flatMap({ try TokenizerFixtures.lines("\(golden)\($0).jsonl") }) {
      guard let text = row["rendered"]?.stringValue else { continue }
      #expect(tokenizer.encode(text, addSpecialTokens: false) == row["input_ids"]?.ids)
      #expect(tokenizer.decode(row["input_ids"]?.ids ?? [], skipSpecialTokens: false) == text)
    }
  }

  @Test func refusesTheDamagedFile() throws {
    let file = try TokenizerFixtures.json(path("llama2-damaged/tokenizer.json.gz"))
    #expect(throws: TuneError.self) { try Tokenizer(jsonFile: file, configuration: nil, name: "damaged") }
  }
}
