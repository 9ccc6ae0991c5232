import Basics

/// Checks as JUnit's XML, which CI systems show as tests.
///
/// Source: the schema that Jenkins, GitLab and GitHub's reporters read: `testsuites` of `testsuite` of `testcase`.
public struct JUnitReport: Sendable {
  /// One check; `failure` says what was found where it failed.
  public struct Case: Sendable {
    public var name: String
    public var failure: String?
    /// Told beside the result.
    public var output: String

    public init(name: String, failure: String? = nil, output: String = "") {
      self.name = name
      self.failure = failure
      self.output = output
    }
  }

  public var suites: [(name: String, cases: [Case])]

  public init(suites: [(name: String, cases: [Case])]) { self.suites = suites }

  public var text: String {
    let all = suites.flatMap { $0.cases }
    var lines = [
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>",
      "<testsuites name=\"tune\" tests=\"\(all.count)\" failures=\"\(all.count { $0.failure != nil })\">",
    ]
    for (name, cases) in suites {
      lines.append(
        "  <testsuite name=\"\(Self.escaped(name))\" tests=\"\(cases.count)\" "
          + "failures=\"\(cases.count { $0.failure != nil })\" errors=\"0\" skipped=\"0\">")
      for check in cases { lines += Self.lines(check, suite: name) }
      lines.append("  </testsuite>")
    }
    lines.append("</testsuites>")
    return lines.joined(separator: "\n") + "\n"
  }

  private static func lines(_ check: Case, suite: String) -> [String] {
    let start = "    <testcase classname=\"\(escaped(suite))\" name=\"\(escaped(check.name))\""
    if check.failure == nil, check.output.isEmpty { return [start + "/>"] }
    var lines = [start + ">"]
    if let failure = check.failure {
      lines.append("      <failure message=\"\(escaped(failure))\">\(escaped(failure))</failure>")
    }
    if !check.output.isEmpty { lines.append("      <system-out>\(escaped(check.output))</system-out>") }
    return lines + ["    </testcase>"]
  }

  /// Text for attributes and elements; what XML 1.0 cannot hold becomes U+FFFD.
  static func escaped(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result.append(contentsOf: "&amp;".unicodeScalars)
      case "<": result.append(contentsOf: "&lt;".unicodeScalars)
      case ">": result.append(contentsOf: "&gt;".unicodeScalars)
      case "\"": result.append(contentsOf: "&quot;".unicodeScalars)
      case "\n": result.append(contentsOf: "&#10;".unicodeScalars)
      case "\t", "\r": result.append(" ")
      case "\u{0}"..."\u{1F}", "\u{FFFE}", "\u{FFFF}": result.append("\u{FFFD}")
      default: result.append(scalar)
      }
    }
    return String(result)
  }
}
