import Basics

/// Benchmarks as lm-evaluation-harness asks and scores them: its requests for records, and its results for answers.
extension Conformance {
  static let harnessKinds: [String: @Sendable (ConformanceCase, TaskLibrary) throws -> JSON] = [
    "harness": { test, tasks in try harness(test, tasks) },
    "harness_group": { test, tasks in try harnessGroup(test, tasks) },
  ]

  private static func harness(_ test: ConformanceCase, _ tasks: TaskLibrary) throws -> JSON {
    guard let task = try tasks.selection([test.text("task")]).tasks.first else {
      throw TuneError.data("options.task: unknown")
    }
    var options = TaskPromptOptions()
    options.numFewshot = try test.integer("num_fewshot")
    options.fewshotSeed = UInt64(try test.integer("fewshot_seed"))
    var splits: [String: TaskDocuments] = [:]
    for member in try test.value("dataset").objectValue ?? JSONObject() {
      let records = member.value.arrayValue?.compactMap { $0.objectValue } ?? []
      splits[member.key] = TaskDocuments(records) { "\(member.key):\($0)" }
    }
    let run = try TaskRun(task, splits: splits, options: options)
    // The answers stand in what is expected.
    let answers = try test.value("expected")["samples"]?.arrayValue ?? []
    guard answers.count == run.samples.count else {
      return ["samples": .array(run.samples.map { ["requests": .array($0.requests.map { describe($0) })] })]
    }
    let responses = try zip(run.samples, answers).map { sample, answer in
      try Self.responses(answer["loglikelihoods"]?.arrayValue ?? [], sample.requests)
    }
    let result = try run.result(responses, bootstrapIterations: test.integer("bootstrap_iters"))
    return describe(result)
  }

  private static func responses(_ values: [JSON], _ requests: [TaskRequest]) throws -> [TaskResponse] {
    guard values.count == requests.count else {
      throw TuneError.data("expected.samples: \(values.count) loglikelihoods for \(requests.count) requests")
    }
    return values.map { value in
      if let pair = value.arrayValue, pair.count == 2 {
        return .logLikelihood(pair[0].doubleValue ?? .nan, isGreedy: pair[1].boolValue ?? false)
      }
      return .rolling(value.doubleValue ?? .nan)
    }
  }

  private static func describe(_ request: TaskRequest) -> JSON {
    switch request {
    case .logLikelihood(let context, let continuation):
      ["context": .string(context), "continuation": .string(continuation)]
    case .rolling(let text): ["text": .string(text)]
    case .generate(let context, _): ["context": .string(context)]
    }
  }

  private static func describe(_ result: TaskResult) -> JSON {
    let run = result.run
    let samples: [JSON] = result.samples.map { scored in
      let logLikelihoods: [JSON] = scored.responses.map { response in
        switch response {
        case .logLikelihood(let value, let isGreedy): [.number(value), .bool(isGreedy)]
        case .rolling(let value): .number(value)
        case .generated: .null
        }
      }
      return [
        "doc": .object(scored.sample.document.json), "target": scored.sample.target.json,
        "requests": .array(scored.sample.requests.map { describe($0) }), "loglikelihoods": .array(logLikelihoods),
        "metrics": .object(
          JSONObject(entries: scored.values.map { .init(key: $0.metric, value: $0.value.json) })),
      ]
    }
    return [
      "samples": .array(samples), "results": HarnessResults.scores(result),
      "n-samples": ["original": .integer(run.documentCount), "effective": .integer(run.samples.count)],
      "version": run.task.version,
      "higher_is_better": .object(
        JSONObject(entries: run.task.metrics.map { .init(key: $0.name, value: .bool($0.higherIsBetter)) })),
    ]
  }

  private static func harnessGroup(_ test: ConformanceCase, _ tasks: TaskLibrary) throws -> JSON {
    let members = try test.value("subtasks")
    let weightBySize = try test.flag("weight_by_size")
    var groups = JSONObject()
    for (group, names) in try tasks.selection([test.text("group")]).groups {
      let parts = names.compactMap { name in
        members[name].map { member in
          let score = TaskScore(
            metric: "acc", filter: "none", value: member["acc"]?.doubleValue ?? .nan,
            standardError: member["acc_stderr"]?.doubleValue, higherIsBetter: true)
          return (name: name, scores: [score], count: member["sample_len"]?.intValue ?? 0)
        }
      }
      let aggregates = group.aggregates.map {
        TaskGroup.Aggregate(metric: $0.metric, weightBySize: weightBySize, filters: $0.filters)
      }
      groups[group.name] = HarnessResults.scores(group, group.scores(parts, aggregates: aggregates))
    }
    return ["groups": .object(groups)]
  }
}
