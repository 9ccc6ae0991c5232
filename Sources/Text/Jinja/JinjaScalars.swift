extension Unicode.Scalar {
  /// Python's `str.isspace` of one character, also `\s` of its regular expressions.
  var isPythonSpace: Bool {
    switch value {
    case 0x09...0x0D, 0x1C...0x20, 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000: true
    default: false
    }
  }

  /// A character at which Python's `splitlines` cuts.
  var isPythonLineBreak: Bool {
    switch value {
    case 0x0A...0x0D, 0x1C...0x1E, 0x85, 0x2028, 0x2029: true
    default: false
    }
  }

  var isASCIIDigit: Bool { (0x30...0x39).contains(value) }

  /// The value of a hexadecimal digit.
  var hexadecimalValue: Int? {
    switch self {
    case "0"..."9": Int(value) - 0x30
    case "a"..."f": Int(value) - 0x61 + 10
    case "A"..."F": Int(value) - 0x41 + 10
    default: nil
    }
  }

  /// Python's `isalpha`: a letter of any script.
  var isLetter: Bool {
    if value < 0x80 { return (0x41...0x5A).contains(value & ~0x20) }
    return switch properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: true
    default: false
    }
  }

  /// Python's `isalnum`.
  var isAlphanumeric: Bool { isASCIIDigit || isLetter || (value > 0x7F && properties.numericType != nil) }

  /// `\w` of Python's regular expressions.
  var isWordScalar: Bool { self == "_" || isAlphanumeric }

  /// Whether Python's `repr` prints the character as it is.
  var isPrintable: Bool {
    if value < 0x7F { return value >= 0x20 }
    return switch properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator, .spaceSeparator:
      false
    default: true
    }
  }
}

extension Jinja {
  /// The text of a string literal with Python's escapes resolved.
  static func unescaped(_ content: [Unicode.Scalar], at position: Position) throws -> String {
    var result = String.UnicodeScalarView()
    var at = 0
    while at < content.count {
      guard content[at] == "\\", at + 1 < content.count else {
        result.append(content[at])
        at += 1
        continue
      }
      let letter = content[at + 1]
      at += 2
      switch letter {
      case "\n": break
      case "\\", "'", "\"": result.append(letter)
      case "a": result.append("\u{7}")
      case "b": result.append("\u{8}")
      case "f": result.append("\u{C}")
      case "n": result.append("\n")
      case "r": result.append("\r")
      case "t": result.append("\t")
      case "v": result.append("\u{B}")
      case "x": result.append(try numbered(content, &at, digits: 2, position))
      case "u": result.append(try numbered(content, &at, digits: 4, position))
      case "U": result.append(try numbered(content, &at, digits: 8, position))
      case "N": throw Failure("the escape \\N{…} is not supported; write the character itself", at: position)
      case "0"..."7":
        var value = letter.value - 0x30
        var count = 1
        while count < 3, at < content.count, ("0"..."7").contains(content[at]) {
          value = value * 8 + content[at].value - 0x30
          at += 1
          count += 1
        }
        result.append(Unicode.Scalar(value) ?? "\u{FFFD}")
      default:
        result.append("\\")
        result.append(letter)
      }
    }
    return String(result)
  }

  private static func numbered(
    _ content: [Unicode.Scalar], _ at: inout Int, digits: Int, _ position: Position
  ) throws -> Unicode.Scalar {
    var value: UInt32 = 0
    for _ in 0..<digits {
      guard at < content.count, let digit = content[at].hexadecimalValue else {
        throw Failure("an escape in a string misses hexadecimal digits; expected \(digits)", at: position)
      }
      value = value << 4 | UInt32(digit)
      at += 1
    }
    return Unicode.Scalar(value) ?? "\u{FFFD}"
  }
}
