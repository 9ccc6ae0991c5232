/// One value of a slot: what `{item}` writes, and the linked values behind `{item.key}`.
struct SlotValue: Sendable {
  let name: Template
  var linked: [String: Template] = [:]

  init(name: Template) { self.name = name }

  /// A plain text, or a mapping with `name` and linked keys.
  init(_ yaml: YAMLValue) throws {
    if yaml.node.mapping == nil {
      name = try Template(yaml.text(), at: yaml.place)
      return
    }
    name = try Template(yaml.required("name").text(), at: yaml.place.at("name"))
    for (key, value) in try yaml.pairs() where key != "name" {
      linked[key] = try Template(value.text(), at: value.place)
    }
  }

  /// A person with the pronouns that templates may ask for.
  init(person: String, woman: Bool, at place: Place) throws {
    name = try Template(person, at: place)
    linked = try English.pronouns(woman: woman).mapValues { try Template($0, at: place) }
  }

  /// A text that is written as it stands.
  init(plain text: String) { name = Template(plain: text) }
}

/// A slot: where its values come from. Two slots of one source never have the same value in one text.
struct Slot: Sendable {
  let name: String
  let source: String
  let values: [SlotValue]
}

/// What all grammar files share: word lists, and phrases that are chosen anew at each use.
struct WordLists: Sendable {
  let lists: [String: [SlotValue]]
  let phrases: [String: [Template]]
  /// By tone: blocks of lines that may end a dialogue; each line is a list of wordings.
  let smallTalk: [String: [[[Template]]]]

  /// Reads `common.yaml`. The lists `women` and `men` together make the list `firstNames`.
  init(_ yaml: YAMLValue) throws {
    var lists: [String: [SlotValue]] = [:]
    for (name, values) in try yaml.required("lists").pairs() {
      if name == "women" || name == "men" {
        lists["firstNames", default: []] += try values.list().map {
          try SlotValue(person: $0.text(), woman: name == "women", at: $0.place)
        }
      } else {
        lists[name] = try values.list().map(SlotValue.init)
      }
    }
    self.lists = lists
    phrases = try Dictionary(
      yaml.optional("phrases")?.pairs().map { ($0.key, try $0.value.templates()) } ?? [], uniquingKeysWith: { $1 })
    smallTalk = try Dictionary(
      yaml.required("smallTalk").pairs().map { tone, blocks in
        (tone, try blocks.list().map { try $0.list().map { try $0.templates() } })
      }, uniquingKeysWith: { $1 })
    guard lists["firstNames"] != nil else { throw yaml.place.at("lists").error("'women' and 'men' are missing") }
  }

  /// Reads a mapping of slots: inline lists, the name of a common list, or the name of an earlier slot.
  func slots(_ yaml: YAMLValue?, after earlier: [Slot] = []) throws -> [Slot] {
    var slots: [Slot] = []
    for (name, value) in try yaml?.pairs() ?? [] {
      if value.node.sequence != nil {
        let values = try value.list().map(SlotValue.init)
        if values.isEmpty { throw value.place.error("the list is empty") }
        slots.append(Slot(name: name, source: "slot " + name, values: values))
        continue
      }
      let source = try value.text()
      if let values = lists[source] {
        slots.append(Slot(name: name, source: source, values: values))
      } else if let same = (earlier + slots).first(where: { $0.name == source }) {
        slots.append(Slot(name: name, source: same.source, values: same.values))
      } else {
        throw value.place.error("'\(source)' is neither a common list nor an earlier slot")
      }
    }
    return slots
  }
}
