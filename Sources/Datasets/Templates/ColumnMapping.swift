/// Which column of the data each field of a template is taken from.
public struct ColumnMapping: Sendable, Equatable {
  public struct Pair: Sendable, Equatable {
    public let field: String
    public let column: String
  }

  /// In the order of the template's fields; a field without a column is absent.
  public private(set) var pairs: [Pair] = []

  /// Maps fields to columns: those the user chose, then equal names, then known synonyms; no column serves twice.
  public init(fields: [String], columns: [String], chosen: [String: String] = [:]) {
    var free = columns
    var found: [String: String] = [:]
    func take(_ column: String?, for field: String) {
      guard let column, let index = free.firstIndex(where: { $0.isSame(as: column) }) else { return }
      found[field] = free.remove(at: index)
    }
    for field in fields { take(chosen[field], for: field) }
    for field in fields where found[field] == nil { take(field, for: field) }
    for field in fields where found[field] == nil {
      take(free.first { Self.plain($0) == Self.plain(field) }, for: field)
    }
    let plainColumns = Set(columns.map { Self.plain($0) })
    for field in fields where found[field] == nil {
      for synonym in Self.synonyms(of: field, among: plainColumns) where found[field] == nil {
        take(free.first { Self.plain($0) == synonym }, for: field)
      }
    }
    pairs = fields.compactMap { field in found[field].map { Pair(field: field, column: $0) } }
  }

  public func column(for field: String) -> String? { pairs.first { $0.field.isSame(as: field) }?.column }

  /// Lower case without anything but letters and digits: `reviewText`, `review_text` and `Review Text` are one name.
  private static func plain(_ name: String) -> String {
    String(
      String.UnicodeScalarView(
        name.lowercased().unicodeScalars.filter { $0.properties.isAlphabetic || ("0"..."9").contains($0) }))
  }

  /// Names that public data sets use for a field, the most telling first.
  private static func synonyms(of field: String, among columns: Set<String>) -> [String] {
    switch field {
    case "star_rating": ["stars", "rating", "overall", "score", "reviewrating", "reviewscore"]
    case "review_body":
      ["reviewtext", "body", "text", "review", "content", "reviewcontent", "verifiedreviews", "comment"]
    case "review_headline":
      // Amazon's review files of 2023 (rating, title, text, asin, …) call the headline the title.
      columns.contains("asin") || columns.contains("parentasin")
        ? ["headline", "reviewtitle", "reviewsummary", "summary", "title"]
        : ["headline", "reviewtitle", "reviewsummary", "summary"]
    case "product_title":
      columns.contains("asin") || columns.contains("parentasin")
        ? ["productname", "product"] : ["productname", "product", "title"]
    case "product_category": ["category", "maincategory", "department"]
    case "dialogue": ["dialog", "conversation", "transcript", "chat", "meeting"]
    case "summary": ["summarytext", "abstract", "highlights", "tldr"]
    case "document", "article": ["article", "document", "text", "body", "content"]
    case "question": ["query", "input", "problem"]
    case "answer": ["response", "output", "target", "solution"]
    default: []
    }
  }
}
