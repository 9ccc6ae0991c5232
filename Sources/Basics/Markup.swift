/// Text of HTML and XML.
public enum Markup {
  /// A text as a page or a picture shows it literally, in elements and in attributes between double quotes.
  ///
  /// What HTML or XML cannot hold even escaped becomes U+FFFD.
  public static func escaped(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result.append(contentsOf: "&amp;".unicodeScalars)
      case "<": result.append(contentsOf: "&lt;".unicodeScalars)
      case ">": result.append(contentsOf: "&gt;".unicodeScalars)
      case "\"": result.append(contentsOf: "&quot;".unicodeScalars)
      case "\r": result.append("\n")
      default: result.append(isForbidden(scalar) ? "\u{FFFD}" : scalar)
      }
    }
    return String(result)
  }

  /// Controls and noncharacters.
  public static func isForbidden(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x9, 0xA, 0xD: false
    case 0...0x1F, 0x7F...0x9F, 0xFDD0...0xFDEF: true
    default: scalar.value & 0xFFFE == 0xFFFE
    }
  }
}
