// Search and cutting of texts, linear in their length.
extension Jinja.Interpreter {
  /// Byte offsets of the places, from the left and without overlap, where a non-empty `part` stands in `text`;
  /// an empty part stands before every scalar and at the end.
  func occurrences(of part: String, in text: String, limit: Int = .max) throws -> [Int] {
    let text = Array(text.utf8), part = Array(part.utf8)
    try charge(1 + (text.count + part.count) / 16)
    var found: [Int] = []
    if part.isEmpty {
      for offset in 0...text.count where found.count < limit && (offset == text.count || text[offset] & 0xC0 != 0x80) {
        found.append(offset)
      }
      return found
    }
    // Knuth, Morris and Pratt: `border[i]` is the longest proper prefix that also ends `part[...i]`.
    var border = [Int](repeating: 0, count: part.count)
    var length = 0
    for index in 1..<max(1, part.count) {
      while length > 0, part[index] != part[length] { length = border[length - 1] }
      if part[index] == part[length] { length += 1 }
      border[index] = length
    }
    length = 0
    for index in text.indices where found.count < limit {
      while length > 0, text[index] != part[length] { length = border[length - 1] }
      if text[index] == part[length] { length += 1 }
      if length == part.count {
        found.append(index + 1 - part.count)
        length = 0
      }
    }
    return found
  }

  /// Python's `text.replace(old, new, count)`; a negative count replaces all.
  func replaced(_ text: String, _ old: String, _ new: String, count: Int = -1) throws -> String {
    let places = try occurrences(of: old, in: text, limit: count < 0 ? .max : count)
    guard !places.isEmpty else { return text }
    try reserve(text.utf8.count + places.count * new.utf8.count)
    let bytes = Array(text.utf8)
    var result: [UInt8] = []
    var end = 0
    for place in places {
      result += bytes[end..<place]
      result += new.utf8
      end = place + old.utf8.count
    }
    result += bytes[end...]
    return String(decoding: result, as: UTF8.self)
  }

  /// Python's `split` and `rsplit`; a missing separator means runs of white space.
  func split(_ text: String, by separator: String?, limit: Int, fromRight: Bool) throws -> [String] {
    try charge(1 + text.utf8.count / 16)
    guard let separator else {
      let scalars = Array(text.unicodeScalars)
      if !fromRight { return words(scalars, limit).map { String(scalars: $0) } }
      return words(scalars.reversed(), limit).map { String(scalars: $0.reversed()) }.reversed()
    }
    guard !separator.isEmpty else { throw Jinja.Failure("empty separator") }
    let limit = limit < 0 ? Int.max : limit
    let bytes = Array(text.utf8)
    let places =
      fromRight
      ? try lastPlaces(of: separator, in: text, limit) : try occurrences(of: separator, in: text, limit: limit)
    var parts: [String] = []
    var start = 0
    for place in places {
      parts.append(String(decoding: bytes[start..<place], as: UTF8.self))
      start = place + separator.utf8.count
    }
    parts.append(String(decoding: bytes[start...], as: UTF8.self))
    try reserve(items: parts.count)
    return parts
  }

  /// The places found when searching from the right, which differ for separators that overlap themselves.
  func lastPlaces(of part: String, in text: String, _ limit: Int) throws -> [Int] {
    let mirrored = String(scalars: part.unicodeScalars.reversed())
    let places = try occurrences(of: mirrored, in: String(scalars: text.unicodeScalars.reversed()), limit: limit)
    return places.map { text.utf8.count - $0 - part.utf8.count }.reversed()
  }

  private func words(_ scalars: [Unicode.Scalar], _ limit: Int) -> [ArraySlice<Unicode.Scalar>] {
    var parts: [ArraySlice<Unicode.Scalar>] = []
    var at = 0
    while true {
      while at < scalars.count, scalars[at].isPythonSpace { at += 1 }
      guard at < scalars.count else { return parts }
      if limit >= 0, parts.count == limit {
        parts.append(scalars[at...])
        return parts
      }
      let start = at
      while at < scalars.count, !scalars[at].isPythonSpace { at += 1 }
      parts.append(scalars[start..<at])
    }
  }

  /// Python's `splitlines`.
  func lines(_ text: String, keepEnds: Bool = false) throws -> [String] {
    try charge(1 + text.utf8.count / 16)
    let scalars = Array(text.unicodeScalars)
    var lines: [String] = []
    var start = 0
    var at = 0
    while at < scalars.count {
      guard scalars[at].isPythonLineBreak else {
        at += 1
        continue
      }
      let end = at
      at += scalars[at] == "\r" && at + 1 < scalars.count && scalars[at + 1] == "\n" ? 2 : 1
      lines.append(String(scalars: scalars[start..<(keepEnds ? at : end)]))
      start = at
    }
    if start < scalars.count { lines.append(String(scalars: scalars[start...])) }
    try reserve(items: lines.count)
    return lines
  }
}

extension Jinja {
  enum Side { case left, right, both }

  /// Python's `strip`, `lstrip` and `rstrip`.
  static func stripped(_ text: String, of characters: String? = nil, _ side: Side = .both) -> String {
    var scalars = Array(text.unicodeScalars)[...]
    let set = characters.map { Set($0.unicodeScalars) }
    func drops(_ scalar: Unicode.Scalar) -> Bool { set?.contains(scalar) ?? scalar.isPythonSpace }
    if side != .right { scalars = scalars.drop(while: drops) }
    if side != .left { while let last = scalars.last, drops(last) { scalars.removeLast() } }
    return scalars.count == text.unicodeScalars.count ? text : String(scalars: scalars)
  }
}
