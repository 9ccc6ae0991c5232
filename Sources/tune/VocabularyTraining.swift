import Basics
import Foundation
import Text

/// `tune tokenize --train-vocabulary`: learns a byte-level BPE vocabulary from a JSONL file of `{"text"}` records.
struct VocabularyTraining {
  let size: Int
  let input: String?
  let output: String?

  /// The token that ends a text in a vocabulary made here.
  private static let endOfText = "<|endoftext|>"

  func run(_ console: Console) throws {
    guard let input, let output else {
      throw TuneError.usage(
        "--train-vocabulary needs a JSONL file of texts and --output, for example: "
          + "tune tokenize --train-vocabulary 4096 --output new-model corpus.jsonl")
    }
    guard (300...1 << 20).contains(size) else {
      throw TuneError.usage("--train-vocabulary: \(size) is out of range; use 300 to 1048576")
    }
    var trainer = BPETrainer(vocabularySize: size)
    trainer.specialTokens = [Self.endOfText]
    let tokenizer = try trainer.train(
      try texts(input), configuration: ["eos_token": .string(Self.endOfText), "bos_token": .null], name: output)
    try createFolder(output)
    try tokenizer.write(toFolder: output)
    console.field("vocabulary", "\(grouped(tokenizer.vocabularySize)) tokens → \(output)/tokenizer.json")
    console.json(["vocabulary_size": .integer(tokenizer.vocabularySize), "output": .string(output)])
  }

  private func texts(_ path: String) throws -> [String] {
    let reader = try LineReader(path)
    var texts: [String] = []
    while let line = try reader.next() {
      do {
        guard let text = try JSON(parsing: line)["text"]?.stringValue else {
          throw TuneError.data("\(path):\(reader.lineNumber): field 'text' is missing; expected {\"text\": …}")
        }
        texts.append(text)
      } catch let error as JSONSyntaxError {
        throw TuneError.data("\(path):\(reader.lineNumber): not valid JSON at \(error)")
      }
    }
    return texts
  }
}
