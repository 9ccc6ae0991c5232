/// A wording with slots `{item}` and inline alternatives `(one|another|)`, read once and expanded many times.
struct Template: Sendable {
  /// One use of a slot: `{item}`, `{Item}`, `{a item}`, `{item.problem}`, `{A:their}`.
  struct Reference: Sendable, Hashable {
    /// The slot's name as written.
    var name: String
    /// What follows the point or colon: a linked value or a pronoun.
    var key: String?
    /// Whether the word "a" or "an" goes before the value.
    var article = false
    /// Whether that word is written "A" or "An".
    var capitalArticle = false
  }

  /// A part of a template.
  enum Piece: Sendable {
    case literal(String)
    case slot(Reference)
    case choice([Template])
  }

  /// The parts in order.
  let pieces: [Piece]
  /// The template as written.
  let source: String

  /// Reads a template; `at` says where it stands, for the error text.
  init(_ source: String, at place: Place) throws {
    var reader = Reader(text: Array(source), place: place)
    self.source = source
    self.pieces = try reader.pieces(until: [])
    if reader.position < reader.text.count { throw place.error("')' without '(' in \"\(source)\"") }
  }

  /// A text that is written as it stands.
  init(plain text: String) {
    pieces = [.literal(text)]
    source = text
  }

  private init(pieces: [Piece]) {
    self.pieces = pieces
    self.source = ""
  }

  /// All slots that an expansion may meet.
  var references: [Reference] {
    pieces.flatMap { piece -> [Reference] in
      switch piece {
      case .literal: []
      case .slot(let reference): [reference]
      case .choice(let options): options.flatMap(\.references)
      }
    }
  }

  /// A reader over the characters of one template.
  private struct Reader {
    let text: [Character]
    let place: Place
    var position = 0

    mutating func pieces(until ends: Set<Character>) throws -> [Piece] {
      var result: [Piece] = []
      var literal = ""
      func flushed() -> [Piece] { literal.isEmpty ? [] : [.literal(literal)] }
      while position < text.count, !ends.contains(text[position]) {
        switch text[position] {
        case "{":
          result += flushed()
          literal = ""
          result.append(.slot(try slot()))
        case "(" where opensChoice:
          result += flushed()
          literal = ""
          result.append(.choice(try choice()))
        default:
          literal.append(text[position])
          position += 1
        }
      }
      return result + flushed()
    }

    /// Whether the parenthesis here holds a `|` of its own; plain remarks in parentheses stay as they are.
    var opensChoice: Bool {
      var depth = 0
      for character in text[position...] {
        if character == "(" { depth += 1 }
        if character == ")" { depth -= 1 }
        if depth == 0 { return false }
        if character == "|" && depth == 1 { return true }
      }
      return false
    }

    mutating func choice() throws -> [Template] {
      var options: [Template] = []
      repeat {
        position += 1
        options.append(Template(pieces: try pieces(until: ["|", ")"])))
      } while position < text.count && text[position] == "|"
      position += 1
      return options
    }

    mutating func slot() throws -> Reference {
      guard let end = text[position...].firstIndex(of: "}") else {
        throw place.error("'{' without '}' in \"\(String(text))\"")
      }
      var name = String(text[(position + 1)..<end])
      position = end + 1
      var reference = Reference(name: name)
      for article in ["a ", "an ", "A ", "An "] where name.hasPrefix(article) {
        reference.article = true
        reference.capitalArticle = article.hasPrefix("A")
        name = String(name.dropFirst(article.count))
      }
      if let mark = name.firstIndex(where: { $0 == "." || $0 == ":" }) {
        reference.key = String(name[name.index(after: mark)...])
        name = String(name[..<mark])
      }
      reference.name = name
      guard !name.isEmpty, name.allSatisfy({ $0.isLetter || $0.isNumber }) else {
        throw place.error("'{\(name)}' is not the name of a slot, in \"\(String(text))\"")
      }
      return reference
    }
  }
}
