// The filter `urlize`: web and mail addresses in a text become links.
extension Jinja {
  /// The source of the rules is `urlize` of `jinja2/utils.py` 3.1.
  struct Links {
    /// Characters of an address that are shown.
    var limit: Int?
    /// ` rel="…"` and ` target="…"`, escaped.
    var attributes = ""
    /// Beginnings of further addresses, such as `tel:`.
    var schemes: [String] = []

    /// The text, which is escaped already, with its addresses as links.
    func linked(_ text: String) -> String {
      var result = ""
      var word: [Unicode.Scalar] = []
      for scalar in text.unicodeScalars {
        if scalar.isPythonSpace {
          result += linked(word: word)
          word = []
          result.unicodeScalars.append(scalar)
        } else {
          word.append(scalar)
        }
      }
      return result + linked(word: word)
    }

    private func linked(word: [Unicode.Scalar]) -> String {
      guard !word.isEmpty else { return "" }
      let start = Self.end(of: Self.openings, in: word[...])
      let stop = Self.start(of: Self.closings, in: word[start...])
      var middle = word[start..<stop], tail = word[stop...]
      for (open, close) in Self.brackets {
        let opened = Self.places(of: open, in: middle).count
        guard opened > Self.places(of: close, in: middle).count else { continue }
        // Brackets that close belong to the address as far as it opens some.
        guard let last = Self.places(of: close, in: tail).prefix(opened).last else { continue }
        middle = word[middle.startIndex..<(last + close.count)]
        tail = word[(last + close.count)...]
      }
      return String(scalars: word[..<start]) + link(String(scalars: middle)) + String(scalars: tail)
    }

    private func link(_ text: String) -> String {
      let scalars = Array(text.unicodeScalars)
      if Address.isWeb(scalars) {
        let hasScheme = text.utf8.starts(with: "https://".utf8) || text.utf8.starts(with: "http://".utf8)
        return "<a href=\"\(hasScheme ? "" : "https://")\(text)\"\(attributes)>\(shown(scalars))</a>"
      }
      if text.utf8.starts(with: "mailto:".utf8), Address.isMail(scalars.dropFirst(7)) {
        return "<a href=\"\(text)\">\(String(scalars: scalars.dropFirst(7)))</a>"
      }
      let isPlain = !text.utf8.starts(with: "www.".utf8) && scalars.first != "@" && !scalars.contains(":")
      if isPlain, Address.isMail(scalars[...]) { return "<a href=\"mailto:\(text)\">\(text)</a>" }
      guard schemes.contains(where: { text.utf8.count > $0.utf8.count && text.utf8.starts(with: $0.utf8) }) else {
        return text
      }
      return "<a href=\"\(text)\"\(attributes)>\(text)</a>"
    }

    private func shown(_ address: [Unicode.Scalar]) -> String {
      guard let limit, address.count > limit else { return String(scalars: address) }
      let count = limit < 0 ? max(0, address.count + max(limit, -address.count)) : limit
      return String(scalars: address.prefix(count)) + "..."
    }

    // MARK: Punctuation around a word

    private static let openings = ["(", "<", "&lt;"].map { Array($0.unicodeScalars) }
    private static let closings = [")", ">", ".", ",", "&gt;"].map { Array($0.unicodeScalars) }
    private static let brackets = [("(", ")"), ("<", ">"), ("&lt;", "&gt;")].map {
      (Array($0.unicodeScalars), Array($1.unicodeScalars))
    }

    /// Where the marks at the beginning end.
    private static func end(of marks: [[Unicode.Scalar]], in word: ArraySlice<Unicode.Scalar>) -> Int {
      var rest = word
      while let mark = marks.first(where: { rest.starts(with: $0) }) { rest = rest.dropFirst(mark.count) }
      return rest.startIndex
    }

    /// Where the marks at the end start.
    private static func start(of marks: [[Unicode.Scalar]], in word: ArraySlice<Unicode.Scalar>) -> Int {
      var rest = word
      while let mark = marks.first(where: { rest.suffix($0.count).elementsEqual($0) }) {
        rest = rest.dropLast(mark.count)
      }
      return rest.endIndex
    }

    private static func places(of mark: [Unicode.Scalar], in text: ArraySlice<Unicode.Scalar>) -> [Int] {
      text.indices.filter { text[$0...].starts(with: mark) }
    }
  }

  /// What counts as an address, as the regular expressions of `jinja2/utils.py` say.
  enum Address {
    private static let topDomains = ["com", "net", "int", "edu", "gov", "org", "info", "mil"]

