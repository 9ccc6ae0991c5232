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
  public init(fields: [TaskTemplate.Field], columns: DataColumns, chosen: [String: String] = [:]) {
    var taken: Set<Int> = []
    var found: [String: String] = [:]
    func take(_ candidates: [Int], for field: String) {
      guard found[field] == nil, let index = candidates.first(where: { !taken.contains($0) }) else { return }
      taken.insert(index)
      found[field] = columns.names[index]
    }
    for field in fields {
      if let column = chosen[field.name] { take(columns.named(column), for: field.name) }
    }
    for field in fields { take(columns.named(field.name), for: field.name) }
    for field in fields { take(columns.alike(field.name), for: field.name) }
    for field in fields {
      for other in field.columns where other.counts(among: columns) {
        take(columns.alike(other.name), for: field.name)
      }
    }
    pairs = fields.compactMap { field in found[field.name].map { Pair(field: field.name, column: $0) } }
  }

  init() {}

  /// The mapping of the other fields.
  func without(_ fields: [String]) -> ColumnMapping {
    var mapping = self
    mapping.pairs.removeAll { fields.containsSame(as: $0.field) }
    return mapping
  }

  public func column(for field: String) -> String? { pairs.first { $0.field.isSame(as: field) }?.column }
}

/// The columns of the data, found by name however many there are.
public struct DataColumns: Sendable {
  public let names: [String]
  private var exact: [[UInt8]: [Int]] = [:]
  private var plain: [String: [Int]] = [:]

  public init(_ names: [String]) {
    self.names = names
    for (index, name) in names.enumerated() {
      exact[Array(name.utf8), default: []].append(index)
      plain[Self.plain(name), default: []].append(index)
    }
  }

  /// The places of the columns of exactly this name.
  func named(_ name: String) -> [Int] { exact[Array(name.utf8)] ?? [] }

  /// The places of the columns whose names differ from this in case and signs alone.
  func alike(_ name: String) -> [Int] { plain[Self.plain(name)] ?? [] }

  /// Lower case without anything but letters and digits: `reviewText`, `review_text` and `Review Text` are one name.
  private static func plain(_ name: String) -> String {
    String(
      String.UnicodeScalarView(
        name.lowercased().unicodeScalars.filter { $0.properties.isAlphabetic || ("0"..."9").contains($0) }))
  }
}

extension ColumnName {
  fileprivate func counts(among columns: DataColumns) -> Bool {
    let isPresent = { (name: String) in !columns.alike(name).isEmpty }
    return !unless.contains(where: isPresent) && (beside.isEmpty || beside.contains(where: isPresent))
  }
}
