import Basics
import Foundation

/// A question with choices, one of which is right.
public struct MultipleChoiceItem: Sendable, Equatable {
  public let question: String
  public let choices: [String]
  /// The place of the right choice.
  public let answer: Int
  /// The line of the file, from 1.
  public let line: Int

  /// What a model reads before a choice.
  public var context: String { "Question: \(question)\nAnswer:" }
  /// What it may go on with.
  public var continuations: [String] { choices.map { " \($0)" } }

  /// Reads a JSON-lines file: `question` (or `query`), `choices` and `answer` (or `gold`), the latter a place from 0, a
  /// letter, or the text of the choice.
  ///
  /// - Throws: `TuneError.data` naming the line for anything else.
  public static func read(_ path: String, limit: Int? = nil) throws -> [MultipleChoiceItem] {
    let reader = try LineReader(path)
    return try items(path: path, limit: limit) { try reader.next().map { String(decoding: $0, as: UTF8.self) } }
  }

  /// - Parameter path: for errors.
  public static func parse(_ text: String, path: String, limit: Int? = nil) throws -> [MultipleChoiceItem] {
    var lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)[...]
    return try items(path: path, limit: limit) { lines.popFirst().map { String($0) ?? "" } }
  }

  private static func items(path: String, limit: Int?, next: () throws -> String?) throws -> [MultipleChoiceItem] {
    var items: [MultipleChoiceItem] = [], number = 0
    while items.count < limit ?? .max, let line = try next() {
      number += 1
      guard !line.allSatisfy({ $0.isWhitespace }) else { continue }
      items.append(try item(line, place: "\(path):\(number)", line: number))
    }
    guard !items.isEmpty else {
      throw TuneError.data("\(path): has no questions; expected a JSON object with question, choices and answer a line")
    }
    return items
  }

  private static func item(_ text: String, place: String, line: Int) throws -> MultipleChoiceItem {
    guard let json = try? JSON(parsing: text), json.objectValue != nil else {
      throw TuneError.data("\(place): is no JSON object; expected one with question, choices and answer")
    }
    guard let question = (json["question"] ?? json["query"])?.stringValue else {
      throw TuneError.data("\(place): has no text 'question'; expected an object with question, choices and answer")
    }
    let choices = json["choices"]?.arrayValue ?? [], texts = choices.compactMap { $0.stringValue }
    guard texts.count == choices.count, texts.count > 1, texts.allSatisfy({ !$0.isEmpty }) else {
      throw TuneError.data("\(place): 'choices' is not a list of two texts or more")
    }
    guard let answer = answerPlace(json["answer"] ?? json["gold"], among: texts) else {
      throw TuneError.data(
        "\(place): 'answer' is \((json["answer"] ?? json["gold"])?.text() ?? "missing"); expected a place from 0 to "
          + "\(texts.count - 1), a letter from A, or one of the choices")
    }
    return MultipleChoiceItem(question: question, choices: texts, answer: answer, line: line)
  }

  private static func answerPlace(_ answer: JSON?, among choices: [String]) -> Int? {
    if let number = answer?.intValue { return choices.indices.contains(number) ? number : nil }
    guard let text = answer?.stringValue else { return nil }
    if let exact = choices.firstIndex(where: { $0.isSame(as: text) }) { return exact }
    guard let letter = text.utf8.first, text.utf8.count == 1, (65...90).contains(letter) else { return nil }
    return choices.indices.contains(Int(letter) - 65) ? Int(letter) - 65 : nil
  }

  /// The choice with the greatest log-likelihood per byte: lm-evaluation-harness's `acc_norm`, which favours no short
  /// ones.
  ///
  /// - Parameter logLikelihoods: of the continuations.
  public func choice(_ logLikelihoods: [Double]) -> Int {
    let scores = zip(logLikelihoods, choices).map { $0 / Double($1.utf8.count) }
    return scores.indices.max { (scores[$0], $1) < (scores[$1], $0) } ?? 0
  }
}