    static func isWeb(_ text: [Unicode.Scalar]) -> Bool {
      let schemeLength = ["https://", "http://"].first { starts(text[...], with: $0) }?.utf8.count ?? 0
      let rest = text[schemeLength...]
      if schemeLength > 0, rest.first == "[" {
        guard let end = rest.firstIndex(of: "]"), isVersion6(rest[..<end].dropFirst()) else { return false }
        return isRemainder(rest[(end + 1)...])
      }
      let host = rest.prefix { isHostScalar($0) || $0 == "." }
      guard isRemainder(rest[host.endIndex...]) else { return false }
      let labels = host.split(separator: ".", omittingEmptySubsequences: false)
      if schemeLength > 0 { return isDomain(labels) || isVersion4(labels) }
      return isCommonDomain(labels) || (labels.count > 1 && starts(host, with: "www.") && isDomain(labels.dropFirst()))
    }

    /// `someone@example.com`
    static func isMail(_ text: ArraySlice<Unicode.Scalar>) -> Bool {
      guard let at = text.lastIndex(of: "@"), at > text.startIndex else { return false }
      let host = text[(at + 1)...]
      guard let dot = host.lastIndex(of: "."), host.first?.isWordScalar ?? false, dot + 1 < host.endIndex else {
        return false
      }
      return host[..<dot].allSatisfy { isHostScalar($0) && $0 != "%" || $0 == "." }
        && host[(dot + 1)...].allSatisfy { $0.isWordScalar }
    }

    /// `tel:` or `ftp://`
    static func isScheme(_ text: String) -> Bool {
      let scalars = Array(text.unicodeScalars)
      let name = scalars.prefix { $0.isWordScalar || ".+-".unicodeScalars.contains($0) }
      return name.count >= 2 && [":", ":/", "://"].contains { $0.unicodeScalars.elementsEqual(scalars[name.count...]) }
    }

    private static func isHostScalar(_ scalar: Unicode.Scalar) -> Bool {
      scalar.isWordScalar || scalar == "%" || scalar == "-"
    }

    private static func starts(_ text: ArraySlice<Unicode.Scalar>, with prefix: String) -> Bool {
      Jinja.lowercased(String(scalars: text.prefix(prefix.utf8.count))).isIdentical(to: prefix)
    }

    private static func isDomain(_ labels: ArraySlice<ArraySlice<Unicode.Scalar>>) -> Bool {
      guard let last = labels.last, labels.dropLast().allSatisfy({ !$0.isEmpty }) else { return false }
      if starts(last, with: "xn--") {
        let rest = last.dropFirst(4)
        return (2...59).contains(rest.count) && rest.allSatisfy { $0.isWordScalar || $0 == "%" }
      }
      return (2...63).contains(last.count) && last.allSatisfy { $0.isASCII && $0.isLetter }
    }

    private static func isDomain(_ labels: [ArraySlice<Unicode.Scalar>]) -> Bool { isDomain(labels[...]) }

    private static func isCommonDomain(_ labels: [ArraySlice<Unicode.Scalar>]) -> Bool {
      guard labels.count > 1, let last = labels.last else { return false }
      return topDomains.contains(Jinja.lowercased(String(scalars: last)))
        && labels.dropLast().allSatisfy { (2...63).contains($0.count) }
    }

    private static func isVersion4(_ labels: [ArraySlice<Unicode.Scalar>]) -> Bool {
      labels.count == 4 && labels.allSatisfy { (1...3).contains($0.count) && $0.allSatisfy { isDigit($0) } }
    }

    /// Two groups of at most four digits that end in a colon, and one to six more whose colons may be missing.
    private static func isVersion6(_ text: ArraySlice<Unicode.Scalar>) -> Bool {
      let groups = text.split(separator: ":", omittingEmptySubsequences: false)
      guard groups.count > 2, groups.prefix(2).allSatisfy({ $0.count <= 4 }) else { return false }
      let isDigits = groups.allSatisfy { $0.allSatisfy { $0.hexadecimalValue != nil || isDigit($0) } }
      let rest = groups.dropFirst(2)
      let needed = rest.dropLast().reduce(0) { $0 + max(1, ($1.count + 3) / 4) } + ((rest.last?.count ?? 0) + 3) / 4
      return isDigits && needed <= 6
    }

    /// A port, and then a path, query or fragment, each of which may be missing.
    private static func isRemainder(_ text: ArraySlice<Unicode.Scalar>) -> Bool {
      var rest = text
      if rest.first == ":" {
        let port = rest.dropFirst().prefix { isDigit($0) }
        guard (1...5).contains(port.count) else { return false }
        rest = rest[port.endIndex...]
      }
      return rest.first.map { "/?#".unicodeScalars.contains($0) } ?? true
    }

    private static func isDigit(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.numericType == .decimal }
  }
}
