import Basics
import Testing

@testable import Datasets

@Suite struct FindingTests {
  /// Texts and the kinds found in them; none for what only looks alike.
  static let cases: [(String, [FindingKind])] = [
    ("Write to jane.doe+news@mail.example.co.uk today.", [.email]),
    ("icon@2x.png, @user, user@localhost, a @ b, me@home", []),
    ("See https://example.com/a_(b)?q=1, or www.example.org.", [.url]),
    ("www.com without a name; http:// alone; example.com; awww.x.y", []),
    ("Call +49 30 1234567 now", [.phone]), ("Call (212) 555-0123", [.phone]), ("212-555-0123", [.phone]),
    ("1-800-555-1234", [.phone]), ("212.555.0123", [.phone]), ("123-456-7890", [.phone]),
    ("01 42 68 53 00", [.phone]), ("020 7946 0958", [.phone]), ("0171-1234567", [.phone]), ("030/1234567", [.phone]),
    ("0044 20 7946 0958", [.phone]), ("+14155552671", [.phone]), ("+1 (415) 555-2671 ext", [.phone]),
    ("2019-2020, 12/05/2021, 2021-05-12 10:30, 1999", []), ("$1,234,567.89 or 1.234.567,89", []),
    ("ISBN 0-679-72276-9 and 978-3-16-148410-0", []), ("100-200-3000 and 555-1234", []), ("+10000000 people", []),
    ("3.14159265358979 2,147,483,648 18446744073709551615", []), ("0123456789 is a row of digits", []),
    ("4111 1111 1111 1111", [.paymentCard]), ("4111-1111-1111-1111 12/25", [.paymentCard]),
    ("378282246310005", [.paymentCard]), ("3782 822463 10005", [.paymentCard]), ("5555555555554444.", [.paymentCard]),
    ("4111 1111 1111 1112", []), ("9111111111111111", []), ("id_4111111111111111", []),
    ("DE89 3704 0044 0532 0130 00", [.iban]), ("GB29NWBK60161331926819", [.iban]), ("NO9386011117947", [.iban]),
    ("DE89 3704 0044 0532 0130 01", []), ("XX89 3704 0044 0532 0130 00", []), ("AB12 is a code", []),
    ("sk-abcDEF1234567890abcdXYZ98", [.secretKey]), ("ghp_16C7e42F292c6912E7710c838347Ae178B4a", [.secretKey]),
    ("AKIAIOSFODNN7EXAMPLE", [.secretKey]), ("xoxb-2734623-47234-abcDEFghiJKL", [.secretKey]),
    ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P", [.secretKey]),
    ("-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAK1\n-----END RSA PRIVATE KEY-----", [.secretKey]),
    ("sk-xxxxxxxxxxxxxxxxxxxxxxxx1", []), ("sk-learn-is-a-library-of-many-models", []), ("task-1234567890", []),
    ("-----BEGIN CERTIFICATE-----\nMIIEpAIB1\n-----END CERTIFICATE-----", []),
    ("My number is 078-05-1120.", [.socialSecurityNumber]), ("000-12-3456, 666-12-3456, 912-12-3456, 123-00-4567", []),
    ("192.168.1.10", [.ipAddress]), ("10.0.0.12:8080", [.ipAddress]), ("2001:db8::8a2e:370:7334", [.ipAddress]),
    ("version 1.2.3.4, 127.0.0.1, 255.255.255.0, 300.1.2.3, 1.2.3.4.5, 12:30:45, std::dead::x, 01.02.03.14", []),
    ("<b>bold</b>", [.markup]), ("line<br/>break", [.markup]), ("Tom &amp; Anna &#39;", [.markup]),
    ("<!-- note -->", [.markup]), ("<a\nhref='x'>", [.markup]),
    ("1 < 2 > 0, <3, List<String>, <name>, AT&T, R&D; <br, <email>, &unknown;", []),
    ("CafÃ© menu", [.encodingDamage]), ("itâ€™s", [.encodingDamage]), ("caf\u{FFFD}", [.encodingDamage]),
    ("a\u{0}b", [.encodingDamage]), ("\u{E000}", [.encodingDamage]), ("Â£5", [.encodingDamage]),
    ("ÐŸÑ€Ð¸Ð²ÐµÑ‚ Ð¼Ð¸Ñ€", [.encodingDamage]), ("GroÃŸe Ã–fen", [.encodingDamage]), ("\u{85}", [.encodingDamage]),
    ("Café, it’s £5, São Paulo, NÃO!, «Â», naïve, Привет, 日本語, 😀 🏴󠁧󠁢󠁥󠁮󠁧󠁿, tab\there\r\n", []),
    (String(repeating: "buy now and save ", count: 20), [.repetition]),
    ((0..<80).map { "word\($0)" }.joined(separator: " "), []),
  ]

