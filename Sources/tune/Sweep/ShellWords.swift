import Basics

/// Command-line options as one text, such as a configuration file holds them.
enum ShellWords {
  /// The words of a text as Python's `shlex.split` finds them: parted by white space; quotes keep it together, and a
  /// backslash takes the next character as it is (inside double quotes, quotes and backslashes alone).
  ///
  /// - Parameter flag: the option that the text belongs to, for errors.
  static func split(_ text: String, flag: String) throws -> [String] {
    var words: [String] = [], word: String?, quote: Unicode.Scalar?, isEscaped = false
    func append(_ scalar: Unicode.Scalar) {
      var current = word ?? ""
      current.unicodeScalars.append(scalar)
      word = current
    }
    for scalar in text.unicodeScalars {
      if isEscaped {
        if quote != nil, scalar != "\"", scalar != "\\" { append("\\") }
        append(scalar)
        isEscaped = false
      } else if scalar == "\\", quote != "'" {
        isEscaped = true
      } else if let open = quote {
        if scalar == open { quote = nil } else { append(scalar) }
      } else if scalar == "'" || scalar == "\"" {
        quote = scalar
        word = word ?? ""
      } else if " \t\r\n".unicodeScalars.contains(scalar) {
        if let done = word { words.append(done) }
        word = nil
      } else {
        append(scalar)
      }
    }
    guard quote == nil, !isEscaped else {
      throw TuneError.usage("\(flag): '\(text)' ends inside quotes or behind a backslash; close them")
    }
    return words + (word.map { [$0] } ?? [])
  }

  /// The words as a shell reads them back.
  static func joined(_ words: [String]) -> String { words.map { quoted($0) }.joined(separator: " ") }

  private static func quoted(_ word: String) -> String {
    let isPlain = word.utf8.allSatisfy {
      ($0 >= 0x30 && $0 <= 0x39) || ($0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7A) || $0 >= 0x80
        || "-_./,:=+@%".utf8.contains($0)
    }
    return isPlain && !word.isEmpty ? word : "'\(word.replacing("'", with: "'\\''"))'"
  }
}
