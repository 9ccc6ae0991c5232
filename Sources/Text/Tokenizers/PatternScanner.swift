/// Matches of the long patterns at one place of a text; every place of every text has one.
struct PatternScanner {
  let text: [UInt32]
  let end: Int
  let classes: ScalarClasses

  private static let space: UInt32 = 0x20
  private static let slash: UInt32 = 0x2F
  private static let known: ScalarClass = [.letter, .number, .whiteSpace]

  /// Where the run of scalars of a class that begins at `start` ends.
  func run(of kind: ScalarClass, from start: Int, limit: Int = .max) -> Int {
    var position = start
    while position < end, position - start < limit, !classes[text[position]].isDisjoint(with: kind) { position += 1 }
    return position
  }

  /// Where the run of scalars outside of all these classes ends.
  func runWithout(_ kinds: ScalarClass, from start: Int) -> Int {
    var position = start
    while position < end, classes[text[position]].isDisjoint(with: kinds) { position += 1 }
    return position
  }

  func gpt2(from start: Int) -> Int {
    if let stop = contraction(from: start, ignoringCase: false) { return stop }
    let content = text[start] == Self.space ? start + 1 : start
    if content < end {
      let kind = classes[text[content]]
      if kind.contains(.letter) { return run(of: .letter, from: content) }
      if kind.contains(.number) { return run(of: .number, from: content) }
      if !kind.contains(.whiteSpace) { return runWithout(Self.known, from: content) }
    }
    return whiteSpace(from: start)
  }

  func gpt4(from start: Int, digits: Int) -> Int {
    if let stop = contraction(from: start, ignoringCase: true) { return stop }
    let kind = classes[text[start]]
    if kind.contains(.letter) { return run(of: .letter, from: start) }
    if kind.contains(.number) { return run(of: .number, from: start, limit: digits) }
    if !kind.contains(.lineBreak), start + 1 < end, classes[text[start + 1]].contains(.letter) {
      return run(of: .letter, from: start + 1)
    }
    return symbols(from: start, allowsSlash: false) ?? whiteSpaceWithLines(from: start)
  }

  func gpt4o(from start: Int, digits: Int, contractions: Bool) -> Int {
    let kind = classes[text[start]]
    let takesPrefix = kind.isDisjoint(with: [.lineBreak, .letter, .number])
    for shape in [lowerEnding, upperBeginning] {
      // The optional scalar before a word is tried first; a mark may also begin the word itself.
      let stop = (takesPrefix ? shape(start + 1) : nil) ?? shape(start)
      guard let stop else { continue }
      return contractions ? contraction(from: stop, ignoringCase: true) ?? stop : stop
    }
    if kind.contains(.number) { return run(of: .number, from: start, limit: digits) }
    return symbols(from: start, allowsSlash: true) ?? whiteSpaceWithLines(from: start)
  }

  /// `[upper]*[lower]+`, where letters without case and marks are in both classes.
  private func lowerEnding(_ start: Int) -> Int? {
    let uppers = run(of: .upper, from: start)
    let stop = run(of: .lower, from: uppers)
    if stop > uppers { return stop }
    // Backtrack to the last scalar that is in both classes.
    var position = uppers
    while position > start {
      if classes[text[position - 1]].contains(.lower) { return position }
      position -= 1
    }
    return nil
  }

  /// `[upper]+[lower]*`
  private func upperBeginning(_ start: Int) -> Int? {
    let uppers = run(of: .upper, from: start)
    return uppers > start ? run(of: .lower, from: uppers) : nil
  }

  /// ` ?[^\s\p{L}\p{N}]+[\r\n]*`, at the end also slashes.
  private func symbols(from start: Int, allowsSlash: Bool) -> Int? {
    let content = text[start] == Self.space ? start + 1 : start
    var stop = runWithout(Self.known, from: content)
    guard stop > content else { return nil }
    while stop < end, classes[text[stop]].contains(.lineBreak) || (allowsSlash && text[stop] == Self.slash) {
      stop += 1
    }
    return stop
  }

  /// `\s*[\r\n]+|\s+(?!\S)|\s+`
  private func whiteSpaceWithLines(from start: Int) -> Int {
    let stop = run(of: .whiteSpace, from: start)
    var position = stop
    while position > start {
      if classes[text[position - 1]].contains(.lineBreak) { return position }
      position -= 1
    }
    return whiteSpace(from: start)
  }

  /// `\s+(?!\S)|\s+`: white space before a word leaves its last scalar to that word.
  private func whiteSpace(from start: Int) -> Int {
    let stop = run(of: .whiteSpace, from: start)
    return stop == end || stop - start == 1 ? max(stop, start + 1) : stop - 1
  }

  /// `'s|'t|'re|'ve|'m|'ll|'d`
  private func contraction(from start: Int, ignoringCase: Bool) -> Int? {
    guard start + 1 < end, text[start] == 0x27 else { return nil }
    let first = folded(text[start + 1], ignoringCase)
    switch first {
    case "s", "t", "m", "d": return start + 2
    case "r", "v", "l":
      guard start + 2 < end else { return nil }
      return folded(text[start + 2], ignoringCase) == (first == "l" ? "l" : "e") ? start + 3 : nil
    default: return nil
    }
  }

  private func folded(_ scalar: UInt32, _ ignoringCase: Bool) -> Unicode.Scalar {
    switch scalar {
    case 0x41...0x5A where ignoringCase: Unicode.Scalar(UInt8(scalar + 0x20))
    // The long s folds to s.
    case 0x17F where ignoringCase: "s"
    case 0..<0x80: Unicode.Scalar(UInt8(scalar))
    default: "\u{FFFD}"
    }
  }
}
