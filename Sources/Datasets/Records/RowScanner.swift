/// Finds the fields and the end of one row of delimited text (RFC 4180: quotes around fields that hold delimiters, line
/// breaks or, doubled, quotes).
///
/// A broken quote costs one record, not the rest of the file: when a quoted field never ends properly, the row is the
/// first line alone, and the next line begins the next row. In TSV such a line is first tried without quote rules,
/// because many TSV files (Amazon's review files among them) write quotes as ordinary characters.
///
/// What a row is depends on nothing before it, and seeing fewer of the bytes behind it than there are never moves its
/// end past them: so a text may be cut before any row, and its parts be read apart with the same result.
struct RowScanner {
  /// A quoted field that is still open this many bytes behind the row's begin is taken for a broken quote.
  static let maximumLength = 1 << 24

  struct Field {
    /// The content, without the quotes around it.
    var range: Range<Int>
    var hasDoubledQuotes = false
  }

  enum Result {
    /// The fields are as many as the columns.
    case row(end: Int)
    case rejected(reason: String, end: Int)
    /// The bytes end before the row does.
    case incomplete
  }

  private enum Extent {
    case complete(end: Int)
    case broken(Breakage)
    case literal(end: Int)
    case incomplete
  }

  private struct Breakage {
    /// Where text follows a closing quote; nil when a quote is never closed.
    var malformed: Int?
    /// All bytes before this place were seen inside of quotes, at every line end from the row's first on.
    var seen: Int
  }

  let delimiter: UInt8
  /// The byte that ends a line: a line feed (with or without a carriage return before it), or a carriage return.
  let terminator: UInt8
  /// How many fields a row must have; nil for the header line.
  let columnCount: Int?
  private(set) var fields: [Field] = []
  /// What became of the last broken row: a row that is open at one of the line ends it went over ends as it did.
  private var lastBroken: (lines: Range<Int>, breakage: Breakage)?

  init(delimiter: UInt8, terminator: UInt8, columnCount: Int?) {
    self.delimiter = delimiter
    self.terminator = terminator
    self.columnCount = columnCount
  }

  /// Tells the scanner that the bytes before this place were taken away.
  mutating func rebase(by count: Int) {
    guard let broken = lastBroken else { return }
    lastBroken =
      broken.lines.upperBound <= count
      ? nil
      : (
        max(0, broken.lines.lowerBound - count)..<broken.lines.upperBound - count,
        Breakage(malformed: broken.breakage.malformed.map { $0 - count }, seen: broken.breakage.seen - count)
      )
  }

  /// Scans the row that begins at `start`.
  ///
  /// - Parameter isEnd: whether nothing follows the bytes.
  mutating func scan(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int, isEnd: Bool) -> Result {
    let extent = extent(bytes, from: start, isEnd: isEnd)
    let broken: Breakage?
    switch extent {
    case .incomplete: return .incomplete
    case .literal(let end): return .row(end: end)
    case .complete(let end):
      if fields.count == columnCount ?? fields.count { return .row(end: end) }
      if let end = scanLiterally(bytes, from: start, isEnd: isEnd) { return .row(end: end) }
      return .rejected(reason: raggedReason, end: end)
    case .broken(let breakage): broken = breakage
    }
    guard let end = firstLineEnd(bytes, from: start, isEnd: isEnd), let broken else { return .incomplete }
    if end <= broken.seen { lastBroken = (end..<broken.seen + 1, broken) }
    if scanLiterally(bytes, from: start, isEnd: isEnd) != nil { return .row(end: end) }
    let isInFirstLine = broken.malformed.map { $0 < end } ?? false
    return .rejected(
      reason: isInFirstLine
        ? "text follows a closing quote; expected the next field: write quotes inside a field twice"
        : "a quoted field is never closed; write quotes inside a field twice", end: end)
  }

  private mutating func extent(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int, isEnd: Bool) -> Extent {
    fields.removeAll(keepingCapacity: true)
    var position = start
    var mayBeLiteral = delimiter == .tab
    while true {
      guard position < bytes.count, bytes[position] == .quote else {
        let fieldStart = position
        while position < bytes.count, bytes[position] != delimiter, bytes[position] != terminator { position += 1 }
        if position == bytes.count, !isEnd { return .incomplete }
        if position < bytes.count, bytes[position] == delimiter {
          fields.append(Field(range: fieldStart..<position))
          position += 1
          continue
        }
        let hasReturn = terminator == .lineFeed && position > fieldStart && bytes[position - 1] == .carriageReturn
        fields.append(Field(range: fieldStart..<position - (hasReturn ? 1 : 0)))
        return .complete(end: min(position + 1, bytes.count))
      }
      switch quotedField(bytes, from: position, rowStart: start, isEnd: isEnd) {
      case .next(let next): position = next
      case .last(let extent): return extent
      }
      if mayBeLiteral, let columnCount, fields.count > columnCount {
        // The row is ragged whatever follows; without this, every such line would look far ahead.
        if let end = scanLiterally(bytes, from: start, isEnd: isEnd) { return .literal(end: end) }
        mayBeLiteral = false
      }
    }
  }

