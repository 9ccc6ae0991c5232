import Basics
import Testing

@testable import write_datasets

@Suite struct TemplateTests {
  let place = Place(file: "test.yaml", keys: ["lines"])

  @Test(arguments: [
    ("apple", "an"), ("tent", "a"), ("hour", "an"), ("umbrella", "an"), ("unicorn", "a"), ("used car", "a"),
    ("eight", "an"), ("European", "a"), ("18", "an"), ("one-way ticket", "a"),
  ])
  func articleFollowsTheSound(word: String, article: String) {
    #expect(English.article(for: word) == article)
  }

  @Test func slotsPronounsAndSentenceStarts() throws {
    let words = try lists()
    var expansion = Expansion(words: words, place: place, random: SeededRandom(seed: 1))
    expansion.set("A", to: try SlotValue(person: "Anna", woman: true, at: place))
    expansion.set("item", to: SlotValue(plain: "old tent"))
    let template = try Template("{A} takes {a item}. {item} and {A:their} bag, {thanks}. {Thanks}!", at: place)
    #expect(try expansion.write(template) == "Anna takes an old tent. Old tent and her bag, thank you. Thank you!")
  }

  @Test func alternativesNeedABar() throws {
    var expansion = Expansion(words: try lists(), place: place, random: SeededRandom(seed: 1))
    #expect(try expansion.write(Template("a (plain) remark", at: place)) == "a (plain) remark")
    let chosen = try expansion.write(Template("(one|two|(three|four))", at: place))
    #expect(["one", "two", "three", "four"].contains(chosen))
  }

  @Test func errorsNameFileAndKey() throws {
    #expect(throws: TuneError.data("test.yaml: lines: '{' without '}' in \"{item\"")) {
      try Template("{item", at: place)
    }
    var expansion = Expansion(words: try lists(), place: place, random: SeededRandom(seed: 1))
    #expect(throws: TuneError.data("test.yaml: lines: there is no slot 'item'")) {
      try expansion.write(Template("{item}", at: place))
    }
  }

  @Test func csvFieldsAreQuotedWhereNeeded() {
    #expect(PublishedDatasets.csvField("plain") == "plain")
    #expect(PublishedDatasets.csvField("a \"b\", c") == "\"a \"\"b\"\", c\"")
  }

  private func lists() throws -> WordLists {
    let yaml = """
      lists: {women: [Anna, Mara], men: [Tom, Ben]}
      phrases: {thanks: [Thank you]}
      smallTalk: {}
      """
    return try WordLists(YAMLValue(text: yaml, place: place))
  }
}
