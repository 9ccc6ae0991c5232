import Basics

/// One task file of (Super-)Natural Instructions: an object with `Definition`, `Positive Examples` and `Instances`.
///
/// Every instance becomes a record with `id`, `task` (the file's name), `definition`, `input`, `output` (the first of
/// the instance's outputs), `outputs` (all of them), `categories` and `positive_examples`.
/// Source: github.com/allenai/natural-instructions, and src/ni_dataset.py of github.com/yizhongw/Tk-Instruct, which
/// takes the first definition too.
struct InstructionTask: Sendable, Equatable {
  private var name: String
  private var definition: String
  private var categories: JSON?
  private var positiveExamples: JSON?

  init(_ members: JSONObject, name: String) throws {
    self.name = name
    let definition = members["Definition"]
    guard let text = definition?.stringValue ?? definition?.arrayValue?.first?.stringValue else {
      throw BoundaryProblem(reason: "the task has no Definition before its Instances; expected a text", offset: 0)
    }
    self.definition = text
    categories = members["Categories"]
    positiveExamples = members["Positive Examples"]
  }

  func record(of instance: JSONObject) throws(FieldProblem) -> JSONObject {
    guard let input = instance["input"], input.stringValue != nil else {
      throw FieldProblem(field: "input", reason: "missing or no text; expected the instance's input")
    }
    let outputs: [JSON]
    switch instance["output"] {
    case .string(let text): outputs = [.string(text)]
    case .array(let texts) where !texts.isEmpty && texts.allSatisfy({ $0.stringValue != nil }): outputs = texts
    default: throw FieldProblem(field: "output", reason: "missing or no list of texts; expected the instance's outputs")
    }
    var record: JSONObject = [:]
    record["id"] = instance["id"]
    record["task"] = .string(name)
    record["definition"] = .string(definition)
    record["input"] = input
    record["output"] = outputs[0]
    record["outputs"] = .array(outputs)
    record["categories"] = categories
    record["positive_examples"] = positiveExamples
    return record
  }

  /// The members of a task file before its instances, and where the array of these begins.
  ///
  /// - Returns: nil when the bytes end before that.
  /// - Throws: `BoundaryProblem` when the object ends, or what precedes is no valid JSON.
  static func findInstances(
    _ bytes: UnsafeBufferPointer<UInt8>, isEnd: Bool
  ) throws -> (members: JSONObject, arrayStart: Int)? {
    var depth = 0, position = 0
    while position < bytes.count {
      switch bytes[position] {
      case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        depth -= 1
        if depth <= 0 { throw BoundaryProblem(reason: "the task has no list of Instances", offset: position) }
      case .quote:
        guard let close = stringEnd(bytes, from: position + 1) else { return nil }
        if depth == 1, bytes[position + 1..<close].elementsEqual("Instances".utf8) {
          guard let start = valueStart(bytes, afterKey: close + 1) else { return nil }
          if bytes[start] == UInt8(ascii: "[") { return (try members(bytes, before: position), start) }
        }
        position = close
      default: break
      }
      position += 1
    }
    return nil
  }

  private static func stringEnd(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int? {
    var position = start
    while position < bytes.count, bytes[position] != .quote {
      position += bytes[position] == UInt8(ascii: "\\") ? 2 : 1
    }
    return position < bytes.count ? position : nil
  }

  private static func valueStart(_ bytes: UnsafeBufferPointer<UInt8>, afterKey position: Int) -> Int? {
    bytes[position...].firstIndex { !$0.isJSONSpace && $0 != UInt8(ascii: ":") }
  }

  private static func members(_ bytes: UnsafeBufferPointer<UInt8>, before end: Int) throws -> JSONObject {
    var text = Array(bytes[..<end])
    while let last = text.last, last.isJSONSpace || last == UInt8(ascii: ",") { text.removeLast() }
    do {
      return try JSON(parsing: text + [UInt8(ascii: "}")]).objectValue ?? [:]
    } catch {
      throw BoundaryProblem(reason: "not valid JSON: \(error.reason)", offset: min(error.offset, end))
    }
  }
}
