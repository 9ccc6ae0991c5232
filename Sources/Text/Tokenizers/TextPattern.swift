/// A pattern of a tokenizer file, `{"String": …}` or `{"Regex": …}`, for replacing and splitting.
enum TextPattern: Sendable {
  case literal([UInt32])
  case expression(RegularExpression)

  init(_ value: FileValue) throws {
    if let expression = value["Regex"] {
      self = .expression(try Self.expression(expression))
    } else {
      let literal = try value.required("String")
      self = .literal([UInt32](scalarsOf: try literal.string()))
      guard case .literal(let scalars) = self, !scalars.isEmpty else {
        throw literal.failure("is empty; expected the text to look for")
      }
    }
  }

  static func expression(_ value: FileValue) throws -> RegularExpression {
    let text = try value.string()
    do {
      return try RegularExpression(text)
    } catch {
      throw value.failure(
        "is the regular expression \(text), which \(error.reason); expected one of Oniguruma's without captures, "
          + "back-references or looking behind; use another tokenizer")
    }
  }

  /// The least number of scalars of a match; 0 where unknown.
  var minimumLength: Int { if case .literal(let scalars) = self { scalars.count } else { 0 } }

  /// The first match at or after `start` of `text[..<end]`, which counts as beginning at `lowerBound`.
  func firstMatch(in text: [UInt32], from start: Int, lowerBound: Int, end: Int) -> Range<Int>? {
    switch self {
    case .literal(let scalars):
      guard let first = scalars.first else { return nil }
      var position = start
      while position + scalars.count <= end {
        if text[position] == first, text[position..<position + scalars.count].elementsEqual(scalars) {
          return position..<position + scalars.count
        }
        position += 1
      }
      return nil
    case .expression(let expression):
      return expression.firstMatch(in: text, from: start, lowerBound: lowerBound, end: end)
    }
  }

  /// All matches, leftmost first; none is empty right behind the one before.
  func matches(in text: [UInt32], _ range: Range<Int>) -> [Range<Int>] {
    var result: [Range<Int>] = []
    var position = range.lowerBound
    while position <= range.upperBound,
      let match = firstMatch(in: text, from: position, lowerBound: range.lowerBound, end: range.upperBound)
    {
      if match.isEmpty, match.upperBound == result.last?.upperBound {
        position += 1
      } else {
        result.append(match)
        position = match.upperBound
      }
    }
    return result
  }

  func replaced(with content: [UInt32], in text: [UInt32]) -> [UInt32] {
    var result: [UInt32] = []
    result.reserveCapacity(text.count)
    var pending = 0
    for match in matches(in: text, 0..<text.count) {
      result += text[pending..<match.lowerBound]
      result += content
      pending = match.upperBound
    }
    return result + text[pending...]
  }
}
