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
        "  <testsuite name=\(Self.attribute(name)) tests=\"\(cases.count)\" "
          + "failures=\"\(cases.count { $0.failure != nil })\" errors=\"0\" skipped=\"0\">")
      for check in cases { lines += Self.lines(check, suite: name) }
      lines.append("  </testsuite>")
    }
    lines.append("</testsuites>")
    return lines.joined(separator: "\n") + "\n"
  }

  private static func lines(_ check: Case, suite: String) -> [String] {
    let start = "    <testcase classname=\(attribute(suite)) name=\(attribute(check.name))"
    if check.failure == nil, check.output.isEmpty { return [start + "/>"] }
    var lines = [start + ">"]
    if let failure = check.failure {
      lines.append("      <failure message=\(attribute(failure))>\(Markup.escaped(failure))</failure>")
    }
    if !check.output.isEmpty { lines.append("      <system-out>\(Markup.escaped(check.output))</system-out>") }
    return lines + ["    </testcase>"]
  }

  /// A text between quotes, where a line feed of its own would be read as a space.
  private static func attribute(_ text: String) -> String {
    "\"\(Markup.escaped(text).replacing("\n", with: "&#10;"))\""
  }
}
