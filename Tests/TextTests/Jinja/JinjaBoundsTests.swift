import Basics
import Testing

@testable import Text

/// Hostile and damaged templates end soon and with an error that tells the place.
struct JinjaBoundsTests {
  @Test(arguments: [
    "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
    "{% set ns = namespace(s='xxxxxxxxxxxxxxxx') %}{% for i in range(60) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}",
    "{% set ns = namespace(l=[1]) %}{% for i in range(60) %}{% set ns.l = ns.l + ns.l %}{% endfor %}",
    "{% set ns = namespace(l=[1]) %}{% for i in range(60) %}{% set ns.l = [ns.l, ns.l] %}{% endfor %}{{ ns.l }}",
    "{% set ns = namespace(l=[1]) %}{% for i in range(9999) %}{% set ns.l = [ns.l] %}{% endfor %}",
    "{% for i in range(10 ** 9) %}{% endfor %}", "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "{% macro a() %}{{ b() }}{% endmacro %}{% macro b() %}{{ a() }}{% endmacro %}{{ a() }}",
    "{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}",
    "{{ 'x' * 99999999999 }}", "{{ [0] * 99999999999 }}", "{{ 9223372036854775807 + 1 }}", "{{ 10 ** 40 }}",
    "{{ range(10 ** 18) }}", "{{ '%99999999d' % 1 }}", "{{ '{:99999999}'.format(1) }}", "{{ 'a' | indent(99999999) }}",
    "{% set l = [] %}{% set _ = l.append(l) %}{{ l }}", "{{ 99999999999999999999 }}", "{{ '4e29' | int }}",
    "{{ range(9)[::2 ** 62] ~ range(0, 9, 4)[::2 ** 62] }}",
    "{% set l = [] %}{% set _ = l.append(l) %}{{ l | pprint }}", "{{ '{:{:{:{:{:1}}}}}'.format(1, 2, 3, 4, 5) }}",
    "{{ ('a' * 9999).translate({97: 'b' * 99999}) }}",
    "{{ \"q'\" ~ '\"' " + String(repeating: "| pprint ", count: 40) + "}}",
  ])
  func refusesWhatHasNoBound(source: String) {
    var environment = JinjaEnvironment()
    environment.maximumSteps = 300_000
    #expect(throws: TuneError.self) { try JinjaTemplate(source, name: "t").render([:], environment: environment) }
  }

  /// Texts that would take quadratic time if a filter looked at a run of characters again and again.
  @Test(
    .timeLimit(.minutes(1)),
    arguments: [
      "wordwrap(3)", "wordwrap(100000)", "urlize", "striptags", "title", "capitalize", "pprint | length", "truncate(9)",
      "wordcount", "indent", "e",
    ])
  func longTextsEnd(filter: String) throws {
    for unit in ["-", "a-", "(", "&lt;", "<!--", "&", "&#", "@", ".", "Σ.", "Σ", " ", "\n", "a b", "www.a.", ")", "'"] {
      var environment = JinjaEnvironment()
      environment.maximumSteps = 20_000_000
      let source = "{{ (x | \(filter)) is string }}"
      let text = String(repeating: unit, count: 20_000)
      _ = try JinjaTemplate(source, name: "t").render(["x": .string(text)], environment: environment)
    }
  }

  @Test func selfReferenceEnds() throws {
    let source = "{% set ns = namespace() %}{% set ns.me = ns %}{% macro m() %}{% endmacro %}{% set ns.m = m %}ok"
    #expect(try JinjaTemplate(source, name: "t").render([:]) == "ok")
    let chain = """
      {% set ns = namespace(x=0) %}{% for i in range(50000) %}{% set ns.x = namespace(x=ns.x) %}{% endfor %}ok
      """
    #expect(try JinjaTemplate(chain, name: "t").render([:]) == "ok")
  }

  @Test func deepNestingIsRefused() {
    for (open, close) in [("(", ")"), ("[", "]"), ("{1:", "}"), ("-", ""), ("not ", "")] {
      let source = "{{ " + String(repeating: open, count: 5000) + "1" + String(repeating: close, count: 5000) + " }}"
      #expect(throws: TuneError.self) { try JinjaTemplate(source, name: "t").render([:]) }
    }
    let sum = "{{ " + Array(repeating: "1", count: 5000).joined(separator: " + ") + " }}"
    #expect(throws: TuneError.self) { try JinjaTemplate(sum, name: "t") }
    let blocks = String(repeating: "{% if 1 %}", count: 5000)
    #expect(throws: TuneError.self) { try JinjaTemplate(blocks, name: "t") }
  }

