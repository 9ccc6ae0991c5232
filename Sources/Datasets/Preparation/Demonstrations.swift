import Basics

/// Records of the training split that examples are shown before their own task.
///
/// The pool holds the records with the smallest hashes, whatever order they came in; each example draws from it by its
/// own hash and never gets itself or another of its group.
struct Demonstrations: Sendable {
  struct Candidate: Sendable {
    let rank: UInt64
    let content: UInt64
    /// Of the group, where records are grouped.
    let group: UInt64?
    let fields: JSONObject
  }

  /// How many stand before an example.
  let count: Int
  private let seed: UInt64
  private var pool: [Candidate] = []

  static let poolSize = 512

  init(count: Int, seed: UInt64) {
    self.count = count
    self.seed = seed
  }

  var isEmpty: Bool { pool.isEmpty }
  /// Those in the pool, in the order of their hashes.
  var records: [JSONObject] { pool.map { $0.fields } }

  /// Offers a record of the training split.
  mutating func offer(_ fields: JSONObject, content: UInt64, group: UInt64?) {
    let rank = streamHash(content, "demonstration", seed: seed)
    if pool.count == Self.poolSize, let last = pool.last, rank >= last.rank { return }
    let place = pool.firstIndex { rank <= $0.rank } ?? pool.count
    if place < pool.count, pool[place].rank == rank { return }
    pool.insert(Candidate(rank: rank, content: content, group: group, fields: fields), at: place)
    if pool.count > Self.poolSize { pool.removeLast() }
  }

  /// Candidates for an example, in the order in which they are to be tried: more than `count`, as not every one fits
  /// every wording.
  func draw(for content: UInt64, group: UInt64?) -> [JSONObject] {
    guard !pool.isEmpty else { return [] }
    var random = SeededRandom(seed: streamHash(content, "shots", seed: seed))
    var drawn: [Int] = []
    for _ in 0..<min(pool.count, 4 * count + 8) {
      let index = random.integer(below: pool.count)
      let candidate = pool[index]
      if candidate.content == content || drawn.contains(index) { continue }
      if let group, candidate.group == group { continue }
      drawn.append(index)
    }
    return drawn.map { pool[$0].fields }
  }
}

extension PreparedExample {
  /// The example with others shown before it: their prompts and answers as one text, or as earlier turns of the
  /// conversation.
  func preceded(by demonstrations: [PreparedExample]) -> PreparedExample {
    guard !demonstrations.isEmpty else { return self }
    if let prompt = json["prompt"]?.stringValue, let completion = json["completion"]?.stringValue {
      let shown = demonstrations.compactMap { example -> String? in
        guard let prompt = example.json["prompt"]?.stringValue, let completion = example.json["completion"]?.stringValue
        else { return nil }
        return prompt + completion
      }
      return PreparedExample(prompt: (shown + [prompt]).joined(separator: "\n\n"), completion: completion)
    }
    guard var object = json.objectValue, let messages = object["messages"]?.arrayValue else { return self }
    let system = messages.prefix { $0["role"]?.stringValue == "system" }
    let shown = demonstrations.flatMap { example in
      (example.json["messages"]?.arrayValue ?? []).filter { $0["role"]?.stringValue != "system" }
        // What is shown is not to be learnt again.
        .map { $0["role"]?.stringValue == "assistant" ? $0.unlearnt : $0 }
    }
    let all = system + shown + messages.dropFirst(system.count)
    object["messages"] = .array(Array(all))
    return PreparedExample(conversation: .object(object), messages: Array(all))
  }

  /// The texts that the example is made of.
  var usedTexts: [UsedText] {
    var texts: [UsedText] = []
    for entry in json.objectValue ?? [:] {
      switch entry.value {
      case .string(let text):
        let role: FieldRole = ["completion", "text", "chosen", "rejected"].contains(entry.key) ? .target : .prompt
        texts.append(UsedText(field: entry.key, text: text, role: role))
      case .array(let messages):
        for (index, message) in messages.enumerated() {
          guard let text = message["content"]?.stringValue else { continue }
          let isAnswer = message["role"]?.stringValue == "assistant"
          texts.append(
            UsedText(field: "\(entry.key)[\(index)].content", text: text, role: isAnswer ? .target : .prompt))
        }
      default: continue
      }
    }
    return texts
  }
}

extension JSON {
  /// The message marked as one whose loss does not count.
  fileprivate var unlearnt: JSON {
    guard var message = objectValue else { return self }
    message["weight"] = 0
    return .object(message)
  }
}
