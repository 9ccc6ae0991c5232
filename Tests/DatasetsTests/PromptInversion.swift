import Basics
import Foundation

@testable import Datasets

/// Recovers the record behind a rendered prompt and target.
///
/// The template is rendered over marks, one for each text of the record; what stands around them in the results are
/// the literal parts, and what stands in a rendered row between the literal parts is the text. Labels, lengths of
/// lists and random draws are tried one by one.
struct PromptInversion {
  /// What the template renders to for one choice of labels, lengths and draws.
  struct Hypothesis {
    let record: JSONObject
    let draw: UInt64
    /// Prompt and target as runs of literal bytes and marks.
    let parts: [[Piece]]
  }

  enum Piece: Equatable {
    case literal([UInt8])
    case mark(Int)
  }

  let wording: Wording
  private(set) var hypotheses: [Hypothesis] = []

  /// - Parameter values: for fields that are no single text, the values to try; texts in them are marks already.
  init(_ wording: Wording, values: [String: [JSON]]) {
    self.wording = wording
    let fields = wording.fields
    var records: [JSONObject] = [[:]]
    for (index, field) in fields.enumerated() {
      let tried = values[field] ?? [Self.mark(index)]
      records = records.flatMap { record in
        tried.map { value in
          var record = record
          record[field] = value
          return record
        }
      }
    }
    let draws: UInt64 = wording.promptAndTarget.contains("| choice") ? 240 : 1
    for record in records {
      for draw in 0..<draws {
        guard let rendered = try? wording.render(record, draw: draw) else { continue }
        let parts = [Self.pieces(rendered.prompt), Self.pieces(rendered.target)]
        guard !hypotheses.contains(where: { $0.parts == parts }) else { continue }
        hypotheses.append(Hypothesis(record: record, draw: draw, parts: parts))
      }
    }
  }

  /// The mark of a text: a private-use character.
  static func mark(_ index: Int) -> JSON { .string(String(UnicodeScalar(UInt16(0xE100 + index)) ?? " ")) }

  private static func pieces(_ text: String) -> [Piece] {
    var pieces: [Piece] = []
    var literal: [UInt8] = []
    for scalar in text.unicodeScalars {
      guard (0xE100..<0xE200).contains(scalar.value) else {
        literal += Array(String(scalar).utf8)
        continue
      }
      if !literal.isEmpty { pieces.append(.literal(literal)) }
      literal = []
      pieces.append(.mark(Int(scalar.value) - 0xE100))
    }
    if !literal.isEmpty { pieces.append(.literal(literal)) }
    return pieces
  }

  /// The record and draw of each hypothesis that the row fits.
  func records(prompt: String, target: String) -> [(record: JSONObject, draw: UInt64)] {
    hypotheses.compactMap { hypothesis in
      var match = Match(texts: [Array(prompt.utf8), Array(target.utf8)], parts: hypothesis.parts)
      guard match.run() else { return nil }
      return (Self.filled(.object(hypothesis.record), match.found).objectValue ?? [:], hypothesis.draw)
    }
  }

  private static func filled(_ value: JSON, _ found: [Int: [UInt8]]) -> JSON {
    switch value {
    case .string(let text):
      guard let scalar = text.unicodeScalars.first, (0xE100..<0xE200).contains(scalar.value) else { return value }
      return .string(String(decoding: found[Int(scalar.value) - 0xE100] ?? Array("?".utf8), as: UTF8.self))
    case .array(let elements): return .array(elements.map { filled($0, found) })
    case .object(let object):
      return .object(
        JSONObject(entries: object.map { JSONObject.Entry(key: $0.key, value: filled($0.value, found)) }))
    default: return value
    }
  }
}

/// Finds texts for the marks so that the pieces spell the texts; gives up after many steps.
private struct Match {
  let texts: [[UInt8]]
  let parts: [[PromptInversion.Piece]]
  var found: [Int: [UInt8]] = [:]
  private var steps = 0

  init(texts: [[UInt8]], parts: [[PromptInversion.Piece]]) {
    self.texts = texts
    self.parts = parts
  }

  mutating func run() -> Bool { fits(part: 0, piece: 0, position: 0) }

  private mutating func fits(part: Int, piece: Int, position: Int) -> Bool {
    steps += 1
    guard steps < 20_000 else { return false }
    guard part < parts.count else { return true }
    let text = texts[part], pieces = parts[part]
    guard piece < pieces.count else {
      return position == text.count && fits(part: part + 1, piece: 0, position: 0)
    }
    switch pieces[piece] {
    case .literal(let literal):
      return text[position...].starts(with: literal)
        && fits(part: part, piece: piece + 1, position: position + literal.count)
    case .mark(let mark):
      if let known = found[mark] {
        return text[position...].starts(with: known)
          && fits(part: part, piece: piece + 1, position: position + known.count)
      }
      for end in ends(of: text, from: position, before: piece + 1 < pieces.count ? pieces[piece + 1] : nil) {
        found[mark] = Array(text[position..<end])
        if fits(part: part, piece: piece + 1, position: end) { return true }
      }
      found[mark] = nil
      return false
    }
  }

  /// Where a text that begins at a position can end: before the next literal, or at the end.
  private func ends(of text: [UInt8], from start: Int, before next: PromptInversion.Piece?) -> [Int] {
    guard case .literal(let literal) = next else { return next == nil ? [text.count] : Array(start...text.count) }
    guard let first = literal.first else { return [] }
    guard start + literal.count <= text.count else { return [] }
    return (start...text.count - literal.count).filter { text[$0] == first && text[$0...].starts(with: literal) }
  }
}
