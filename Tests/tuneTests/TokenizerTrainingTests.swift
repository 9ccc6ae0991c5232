import Basics
import Foundation
import Testing

/// `tune tokenize --train`, and what else the program does with the tokenizers it makes.
@Suite struct TokenizerTrainingTests {
  @Test(arguments: ["bpe", "unigram"]) func trainedFilesAreUsedAtOnce(type: String) throws {
    let workspace = try Workspace()
    let report = try workspace.succeed(
      "tokenize", "--train", Workspace.dialogues, "--text-field", "dialogue,summary", "--model-type", type,
      "--vocab-size", "320", "--special-tokens", "<pad>,</s>,<unk>", "--output", "made/tokenizer.json", "--json"
    ).json
    #expect(report["vocabulary_size"]?.intValue ?? 0 > 64 && report["texts"] == 120)
    #expect(report["model_type"] == .string(type) && report["output"] == "made/tokenizer.json")
    let encoded = try workspace.succeed("tokenize", "--model", "made/tokenizer.json", "Ann takes tea.</s>", "--json")
    let ids = try #require(encoded.json["input_ids"]?.arrayValue)
    #expect(ids.last == 1)
    let text = ids.compactMap(\.intValue).map { String($0) }.joined(separator: " ")
    let decoded = try workspace.succeed("tokenize", "--model", "made/tokenizer.json", "--decode", text)
    #expect(decoded.output == "Ann takes tea.\n")
    #expect(workspace.contents() == ["made", "made/tokenizer.json"])
  }

  @Test func aFolderAlsoNamesTheRoles() throws {
    let workspace = try Workspace()
    try workspace.write("Ann takes tea.\nBen takes rice.\nAnn takes rice.\n", to: "texts.txt")
    try workspace.write("text,stars\n\"Cem wants tea, too.\",5\n", to: "more.csv")
    let report = try workspace.succeed(
      "tokenize", "--train", "texts.txt", "more.csv", "--model-type", "unigram", "--vocab-size", "40", "--output",
      "new",
      "--json"
    ).json
    #expect(report["texts"] == 4)
    let roles = try JSON(contentsOf: workspace.file("new/tokenizer_config.json"))
    #expect(roles["bos_token"] == "<s>" && roles["eos_token"] == "</s>" && roles["unk_token"] == "<unk>")
    let encoded = try workspace.succeed("tokenize", "--model", "new", "Ann wants rice.")
    #expect(!encoded.output.split(separator: " ").contains("0"))
  }

  @Test func trainedModelsStartFromUnigram() throws {
    let workspace = try Workspace.prepared()
    let vocabulary = try workspace.succeed(
      "tokenize", "--train", "prepared/train.jsonl", "--text-field", "prompt,completion", "--model-type", "unigram",
      "--vocab-size", "120", "--output", "new", "--json"
    ).json
    var config = try #require(try JSON(contentsOf: "\(Workspace.model)/config.json").objectValue)
    config["vocab_size"] = vocabulary["vocabulary_size"]
    try workspace.write(JSON.object(config).text(), to: "new/config.json")
    try workspace.succeed(
      "train", "--full", "--from-scratch", "--model", "new", "--max-steps", "2", "--output", "scratch", "--quiet")
    try workspace.succeed("generate", "--model", "scratch/model", "Ann", "--max-new-tokens", "3")
  }

  @Test func mistakesAreNamedAndNothingIsWritten() throws {
    let workspace = try Workspace()
    try workspace.write("abcdefgh ijklmnop\n", to: "text.txt")
    try workspace.write("{\"text\": \"\"}\n", to: "empty.jsonl")
    try workspace.write("{\"body\": \"a\", \"stars\": 5}\n", to: "other.jsonl")
    try workspace.write("{\"text\": \"a\"}\n{\"text\": \n", to: "damaged.jsonl")
    try workspace.write("{}", to: "taken.json")
    let before = workspace.contents()
    func refuse(_ flags: String, code: Int32, _ parts: String...) throws {
      try workspace.fail(
        ["tokenize", "--train"] + flags.split(separator: " ").map { String($0) }, code: code, saying: parts)
      #expect(workspace.contents() == before)
    }
    try refuse("text.txt --vocab-size 100 --output new", code: 2, "expected at least 257")
    try refuse(
      "text.txt --model-type unigram --vocab-size 10 --output new", code: 2, "expected at least 20, for 17 characters",
      "a lower character coverage")
    try refuse("empty.jsonl --vocab-size 300 --output new", code: 3, "the 1 texts to train on are empty")
    try refuse("absent.txt --vocab-size 300 --output new", code: 3, "absent.txt: no such file")
    try refuse("text.txt --vocab-size 300 --output taken.json", code: 2, "--output: taken.json is there already")
    try refuse("text.txt --vocab-size 300 --output text.txt", code: 2, "--output: text.txt is there already")
    try refuse(
      "other.jsonl --vocab-size 300 --output new", code: 3, "other.jsonl:1: field 'text' is missing; found body, stars",
      "--text-field")
    try refuse(
      "other.jsonl --text-field stars --vocab-size 300 --output new", code: 3,
      "field 'stars' is an integer; expected text")
    try refuse("damaged.jsonl --vocab-size 300 --output new", code: 3, "damaged.jsonl:2: not valid JSON")
    try refuse("text.txt --vocab-size 300 --special-tokens a,,b --output new", code: 2, "--special-tokens: 'a,,b'")
    try refuse("text.txt --vocab-size 300 --model-type wordpiece --output new", code: 2, "expected one of bpe, unigram")
    try refuse("text.txt --vocab-size 300 --byte-fallback --output new", code: 2, "belongs to --model-type unigram")
    try refuse(
      "text.txt --vocab-size 300 --model-type unigram --min-frequency 2 --output new", code: 2,
      "belongs to --model-type bpe")
    try refuse("text.txt --vocab-size 300 --character-coverage 1.5 --output new", code: 2, "--character-coverage: 1.5")
    try refuse("text.txt --vocab-size 300 --output new --decode", code: 2, "--train makes a tokenizer")
    try workspace.fail(
      ["tokenize", "Ann", "--vocab-size", "300"], code: 2, saying: ["--vocab-size belongs to --train"])
  }
}
