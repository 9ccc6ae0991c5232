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
    case .range(let range): return .range(try sliced(range, bounds))
    case .dictionary: throw Jinja.Failure("unhashable type: 'slice'")
    default: throw Jinja.Failure("'\(value.typeName)' object is not subscriptable")
    }
  }

  private func sliced<Element>(_ items: [Element], _ bounds: [Int?]) throws -> [Element] {
    try charge(1 + items.count / 16)
    let (start, stop, step) = try places(bounds, count: items.count)
    if step == 1 { return start < stop ? Array(items[start..<stop]) : [] }
    let stride = step > 0 ? min(step, items.count + 1) : max(step, -items.count - 1)
    return Swift.stride(from: start, to: stop, by: stride).map { items[$0] }
  }

  private func sliced(_ range: Jinja.Range, _ bounds: [Int?]) throws -> Jinja.Range {
    let (start, stop, step) = try places(bounds, count: range.count)
    func place(_ index: Int) throws -> Int {
      let (distance, isTooFar) = index.multipliedReportingOverflow(by: range.step)
      let (place, overflow) = range.start.addingReportingOverflow(distance)
      guard !isTooFar, !overflow else { throw Jinja.Failure("the bounds of a range grow beyond 64 bits") }
      return place
    }
    let (width, overflow) = step.multipliedReportingOverflow(by: range.step)
    guard !overflow else { throw Jinja.Failure("the step of a range grows beyond 64 bits") }
    let distance = step > 0 ? stop - start : start - stop
    return Jinja.Range(
      start: try place(start), stop: try place(stop), step: width,
      count: distance <= 0 ? 0 : (distance - 1) / Int(clamping: step.magnitude) + 1)
  }

  /// Where a slice of so many elements starts and stops, which is outside of them at most by one, and its step.
  private func places(_ bounds: [Int?], count: Int) throws -> (start: Int, stop: Int, step: Int) {
    let step = bounds.count > 2 ? bounds[2] ?? 1 : 1
    guard step != 0 else { throw Jinja.Failure("slice step cannot be zero") }
    let (low, high) = step > 0 ? (0, count) : (-1, count - 1)
    func clamped(_ bound: Int?, standard: Int) -> Int {
      guard let bound else { return standard }
      return min(max(bound < 0 ? max(bound, -count - 1) + count : bound, low), high)
    }
    let start = clamped(bounds[0], standard: step > 0 ? low : high)
    let stop = clamped(bounds.count > 1 ? bounds[1] : nil, standard: step > 0 ? high : low)
    return (start, stop, step)
  }
}
