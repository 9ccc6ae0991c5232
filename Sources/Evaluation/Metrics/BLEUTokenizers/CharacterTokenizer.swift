/// Every Unicode scalar a token.
public struct CharacterTokenizer: BLEUTokenizer {
  public let name = "char"

  public init() {}

  public func tokenize(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
    Array(text.map { [$0] }.joined(separator: CollectionOfOne(" ")))
  }
}
