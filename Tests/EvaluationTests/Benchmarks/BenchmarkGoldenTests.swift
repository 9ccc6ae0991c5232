import Basics
import Foundation
import Testing

@testable import Evaluation

/// What lm-evaluation-harness 0.4.13 asks and scores: Tests/Fixtures/benchmarks/make_benchmarks.py
@Suite struct BenchmarkGoldenTests {
  @Test func requestsAndScoresAreTheHarnesss() throws {
    let library = try TaskFixtures.library()
    let reader = try LineReader("\(TaskFixtures.root)/Tests/Fixtures/benchmarks/benchmarks.jsonl")
    var count = 0
    while let line = try reader.next() {
      try check(JSON(parsing: line), library)
      count += 1
    }
    #expect(count >= 29)
  }

  private func check(_ golden: JSON, _ library: TaskLibrary) throws {
    let name = try #require(golden["task"]?.stringValue)
    let tasks = try golden["yaml"]?.stringValue.map { try TaskLibrary(texts: [("own.yaml", $0)]) } ?? library
    let task = try #require(try tasks.selection([name]).tasks.first)
    var splits: [String: TaskDocuments] = [:]
    for member in try #require(golden["splits"]?.objectValue) {
      splits[member.key] = TaskDocuments(member.value.arrayValue?.compactMap { $0.objectValue } ?? []) {
        "\(member.key):\($0)"
      }
    }
    let run = try TaskRun(task, splits: splits, options: Self.options(golden["options"]))
    let expected = try #require(golden["expected"]), samples = try #require(expected["samples"]?.arrayValue)
    #expect(run.numFewshot == expected["n-shot"]?.intValue, "\(name)")
    let result = try run.result(try responses(run, samples), bootstrapIterations: 100)
    try compare(result.samples, samples, name)
    try compare(result.scores, try #require(expected["scores"]), name)
  }

  private static func options(_ json: JSON?) -> TaskPromptOptions {
    var options = TaskPromptOptions()
    options.numFewshot = json?["num_fewshot"]?.intValue
    options.systemInstruction = json?["system_instruction"]?.stringValue
    options.fewshotAsMultiturn = json?["fewshot_as_multiturn"]?.boolValue ?? true
    guard json?["apply_chat_template"]?.boolValue == true else { return options }
    options.chatTemplate = { messages, expectsAnswer in
      let turns = messages.map { "<\($0.role.rawValue)>\($0.content)" }
      return turns.joined(separator: "</>") + (expectsAnswer ? "</><assistant>" : "")
    }
    return options
  }

  /// The harness's own answers, once for all filters.
  private func responses(_ run: TaskRun, _ samples: [JSON]) throws -> [[TaskResponse]] {
    let filter = try #require(run.task.filters.first?.name)
    return try samples.filter { $0["filter"]?.stringValue == filter }.map { sample in
      let answers = try #require(sample["resps"]?.arrayValue)
      if run.task.outputType == .generate {
        return [.generated(answers.flatMap { ($0.arrayValue ?? [$0]).compactMap { $0.stringValue } })]
      }
      return try answers.map { answer in
        let pair = try #require(answer.arrayValue?.first?.arrayValue ?? answer.arrayValue)
        return .logLikelihood(try #require(pair[0].doubleValue), isGreedy: pair[1].boolValue ?? false)
      }
    }
  }

  private func compare(_ found: [ScoredSample], _ expected: [JSON], _ name: String) throws {
    try #require(found.count == expected.count, "\(name)")
    for sample in expected {
      let filter = try #require(sample["filter"]?.stringValue), id = try #require(sample["doc_id"]?.intValue)
      let own = try #require(found.first { $0.filter == filter && $0.sample.documentID == id })
      let place = Comment(rawValue: "\(name), \(filter), document \(id)")
      #expect(own.sample.requests.map { Self.arguments($0) } == Self.arguments(sample), place)
      if !own.filtered.isEmpty {
        #expect(own.filtered.map { JSON.string($0) } == sample["filtered_resps"]?.arrayValue, place)
      }
      for metric in try #require(sample["metrics"]?.objectValue) {
        let value = try #require(own.values.first { $0.metric == metric.key }?.value, place)
        guard case .number(let number) = value else { continue }
        #expect(abs(number - (metric.value.doubleValue ?? .nan)) < 1e-9, "\(place): \(metric.key)")
      }
    }
  }

  private static func arguments(_ request: TaskRequest) -> [JSON] {
    switch request {
    case .logLikelihood(let context, let continuation): [.string(context), .string(continuation)]
    case .rolling(let text): [.string(text)]
    case .generate(let context, let settings):
      [.string(context), .array(settings.until.map { .string($0) }), .integer(settings.maxNewTokens)]
    }
  }

  private static func arguments(_ sample: JSON) -> [[JSON]] {
    (sample["arguments"]?.arrayValue ?? []).map { arguments in
      let all = arguments.arrayValue ?? []
      guard let settings = all.last, settings.objectValue != nil else { return all }
      let until = settings["until"]?.arrayValue ?? settings["until"].map { [$0] } ?? []
      return [all[0], .array(until), settings["max_gen_toks"] ?? 256]
    }
  }

  private func compare(_ found: [TaskScore], _ expected: JSON, _ name: String) throws {
    for score in found {
      let key = "\(score.metric),\(score.filter)", error = "\(score.metric)_stderr,\(score.filter)"
      let value = try #require(expected[key]?.doubleValue, "\(name): \(key)")
      #expect(abs(score.value - value) < 1e-9, "\(name): \(key): \(score.value), expected \(value)")
      guard let wanted = expected[error]?.doubleValue else { continue }
      let own = try #require(score.standardError, "\(name): \(error)")
      #expect(abs(own - wanted) < 1e-9, "\(name): \(error): \(own), expected \(wanted)")
    }
    let scored = (expected.objectValue?.keys ?? []).filter { !$0.contains("_stderr,") }
    #expect(Set(scored) == Set(found.map { "\($0.metric),\($0.filter)" }), "\(name)")
  }
}
