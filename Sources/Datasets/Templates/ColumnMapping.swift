/// Another name of a field's column in public data.
public struct ColumnName: Sendable, Equatable {
  /// Compared without case and without anything but letters and digits.
  public let name: String
  /// Columns beside which the name means something else: it does not count when any of them is present.
  public let unless: [String]
  /// Columns without which the name means something else: it only counts when any of them is present.
  public let beside: [String]

  public init(_ name: String, unless: [String] = [], beside: [String] = []) {
    self.name = name
    self.unless = unless
    self.beside = beside
  }
}

/// Which column of the data each field of a template is taken from.
public struct ColumnMapping: Sendable, Equatable {
  public struct Pair: Sendable, Equatable {
    public let field: String
    public let column: String
  }

  /// In the order of the template's fields; a field without a column is absent.
  public private(set) var pairs: [Pair] = []

  /// Maps fields to columns: those the user chose, then equal names, then the fields' other names; no column serves
  /// twice.
  public init(fields: [TaskTemplate.Field], columns: [String], chosen: [String: String] = [:]) {
    var free = columns.map { (name: $0, plain: Self.plain($0)) }
    let present = Set(free.map { $0.plain })
    var found: [String: String] = [:]
    func take(for field: String, where fits: ((name: String, plain: String)) -> Bool) {
      guard found[field] == nil, let index = free.firstIndex(where: fits) else { return }
      found[field] = free.remove(at: index).name
    }
    for field in fields {
      if let column = chosen[field.name] { take(for: field.name) { $0.name.isSame(as: column) } }
    }
    for field in fields { take(for: field.name) { $0.name.isSame(as: field.name) } }
    for field in fields { take(for: field.name) { $0.plain == Self.plain(field.name) } }
    for field in fields {
      for other in field.columns where other.counts(among: present) {
        take(for: field.name) { $0.plain == Self.plain(other.name) }
      }
    }
    pairs = fields.compactMap { field in found[field.name].map { Pair(field: field.name, column: $0) } }
  }

  init() {}

  public func column(for field: String) -> String? { pairs.first { $0.field.isSame(as: field) }?.column }

  /// Lower case without anything but letters and digits: `reviewText`, `review_text` and `Review Text` are one name.
  fileprivate static func plain(_ name: String) -> String {
    String(
      String.UnicodeScalarView(
        name.lowercased().unicodeScalars.filter { $0.properties.isAlphabetic || ("0"..."9").contains($0) }))
  }
}

extension ColumnName {
  /// - Parameter present: the columns of the data, as `ColumnMapping.plain` has them.
  fileprivate func counts(among present: Set<String>) -> Bool {
    let isPresent = { (name: String) in present.contains(ColumnMapping.plain(name)) }
    return !unless.contains(where: isPresent) && (beside.isEmpty || beside.contains(where: isPresent))
  }
}
