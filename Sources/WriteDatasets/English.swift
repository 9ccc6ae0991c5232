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
