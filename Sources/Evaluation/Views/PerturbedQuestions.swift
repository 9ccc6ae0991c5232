import Basics

/// Asks the questions of a task in other words.
struct PerturbedQuestions {
  let perturbation: Perturbation
  let seed: UInt64
  /// The members of documents that are changed.
  private let fields: [TaskField]
  /// Fields whose members stay as they are.
  private let answers: [TaskField]

  /// - Parameter hasManyInputs: whether the choices are the questions, as WinoGrande has it.
  init(_ perturbation: Perturbation, of task: BenchmarkTask, hasManyInputs: Bool, seed: UInt64) {
    (self.perturbation, self.seed) = (perturbation, seed)
    let choices = [task.docToChoice].compactMap { $0 }
    fields =
      perturbation.changesChoices
      ? [task.docToText, task.docToTarget] + choices : [task.docToText] + (hasManyInputs ? choices : [])
    answers = perturbation.changesChoices || hasManyInputs ? [] : [task.docToTarget]
  }

  /// The document with other words in it.
  ///
  /// Changed are the texts that the question is made of, but for those that the answer is made of too. Where people are
  /// changed, choices and answers are changed with them.
  func document(_ document: TaskDocument) -> TaskDocument {
    let kept = Set(answers.flatMap { $0.members(of: document) })
    let names = Set(fields.flatMap { $0.members(of: document) }).subtracting(kept)
    var json = document.json
    for name in names {
      guard let member = json[name] else { continue }
      if perturbation.changesChoices {
        json[name] = changed(member, depth: 0)
      } else if let text = member.stringValue {
        json[name] = .string(changed(text))
      }
    }
    return TaskDocument(json: json, place: document.place)
  }

  private func changed(_ text: String) -> String {
    // A single word is a name or a key, as COPA's "cause" is.
    perturbation.changesChoices || text.utf8.contains(UInt8(ascii: " "))
      ? perturbation.apply(to: text, seed: seed) : text
  }

  private func changed(_ value: JSON, depth: Int) -> JSON {
    switch value {
    case .string(let text): return .string(changed(text))
    case .array(let items) where depth < Self.mostDepth: return .array(items.map { changed($0, depth: depth + 1) })
    case .object(let members) where depth < Self.mostDepth:
      return .object(
        JSONObject(entries: members.map { .init(key: $0.key, value: changed($0.value, depth: depth + 1)) }))
    default: return value
    }
  }

  private static let mostDepth = 8
}
