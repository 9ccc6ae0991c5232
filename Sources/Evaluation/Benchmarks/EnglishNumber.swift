/// Whole numbers in English words, as word2number 1.1 reads them: words that it does not know are left out.
enum EnglishNumber {
  private static let values: [String: Int] = {
    let units = [
      "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
      "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
    ]
    let tens = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
    var values = ["hundred": 100, "thousand": 1000, "million": 1_000_000, "billion": 1_000_000_000]
    for (value, word) in units.enumerated() { values[word] = value }
    for (index, word) in tens.enumerated() { values[word] = 10 * (index + 2) }
    return values
  }()

  private static let scales = ["billion", "million", "thousand"]

  /// Nil for a text without a number, or with parts that make none, such as "two thousand million".
  static func value(of text: String) -> Int? {
    let scalars = PythonText.lowercased(Array(text.unicodeScalars)).map { $0 == "-" ? " " : $0 }
    let words = PythonText.split(scalars).map { PythonText.string($0) }.filter { values[$0] != nil }
    if words.count == 1 { return values[words[0]] }
    guard !words.isEmpty, scales.allSatisfy({ scale in words.count { $0 == scale } < 2 }) else { return nil }
    var rest = words[...], total = 0
    for scale in scales {
      guard let place = rest.firstIndex(of: scale) else { continue }
      guard let multiplier = belowThousand(rest[..<place]), let factor = values[scale] else { return nil }
      total += multiplier * factor
      rest = rest[(place + 1)...]
    }
    guard !rest.isEmpty else { return total }
    // A larger scale behind a smaller one is none of the number's parts.
    guard !rest.contains(where: { scales.contains($0) }), let part = belowThousand(rest) else { return nil }
    return total + part
  }

  private static func belowThousand(_ words: ArraySlice<String>) -> Int? {
    let numbers = words.compactMap { values[$0] }
    guard words.allSatisfy({ !scales.contains($0) }) else { return nil }
    switch numbers.count {
    case 0: return nil
    case 2: return numbers.contains(100) ? numbers[0] * numbers[1] : numbers[0] + numbers[1]
    case 3: return numbers[0] * numbers[1] + numbers[2]
    case 4: return numbers[0] * numbers[1] + numbers[2] + numbers[3]
    default: return numbers[0]
    }
  }
}
