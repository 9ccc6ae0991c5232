import Basics
import Foundation
import Text

/// Encodes with a tokenizer file as the scripts beside it do with Hugging Face tokenizers.
///
///     tokenizer-benchmarks encode TOKENIZER TEXTS     a JSON object a line: "ids", "plain", "decoded"
///     tokenizer-benchmarks time TOKENIZER TEXTS       the seconds that all texts take, one thread, and the ids' hash
///
/// TOKENIZER: a tokenizer.json or a SentencePiece .model, also gzipped. TEXTS: a JSON string a line.
@main
struct TokenizerBenchmarks {
  static func main() {
    do {
      guard CommandLine.arguments.count == 4 else {
        throw TuneError.usage("expected tokenizer-benchmarks encode|time TOKENIZER TEXTS")
      }
      let tokenizer = try tokenizer(CommandLine.arguments[2])
      let texts = try texts(CommandLine.arguments[3])
      switch CommandLine.arguments[1] {
      case "encode": encode(texts, tokenizer)
      case "time": time(texts, tokenizer)
      case let name: throw TuneError.usage("\(name): no such task; expected encode or time")
      }
    } catch {
      FileHandle.standardError.write(Data("error: \(error)\n".utf8))
      exit((error as? TuneError)?.exitCode ?? 1)
    }
  }

  private static func tokenizer(_ path: String) throws -> Tokenizer {
    let bytes = try bytes(path)
    if path.contains(".model") { return try Tokenizer(sentencePiece: bytes, configuration: nil, name: path) }
    return try Tokenizer(jsonFile: JSON(parsing: bytes), configuration: nil, name: path)
  }

  private static func bytes(_ path: String) throws -> [UInt8] {
    let reader = try ByteReader(path)
    var result: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = try chunk.withUnsafeMutableBytes { try reader.read(into: $0) }
      if count == 0 { return result }
      result += chunk[..<count]
    }
  }

  private static func texts(_ path: String) throws -> [String] {
    let reader = try LineReader(path)
    var texts: [String] = []
    while let line = try reader.next() {
      guard let text = try JSON(parsing: line).stringValue else {
        throw TuneError.data("\(path):\(reader.lineNumber): is no JSON string")
      }
      texts.append(text)
    }
    return texts
  }

  private static func encode(_ texts: [String], _ tokenizer: Tokenizer) {
    var output: [UInt8] = []
    for text in texts {
      let ids = tokenizer.encode(text, addSpecialTokens: true)
      let row: JSON = [
        "ids": .array(ids.map { .integer($0) }),
        "plain": .array(tokenizer.encode(text, addSpecialTokens: false).map { .integer($0) }),
        "decoded": .string(tokenizer.decode(ids)),
        "decoded_all": .string(tokenizer.decode(ids, skipSpecialTokens: false)),
      ]
      output += (row.text() + "\n").utf8
      if output.count > 1 << 20 {
        FileHandle.standardOutput.write(Data(output))
        output = []
      }
    }
    FileHandle.standardOutput.write(Data(output))
  }

  private static func time(_ texts: [String], _ tokenizer: Tokenizer) {
    var sum: UInt64 = 0
    var count = 0
    let seconds = ContinuousClock().measure {
      for text in texts {
        for id in tokenizer.encode(text, addSpecialTokens: true) {
          sum = sum &* 31 &+ UInt64(id)
          count += 1
        }
      }
    }
    print(#"{"seconds": \#(seconds / .seconds(1)), "tokens": \#(count), "hash": "\#(sum)"}"#)
  }
}
