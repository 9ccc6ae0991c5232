// Python's `value[start:stop:step]`.
extension Jinja.Interpreter {
  func slice(_ value: Jinja.Value, _ bounds: [Jinja.Value?]) throws -> Jinja.Value {
    let bounds = try bounds.map { bound -> Int? in
      guard let bound, !bound.isNone else { return nil }
      guard let index = bound.index else {
        throw Jinja.Failure("slice indices must be integers; found a value of type '\(bound.typeName)'")
      }
      return index
    }
    switch value {
    case .undefined(let undefined): throw Jinja.Failure(undefined.message)
    case .list(let list): return .list(try Jinja.ListObject(try sliced(list.items, bounds)))
    case .tuple(let tuple): return .tuple(try Jinja.ListObject(try sliced(tuple.items, bounds)))
    case .string(let text): return .text(try sliced(Array(text.unicodeScalars), bounds))
    case .markup(let text): return .markup(String(scalars: try sliced(Array(text.unicodeScalars), bounds)))
    case .range: return .list(try Jinja.ListObject(try sliced(try items(of: value), bounds)))
    case .dictionary: throw Jinja.Failure("unhashable type: 'slice'")
    default: throw Jinja.Failure("'\(value.typeName)' object is not subscriptable")
    }
  }

  private func sliced<Element>(_ items: [Element], _ bounds: [Int?]) throws -> [Element] {
    try charge(1 + items.count / 16)
    let step = bounds.count > 2 ? bounds[2] ?? 1 : 1
    guard step != 0 else { throw Jinja.Failure("slice step cannot be zero") }
    let count = items.count
    func clamped(_ bound: Int?, standard: Int, low: Int, high: Int) -> Int {
      guard let bound else { return standard }
      return min(max(bound < 0 ? max(bound, -count - 1) + count : bound, low), high)
    }
    let stopBound = bounds.count > 1 ? bounds[1] : nil
    if step > 0 {
      let start = clamped(bounds[0], standard: 0, low: 0, high: count)
      let stop = clamped(stopBound, standard: count, low: 0, high: count)
      if step == 1 { return start < stop ? Array(items[start..<stop]) : [] }
      return start < stop ? stride(from: start, to: stop, by: min(step, count + 1)).map { items[$0] } : []
    }
    let start = clamped(bounds[0], standard: count - 1, low: -1, high: count - 1)
    let stop = clamped(stopBound, standard: -1, low: -1, high: count - 1)
    return start > stop ? stride(from: start, to: stop, by: max(step, -count - 1)).map { items[$0] } : []
  }
}
