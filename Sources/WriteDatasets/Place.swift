import Basics
import Foundation
import Yams

/// Where in the grammar something is written: the file and the keys that lead there.
struct Place: Sendable {
  /// The file, as the user named its folder.
  let file: String
  /// Keys and positions, outermost first.
  var keys: [String] = []

  /// The place of `key` inside this one.
  func at(_ key: String) -> Place { Place(file: file, keys: keys + [key]) }

  /// The place of the element `index` (counted from 0, shown from 1).
  func at(_ index: Int) -> Place { at("[\(index + 1)]") }

  /// An error that names the file and the keys.
  func error(_ message: String) -> TuneError {
    let path = keys.joined(separator: ".").replacing(".[", with: "[")
    return .data(path.isEmpty ? "\(file): \(message)" : "\(file): \(path): \(message)")
  }
}

/// A YAML value together with its place, so that each access can say what was expected where.
struct YAMLValue {
  let node: Node
  let place: Place

  /// Reads a whole file.
  static func file(_ url: URL, shownAs name: String) throws -> YAMLValue {
    let place = Place(file: name)
    let text: String
    do { text = try String(contentsOf: url, encoding: .utf8) } catch {
      throw place.error("cannot be read as UTF-8 text")
    }
    return try YAMLValue(text: text, place: place)
  }

  init(node: Node, place: Place) {
    self.node = node
    self.place = place
  }

  /// Reads YAML text.
  init(text: String, place: Place) throws {
    do {
      guard let node = try Yams.compose(yaml: text) else { throw place.error("the file is empty") }
      self.init(node: node, place: place)
    } catch let error as YamlError {
      throw place.error("\(error)")
    }
  }

  /// The text of a scalar.
  func text() throws -> String {
    guard let scalar = node.scalar else { throw place.error("expected a text") }
    return scalar.string
  }

  /// The elements of a list.
  func list() throws -> [YAMLValue] {
    guard let sequence = node.sequence else { throw place.error("expected a list") }
    return sequence.enumerated().map { YAMLValue(node: $1, place: place.at($0)) }
  }

  /// The pairs of a mapping, in the file's order.
  func pairs() throws -> [(key: String, value: YAMLValue)] {
    guard let mapping = node.mapping else { throw place.error("expected keys and values") }
    return try mapping.map { key, value in
      guard let name = key.scalar?.string else { throw place.error("a key is not a text") }
      return (name, YAMLValue(node: value, place: place.at(name)))
    }
  }

  /// The value of `key`, if there is one.
  func optional(_ key: String) throws -> YAMLValue? {
    try pairs().first { $0.key == key }?.value
  }

  /// The value of `key`.
  func required(_ key: String) throws -> YAMLValue {
    guard let value = try optional(key) else { throw place.error("the key '\(key)' is missing") }
    return value
  }

  /// One template, or a list of alternative templates.
  func templates() throws -> [Template] {
    if node.scalar != nil { return [try Template(text(), at: place)] }
    let templates = try list().map { try Template($0.text(), at: $0.place) }
    if templates.isEmpty { throw place.error("the list is empty") }
    return templates
  }
}
