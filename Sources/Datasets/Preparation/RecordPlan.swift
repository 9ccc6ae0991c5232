import Basics

/// How the records of one source become prepared examples. Applied on many threads at once.
struct RecordPlan: Sendable {
  enum Kind: Sendable {
    case shape(RecordShape)
    case templates([TemplateSelection])
  }

  struct RenderedExample {
    /// The place in `wordingNames`; nil where no template was needed.
    var wording: Int?
    var example: PreparedExample
  }

  /// What one record became.
  struct Outcome {
    /// The hashes of what is used of the record, whatever its columns are called.
    var key: ContentKey
    var examples: [RenderedExample] = []
    /// The examples for the test split where wordings are held out for it; nil when they are `examples`.
    var testExamples: [RenderedExample]?
    /// Wordings that needed a field which this record lacks; only counted when all wordings are wanted.
    var wordingsLeftOut = 0
    /// The texts that were used, by field, for cleaning.
    var texts: [UsedText] = []
  }

  let kind: Kind
  /// Every wording as `template/wording`, in the order of the template files.
  let wordingNames: [String]
  private let wordings: [PlannedWording]
  private let selections: [PlannedSelection]
  private let hasher: ContentHasher
  /// Of a shape's fields; templates have their own mapping.
  private let renaming: ColumnRenaming
  /// The shape to write; nil writes what the records are, or what templates give.
  private let target: RecordShape?
  private let everyTemplate: Bool
  /// The wordings of which one is drawn for a record: of all, or of each template file; and those held out apart.
  private let candidates: [[Int]]
  /// Examples to put before each one; nil for none.
  var demonstrations: Demonstrations?

  /// - Throws: `TuneError.usage` for a held-out wording that is none of these or leaves none to train with.
  init(
    kind: Kind, renaming: ColumnRenaming, target: RecordShape? = nil, seed: UInt64, everyTemplate: Bool,
    eachTemplate: Bool = false,
    heldOut: [String] = []
  ) throws {
    self.kind = kind
    hasher = ContentHasher(seed: seed)
    self.renaming = renaming
    self.target = target
    self.everyTemplate = everyTemplate
    var wordings: [PlannedWording] = [], selections: [PlannedSelection] = []
    if case .templates(let chosen) = kind {
      for (index, selection) in chosen.enumerated() {
        selections.append(PlannedSelection(selection))
        wordings += selection.wordings.map { PlannedWording($0, selection: index, of: selection) }
      }
    }
    for name in heldOut {
      for index in wordings.indices where wordings[index].isNamed(name) { wordings[index].isHeldOut = true }
    }
    if let wide = selections.first(where: { $0.fieldCount > 64 }) {
      throw TuneError.usage("template '\(wide.name)' has \(wide.fieldCount) fields; expected at most 64")
    }
    self.wordings = wordings
    self.selections = selections
    wordingNames = wordings.map { $0.name }
    let groups = eachTemplate ? selections.indices.map { [$0] } : [Array(selections.indices)]
    candidates = groups.flatMap { group in
      [false, true].map { isHeldOut in
        wordings.indices.filter { wordings[$0].isHeldOut == isHeldOut && group.contains(wordings[$0].selection) }
      }
    }
  }

  /// Whether wordings are kept for the test split.
  var holdsOut: Bool { wordings.contains { $0.isHeldOut } }
  /// Whether any wording is left for training.
  var keepsForTraining: Bool { wordings.isEmpty || wordings.contains { !$0.isHeldOut } }

  func hasWording(_ name: String) -> Bool { wordings.contains { $0.isNamed(name) } }

  /// - Parameter group: the hash of the record's group, none of which is shown to it.
  func apply(to record: JSONObject, group: UInt64? = nil) throws(FieldProblem) -> Outcome {
    switch kind {
    case .shape(let shape):
      let example = try shape.example(renaming(record))
      var outcome = Outcome(key: hasher.key(of: example.json.objectValue ?? [:]), texts: example.usedTexts)
      let whole = withDemonstrations(example, of: outcome.key.content, group: group)
      outcome.examples = [RenderedExample(wording: nil, example: whole)]
      if let target, target != shape {
        outcome.examples = try shape.converted(renaming(record), to: target).map { fields throws(FieldProblem) in
          RenderedExample(wording: nil, example: PreparedExample(fields, lengthsOf: example))
        }
      }
      return outcome
    case .templates: return try applyTemplates(to: record, group: group)
    }
  }

