import Basics

/// A token that is found in the text before the model sees it, such as `<|im_end|>`.
struct AddedToken: Sendable {
  var id: Int
  var content: String
  /// Dropped by decoding that skips special tokens.
  var isSpecial = true
  /// Found after normalization rather than in the text as given.
  var isNormalized = false
  /// Found only between non-word scalars.
  var isSingleWord = false
  /// Swallows the white space on its left.
  var stripsLeft = false
  /// Swallows the white space on its right.
  var stripsRight = false

  init(id: Int, content: String) {
    self.id = id
    self.content = content
  }

  init(_ value: FileValue) throws {
    id = try value.required("id").integer()
    content = try value.required("content").string()
    isSpecial = try value.flag("special", default: false)
    isNormalized = try value.flag("normalized", default: !isSpecial)
    isSingleWord = try value.flag("single_word", default: false)
    stripsLeft = try value.flag("lstrip", default: false)
    stripsRight = try value.flag("rstrip", default: false)
  }
}

/// A set of added tokens; finds them leftmost first and the longest of those.
struct AddedTokens: Sendable {
  enum Segment: Equatable, Sendable {
    case text(Range<Int>)
    case token(Int)
  }

  private var tokens: [AddedToken] = []
  /// Edges of the trie: node and scalar packed as `node << 32 | scalar`; the root is node 0.
  private var edges: [UInt64: UInt32] = [:]
  /// The index in `tokens` that ends at each node, or -1.
  private var endings: [Int] = [-1]
  /// Whether a token begins with each ASCII scalar: most text is refused by one look.
  private var beginsWithASCII = [Bool](repeating: false, count: 128)
  private var beginsBeyondASCII = false

  /// - Parameters:
  ///   - added: of tokens with the same content the first is found.
  ///   - normalize: applied to each token's content before it is sought.
  init(_ added: [AddedToken], normalize: ([UInt32]) -> [UInt32]) {
    for token in added {
      let content = normalize(Array(scalarsOf: token.content))
      guard let first = content.first else { continue }
      if first < 128 { beginsWithASCII[Int(first)] = true } else { beginsBeyondASCII = true }
      let node = insertPath(content)
      guard endings[node] < 0 else { continue }
      endings[node] = tokens.count
      tokens.append(token)
    }
  }

  var isEmpty: Bool { tokens.isEmpty }

  /// The text cut at the tokens in it; empty stretches are left out.
  func segments(of text: [UInt32]) -> [Segment] {
    guard !text.isEmpty else { return [] }
    guard !isEmpty else { return [.text(0..<text.count)] }
    var segments: [Segment] = []
    var pending = 0
    var position = 0
    while position < text.count {
      guard let match = longestMatch(in: text, at: position) else {
        position += 1
        continue
      }
      let token = tokens[match.token]
      if let range = widened(position..<match.end, token, in: text, after: pending) {
        if pending < range.lowerBound { segments.append(.text(pending..<range.lowerBound)) }
        segments.append(.token(token.id))
        pending = range.upperBound
      }
      position = match.end
    }
    if pending < text.count { segments.append(.text(pending..<text.count)) }
    return segments
  }

  /// The range a found token takes with its stripping flags; nil where it must stand alone and does not.
  private func widened(_ range: Range<Int>, _ token: AddedToken, in text: [UInt32], after limit: Int) -> Range<Int>? {
    let classes = ScalarClasses.shared
    var (lower, upper) = (range.lowerBound, range.upperBound)
    if token.isSingleWord {
      if lower > 0, classes[text[lower - 1]].contains(.rustWord) { return nil }
      if upper < text.count, classes[text[upper]].contains(.rustWord) { return nil }
    }
    if token.stripsLeft {
      while lower > 0, classes[text[lower - 1]].contains(.whiteSpace) { lower -= 1 }
      // White space that the token before has swallowed is gone.
      lower = max(lower, limit)
    }
    if token.stripsRight {
      while upper < text.count, classes[text[upper]].contains(.whiteSpace) { upper += 1 }
    }
    return lower..<upper
  }

  private func longestMatch(in text: [UInt32], at start: Int) -> (token: Int, end: Int)? {
    let first = text[start]
    guard first < 128 ? beginsWithASCII[Int(first)] : beginsBeyondASCII else { return nil }
    var best: (token: Int, end: Int)?
    var node: UInt32 = 0
    var position = start
    while position < text.count, let next = edges[UInt64(node) << 32 | UInt64(text[position])] {
      node = next
      position += 1
      if endings[Int(node)] >= 0 { best = (endings[Int(node)], position) }
    }
    return best
  }

  private mutating func insertPath(_ content: [UInt32]) -> Int {
    var node: UInt32 = 0
    for scalar in content {
      let edge = UInt64(node) << 32 | UInt64(scalar)
      if let next = edges[edge] {
        node = next
      } else {
        node = UInt32(endings.count)
        edges[edge] = node
        endings.append(-1)
      }
    }
    return Int(node)
  }
}
