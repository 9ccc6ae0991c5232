import Basics

/// What can be wrong with a text or a set of texts. Raw values are the names by which kinds are switched on and off.
public enum FindingKind: String, Sendable, CaseIterable {
  case emptyTarget = "empty-target"
  case encodingDamage = "encoding-damage"
  case markup
  case repetition
  case language
  case misspelling
  case url
  case email
  case phone
  case paymentCard = "payment-card"
  case iban
  case secretKey = "secret-key"
  case socialSecurityNumber = "us-ssn"
  case ipAddress = "ip-address"
  case lengthOutlier = "length-outlier"
  case labelImbalance = "label-imbalance"
  case equalPreference = "equal-preference"

  /// One sentence for help texts and reports.
  public var explanation: String {
    switch self {
    case .emptyTarget: "The target is empty or a single sign that is neither a letter nor a digit."
    case .encodingDamage: "The text was decoded wrongly: replacement, private-use or control characters, or mojibake."
    case .markup: "The text holds HTML tags or entities."
    case .repetition: "More than 30 % of a text of at least 30 words lies in repeated runs of four words."
    case .language: "The text is in another language than the set."
    case .misspelling: "Many lower-case words are not in the word list."
    case .url: "The text holds a web address."
    case .email: "The text holds an e-mail address."
    case .phone: "The text holds a telephone number."
    case .paymentCard: "The text holds the number of a payment card with a valid check digit."
    case .iban: "The text holds an international bank account number with valid check digits."
    case .secretKey: "The text holds an API key, an access token or a private key."
    case .socialSecurityNumber: "The text holds a United States social security number."
    case .ipAddress: "The text holds an IP address."
    case .lengthOutlier: "The text is far longer or shorter than the others."
    case .labelImbalance: "One label makes up more than 90 % of the targets, or a label less than 1 %."
    case .equalPreference: "The chosen and the rejected answer are the same."
    }
  }

  /// The kinds that stand for personal or secret data, which a `Redactor` can replace.
  public static let redactable: [FindingKind] = [
    .email, .phone, .paymentCard, .iban, .secretKey, .socialSecurityNumber, .ipAddress, .url,
  ]

  /// The kinds named, in the order of all.
  ///
  /// - Throws: `TuneError.usage` for an unknown name.
  public static func named(_ names: [String]) throws -> [FindingKind] {
    let chosen = try names.map { name in
      guard let kind = FindingKind(rawValue: name) else {
        let known = allCases.map { $0.rawValue }
        let hint = nearest(name, among: known).map { "; did you mean '\($0)'?" } ?? "; known: "
        throw TuneError.usage(
          "unknown kind of finding '\(name)'" + (hint.hasSuffix("?") ? hint : hint + known.joined(separator: ", ")))
      }
      return kind
    }
    return allCases.filter { chosen.contains($0) }
  }
}

/// What a model does with a text: read it or learn to write it.
public enum FieldRole: String, Sendable {
  case prompt, target
}

/// Something to look at in one field of one record, or in the whole set.
public struct Finding: Sendable, Equatable {
  public let kind: FindingKind
  /// The field or column that holds it.
  public let field: String
  /// The place in the text, at most 60 characters without line breaks; secrets and personal data are cut.
  public let excerpt: String
  /// What to do about it.
  public let suggestion: String

  public init(_ kind: FindingKind, field: String, excerpt: String, suggestion: String) {
    (self.kind, self.field, self.excerpt, self.suggestion) = (kind, field, excerpt, suggestion)
  }
}

/// Pieces of texts for reports.
enum Excerpt {
  static let mostCharacters = 60

  /// The bytes around a place, on one line: white space becomes a space, other controls a code.
  static func around(_ range: Range<Int>, in bytes: UnsafeBufferPointer<UInt8>) -> String {
    let start = max(0, range.lowerBound - 16), end = min(bytes.count, max(range.upperBound, start + 44))
    return clean(String(decoding: bytes[scalarStart(start, bytes)..<scalarStart(end, bytes)], as: UTF8.self))
  }

  /// A secret by its first two and last two characters.
  static func masked(_ range: Range<Int>, in bytes: UnsafeBufferPointer<UInt8>) -> String {
    let scalars = String(decoding: bytes[range], as: UTF8.self).unicodeScalars
    guard scalars.count > 8 else { return "… (\(scalars.count) characters)" }
    return clean("\(String(scalars.prefix(2)))…\(String(scalars.suffix(2))) (\(scalars.count) characters)")
  }

  /// The text on one line, cut to 60 scalars.
  static func clean(_ text: String) -> String {
    var result = String.UnicodeScalarView(), count = 0
    for scalar in text.unicodeScalars {
      count += 1
      if (0x21...0x7E).contains(scalar.value) {
        result.append(scalar)
      } else if scalar.properties.isWhitespace {
        result.append(" ")
      } else if scalar.properties.generalCategory == .control || scalar.properties.generalCategory == .format {
        result.append(contentsOf: "<U+\(String(scalar.value, radix: 16, uppercase: true))>".unicodeScalars)
      } else {
        result.append(scalar)
      }
      if count > mostCharacters { break }
    }
    guard result.count > mostCharacters else { return String(result) }
    return String(String.UnicodeScalarView(result.prefix(mostCharacters - 1))) + "…"
  }

  /// The start of the scalar that the byte belongs to.
  private static func scalarStart(_ place: Int, _ bytes: UnsafeBufferPointer<UInt8>) -> Int {
    var place = place
    while place > 0, place < bytes.count, bytes[place] & 0xC0 == 0x80 { place -= 1 }
    return place
  }
}