  private enum QuotedField {
    case next(Int)
    case last(Extent)
  }

  /// Takes the quoted field that begins at `open` and the delimiter or line end behind it.
  private mutating func quotedField(
    _ bytes: UnsafeBufferPointer<UInt8>, from open: Int, rowStart: Int, isEnd: Bool
  ) -> QuotedField {
    let limit = min(bytes.count, rowStart + Self.maximumLength)
    var position = open + 1
    var hasDoubledQuotes = false
    while true {
      let close = position < limit ? bytes.firstIndex(of: .quote, in: position..<limit) : nil
      if let known = knownBreakage(bytes, from: position, to: close ?? limit), known.seen > position {
        if known.malformed != nil { return .last(.broken(known)) }
        position = known.seen
        continue
      }
      guard let close else {
        let isOpen = isEnd || limit < bytes.count
        return .last(isOpen ? .broken(Breakage(malformed: nil, seen: max(position, limit))) : .incomplete)
      }
      let next = close + 1
      if next < bytes.count, bytes[next] == .quote {
        hasDoubledQuotes = true
        position = close + 2
        continue
      }
      if next == bytes.count, !isEnd { return .last(.incomplete) }
      let field = Field(range: open + 1..<close, hasDoubledQuotes: hasDoubledQuotes)
      if next < bytes.count, bytes[next] == delimiter {
        fields.append(field)
        return .next(next + 1)
      }
      guard let end = lineEnd(bytes, at: next, isEnd: isEnd) else {
        let mayBeLineEnd = !isEnd && next + 1 == bytes.count && bytes[next] == .carriageReturn
        return .last(mayBeLineEnd ? .incomplete : .broken(Breakage(malformed: next, seen: close)))
      }
      fields.append(field)
      return .last(.complete(end: end))
    }
  }

  /// The end of the line where nothing but its terminator, or the end of the bytes, stands at a place.
  private func lineEnd(_ bytes: UnsafeBufferPointer<UInt8>, at place: Int, isEnd: Bool) -> Int? {
    guard place < bytes.count else { return place }
    if bytes[place] == terminator { return place + 1 }
    guard terminator == .lineFeed, bytes[place] == .carriageReturn else { return nil }
    if place + 1 == bytes.count { return isEnd ? place + 1 : nil }
    return bytes[place + 1] == .lineFeed ? place + 2 : nil
  }

  /// How the open field ends when it passes a line end that the last broken row passed too.
  private func knownBreakage(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int, to end: Int) -> Breakage? {
    guard let lastBroken, start < lastBroken.lines.upperBound else { return nil }
    let first = max(start, lastBroken.lines.lowerBound - 1), last = min(end, lastBroken.lines.upperBound - 1)
    guard first < last, bytes.firstIndex(of: terminator, in: first..<last) != nil else { return nil }
    return lastBroken.breakage
  }

  private func firstLineEnd(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int, isEnd: Bool) -> Int? {
    bytes.firstIndex(of: terminator, in: start..<bytes.count).map { $0 + 1 } ?? (isEnd ? bytes.count : nil)
  }

  /// Takes a TSV line's quotes for ordinary characters where that fits the header; returns its end.
  private mutating func scanLiterally(
    _ bytes: UnsafeBufferPointer<UInt8>, from start: Int, isEnd: Bool
  ) -> Int? {
    guard delimiter == .tab, let columnCount else { return nil }
    let found = bytes.firstIndex(of: terminator, in: start..<bytes.count)
    guard let end = found ?? (isEnd ? bytes.count : nil),
      bytes.firstIndex(of: .quote, in: start..<end) != nil,
      bytes.count(of: delimiter, in: start..<end) + 1 == columnCount
    else { return nil }
    let hasReturn = terminator == .lineFeed && end > start && bytes[end - 1] == .carriageReturn
    let textEnd = end - (hasReturn ? 1 : 0)
    fields.removeAll(keepingCapacity: true)
    var position = start
    while let found = bytes.firstIndex(of: delimiter, in: position..<textEnd) {
      fields.append(Field(range: position..<found))
      position = found + 1
    }
    fields.append(Field(range: position..<textEnd))
    return min(end + 1, bytes.count)
  }

  private var raggedReason: String {
    "\(fields.count) \(fields.count == 1 ? "field" : "fields") where the header has \(columnCount ?? 0); "
      + "put fields that hold the delimiter in quotes"
  }
}