  @Test(arguments: cases) func kindsAreFound(text: String, kinds: [FindingKind]) {
    let findings = TextChecks().check(text, field: "f", role: .prompt)
    #expect(findings.map { $0.kind } == kinds, "\(text): \(findings.map { $0.excerpt })")
    for finding in findings {
      #expect(finding.excerpt.unicodeScalars.count <= 60 && finding.field == "f" && !finding.suggestion.isEmpty)
    }
    // Inside a sentence as well.
    let inside = TextChecks().check("Well, \(text) , that is it", field: "f", role: .prompt)
    #expect(inside.map { $0.kind } == kinds, "\(text)")
  }

  @Test func excerptsKeepSecrets() throws {
    let key = "ghp_16C7e42F292c6912E7710c838347Ae178B4a"
    let finding = try #require(TextChecks().check("key: \(key)", field: "f", role: .prompt).first)
    #expect(finding.excerpt == "gh…4a (40 characters)")
    let terminal = try #require(TextChecks().check("a\u{1B}[31mb\nc", field: "f", role: .prompt).first)
    #expect(terminal.excerpt == "a<U+1B>[31mb c")
  }

  @Test(arguments: [
    ("", true), (" \n", true), (".", true), ("-", true), ("A", false), ("5", false), ("好", false), ("no", false),
  ])
  func emptyTargets(text: String, isEmpty: Bool) {
    let checks = TextChecks(kinds: [.emptyTarget])
    #expect(checks.check(text, field: "f", role: .target).map { $0.kind } == (isEmpty ? [.emptyTarget] : []))
    #expect(checks.check(text, field: "f", role: .prompt).isEmpty)
  }

  @Test func kindsAreSwitchedByName() throws {
    #expect(try FindingKind.named(["url", "email"]) == [.url, .email])
    let text = "a@b.com <b>x</b>"
    #expect(TextChecks(kinds: [.markup]).check(text, field: "f", role: .prompt).map { $0.kind } == [.markup])
    let error = #expect(throws: TuneError.self) { _ = try FindingKind.named(["emial"]) }
    #expect(error?.message == "unknown kind of finding 'emial'; did you mean 'email'?")
    for kind in FindingKind.allCases { #expect(kind.explanation.hasSuffix(".")) }
  }

  @Test func wordListsFindMisspelling() throws {
    let list = try WordList(lines: ["the", "Cat ", "", "sat", "on", "mat", "and", "purred", "für"], origin: "w")
    #expect(list.count == 8)
    let checks = TextChecks(kinds: [.misspelling], words: list)
    let good = "the cat sat on the mat and the cat purred für Anna, don't the cat sat the mat 4you"
    #expect(checks.check(good, field: "f", role: .prompt).isEmpty)
    let bad = "the ct sat on teh mat and hte cat prred the cat sat the mat"
    #expect(checks.check(bad, field: "f", role: .prompt).first?.excerpt == "teh hte prred")
    #expect(checks.check("teh hte prred", field: "f", role: .prompt).isEmpty)
    #expect(throws: TuneError.self) { _ = try WordList(lines: [" "], origin: "w") }
  }

  @Test func equalPreferences() {
    #expect(PreferenceCheck.check(chosen: "Yes. ", rejected: "\nYes.", field: "chosen")?.kind == .equalPreference)
    #expect(PreferenceCheck.check(chosen: "é", rejected: "e\u{301}", field: "chosen") == nil)
  }

  /// Texts made to be slow: none may take more than linear time.
  @Test(
    .timeLimit(.minutes(1)),
    arguments: [
      "@", "a@", "a.@a.", "<a ", "<", "&#", "&amp", "(", "(0", "+1 ", "1 ", "1.", "1-", "0 12 ", "4111 ", "1:", "a:",
      "::",
      "www.", "http://", "eyJ", "eyJ-", "eyJhbGciOi.", "sk-", "sk-a1b2", "-----BEGIN ", "-----BEGIN PRIVATE KEY-----",
      "DE89 ",
      "AB12", "Ã", "Ð", "\u{301}", "a a a b ", "\u{200B}", "))", "x ", "日", "\0",
    ])
  func timeIsLinear(piece: String) {
    let text = String(repeating: piece, count: 40_000 / piece.utf8.count)
    _ = TextChecks(languages: [.english]).check(text, field: "f", role: .target)
    _ = Redactor(FindingKind.redactable).redact(text)
  }

  @Test func noiseNeverCrashes() {
    var random = SeededRandom(seed: 11)
    let checks = TextChecks(languages: [.english])
    for _ in 0..<3000 {
      let text = CleaningFixture.noise(random.integer(below: 120), &random)
      let findings = checks.check(text, field: "f", role: .target)
      #expect(Set(findings.map { $0.kind }).count == findings.count)
      #expect(findings.allSatisfy { $0.excerpt.unicodeScalars.count <= 60 })
    }
  }
}
