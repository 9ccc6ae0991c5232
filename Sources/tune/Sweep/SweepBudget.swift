import Basics

/// Wall-clock time that a sweep may take, and what its next trial is expected to take of it.
enum SweepBudget {
  /// Reads `90s`, `30m`, `2h` or `1h30m` as seconds.
  static func seconds(_ text: String) throws -> Double {
    var total = 0.0, digits = "", isValid = !text.isEmpty, lastUnit = Double.infinity
    for character in text {
      if let unit = ["h": 3600.0, "m": 60.0, "s": 1.0][character] {
        guard let count = Double(digits), unit < lastUnit else {
          isValid = false
          break
        }
        total += count * unit
        (digits, lastUnit) = ("", unit)
      } else if character.isASCII, character.isNumber || character == "." {
        digits.append(character)
      } else {
        isValid = false
      }
    }
    guard isValid, digits.isEmpty, total > 0, total <= 3.2e9 else {
      throw TuneError.usage("--budget: '\(text)' is no time; use hours, minutes and seconds, such as 30m or 1h30m")
    }
    return total
  }

  /// A finished trial: how much it had to do, how long training took, and how long everything else did (starting,
  /// validating, scoring), which does not grow with the work.
  struct Measured: Equatable, Sendable {
    let work: Double
    let seconds: Double
    let overhead: Double
  }

  /// The seconds that a trial is expected to take: those of the finished trial nearest in work (of several, of the
  /// slowest), training in proportion to the work. Nil before any trial is finished.
  static func expectedSeconds(work: Double, measured: [Measured]) -> Double? {
    func distance(_ other: Measured) -> Double { max(work, other.work) / min(work, other.work) }
    guard let nearest = measured.map({ distance($0) }).min() else { return nil }
    return measured.filter { distance($0) == nearest }.map { $0.overhead + $0.seconds * work / $0.work }.max()
  }
}
