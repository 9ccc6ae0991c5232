import Basics
import Testing

@testable import Evaluation

/// Views of whole tasks, with answers made up for them.
@Suite struct QuestionViewTests {
  private static let yaml = """
    task: people
    output_type: multiple_choice
    test_split: test
    fewshot_split: test
    doc_to_text: "Question: {{question}} ({{kind}})\\nAnswer:"
    doc_to_choice: "{{options.text}}"
    doc_to_target: "{{options.label.index(key)}}"
    """

  private func documents() throws -> TaskDocuments {
    let lines = [
      #"{"question": "Do not ask him.", "kind": "HIS", "options": {"text": ["his dog", "a cat"], "label": ["A", "B"]}, "key": "A"}"#,
      #"{"question": "plain words", "kind": "x", "options": {"text": ["one", "two"], "label": ["A", "B"]}, "key": "B"}"#,
      #"{"question": "WHAT is it", "kind": "x", "options": {"text": ["one", "two"], "label": ["A", "B"]}, "key": "B"}"#,
    ]
    return TaskDocuments(try lines.map { try #require(try JSON(parsing: $0).objectValue) }) { "line \($0)" }
  }

  private func run(_ perturbation: Perturbation? = nil, numFewshot: Int = 0, yaml: String = yaml) throws -> TaskRun {
    let task = try #require(try TaskLibrary(texts: [("people.yaml", yaml)]).tasks.first)
    var options = TaskPromptOptions()
    options.numFewshot = numFewshot
    return try TaskRun(task, splits: ["test": documents()], options: options, perturbation: perturbation)
  }

  private func likelihoods(_ values: [[Double]]) -> [[TaskResponse]] {
    values.map { $0.map { .logLikelihood($0, isGreedy: false) } }
  }

  @Test func onlyTheQuestionIsPerturbed() throws {
    let lower = try run(.lowercase)
    #expect(lower.samples.map { $0.documentID } == [0, 2])
    #expect(
      lower.samples[0].requests == [
        .logLikelihood(context: "Question: do not ask him. (HIS)\nAnswer:", continuation: " his dog"),
        .logLikelihood(context: "Question: do not ask him. (HIS)\nAnswer:", continuation: " a cat"),
      ])
    #expect(try run(.contraction).samples.map { $0.documentID } == [0, 2])
  }

  @Test func peopleAreChangedInChoicesToo() throws {
    let women = try run(.maleToFemale)
    #expect(
      women.samples.map { $0.requests } == [
        [
          .logLikelihood(context: "Question: Do not ask her. (HERS)\nAnswer:", continuation: " her dog"),
          .logLikelihood(context: "Question: Do not ask her. (HERS)\nAnswer:", continuation: " a cat"),
        ]
      ])
  }

  /// Examples are those of the question as it is, and never the question itself.
  @Test func examplesAreNotPerturbed() throws {
    let plain = try run(numFewshot: 2), lower = try run(.lowercase, numFewshot: 2)
    for sample in lower.samples {
      guard case .logLikelihood(let context, _)? = sample.requests.first,
        case .logLikelihood(let original, _)? = plain.samples[sample.documentID].requests.first
      else {
        Issue.record("another kind of request")
        continue
      }
      let parts = context.components("\n\n"), others = original.components("\n\n")
      #expect(parts.count == 3 && parts.dropLast() == others.dropLast())
      #expect(
        parts.last
          == others.last?.lowercased().replacing("question:", with: "Question:")
          .replacing("answer:", with: "Answer:").replacing("(his)", with: "(HIS)"))
    }
  }

  /// The answer is part of the text that Winograd schemas ask about; what a task's answer is read from stays.
  @Test func answersStay() throws {
    let yaml = Self.yaml.replacing(
      "doc_to_target: \"{{options.label.index(key)}}\"", with: "doc_to_target: \"{{question.split(' ')[0]}}\"")
    #expect(try run(.lowercase, yaml: yaml).samples.isEmpty)
  }

  @Test func worstCaseOfEachQuestion() throws {
    let plain = try run().result(likelihoods([[0, -1], [-1, 0], [-1, 0]]), bootstrapIterations: 0)
    // Of the first question the small letters are answered wrongly.
    let lower = try run(.lowercase).result(likelihoods([[-1, 0], [-1, 0]]), bootstrapIterations: 0)
    let short = try run(.contraction).result(likelihoods([[0, -1], [-1, 0]]), bootstrapIterations: 0)
    let scores = try ViewScores(
      [.accuracy, .robustness], results: [plain], perturbed: [short, lower], lexicon: .small)
    let found = try #require(scores.robustness.first)
    #expect(scores.robustness.count == 1 && found.count == 3 && found.metric == "acc")
    #expect(found.original == 1 && found.worst == 2.0 / 3)
    #expect(found.parts.map { $0.perturbation } == [.typos, .lowercase, .contraction, .expansion, .extraSpaces])
    #expect(found.parts.map { $0.changedCount } == [0, 2, 2, 0, 0])
    #expect(found.parts.map { $0.score } == [1, 2.0 / 3, 1, 1, 1])
    #expect(scores.fairness.isEmpty && scores.calibration == nil)
    let json = scores.json
    #expect(json.objectValue?.keys == ["accuracy", "robustness"])
    #expect(json["robustness"]?["tasks"]?["people"]?["perturbations"]?["lowercase"]?["changed"] == 2)
    #expect(json["accuracy"]?["mean"]?.doubleValue == 1)
  }

  /// The confidence is the softmax of the choices' likelihoods: those of e^-1 to 1, and of e^-3 to 1.
  @Test func confidenceIsTheShareOfTheLikeliest() throws {
    let plain = try run().result(likelihoods([[-5, -6], [-3, 0], [-1, .nan]]), bootstrapIterations: 0)
    let scores = try ViewScores([.calibration], results: [plain], perturbed: [], lexicon: .small)
    let calibration = try #require(scores.calibration)
    #expect(calibration.bins.map { $0.count } == [1, 1] && calibration.bins.map { $0.accuracy } == [1, 1])
    for (bin, expected) in zip(calibration.bins, [0.7310585786300049, 0.9525741268224334]) {
      #expect(abs(bin.confidence - expected) < 1e-12)
    }
    #expect(scores.json["calibration"]?["bins"]?.arrayValue?.first?["count"] == 1)
    #expect(scores.json["calibration"]?["tasks"]?["people"]?["ece"] == scores.json["calibration"]?["ece"])
    let chart = reliabilityChart([("base", calibration.points)])
    #expect(chart.series.map { $0.name } == ["base", "as sure as right"] && chart.series[0].points.count == 2)
  }
}

extension String {
  /// The parts between a separator, as Python's `split`.
  fileprivate func components(_ separator: String) -> [String] { split(separator: separator).map { String($0) } }
}
