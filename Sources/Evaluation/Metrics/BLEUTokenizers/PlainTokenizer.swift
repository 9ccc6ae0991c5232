/// No tokenization: tokens are what stands between white space already.
public struct PlainTokenizer: BLEUTokenizer {
  public let name = "none"

  public init() {}

  public func tokenize(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] { text }
}
