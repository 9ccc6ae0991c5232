/// The stage Metaspace: spaces become a visible scalar, which also begins each word.
struct Metaspace: Sendable {
  enum Scheme: String, Sendable, CaseIterable {
    /// Only what begins the whole text gets the scalar in front.
    case first
    case always
    case never
  }

  let replacement: UInt32
  let scheme: Scheme
  let splits: Bool

  init(_ stage: FileValue) throws {
    replacement = try stage["replacement"].map { try Self.scalar($0) } ?? 0x2581
    splits = try stage.flag("split", default: true)
    if let name = stage["prepend_scheme"] {
      guard let scheme = Scheme(rawValue: try name.string()) else {
        throw name.unsupported("the scheme \"\(try name.string())\"", known: Scheme.allCases.map(\.rawValue))
      }
      self.scheme = scheme
    } else {
      scheme = try stage.flag("add_prefix_space", default: true) ? .always : .never
    }
  }

  private static func scalar(_ value: FileValue) throws -> UInt32 {
    let scalars = [UInt32](scalarsOf: try value.string())
    guard scalars.count == 1 else { throw value.failure("has \(scalars.count) scalars; expected one") }
    return scalars[0]
  }

  func applied(to pieces: Pieces) -> Pieces {
    var result = Pieces()
    result.beginsText = pieces.beginsText
    result.scalars.reserveCapacity(pieces.scalars.count + pieces.ends.count)
    var start = 0
    for end in pieces.ends {
      let isFirst = start == 0 && pieces.beginsText
      let first = pieces.scalars[start]
      if scheme == .always || (scheme == .first && isFirst), first != 0x20, first != replacement {
        result.scalars.append(replacement)
      }
      for position in start..<end {
        let scalar = pieces.scalars[position] == 0x20 ? replacement : pieces.scalars[position]
        if splits, scalar == replacement { result.endPiece() }
        result.scalars.append(scalar)
      }
      result.endPiece()
      start = end
    }
    return result
  }
}
