/// Text cut into pieces: the scalars of all pieces end to end, and where each piece ends.
struct Pieces: Sendable, Equatable {
  var scalars: [UInt32] = []
  var ends: [Int] = []
  /// Whether the first piece stands at the beginning of the text that is encoded.
  var beginsText = false

  init() {}

  /// A text that is not cut yet.
  init(_ text: [UInt32], beginsText: Bool = true) {
    scalars = text
    self.beginsText = beginsText
    if !text.isEmpty { ends = [text.count] }
  }

  var ranges: [Range<Int>] {
    var start = 0
    return ends.map { end in
      defer { start = end }
      return start..<end
    }
  }

  /// Ends the piece that has grown since the last one, unless it is empty.
  mutating func endPiece() {
    if scalars.count > ends.last ?? 0 { ends.append(scalars.count) }
  }
}

/// What becomes of the matches of a pattern: Hugging Face's `SplitDelimiterBehavior`.
enum SplitBehavior: String, Sendable, CaseIterable {
  case removed = "Removed"
  case isolated = "Isolated"
  case mergedWithPrevious = "MergedWithPrevious"
  case mergedWithNext = "MergedWithNext"
  case contiguous = "Contiguous"
}

/// The key `pre_tokenizer`: cuts text into the pieces that the model encodes one by one.
struct PreTokenizer: Sendable {
  private enum Step: Sendable {
    case byteLevel(addsPrefixSpace: Bool, usesPattern: Bool)
    case split(SplitPattern, SplitBehavior, isInverted: Bool)
    case metaspace(Metaspace)
    case scripts
    case fixedLength(Int)
  }

  private struct Span {
    var range: Range<Int>
    var isMatch: Bool
  }

  private static let known = [
    "Sequence", "ByteLevel", "Split", "Digits", "Punctuation", "Whitespace", "WhitespaceSplit", "CharDelimiterSplit",
    "Metaspace", "BertPreTokenizer", "UnicodeScripts", "FixedLength",
  ]

  private let steps: [Step]

  init(_ value: FileValue?) throws {
    var growth = 1
    steps = try flattenedStages(value, sequenceKey: "pretokenizers").flatMap { stage in
      let type = try stage.type()
      // Each writes a byte or a space as up to three of them.
      if type == "ByteLevel" || type == "Metaspace" { growth *= 2 }
      guard growth <= 16 else { throw stage.failure("makes the text too long; expected at most four such stages") }
      return try Self.steps(of: stage, type)
    }
  }

  /// - Parameter beginsText: whether nothing was before this text, neither text nor a token found in it.
  func pieces(of text: [UInt32], beginsText: Bool = true) -> Pieces {
    let classes = ScalarClasses.shared
    return steps.reduce(Pieces(text, beginsText: beginsText)) { pieces, step in
      switch step {
      case .byteLevel(let addsPrefixSpace, let usesPattern):
        Self.byteLevel(pieces, addsPrefixSpace: addsPrefixSpace, usesPattern: usesPattern, classes)
      case .split(let pattern, let behavior, let isInverted):
        Self.split(pieces, at: pattern, behavior, isInverted: isInverted, classes)
      case .metaspace(let metaspace): metaspace.applied(to: pieces)
      case .scripts: Self.cut(pieces) { UnicodeScript.starts(in: $0, $1) }
      case .fixedLength(let length):
        Self.cut(pieces) { Array(stride(from: $1.lowerBound, to: $1.upperBound, by: length)) }
      }
    }
  }

  private static func steps(of stage: FileValue, _ type: String) throws -> [Step] {
    guard type == "BertPreTokenizer" else { return [try step(stage, type)] }
    return [
      .split(.single(.whiteSpace), .removed, isInverted: false),
      .split(.single(.punctuation), .isolated, isInverted: false),
    ]
  }

