import Basics

/// How the records of the input become prepared examples.
struct RecordPlan: Sendable {
  enum Kind: Sendable {
    case shape(RecordShape)
    case templates([TemplateSelection])
  }

  /// What one record became.
  struct Outcome {
    /// The content that identifies the record: what is used of it, whatever its columns are called.
    var content: String
    var examples: [(wording: String?, example: PreparedExample)] = []
    /// Wordings that needed a field which this record lacks; only counted when all wordings are wanted.
    var wordingsLeftOut = 0
  }

  let kind: Kind
  let seed: UInt64
  /// Expands every wording instead of one a record.
  let everyTemplate: Bool

  func apply(to record: JSONObject) throws(FieldProblem) -> Outcome {
    switch kind {
    case .shape(let shape):
      let example = try shape.example(record)
      return Outcome(content: (example.json.objectValue ?? [:]).canonicalText, examples: [(nil, example)])
    case .templates(let selections): return try apply(selections, to: record)
    }
  }

  private func apply(_ selections: [TemplateSelection], to record: JSONObject) throws(FieldProblem) -> Outcome {
    var used = JSONObject()
    var candidates: [Candidate] = []
    var firstProblem: FieldProblem?
    var leftOut = 0
    for selection in selections {
      let fields = selection.fields(of: record)
      for entry in fields { used[entry.key] = entry.value }
      for wording in selection.wordings {
        if let problem = selection.problem(with: wording, record: record, fields: fields) {
          leftOut += 1
          if firstProblem.map({ problem.isEmptyCompletion && !$0.isEmptyCompletion }) ?? true { firstProblem = problem }
        } else {
          candidates.append(Candidate(task: selection.task.name, wording: wording, fields: fields))
        }
      }
    }
    guard !candidates.isEmpty else {
      throw firstProblem ?? FieldProblem(field: nil, reason: "no template fits this record")
    }
    var outcome = Outcome(content: used.canonicalText)
    let draw = stableHash("template \(seed) \(outcome.content)")
    let chosen = everyTemplate ? candidates : [candidates[Int(draw % UInt64(candidates.count))]]
    for candidate in chosen { outcome.examples.append((candidate.name, try candidate.example(draw: draw))) }
    if everyTemplate { outcome.wordingsLeftOut = leftOut }
    return outcome
  }

  private struct Candidate {
    let task: String
    let wording: Wording
    let fields: JSONObject

    var name: String { "\(task)/\(wording.name)" }

    func example(draw: UInt64) throws(FieldProblem) -> PreparedExample {
      let rendered: (prompt: String, target: String)
      do {
        rendered = try wording.render(fields, draw: draw)
      } catch let failure as RenderingFailure {
        throw FieldProblem(field: nil, reason: "template \(name): \(failure.reason)")
      } catch {
        throw FieldProblem(field: nil, reason: "template \(name): \(error)")
      }
      if rendered.target.isEmpty {
        throw FieldProblem(
          field: "completion", reason: "template \(name) renders an empty target", isEmptyCompletion: true)
      }
      if rendered.prompt.isEmpty {
        throw FieldProblem(field: "prompt", reason: "template \(name) renders an empty prompt")
      }
      return PreparedExample(prompt: rendered.prompt, completion: rendered.target)
    }
  }
}

extension TemplateSelection {
  /// The template's fields as this record has them, blank and null ones left out.
  ///
  /// A number without a fraction becomes an integer: a rating stored as 5.0 reads "5".
  fileprivate func fields(of record: JSONObject) -> JSONObject {
    JSONObject(
      entries: mapping.pairs.compactMap { pair in
        switch record[pair.column] {
        case nil, .null: nil
        case .string(let text) where text.isBlank: nil
        case .number(let number):
          JSONObject.Entry(key: pair.field, value: Int(exactly: number).map { .integer($0) } ?? .number(number))
        case .some(let value): JSONObject.Entry(key: pair.field, value: value)
        }
      })
  }

  /// Why a wording cannot be used for this record; nil when it can.
  fileprivate func problem(with wording: Wording, record: JSONObject, fields: JSONObject) -> FieldProblem? {
    for field in wording.fields {
      let column = mapping.column(for: field) ?? field
      guard let value = fields[field] else {
        if wording.optionalFields.containsSame(as: field) { continue }
        let reason =
          switch record[column] {
          case nil: "missing"
          case .null: "null"
          default: "empty"
          }
        return FieldProblem(
          field: column, reason: "\(reason); expected a text or a number",
          isEmptyCompletion: wording.targetFields.containsSame(as: field))
      }
      if value.arrayValue != nil || value.objectValue != nil, wording.printedFields.containsSame(as: field) {
        return FieldProblem(field: column, reason: "\(value.kindName); expected a text or a number")
      }
    }
    return nil
  }
}
