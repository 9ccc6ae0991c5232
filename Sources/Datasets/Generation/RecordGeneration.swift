import Basics

/// Lets a model write records until as many as wanted are accepted, or the attempts are used up.
struct RecordGeneration {
  let options: GenerationOptions
  let generator: any TextGenerator
  let form: RecordForm
  let seed: UInt64
  private let prompts: GenerationPrompts
  /// Fields that every given record has.
  private let required: [String]

  /// Texts that are written together.
  private static let batchSize = 8
  /// So many texts without one that can be used are enough to give up.
  private static let hopelessAttempts = 64
  private static let shownRejections = 3

  /// - Parameter records: given records of the training split.
  /// - Throws: `TuneError.data` when there is none that can be shown.
  init(
    _ options: GenerationOptions, generator: any TextGenerator, form: RecordForm, records: [JSONObject], seed: UInt64
  ) throws {
    self.options = options
    self.generator = generator
    self.seed = seed
    let names = form.columns.map { $0.name }
    let labels = names.labels(in: records)
    let form = form.ordered(first: labels)
    self.form = form
    let shown = records.map { form.part(of: $0) }.filter { form.text(of: $0) != nil }
    guard !shown.isEmpty else {
      throw TuneError.data(
        "--generate: no record of the training split can be shown to a model as lines 'field: value' of "
          + "\(form.columns.map { $0.name }.listed)")
    }
    prompts = try GenerationPrompts(
      shown, labels: labels, form: form, generator: generator, shownRecords: options.shownRecords,
      seed: seed)
    required = names.filter { name in shown.allSatisfy { $0[name] != nil } }
  }

  /// - Parameters:
  ///   - accept: takes a record, or says why it is not used.
  ///   - progress: is told what there is so far.
  /// - Throws: `TuneError.data` when the model writes nothing that can be used.
  func run(
    accept: (JSONObject) throws -> Refusal?, progress: (GenerationReport) -> Void
  ) throws -> GenerationReport {
    var report = GenerationReport(model: generator.name, asked: options.count)
    var begun = 0
    let limit = max(16, 4 * options.count)
    while report.written < options.count, begun < limit, report.written > 0 || begun < Self.hopelessAttempts {
      progress(report)
      let size = min(Self.batchSize, 2 * (options.count - report.written), limit - begun)
      let batch = try (begun..<begun + size).map { try prompts.prompt(attempt: $0) }
      let texts = try texts(batch, seed: streamHash(UInt64(begun), "generation", seed: seed))
      begun += size
      for text in texts where report.written < options.count {
        report.attempts += 1
        if let refusal = try judge(text, accept) {
          report.rejected[refusal.fault, default: 0] += 1
          guard report.firstRejections.count < Self.shownRejections else { continue }
          report.firstRejections.append(
            "\(refusal.fault.rawValue): \(refusal.reason); the text: \(Excerpt.clean(text.text))")
        } else {
          report.written += 1
        }
      }
    }
    progress(report)
    guard report.written > 0 else { throw nothingWritten(report) }
    return report
  }

  /// The records that a model makes of their beginnings. A text that ends before a field that all given records have is
  /// gone on with from that field's name: small models often stop too soon.
  private func texts(_ batch: [GenerationPrompts.Begun], seed: UInt64) throws -> [GeneratedText] {
    var texts = [GeneratedText](repeating: GeneratedText(text: "", isFinished: false), count: batch.count)
    var open = batch.enumerated().map { (index: $0.offset, begun: $0.element) }
    for round in 0...required.count where !open.isEmpty {
      let new = try generator.texts(
        continuing: open.map { $0.begun.prompt }, seed: streamHash(seed, "round \(round)", seed: self.seed))
      var unfinished: [(index: Int, begun: GenerationPrompts.Begun)] = []
      for ((index, begun), text) in zip(open, new) {
        let whole = begun.beginning + text.text
        texts[index] = GeneratedText(text: whole, isFinished: text.isFinished)
        guard text.isFinished, let continued = form.continued(whole, required: required) else { continue }
        let tokens = generator.tokenCount(of: continued) - generator.tokenCount(of: begun.beginning)
        if tokens < begun.prompt.maxNewTokens { unfinished.append((index, begun.going(on: continued, tokens: tokens))) }
      }
      open = unfinished
    }
    return texts
  }

  struct Refusal {
    let fault: GenerationFault
    let reason: String
  }

  private func judge(
    _ text: GeneratedText, _ accept: (JSONObject) throws -> Refusal?
  ) throws -> Refusal? {
    guard text.isFinished else {
      return Refusal(fault: .unfinished, reason: "the record is longer than any given one")
    }
    let record: JSONObject
    do throws(FieldProblem) {
      record = try form.record(in: text.text)
      for name in required where record[name] == nil {
        throw FieldProblem(field: name, reason: "missing or empty; every given record has it")
      }
    } catch {
      return Refusal(fault: .malformed, reason: error.sentence)
    }
    return try accept(record)
  }

  private func nothingWritten(_ report: GenerationReport) -> TuneError {
    .data(
      "--generate: \(report.model) wrote no record that can be used in \(report.attempts) attempts (\(report.reasons)); "
        + "choose a larger model, best one tuned for instructions; the first texts:\n  "
        + report.firstRejections.joined(separator: "\n  "))
  }
}

extension FieldProblem {
  /// `field: reason`
  var sentence: String { field.map { "\($0): \(reason)" } ?? reason }
}

extension [String] {
  /// The columns with a few short values, as labels and categories have; never all of them.
  fileprivate func labels(in records: [JSONObject]) -> [String] {
    // With fewer records a value, chance decides which values there are.
    let (mostValues, longestValue, recordsPerValue) = (64, 48, 5)
    let labels = filter { column in
      let found = records.compactMap { record in record[column].map { [UInt8]($0.text(.compact).utf8) } }
      let known = Set(found)
      return !known.isEmpty && known.count <= mostValues && known.count * recordsPerValue <= found.count
        && known.allSatisfy { $0.count <= longestValue }
    }
    return labels.count < count ? labels : []
  }
}
