extension Jinja {
  /// Lines of at most `width` characters, cut at white space, after hyphens and, where nothing else helps, in words.
  ///
  /// Source of the rules: `Lib/textwrap.py` of Python 3.11 with the settings of Jinja's filter `wordwrap`.
  struct WordWrap {
    let width: Int
    var breaksLongWords = true
    var breaksOnHyphens = true

    /// The lines of one line of text.
    func lines(of text: String) -> [String] {
      var chunks = self.chunks(Array(text.unicodeScalars))[...]
      var lines: [String] = []
      while let first = chunks.first {
        if !lines.isEmpty, isBlank(first) { chunks.removeFirst() }
        var line: [ArraySlice<Unicode.Scalar>] = []
        var count = 0
        while let chunk = chunks.first, count + chunk.count <= width {
          line.append(chunk)
          count += chunk.count
          chunks.removeFirst()
        }
        if let chunk = chunks.first, chunk.count > width { take(chunk, &chunks, into: &line, room: width - count) }
        if let last = line.last, isBlank(last) { line.removeLast() }
        if !line.isEmpty { lines.append(String(scalars: line.joined())) }
      }
      return lines
    }

    /// Takes as much as has room of a word that is longer than a line.
    private func take(
      _ chunk: ArraySlice<Unicode.Scalar>, _ chunks: inout ArraySlice<ArraySlice<Unicode.Scalar>>,
      into line: inout [ArraySlice<Unicode.Scalar>], room: Int
    ) {
      guard breaksLongWords else {
        if line.isEmpty { line.append(chunks.removeFirst()) }
        return
      }
      var count = room
      if breaksOnHyphens, let hyphen = chunk.prefix(room).lastIndex(of: "-"),
        chunk[..<hyphen].contains(where: { $0 != "-" })
      {
        count = hyphen - chunk.startIndex + 1
      }
      line.append(chunk.prefix(count))
      chunks[chunks.startIndex] = chunk.dropFirst(count)
    }

    private func isBlank(_ chunk: ArraySlice<Unicode.Scalar>) -> Bool { chunk.allSatisfy { $0.isPythonSpace } }

    /// The pieces that a line may end after.
    private func chunks(_ text: [Unicode.Scalar]) -> [ArraySlice<Unicode.Scalar>] {
      var chunks: [ArraySlice<Unicode.Scalar>] = []
      var start = 0
      while start < text.count {
        let end: Int
        if isSpace(text[start]) {
          end = text[start...].firstIndex { !isSpace($0) } ?? text.count
        } else {
          end = breaksOnHyphens ? wordEnd(text, start) : text[start...].firstIndex { isSpace($0) } ?? text.count
        }
        chunks.append(text[start..<end])
        start = end
      }
      return chunks
    }

    /// The end of the word, part of a word or dash that starts here.
    private func wordEnd(_ text: [Unicode.Scalar], _ start: Int) -> Int {
      if start > 0, let end = dashEnd(text, start) { return end }
      var at = start + 1
      while at < text.count, !isSpace(text[at]) {
        if text[at] == "-" {
          if isHyphen(text, at) { return at + 1 }
          if dashEnd(text, at) != nil { return at }
        }
        at += 1
      }
      return at
    }

    /// The end of the dash `--` between words that starts here behind another character.
    private func dashEnd(_ text: [Unicode.Scalar], _ start: Int) -> Int? {
      guard isBeforeDash(text[start - 1]) else { return nil }
      let end = text[start...].firstIndex { $0 != "-" } ?? text.count
      return end - start >= 2 && isWord(text, end) ? end : nil
    }

    /// Whether a word may be cut after this hyphen: `well-known` and `a-b-cd`, but not `x-1`.
    private func isHyphen(_ text: [Unicode.Scalar], _ at: Int) -> Bool {
      let isBehindWord =
        isLetter(text, at - 1) && (isLetter(text, at - 2) || (at >= 2 && text[at - 2] == "-" && isLetter(text, at - 3)))
      let next = at + 2 < text.count && text[at + 2] == "-" ? at + 3 : at + 2
      return isBehindWord && isLetter(text, at + 1) && isLetter(text, next)
    }

    private func isSpace(_ scalar: Unicode.Scalar) -> Bool { scalar == " " || (0x09...0x0D).contains(scalar.value) }

    private func isBeforeDash(_ scalar: Unicode.Scalar) -> Bool {
      scalar.isWordScalar || "!\"'&.,?".unicodeScalars.contains(scalar)
    }

    private func isWord(_ text: [Unicode.Scalar], _ at: Int) -> Bool { at < text.count && text[at].isWordScalar }

    /// `[^\d\W]`: a letter or an underscore.
    private func isLetter(_ text: [Unicode.Scalar], _ at: Int) -> Bool {
      text.indices.contains(at) && text[at].isWordScalar && text[at].properties.numericType != .decimal
    }
  }
}
