/// The error that a person reads: one sentence with the place, what was found, what was expected, and the mend.
///
/// The text is written where the error is thrown. Mistakes of the programmer are `precondition`s instead.
public struct TuneError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What went wrong, as the process's exit code tells it.
  public enum Kind: Int32, Sendable {
    /// The machine or the run failed: disk full, loss not finite.
    case runtime = 1
    /// The command line or a configuration is wrong.
    case usage = 2
    /// A data, model or adapter file is wrong.
    case data = 3
    /// A gate such as `--fail-under` was not met.
    case gate = 4
    /// Stopped by the user.
    case interrupted = 130
  }

  public let kind: Kind
  /// The sentence, without a prefix such as "error:".
  public let message: String

  public init(_ kind: Kind, _ message: String) {
    self.kind = kind
    self.message = message
  }

  public static func runtime(_ message: String) -> TuneError { TuneError(.runtime, message) }
  public static func usage(_ message: String) -> TuneError { TuneError(.usage, message) }
  public static func data(_ message: String) -> TuneError { TuneError(.data, message) }

  public var description: String { message }

  /// The process exit code of this error.
  public var exitCode: Int32 { kind.rawValue }
}

/// The known name nearest to a mistyped one, for "did you mean"; nil when none is near.
///
///     nearest("rnak", among: ["rank", "seed"])   // "rank"
public func nearest(_ name: String, among known: [String]) -> String? {
  let best = known.map { (name: $0, distance: editDistance(name, $0)) }.min { $0.distance < $1.distance }
  guard let best, best.distance <= max(1, name.unicodeScalars.count / 3 + 1) else { return nil }
  return best.name
}

/// Levenshtein distance in Unicode scalars.
private func editDistance(_ a: String, _ b: String) -> Int {
  let a = Array(a.unicodeScalars.prefix(64)), b = Array(b.unicodeScalars.prefix(64))
  var row = Array(0...b.count)
  for i in 0..<a.count {
    var diagonal = row[0]
    row[0] = i + 1
    for j in 0..<b.count {
      let substituted = diagonal + (a[i] == b[j] ? 0 : 1)
      diagonal = row[j + 1]
      row[j + 1] = min(substituted, row[j] + 1, diagonal + 1)
    }
  }
  return row[b.count]
}
