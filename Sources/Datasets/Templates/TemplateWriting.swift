import Basics
import Yams

extension TaskTemplate {
  /// The formats of template files.
  public enum Format: String, Sendable, CaseIterable {
    case tune, promptsource
  }

  /// The text of a file in one of the formats; reading it gives templates that render the same.
  ///
  /// promptsource has no place for a task's description, its fields, or other names of columns, and needs a data set:
  /// the first of `datasets`, else the name. Identifiers that are missing are made from the texts.
  /// - Throws: `TuneError.runtime` when the YAML library fails.
  public func text(in format: Format) throws -> String {
    let node = format == .tune ? ownNode : promptsourceNode
    do {
      return try Yams.serialize(node: node, width: -1, allowUnicode: true)
    } catch {
      throw TuneError.runtime("\(origin): the YAML cannot be written: \(error)")
    }
  }

  // MARK: Our format

  private var ownNode: Node {
    var pairs: [(Node, Node)] = [pair("name", .text(name)), pair("task", .text(task))]
    if let category { pairs.append(pair("category", .text(category.rawValue))) }
    if let kind { pairs.append(pair("kind", .text(kind.rawValue))) }
    if !datasets.isEmpty { pairs.append(pair("datasets", .texts(datasets))) }
    if let dataset { pairs.append(pair("dataset", .text(dataset))) }
    if let subset { pairs.append(pair("subset", .text(subset))) }
    pairs.append(pair("fields", .members(fields.map { pair($0.name, $0.node) })))
    if !metrics.isEmpty { pairs.append(pair("metrics", .texts(metrics))) }
    if let answerChoices { pairs.append(pair("answer_choices", .text(answerChoices))) }
    pairs.append(pair("templates", .sequence(.init(wordings.map { ownNode(of: $0) }, Tag(.seq), .block))))
    return .members(pairs)
  }

  private func ownNode(of wording: Wording) -> Node {
    let metadata = wording.metadata
    var pairs: [(Node, Node)] = [pair("name", .text(wording.name))]
    if let id = metadata.id { pairs.append(pair("id", .text(id))) }
    if let reference = metadata.reference { pairs.append(pair("reference", .text(reference))) }
    if !metadata.languages.isEmpty { pairs.append(pair("languages", .texts(metadata.languages))) }
    if let flag = metadata.isOriginalTask { pairs.append(pair("original_task", .flag(flag))) }
    if let flag = metadata.hasChoicesInPrompt { pairs.append(pair("choices_in_prompt", .flag(flag))) }
    if !metadata.metrics.isEmpty { pairs.append(pair("metrics", .texts(metadata.metrics))) }
    if let choices = wording.answerChoices, !choices.isSame(as: answerChoices ?? "") {
      pairs.append(pair("answer_choices", .text(choices)))
    }
    pairs.append(pair("prompt_and_target", .text(wording.promptAndTarget)))
    return .members(pairs)
  }

  // MARK: promptsource's format

  private var promptsourceNode: Node {
    var pairs = [pair("dataset", .text(dataset ?? datasets.first ?? name))]
    if let subset { pairs.append(pair("subset", .text(subset))) }
    let entries = wordings.map { wording in
      let id = wording.metadata.id ?? identifier(of: wording)
      return (id: id, node: promptsourceNode(of: wording, id: id))
    }
    // PyYAML writes mappings in the order of their keys.
    let sorted = entries.sorted { $0.id < $1.id }.map { pair($0.id, $0.node) }
    pairs.append(pair("templates", .members(sorted)))
    return .members(pairs)
  }

  private func promptsourceNode(of wording: Wording, id: String) -> Node {
    let metadata = wording.metadata
    let metrics = metadata.metrics.isEmpty ? metrics : metadata.metrics
    let about: [(Node, Node)] = [
      pair("choices_in_prompt", metadata.hasChoicesInPrompt.map { .flag($0) } ?? .null),
      pair("languages", .texts(metadata.languages)),
      pair("metrics", .texts(metrics.map { MetricNames.promptsource($0) })),
      pair("original_task", metadata.isOriginalTask.map { .flag($0) } ?? .null),
    ]
    return .members(
      [
        pair("answer_choices", wording.answerChoices.map { .text($0) } ?? .null), pair("id", .text(id)),
        pair("jinja", .text(wording.promptAndTarget)), pair("metadata", .members(about, tag: "!TemplateMetadata")),
        pair("name", .text(wording.name)), pair("reference", .text(metadata.reference ?? "")),
      ], tag: "!Template")
  }

  /// A UUID of version 8 (RFC 9562: for one's own use) from the names and the text.
  private func identifier(of wording: Wording) -> String {
    var hasher = SHA256()
    hasher.update([name, wording.name, wording.promptAndTarget].joined(separator: "\n"))
    let digits = Array(hasher.hexadecimal().utf8.prefix(32))
    func part(_ range: Range<Int>) -> String { String(decoding: digits[range], as: UTF8.self) }
    return "\(part(0..<8))-\(part(8..<12))-8\(part(13..<16))-8\(part(17..<20))-\(part(20..<32))"
  }
}

private func pair(_ key: String, _ value: Node) -> (Node, Node) { (Node.text(key), value) }

extension TaskTemplate.Field {
  fileprivate var node: Node {
    guard !columns.isEmpty || !values.isEmpty || contains != nil else { return .text(explanation) }
    let names = columns.map { column -> Node in
      var pairs = [pair("name", .text(column.name))]
      if !column.unless.isEmpty { pairs.append(pair("unless", .texts(column.unless))) }
      if !column.beside.isEmpty { pairs.append(pair("beside", .texts(column.beside))) }
      return pairs.count == 1 ? .text(column.name) : .members(pairs, style: .flow)
    }
    var pairs = [pair("about", .text(explanation))]
    if !names.isEmpty { pairs.append(pair("columns", .sequence(.init(names, Tag(.seq), .flow)))) }
    if !values.isEmpty { pairs.append(pair("values", .texts(values))) }
    if let contains { pairs.append(pair("contains", .text(contains))) }
    return .members(pairs)
  }
}

extension Node {
  /// A text that reads back as this text: several lines as a block, and what looks like null, a number or a truth
  /// value in quotes.
  fileprivate static func text(_ text: String) -> Node {
    // YAML 1.1 takes these for ends of lines, and a block would make line feeds of them; libyaml loses white space at
    // the beginning of some blocks.
    let otherBreaks: [Unicode.Scalar] = ["\r", "\u{85}", "\u{2028}", "\u{2029}"]
    let style: Node.Scalar.Style =
      if text.unicodeScalars.contains(where: { otherBreaks.contains($0) })
        || text.unicodeScalars.first?.isPythonSpace ?? false
      {
        .doubleQuoted
      } else if text.utf8.contains(UInt8(ascii: "\n")) {
        .literal
      } else {
        Resolver.default.resolveTag(of: Node(text)) == .str ? .any : .singleQuoted
      }
    return .scalar(.init(text, Tag(.str), style))
  }

  fileprivate static func texts(_ texts: [String]) -> Node {
    .sequence(.init(texts.map { .text($0) }, Tag(.seq), .flow))
  }

  fileprivate static func flag(_ value: Bool) -> Node { Node(value ? "true" : "false", Tag(.bool)) }
  fileprivate static var null: Node { Node("null", Tag(.null)) }

  fileprivate static func members(
    _ pairs: [(Node, Node)], tag: String? = nil, style: Node.Mapping.Style = .block
  ) -> Node {
    .mapping(.init(pairs, tag.map { Tag(Tag.Name(rawValue: $0)) } ?? Tag(.map), style))
  }
}
