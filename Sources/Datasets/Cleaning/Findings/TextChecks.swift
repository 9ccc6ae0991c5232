/// A target without content.
struct EmptyTargetCheck: Checker {
  let kind = FindingKind.emptyTarget
  let triggers: Triggers = []

  func check(_ bytes: UnsafeBufferPointer<UInt8>, field: String, role: FieldRole) -> Finding? {
    guard role == .target else { return nil }
    var position = 0, signs: [Unicode.Scalar] = []
    while position < bytes.count, signs.count < 2 {
      if let scalar = Unicode.Scalar(nextScalar(bytes, &position)), !scalar.isPythonSpace { signs.append(scalar) }
    }
    guard signs.count < 2 else { return nil }
    // A single letter or digit is a label: "B", "5".
    if let only = signs.first, WordScalars.meaning(ofUnlisted: only.value) > WordScalars.invisible { return nil }
    return Finding(
      kind, field: field, excerpt: signs.first.map { Excerpt.clean(String($0)) } ?? "",
      suggestion: "drop the record: there is nothing to learn from it")
  }
}

/// HTML: known tags that are closed by ">", and entities.
struct MarkupCheck: Checker {
  let kind = FindingKind.markup
  let triggers: Triggers = [.angle, .ampersand]

  func check(_ bytes: UnsafeBufferPointer<UInt8>, field: String, role: FieldRole) -> Finding? {
    for place in bytes.indices {
      let length =
        switch bytes[place] {
        case UInt8(ascii: "<"): Self.tagLength(bytes, place)
        case UInt8(ascii: "&"): Self.entityLength(bytes, place)
        default: 0
        }
      if length > 0 {
        return Finding(
          kind, field: field, excerpt: Excerpt.around(place..<place + length, in: bytes),
          suggestion: "strip tags and decode entities, unless the model is to write HTML")
      }
    }
    return nil
  }

  private static let tags: Set<String> = [
    "a", "abbr", "article", "aside", "audio", "b", "blockquote", "body", "br", "button", "canvas", "center", "code",
    "dd",
    "div", "dl", "dt", "em", "embed", "figure", "font", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "head",
    "header", "hr", "html", "i", "iframe", "img", "input", "label", "li", "link", "meta", "nav", "noscript", "ol",
    "option", "p", "pre", "s", "script", "section", "select", "small", "span", "strike", "strong", "style", "sub",
    "sup",
    "svg", "table", "tbody", "td", "textarea", "tfoot", "th", "thead", "title", "tr", "tt", "u", "ul", "video",
  ]
  private static let entities: Set<String> = [
    "amp", "lt", "gt", "quot", "apos", "nbsp", "copy", "reg", "trade", "hellip", "mdash", "ndash", "lsquo", "rsquo",
    "ldquo", "rdquo", "laquo", "raquo", "bull", "middot", "euro", "pound", "cent", "deg", "eacute", "egrave", "agrave",
    "ccedil", "ouml", "auml", "uuml", "szlig", "ntilde", "oacute", "aacute", "iacute", "uacute", "times", "frac12",
  ]

  /// The length of the tag or comment that starts here, or 0. Looks no further than the next "<", so that many of
  /// them take linear time.
  private static func tagLength(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int) -> Int {
    if bytes.starts(with: "<!--", at: start) { return 4 }
    var place = start + 1
    if place < bytes.count, bytes[place] == UInt8(ascii: "/") { place += 1 }
    let nameStart = place
    while place < bytes.count, bytes[place].isASCIIWord, place - nameStart < 11 { place += 1 }
    guard place < bytes.count, tags.contains(bytes.lowerCased(nameStart..<place)) else { return 0 }
    guard [UInt8(ascii: ">"), UInt8(ascii: "/"), 32, 9, 10, 13].contains(bytes[place]) else { return 0 }
    while place < bytes.count, place - start < 2000, bytes[place] != UInt8(ascii: "<") {
      if bytes[place] == UInt8(ascii: ">") { return place + 1 - start }
      place += 1
    }
    return 0
  }

  private static func entityLength(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int) -> Int {
    var place = start + 1
    let isNumber = place < bytes.count && bytes[place] == UInt8(ascii: "#")
    if isNumber { place += 1 }
    let nameStart = place
    while place < bytes.count, bytes[place].isASCIIWord, place - nameStart < 9 { place += 1 }
    guard place < bytes.count, place > nameStart, bytes[place] == UInt8(ascii: ";") else { return 0 }
    let name = bytes.lowerCased(nameStart..<place)
    let isKnown =
      isNumber
      ? Int(name) != nil || (name.hasPrefix("x") && Int(name.dropFirst(), radix: 16) != nil) : entities.contains(name)
    return isKnown ? place + 1 - start : 0
  }
}

/// Runs of four words that occur again and again.
///
/// The share is that of words covered by runs that occurred before, each word counted once however many runs cover it,
/// after the rule for duplicate n-grams of Rae et al. 2021 ("Gopher", appendix A.1.1).
struct RepetitionCheck: Checker {
  let kind = FindingKind.repetition
  let triggers: Triggers = []
  static let runLength = 4
  static let fewestWords = 30
  static let largestShare = 0.3

  func check(_ bytes: UnsafeBufferPointer<UInt8>, field: String, role: FieldRole) -> Finding? {
    // Thirty words take at least 59 bytes, or 90 without spaces.
    guard bytes.count >= 59 else { return nil }
    let words = Words(bytes, punctuation: .separates)
    guard words.count >= Self.fewestWords, let share = Self.repeatedShare(words) else { return nil }
    guard share.value > Self.largestShare else { return nil }
    let run = String(
      decoding: words.bytes(of: share.example..<share.example + Self.runLength).dropLast(), as: UTF8.self)
    return Finding(
      kind, field: field, excerpt: Excerpt.clean(run),
      suggestion: "drop the record or cut the repetition: models learn to loop from such text")
  }

  /// The share of words in repeated runs and the start of one that repeats; nil where none does.
  static func repeatedShare(_ words: Words) -> (value: Double, example: Int)? {
    let runs = words.runHashes(ofLength: runLength)
    guard runs.count > 0 else { return nil }
    let capacity = runs.count * 2
    return withUnsafeTemporaryAllocation(of: Int32.self, capacity: capacity) { firsts in
      firsts.initialize(repeating: -1)
      var example: Int?
      var covered = 0, coveredEnd = 0
      for (index, hash) in runs.enumerated() {
        var place = slot(of: hash, in: capacity)
        while firsts[place] >= 0, runs[Int(firsts[place])] != hash { place = place + 1 == capacity ? 0 : place + 1 }
        if firsts[place] < 0 {
          firsts[place] = Int32(truncatingIfNeeded: index)
        } else {
          example = example ?? index
          covered += index + runLength - max(index, coveredEnd)
          coveredEnd = index + runLength
        }
      }
      return example.map { (Double(covered) / Double(words.count), $0) }
    }
  }
}
