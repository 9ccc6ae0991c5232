import Basics
import Foundation

/// The command `write-datasets`: expands the grammar into the published data sets or into pretraining text.
@main
struct WriteDatasets {
  static let usage = """
    usage: write-datasets --output Datasets --seed 1 [--count 1200]
           write-datasets --pretraining FILE --documents N --seed 2 [--published Datasets/dialogues.jsonl]
                         [--retold PERCENT]
           write-datasets --check [--seeds 200]
    All take --grammar FOLDER (Datasets/grammar).
    """

  static func main() {
    do {
      try run(Array(CommandLine.arguments.dropFirst()))
    } catch let error as TuneError {
      fail(error.message, code: error.exitCode)
    } catch {
      fail("\(error)", code: 1)
    }
  }

  private static func fail(_ message: String, code: Int32) -> Never {
    FileHandle.standardError.write(Data("write-datasets: \(message)\n".utf8))
    exit(code)
  }

  static func run(_ arguments: [String]) throws {
    var options = try Options(arguments)
    let grammarFolder = options.take("grammar") ?? "Datasets/grammar"
    let seed = UInt64(try options.takeNumber("seed") ?? 1)
    if let output = options.take("output") {
      let count = try options.takeNumber("count") ?? 1200
      try options.finish()
      try PublishedDatasets(grammar: Grammar(folder: grammarFolder), seed: seed).write(to: output, count: count)
    } else if let file = options.take("pretraining") {
      let documents = try options.takeNumber("documents") ?? 20_000
      let published = options.take("published") ?? "Datasets/dialogues.jsonl"
      let retold = Double(try options.takeNumber("retold") ?? 0) / 100
      try options.finish()
      let stream = PretrainingStream(
        grammar: try Grammar(folder: grammarFolder), seed: seed,
        published: try PublishedDatasets.dialogueTexts(in: published), retoldShare: retold)
      try writePretraining(stream, to: file, documents: documents)
    } else if options.takeFlag("check") {
      let seeds = try options.takeNumber("seeds") ?? 200
      try options.finish()
      try check(Grammar(folder: grammarFolder), seeds: seeds)
    } else {
      throw TuneError.usage("nothing to do\n" + usage)
    }
  }

  private static func writePretraining(_ stream: PretrainingStream, to path: String, documents: Int) throws {
    let file = try AtomicFile(path)
    for index in 0..<documents {
      try file.write(JSON.object(["text": .string(try stream.document(index))]).text() + "\n")
    }
    try file.commit()
  }

  private static func check(_ grammar: Grammar, seeds: Int) throws {
    let complaints = try GrammarCheck(grammar: grammar, seeds: seeds).complaints()
    for complaint in complaints { print(complaint) }
    let scenarios = grammar.dialogues.flatMap(\.scenarios)
    print(
      "\(grammar.dialogues.count) topics, \(scenarios.count) scenarios, "
        + "\(scenarios.reduce(0) { $0 + $1.outcomes.count }) outcomes, \(grammar.reviews.count) review categories, "
        + "\(grammar.texts.count) kinds of text; \(complaints.count) complaints")
    if !complaints.isEmpty { throw TuneError(.gate, "the grammar has faults") }
  }
}

/// The command line as `--name value` pairs and flags.
struct Options {
  private static let flags: Set<String> = ["check"]
  private var values: [String: String] = [:]

  init(_ arguments: [String]) throws {
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      guard argument.hasPrefix("--") else { throw TuneError.usage("unexpected '\(argument)'\n" + WriteDatasets.usage) }
      let name = String(argument.dropFirst(2))
      if Self.flags.contains(name) {
        values[name] = ""
      } else if let value = rest.popFirst() {
        values[name] = value
      } else {
        throw TuneError.usage("--\(name) needs a value")
      }
    }
  }

  mutating func take(_ name: String) -> String? { values.removeValue(forKey: name) }

  mutating func takeFlag(_ name: String) -> Bool { take(name) != nil }

  mutating func takeNumber(_ name: String) throws -> Int? {
    guard let text = take(name) else { return nil }
    guard let number = Int(text), number >= 0 else {
      throw TuneError.usage("--\(name): expected a number, found \"\(text)\"")
    }
    return number
  }

  /// Refuses options that nobody asked for.
  func finish() throws {
    if let unknown = values.keys.sorted().first {
      throw TuneError.usage("unknown option --\(unknown)\n" + WriteDatasets.usage)
    }
  }
}
