import Basics

/// The template file chosen for data whose user named none.
public struct TemplateMatch: Sendable {
  public let selection: TemplateSelection
  /// The names of the other files that fit as well, the best first.
  public let alternatives: [String]
  /// What decided, as "chosen by its columns".
  public let reason: String
}

extension TemplateLibrary {
  /// The template file that fits the data best, and the others that fit.
  ///
  /// A file fits when at least one of its wordings finds a column for every field that it needs, and the records have
  /// values there that the field allows. Of those that fit,
  /// 1. one made for the data set that every path is named after comes first,
  /// 2. then one whose field the records' values single out, such as `####` or words for labels, unless another file
  ///    uses more of the columns,
  /// 3. then the one with the largest share of usable wordings, the most columns of exactly a field's name, the most
  ///    columns, and the fewest classes that the records do not show. Of equals the first of the library is taken.
  /// - Parameters:
  ///   - columns: the names of the data's columns.
  ///   - chosen: columns that the user chose for fields; their values are not looked at.
  ///   - records: the first records.
  ///   - paths: the data's files as the user named them.
  /// - Throws: `TuneError.usage` with the columns found and the fields known when none fits.
  public func bestMatch(
    columns: [String], chosen: [String: String] = [:], records: [JSONObject] = [], paths: [String] = []
  ) throws -> TemplateMatch {
    let dataColumns = DataColumns(columns)
    let candidates = tasks.map { TemplateCandidate($0, columns: dataColumns, chosen: chosen, records: records) }
    let fitting = candidates.filter { $0.fits }.enumerated().sorted { first, second in
      first.element.rank == second.element.rank
        ? first.offset < second.offset : second.element.rank.lexicographicallyPrecedes(first.element.rank)
    }.map { $0.element }
    guard let general = fitting.first else { throw noneFits(columns, candidates) }
    let names = DataSetNames(paths)
    var best = general, reason = "chosen by its columns"
    if let named = fitting.first(where: { names.dataSet(of: $0.selection.task) != nil }),
      let name = names.dataSet(of: named.selection.task)
    {
      (best, reason) = (named, "chosen by its columns and the name of the data, \(name)")
    } else if let told = fitting.first(where: { $0.tellingColumn != nil && $0.columnCount >= general.columnCount }),
      let column = told.tellingColumn
    {
      (best, reason) = (told, "chosen by its columns and the values of \(column)")
    }
    let others = fitting.map { $0.selection.task.name }.filter { !$0.isSame(as: best.selection.task.name) }
    return TemplateMatch(selection: best.selection, alternatives: others, reason: reason)
  }

  private func noneFits(_ columns: [String], _ candidates: [TemplateCandidate]) -> TuneError {
    if let (task, misfit) = candidates.lazy.compactMap({ candidate in
      candidate.misfit.map { (candidate.selection.task.name, $0) }
    }).first {
      return .usage(
        "no template fits: \(task) has the columns but \(misfit); choose a template with --template, or write a "
          + "template file for these values")
    }
    let known = tasks.map { "\($0.name) (\($0.fieldNames.joined(separator: ", ")))" }.joined(separator: "; ")
    return .usage(
      "no template fits the columns \(columns.listed); known templates and their fields: "
        + "\(known.isEmpty ? "none" : known); rename the columns, or write a template file and pass it with "
        + "--template, or use the columns prompt and completion")
  }
}

/// A template file set against the data.
private struct TemplateCandidate {
  let selection: TemplateSelection
  /// A column whose values single the task out.
  let tellingColumn: String?
  /// Larger is better, the first number first.
  let rank: [Int]
  /// The value that keeps a file from fitting whose columns are all there, and what it should be.
  let misfit: String?