  private static func step(_ stage: FileValue, _ type: String) throws -> Step {
    switch type {
    case "ByteLevel":
      return .byteLevel(
        addsPrefixSpace: try stage.flag("add_prefix_space", default: true),
        usesPattern: try stage.flag("use_regex", default: true))
    case "Split":
      return .split(
        try pattern(stage.required("pattern")), try behavior(stage.required("behavior")),
        isInverted: try stage.flag("invert", default: false))
    case "Digits":
      let isolates = try stage.flag("individual_digits", default: false)
      return .split(.single(.numeric), isolates ? .isolated : .contiguous, isInverted: false)
    case "Punctuation":
      return .split(
        .single(.punctuation), try stage["behavior"].map(behavior) ?? .isolated, isInverted: false)
    case "Whitespace": return .split(.rustWordsAndSymbols, .removed, isInverted: true)
    case "WhitespaceSplit": return .split(.single(.whiteSpace), .removed, isInverted: false)
    case "CharDelimiterSplit":
      return .split(try literal(stage.required("delimiter")), .removed, isInverted: false)
    case "Metaspace": return .metaspace(try Metaspace(stage))
    case "UnicodeScripts": return .scripts
    case "FixedLength":
      let length = try stage["length"]?.integer() ?? 5
      guard length > 0 else { throw stage.failure("has the length \(length); expected at least 1") }
      return .fixedLength(length)
    default: throw stage.unsupported("the pre-tokenizer \"\(type)\"", known: known)
    }
  }

  private static func pattern(_ value: FileValue) throws -> SplitPattern {
    if let expression = value["Regex"] {
      let known = SplitPattern(regularExpression: try expression.string())
      return try known ?? .expression(TextPattern.expression(expression))
    }
    return try literal(value.required("String"))
  }

  private static func literal(_ value: FileValue) throws -> SplitPattern {
    let text = try value.string()
    guard !text.isEmpty else { throw value.failure("is empty; expected the text at which to cut") }
    return .literal(Array(scalarsOf: text))
  }

  private static func behavior(_ value: FileValue) throws -> SplitBehavior {
    let name = try value.string()
    guard let behavior = SplitBehavior(rawValue: name) else {
      throw value.unsupported("the behavior \"\(name)\"", known: SplitBehavior.allCases.map(\.rawValue))
    }
    return behavior
  }

  private static func byteLevel(
    _ pieces: Pieces, addsPrefixSpace: Bool, usesPattern: Bool, _ classes: ScalarClasses
  ) -> Pieces {
    let alphabet = ByteLevelAlphabet.scalars
    var result = Pieces()
    result.beginsText = pieces.beginsText
    result.scalars.reserveCapacity(pieces.scalars.count + pieces.scalars.count / 8)
    result.ends.reserveCapacity(pieces.ends.count + pieces.scalars.count / 4)
    func append(_ text: [UInt32], _ range: Range<Int>) {
      var start = range.lowerBound
      while start < range.upperBound {
        let stop =
          usesPattern
          ? PatternScanner(text: text, end: range.upperBound, classes: classes).gpt2(from: start) : range.upperBound
        for position in start..<stop {
          forEachUTF8Byte(of: text[position]) { result.scalars.append(alphabet[Int($0)]) }
        }
        result.endPiece()
        start = stop
      }
    }
    for range in pieces.ranges {
      if addsPrefixSpace, pieces.scalars[range.lowerBound] != 0x20 {
        let text = [0x20] + pieces.scalars[range]
        append(text, 0..<text.count)
      } else {
        append(pieces.scalars, range)
      }
    }
    return result
  }

  private static func split(
    _ pieces: Pieces, at pattern: SplitPattern, _ behavior: SplitBehavior, isInverted: Bool, _ classes: ScalarClasses
  ) -> Pieces {
    if behavior == .removed {
      return withoutMatches(pieces, pattern, isInverted: isInverted, classes)
    }
    var result = pieces
    result.ends.removeAll(keepingCapacity: true)
    for range in pieces.ranges {
      var spans = spans(of: pattern, in: pieces.scalars, range, classes)
      if isInverted { for index in spans.indices { spans[index].isMatch.toggle() } }
      for kept in merged(spans, behavior) where !kept.isEmpty { result.ends.append(kept.upperBound) }
    }
    return result
  }

