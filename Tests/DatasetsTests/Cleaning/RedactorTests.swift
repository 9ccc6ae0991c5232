import Basics
import Testing

@testable import Datasets

@Suite struct RedactorTests {
  @Test(arguments: [
    ("Mail a.b@c.org, or call +49 30 1234567.", "Mail <email>, or call <phone>."),
    ("Card 4111 1111 1111 1111 12/25", "Card <card> 12/25"),
    ("Pay to DE89 3704 0044 0532 0130 00!", "Pay to <iban>!"),
    ("key=AKIAIOSFODNN7EXAMPLE;", "key=<key>;"),
    ("SSN 078-05-1120 from 192.168.1.10", "SSN <ssn> from <ip>"),
    ("(212) 555-0123 or 212-555-0124", "<phone> or <phone>"),
    ("see https://example.com", "see https://example.com"),
    ("nothing: 12, 3.5 and <email>", "nothing: 12, 3.5 and <email>"),
    ("-----BEGIN PRIVATE KEY-----\nAb1+/=\n-----END PRIVATE KEY-----\nrest", "<key>\nrest"),
  ])
  func spansAreReplaced(text: String, expected: String) {
    #expect(Redactor().redact(text).text == expected)
  }

  @Test func countsAndKinds() {
    let text = "a@b.com b@c.com 212-555-0123 www.example.com"
    #expect(Redactor().redact(text).counts == [.email: 2, .phone: 1])
    let some = Redactor([.url, .phone, .repetition])
    #expect(some.kinds == [.phone, .url])
    #expect(some.redact(text).text == "a@b.com b@c.com <phone> <url>")
  }

  @Test func twiceIsOnce() {
    var random = SeededRandom(seed: 12)
    let pieces =
      FindingTests.cases.map { $0.0 } + [" ", "", "", ".", "-", "+", "(", "1", "12 ", "a", "@", "<", "0", "\n"]
    let redactor = Redactor(FindingKind.redactable)
    for round in 0..<6000 {
      let text =
        round % 2 == 0
        ? CleaningFixture.noise(random.integer(below: 80), &random)
        : (0...random.integer(below: 5)).map { _ in pieces[random.integer(below: pieces.count)] }.joined()
      let once = redactor.redact(text)
      let twice = redactor.redact(once.text)
      #expect(twice.text == once.text && twice.counts.isEmpty, "\(text.debugDescription)")
      let findings = TextChecks().check(once.text, field: "f", role: .prompt)
      #expect(findings.allSatisfy { !FindingKind.redactable.contains($0.kind) }, "\(text.debugDescription)")
    }
  }
}