  init(_ task: TaskTemplate, columns: DataColumns, chosen: [String: String], records: [JSONObject]) {
    let mapping = ColumnMapping(fields: task.fields, columns: columns, chosen: chosen)
    let evidence = task.fields.compactMap { field -> ValueEvidence? in
      guard chosen[field.name] == nil, let column = mapping.column(for: field.name) else { return nil }
      return ValueEvidence(of: records, in: column, for: field)
    }
    let others = evidence.filter { !$0.fits }
    let mapped = TemplateSelection(
      task: task, wordings: task.wordings, mapping: mapping.without(others.map { $0.field.name }))
    selection = mapped
    tellingColumn = evidence.first { $0.tells }?.column
    let exact = mapped.mapping.pairs.count { $0.field.isSame(as: $0.column) }
    rank = [
      mapped.wordings.count * 1000 / task.wordings.count, exact, mapped.mapping.pairs.count,
      -evidence.reduce(0) { $0 + $1.unseen },
    ]
    let wouldFit = !TemplateSelection(task: task, wordings: task.wordings, mapping: mapping).wordings.isEmpty
    misfit = mapped.wordings.isEmpty && wouldFit ? others.first?.misfit : nil
  }

  var fits: Bool { !selection.wordings.isEmpty }
  var columnCount: Int { selection.mapping.pairs.count }
}

/// What the first records have in a column, set against what a field wants there.
private struct ValueEvidence {
  let field: TaskTemplate.Field
  let column: String
  /// Whether nine of ten values are as wanted: a few may be damaged, or say that there is no label.
  let fits: Bool
  /// Whether they single the task out. The numbers 0 and 1 are the labels of many tasks: only words, or a text that is
  /// wanted inside, say which.
  let tells: Bool
  /// Classes that no record has, as many as there are numbers among the values that are allowed. Counted as none where
  /// the records have one class alone, as sorted data do at first.
  let unseen: Int
  /// A value that is not as wanted, and what is.
  let misfit: String?

  /// Nil where the field takes any value or no record has one.
  init?(of records: [JSONObject], in column: String, for field: TaskTemplate.Field) {
    let texts = records.compactMap { $0[column]?.labelText }.filter { !$0.isBlank }
    guard !field.values.isEmpty || field.contains != nil, !texts.isEmpty else { return nil }
    self.field = field
    self.column = column
    let wanted = texts.filter { field.allows($0) }, seen = wanted.unique.count
    fits = wanted.count * 10 >= texts.count * 9
    tells = fits && (field.contains != nil || wanted.count { Double($0) == nil } * 2 > wanted.count)
    unseen = seen < 2 ? 0 : max(0, field.values.count { Int($0) != nil } - seen)
    misfit = texts.first { !field.allows($0) }.map { text in
      let expected = field.contains.map { "a text with '\($0)'" } ?? field.values.joined(separator: ", ")
      return "'\(column)' holds '\(text.count > 40 ? text.prefix(40) + "…" : text)'; expected \(expected)"
    }
  }
}

extension TaskTemplate.Field {
  fileprivate func allows(_ text: String) -> Bool {
    (values.isEmpty || values.containsSame(as: text.lowercased()))
      && contains.map { text.split(onBytes: $0).count > 1 } ?? true
  }
}

extension JSON {
  /// The value as the templates print it; nil for null, and empty for what is no label.
  fileprivate var labelText: String? {
    switch self {
    case .null: nil
    case .string(let text): text
    case .bool(let value): value ? "true" : "false"
    default: intValue.map { "\($0)" } ?? doubleValue.map { "\($0)" } ?? "\u{0}"
    }
  }
}

/// The words in the names of data files and the folders they are in.
private struct DataSetNames {
  private let words: [[String]]

  init(_ paths: [String]) {
    words = paths.filter { $0 != "-" }.map { path in
      path.split(separator: "/").suffix(2).flatMap { name in
        name.unicodeScalars.split { !$0.properties.isAlphabetic && !("0"..."9").contains($0) }
          .map { String($0).lowercased() }
      }
    }
  }

  /// The first of a template's data sets that every path names: `SST-2`, `glue_sst2/train.tsv` and `sst2.csv` all name
  /// sst2. Nil without paths.
  func dataSet(of task: TaskTemplate) -> String? {
    guard !words.isEmpty else { return nil }
    let named = words.map { words in task.datasets.filter { Self.names($0, in: words) } }
    return named.contains { $0.isEmpty } ? nil : named[0].first
  }

  /// Whether words in a row make up the name.
  private static func names(_ dataSet: String, in words: [String]) -> Bool {
    let name = dataSet.lowercased().filter { $0.isLetter || $0.isNumber }
    return words.indices.contains { start in
      var joined = ""
      for word in words[start...] where joined.utf8.count < name.utf8.count { joined += word }
      return joined.isSame(as: name)
    }
  }
}
