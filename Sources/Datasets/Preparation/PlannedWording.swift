import Basics

/// A template's fields as one record has them, blank and null ones left out, with bits that say which there are.
struct FilledFields {
  /// In the order of the mapping.
  var values = JSONObject()
  /// Bit i: the field of the mapping's pair i is there.
  var present: UInt64 = 0
  /// Bit i: it is a text, number or boolean, which can be printed.
  var printable: UInt64 = 0
}

/// A template file's fields and the columns that they come from.
struct PlannedSelection: Sendable {
  let name: String
  private let pairs: [ColumnMapping.Pair]

  init(_ selection: TemplateSelection) {
    name = selection.task.name
    pairs = selection.mapping.pairs
  }

  /// At most 64: a field is a bit.
  var fieldCount: Int { pairs.count }

  /// The fields of a record. A number without a fraction becomes an integer: a rating stored as 5.0 reads "5".
  func fill(from record: JSONObject) -> FilledFields {
    var entries: [JSONObject.Entry] = []
    entries.reserveCapacity(pairs.count)
    var filled = FilledFields()
    for (index, pair) in pairs.enumerated() {
      let bit = UInt64(1) << UInt64(index & 63)
      switch record[pair.column] {
      case nil, .null: continue
      case .string(let text) where text.isBlank: continue
      case .some(let number) where number.doubleValue != nil:
        entries.append(.init(key: pair.field, value: number.intValue.map { .integer($0) } ?? number))
        filled.printable |= bit
      case .some(let value):
        entries.append(.init(key: pair.field, value: value))
        if value.arrayValue == nil, value.objectValue == nil { filled.printable |= bit }
      }
      filled.present |= bit
    }
    filled.values = JSONObject(entries: entries)
    return filled
  }
}

/// A wording with what it needs of the fields, as bits.
struct PlannedWording: Sendable {
  /// `template/wording`.
  let name: String
  /// The place of its template file among those chosen.
  let selection: Int
  var isHeldOut = false
  private let wording: Wording
  private let mapping: ColumnMapping
  private let required: UInt64
  private let printed: UInt64

  init(_ wording: Wording, selection: Int, of chosen: TemplateSelection) {
    self.wording = wording
    self.selection = selection
    mapping = chosen.mapping
    name = "\(chosen.task.name)/\(wording.name)"
    func bits(_ fields: [String]) -> UInt64 {
      chosen.mapping.pairs.enumerated().reduce(0) { bits, pair in
        fields.containsSame(as: pair.element.field) ? bits | 1 << UInt64(pair.offset & 63) : bits
      }
    }
    required = bits(wording.fields.filter { !wording.optionalFields.containsSame(as: $0) })
    printed = bits(wording.printedFields)
  }

  var targetFields: [String] { wording.targetFields }

  /// Whether a name given by the user, with or without the template's, means this wording.
  func isNamed(_ given: String) -> Bool { given.isSame(as: name) || given.isSame(as: wording.name) }

  func fits(_ fields: FilledFields) -> Bool {
    required & ~fields.present == 0 && printed & fields.present & ~fields.printable == 0
  }

  func example(_ fields: JSONObject, draw: UInt64) throws(FieldProblem) -> PreparedExample {
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

  /// Why the wording cannot be used for this record; nil when it can.
  func problem(_ fields: FilledFields, record: JSONObject) -> FieldProblem? {
    for field in wording.fields {
      let column = mapping.column(for: field) ?? field
      guard let value = fields.values[field] else {
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