  private func applyTemplates(to record: JSONObject, group: UInt64?) throws(FieldProblem) -> Outcome {
    let filled = selections.map { $0.fill(from: record) }
    var used = filled[0].values
    for fields in filled.dropFirst() { for entry in fields.values { used[entry.key] = entry.value } }
    var outcome = Outcome(key: hasher.key(of: used))
    let draw = outcome.key.draw
    let chosen = try choose(filled, record, draw)
    if everyTemplate { outcome.wordingsLeftOut = wordings.count - chosen.count }
    for index in chosen {
      var example = try render(index, filled, draw: draw, of: (outcome.key.content, group))
      if let target, target != .promptCompletion, let fields = example.example.json.objectValue {
        let converted = try RecordShape.promptCompletion.converted(fields, to: target)
        if let fields = converted.first { example.example = PreparedExample(fields, lengthsOf: example.example) }
      }
      if wordings[index].isHeldOut {
        outcome.testExamples = (outcome.testExamples ?? []) + [example]
      } else {
        outcome.examples.append(example)
      }
    }
    outcome.texts = usedTexts(filled, outcome.examples.first?.wording)
    return outcome
  }

  /// The wordings to render, those held out among them.
  private func choose(
    _ filled: [FilledFields], _ record: JSONObject, _ draw: UInt64
  ) throws(FieldProblem) -> [Int] {
    if everyTemplate {
      let usable = wordings.indices.filter { wordings[$0].fits(filled[wordings[$0].selection]) }
      guard !usable.isEmpty else { throw problem(filled, record) }
      return usable
    }
    var chosen: [Int] = []
    for candidates in candidates {
      if let index = firstFitting(candidates, filled, draw) { chosen.append(index) }
    }
    guard chosen.contains(where: { !wordings[$0].isHeldOut }) else { throw problem(filled, record) }
    return chosen
  }

  /// The wording that the draw falls on, or the next one that has all its fields: none is tried in vain where all can
  /// be used.
  private func firstFitting(_ candidates: [Int], _ filled: [FilledFields], _ draw: UInt64) -> Int? {
    guard !candidates.isEmpty else { return nil }
    let start = Int(draw % UInt64(candidates.count))
    for offset in candidates.indices {
      let index = candidates[(start + offset) % candidates.count]
      if wordings[index].fits(filled[wordings[index].selection]) { return index }
    }
    return nil
  }

  private func render(
    _ index: Int, _ filled: [FilledFields], draw: UInt64, of record: (content: UInt64, group: UInt64?)
  ) throws(FieldProblem) -> RenderedExample {
    let example = try wordings[index].example(filled[wordings[index].selection].values, draw: draw)
    guard let demonstrations else { return RenderedExample(wording: index, example: example) }
    let wording = wordings[index]
    var before: [PreparedExample] = []
    for fields in demonstrations.draw(for: record.content, group: record.group)
    where before.count < demonstrations.count {
      let filled = selections[wording.selection].fill(from: fields)
      if wording.fits(filled), let shown = try? wording.example(filled.values, draw: draw) { before.append(shown) }
    }
    return RenderedExample(wording: index, example: example.preceded(by: before))
  }

  private func withDemonstrations(_ example: PreparedExample, of content: UInt64, group: UInt64?) -> PreparedExample {
    guard let demonstrations, case .shape(let shape) = kind else { return example }
    var before: [PreparedExample] = []
    for fields in demonstrations.draw(for: content, group: group) where before.count < demonstrations.count {
      if let shown = try? shape.example(renaming(fields)) { before.append(shown) }
    }
    return example.preceded(by: before)
  }

  /// Why no wording can be used; what is missing to be learnt comes first.
  private func problem(_ filled: [FilledFields], _ record: JSONObject) -> FieldProblem {
    let problems = wordings.compactMap { $0.problem(filled[$0.selection], record: record) }
    return problems.first { $0.isEmptyCompletion } ?? problems.first
      ?? FieldProblem(field: nil, reason: "no template fits this record")
  }

  private func usedTexts(_ filled: [FilledFields], _ wording: Int?) -> [UsedText] {
    let targets = wording.map { wordings[$0].targetFields } ?? []
    var texts: [UsedText] = []
    texts.reserveCapacity(filled.reduce(0) { $0 + $1.values.count })
    for fields in filled {
      for entry in fields.values.entries {
        guard case .string(let text) = entry.value else { continue }
        let role: FieldRole = targets.containsSame(as: entry.key) ? .target : .prompt
        texts.append(UsedText(field: entry.key, text: text, role: role))
      }
    }
    return texts
  }
}

/// A text of a record that an example is made of.
struct UsedText: Sendable, Equatable {
  var field: String
  var text: String
  var role: FieldRole
}

extension PreparedExample {
  /// A record of another shape that says the same.
  fileprivate init(_ fields: JSONObject, lengthsOf example: PreparedExample) {
    self.init(preference: fields, promptLength: example.promptLength, completionLength: example.completionLength)
  }
}
