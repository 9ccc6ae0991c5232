import Basics
import Foundation
import Fuzzing
import Testing

@testable import Text

/// Damaged templates, a few hundred in every run of the suite and for minutes in `make fuzz`: they render, equally each
/// time, or end soon with a `TuneError` that tells the place.
@Suite(.serialized) struct JinjaFuzzTests {
  private static let tokens = [
    "{{", "}}", "{%", "%}", "{#", "#}", "-%}", "{%-", "{% if a %}", "{% else %}", "{% endif %}", "{% for x in words %}",
    "{% endfor %}", "{% set q = ", "{% macro m(x) %}", "{% endmacro %}", "{{ m(", "{% raw %}", "{% call m() %}", "(",
    ")",
    "[", "]", "{", "}", "[::-1]", ".x", "|", "| join(',')", "| map(attribute='name') | list", "| tojson", "| length",
    "| indent(4)", "| urlize", "| pprint", "| striptags", "| wordwrap(5)", ".format(1, 2.5)", "{:>{}}", "{0:09,.3}",
    ".translate({97: 'x'})", "range(9)[7::-2]", "| groupby('x')", "| sort", "| unique", "'", "\"", "\\", "%s",
    "range(99999)", "* 9999", "** 99", "~", "+", "-", "not ", "is defined",
    " in ",
    "loop.index", "namespace(x=1)", "é", "👍", "9223372036854775807", "1e308", "messages[0]['content']", "\n", "|||",
  ]

  @Test func jinja() throws {
    let cases = try (JinjaCaseTests.cases() + JinjaCaseTests.cases("language.jsonl"))
      .compactMap { $0["template"]?.stringValue }.map { Array($0.utf8) }
    let variables = try JinjaCaseTests.variables()
    try Fuzzer(
      fileName: "template.jinja", corpus: cases + Self.files(in: Self.root + "/Templates"), tokens: Self.tokens
    )
    .run(inputs: 400, share: 0.6) { bytes, _ in
      try Self.check(bytes, variables, options: bytes.count % 2 == 0 ? .plain : .chat)
    }
    let shared = ProcessInfo.processInfo.environment["TUNE_SHARED"] ?? Self.root + "/../shared"
    let real = Self.files(in: shared + "/data/chat-templates")
    guard !real.isEmpty else { return }
    try Fuzzer(fileName: "chat.jinja", corpus: real, tokens: Self.tokens).run(inputs: 100, share: 0.4) { bytes, _ in
      try Self.check(bytes, variables, options: .chat)
    }
  }

  private static func check(_ bytes: [UInt8], _ variables: JSONObject, options: JinjaTemplate.Options) throws {
    var environment = JinjaEnvironment(seed: 1, now: { Date(timeIntervalSince1970: 1_721_995_200) })
    environment.maximumSteps = 100_000
    do {
      let template = try JinjaTemplate(String(decoding: bytes, as: UTF8.self), name: "damaged", options: options)
      let text = try template.render(variables, environment: environment)
      let again = try template.render(variables, environment: environment)
      try FuzzFailure.unless(text.utf8.elementsEqual(again.utf8), "renders differently the second time")
    } catch let error as TuneError {
      try FuzzFailure.unless(error.message.hasPrefix("damaged:"), "the error tells no place: \(error.message)")
    }
  }

  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../../..").standardizedFileURL.path

  /// The templates below a folder, in the order of their paths; none where there is no such folder.
  private static func files(in folder: String) -> [[UInt8]] {
    let names = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
    return names.filter { $0.hasSuffix(".jinja") || $0.hasSuffix(".yaml") }.sorted()
      .compactMap { try? Data(contentsOf: URL(fileURLWithPath: "\(folder)/\($0)")) }.map { Array($0) }
  }
}
