/// Cuts the tokens of documents into windows whose every token is learnt.
///
/// Packed windows are those of `group_texts` in transformers' run_clm.py, which lays documents end to end; the last,
/// shorter window is kept. A window of one token teaches nothing and is left out.
struct DocumentWindows {
  /// The most tokens of a window.
  let length: Int
  /// Whether windows go on over the ends of documents.
  let packs: Bool
  let task: Int
  /// Tokens that no window has yet, and the line that the first of them is of.
  private var pending: [Int32] = []
  private var line = 0

  init(length: Int, packs: Bool, task: Int = 0) {
    self.length = length
    self.packs = packs
    self.task = task
  }

  /// The windows that a further document fills.
  mutating func add(_ document: [Int32], line: Int) -> [Example] {
    if pending.isEmpty { self.line = line }
    pending += document
    var windows: [Example] = []
    var start = 0
    while pending.count - start >= length {
      windows.append(window(pending[start..<start + length]))
      start += length
      self.line = line
    }
    pending.removeFirst(start)
    return packs ? windows : windows + finish()
  }

  /// The last window; none where no tokens are left.
  mutating func finish() -> [Example] {
    defer { pending = [] }
    return pending.count > 1 ? [window(pending[...])] : []
  }

  private func window(_ tokens: ArraySlice<Int32>) -> Example {
    Example(tokens: Array(tokens), trained: [0..<tokens.count], task: task, line: line)
  }
}
