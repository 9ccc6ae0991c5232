/// The few rules of English that the templates need.
enum English {
  /// "a" or "an", whichever is said before `word`.
  static func article(for word: String) -> String {
    let lower = word.lowercased()
    let saidWithVowel = ["hour", "honest", "heir", "8", "11 ", "18"]
    let saidWithConsonant = ["uni", "use", "usu", "eur", "eu", "one-", "one ", "once", "ukulele"]
    if lower == "11" || saidWithVowel.contains(where: lower.hasPrefix) { return "an" }
    if saidWithConsonant.contains(where: lower.hasPrefix) && !lower.hasPrefix("unin") && !lower.hasPrefix("unim") {
      return "a"
    }
    guard let first = lower.first else { return "a" }
    return "aeiou".contains(first) ? "an" : "a"
  }

  /// `text` with its first letter in upper case.
  static func capitalised(_ text: String) -> String {
    guard let first = text.first, first.isLowercase else { return text }
    return first.uppercased() + text.dropFirst()
  }

  /// `text` with its first letter in lower case, unless it begins with the word "I".
  static func lowered(_ text: String) -> String {
    guard let first = text.first, first.isUppercase else { return text }
    let next = text.dropFirst().first
    if first == "I" && (next == nil || next == " " || next == "'") { return text }
    return first.lowercased() + text.dropFirst()
  }

  /// Whether what follows `text` begins a sentence.
  static func startsSentence(after text: String) -> Bool {
    guard let last = text.utf8.last else { return true }
    if last == 10 { return true }
    guard last == 32, let before = text.utf8.dropLast().last else { return false }
    return [UInt8(ascii: "."), UInt8(ascii: "?"), UInt8(ascii: "!")].contains(before)
  }

  /// The number of words between spaces and line breaks.
  static func wordCount(_ text: String) -> Int {
    text.utf8.split(whereSeparator: { $0 == 32 || $0 == 10 }).count
  }

  /// What a template may ask of a person: `{A:they}`, `{A:them}`, `{A:their}`, `{A:theirs}`, `{A:themself}`.
  static func pronouns(woman: Bool) -> [String: String] {
    woman
      ? ["they": "she", "them": "her", "their": "her", "theirs": "hers", "themself": "herself"]
      : ["they": "he", "them": "him", "their": "his", "theirs": "his", "themself": "himself"]
  }
}