  private static func withoutMatches(
    _ pieces: Pieces, _ pattern: SplitPattern, isInverted: Bool, _ classes: ScalarClasses
  ) -> Pieces {
    var result = Pieces()
    result.scalars.reserveCapacity(pieces.scalars.count)
    for range in pieces.ranges {
      for span in spans(of: pattern, in: pieces.scalars, range, classes) where span.isMatch == isInverted {
        if result.ends.isEmpty { result.beginsText = pieces.beginsText && span.range.lowerBound == 0 }
        result.scalars += pieces.scalars[span.range]
        result.endPiece()
      }
    }
    return result
  }

  /// Pieces cut at places; what stands before a piece's first place is dropped.
  private static func cut(_ pieces: Pieces, _ places: ([UInt32], Range<Int>) -> [Int]) -> Pieces {
    var result = Pieces()
    for range in pieces.ranges {
      let starts = places(pieces.scalars, range)
      for (start, end) in zip(starts, starts.dropFirst() + [range.upperBound]) {
        if result.ends.isEmpty { result.beginsText = pieces.beginsText && start == 0 }
        result.scalars += pieces.scalars[start..<end]
        result.endPiece()
      }
    }
    return result
  }

  /// The matches of a pattern and the stretches between them.
  private static func spans(
    of pattern: SplitPattern, in text: [UInt32], _ range: Range<Int>, _ classes: ScalarClasses
  ) -> [Span] {
    if case .expression(let expression) = pattern {
      return spans(TextPattern.expression(expression).matches(in: text, range), in: range)
    }
    var spans: [Span] = []
    var pending = range.lowerBound
    var position = range.lowerBound
    while position < range.upperBound {
      guard let stop = pattern.matchEnd(in: text, from: position, to: range.upperBound, classes) else {
        position += 1
        continue
      }
      if pending < position { spans.append(Span(range: pending..<position, isMatch: false)) }
      spans.append(Span(range: position..<stop, isMatch: true))
      (pending, position) = (stop, stop)
    }
    if pending < range.upperBound { spans.append(Span(range: pending..<range.upperBound, isMatch: false)) }
    return spans
  }

  private static func spans(_ matches: [Range<Int>], in range: Range<Int>) -> [Span] {
    var spans: [Span] = []
    var pending = range.lowerBound
    for match in matches {
      if pending < match.lowerBound { spans.append(Span(range: pending..<match.lowerBound, isMatch: false)) }
      spans.append(Span(range: match, isMatch: true))
      pending = match.upperBound
    }
    if pending < range.upperBound { spans.append(Span(range: pending..<range.upperBound, isMatch: false)) }
    return spans
  }

  private static func merged(_ spans: [Span], _ behavior: SplitBehavior) -> [Range<Int>] {
    switch behavior {
    case .isolated: return spans.map(\.range)
    case .removed: return spans.filter { !$0.isMatch }.map(\.range)
    case .contiguous: return joined(spans) { $0.isMatch == $1.isMatch }
    case .mergedWithPrevious: return joined(spans) { $1.isMatch && !$0.isMatch }
    case .mergedWithNext:
      // A match goes to the stretch behind it, seen from the end: not where that is itself a match.
      return joined(spans) { $0.isMatch && !$1.isMatch }
    }
  }

  /// Neighbours joined where `joins(earlier, later)`.
  private static func joined(_ spans: [Span], _ joins: (Span, Span) -> Bool) -> [Range<Int>] {
    var result: [Range<Int>] = []
    for (index, span) in spans.enumerated() {
      if index > 0, joins(spans[index - 1], span), let last = result.last {
        result[result.count - 1] = last.lowerBound..<span.range.upperBound
      } else {
        result.append(span.range)
      }
    }
    return result
  }
}