  @Test func errorsTellThePlace() {
    func message(_ source: String) -> String {
      do {
        return try JinjaTemplate(source, name: "file.jinja").render([:])
      } catch {
        return "\(error)"
      }
    }
    #expect(message("a\n b {{ x.y }}") == "file.jinja:2:8: in {{ x.y }}: 'x' is undefined")
    #expect(message("\n\n{% if 1 %}").hasPrefix("file.jinja:3:4: in {% if 1 %}: the tag 'if' is not closed"))
    #expect(
      message("{{ 'a' | uper }}")
        == "file.jinja:1:10: in {{ 'a' | uper }}: no filter named 'uper'; did you mean 'upper'?")
    #expect(message("{{ 1 +\n  none }}").hasPrefix("file.jinja:1:6: in {{ 1 + none }}: unsupported operand"))
  }

  @Test(arguments: [
    ("{{ user.name.foo() }}", "1:8: in {{ user.name.foo() }}: "),
    ("{%- if x.y.z -%}{%- endif -%}", "1:9: in {%- if x.y.z -%}: "),
    ("{{ 'a' }}{{ '}}' ~ x.y ~ \"{{\" }}{{ 'b' }}", "1:21: in {{ '}}' ~ x.y ~ \"{{\" }}: "),
    ("{% macro m(x) %}{{ x.y.z }}{% endmacro %}text {{ m(1) }}", "1:23: in {{ x.y.z }}: "),
    ("{% for x in 5 %}{% endfor %}", "1:1: in {% for x in 5 %}: "),
    ("{% if a b %}{% endif %}", "1:9: in {% if a b %}: "),
    ("{{ 'a' + \"x }}\nmore", "1:10: in {{ 'a' + \"x }}: "), ("a\n {# open", "2:2: in {# open: "),
    ("{{ a", "1:1: in {{ a: "), ("é {% raw %} b", "1:3: in {% raw %} b: "), ("{{ é.x.y }}", "1:5: in {{ é.x.y }}: "),
    (
      "{% set t = {\n 'a': '\(String(repeating: "b", count: 200))',\r\n  'x': foo.bar.baz,\n 'c': '\(String(repeating: "d d ", count: 50))'} %}",
      "3:11: in … bbbbbbbb"
    ),
  ])
  func errorsQuoteTheExpression(source: String, expected: String) {
    let error = #expect(throws: TuneError.self) { try JinjaTemplate(source, name: "t").render([:]) }
    #expect(error?.message.hasPrefix("t:" + expected) ?? false, "\(error?.message ?? "")")
    #expect(error?.message.unicodeScalars.count ?? 0 < 300)
  }

  /// What jinja2 has and a template here cannot use: each is refused by name.
  @Test(arguments: [
    ("{% include 'x' %}", "include"), ("{% import 'x' as y %}", "import"), ("{% extends 'x' %}", "extends"),
    ("{% autoescape true %}{% endautoescape %}", "autoescape"), ("{{ lipsum() }}", "lipsum"),
    ("{{ 'a'.encode() }}", "encode"), ("{{ (-8) ** 0.5 }}", "power"), ("{{ (1.5).hex() }}", "hex"),
  ])
  func refusesByName(source: String, name: String) {
    let error = #expect(throws: TuneError.self) { try JinjaTemplate(source, name: "t").render([:]) }
    #expect(error?.message.contains(name) ?? false, "\(error?.message ?? "")")
  }

  @Test func functionsAndFiltersOfTheCaller() throws {
    var environment = JinjaEnvironment(seed: 3)
    environment.filters["double"] = { .integer(($0.first?.intValue ?? 0) * 2) }
    environment.functions["hello"] = { _ in "hi" }
    let template = try JinjaTemplate("{{ 21 | double }}{{ hello() }}{{ [4] | map('double') | list }}", name: "t")
    #expect(try template.render([:], environment: environment) == "42hi[8]")
    let random = try JinjaTemplate("{{ range(1000) | choice }} {{ range(1000) | list | random }}", name: "t")
    #expect(try random.render([:], environment: environment) == random.render([:], environment: environment))
  }

  /// Mutated templates must succeed or throw `TuneError`, never crash or hang.
  @Test func damagedTemplates() throws {
    let variables = try JinjaCaseTests.variables()
    let sources = try (JinjaCaseTests.cases() + JinjaCaseTests.cases("language.jsonl"))
      .compactMap { $0["template"]?.stringValue }
    let pieces = [
      "{{", "}}", "{%", "%}", "-%}", "if ", "endfor", "(", ")", "[", ":", "|", "'", "\"", "\\", " 9", "is ", "*", "-",
    ]
    var random = SeededRandom(seed: 7, stream: "jinja-fuzz")
    for round in 0..<3000 {
      var bytes = Array(sources[random.integer(below: sources.count)].utf8)
      for _ in 0...random.integer(below: 4) {
        let place = random.integer(below: bytes.count + 1)
        switch random.integer(below: 4) {
        case 0 where place < bytes.count: bytes[place] = UInt8(truncatingIfNeeded: random.next())
        case 1 where place < bytes.count: bytes.remove(at: place)
        case 2: bytes.insert(contentsOf: Array(pieces[random.integer(below: pieces.count)].utf8), at: place)
        default:
          let other = Array(sources[random.integer(below: sources.count)].utf8)
          bytes.insert(contentsOf: other.prefix(random.integer(below: other.count + 1)), at: place)
        }
      }
      let source = String(decoding: bytes, as: UTF8.self)
      do {
        let options: JinjaTemplate.Options = round % 2 == 0 ? .plain : .chat
        _ = try JinjaTemplate(source, name: "fuzz", options: options).render(variables)
      } catch {
        #expect(error is TuneError, "\(source)")
      }
    }
  }
}
