import CCurl

/// An absolute `http` or `https` URL, taken apart by libcurl, so that what is checked is what is connected to.
struct HTTPAddress: Sendable, Equatable {
  let text: String
  /// "https://huggingface.co:443": what may see the token.
  let origin: String
  let isEncrypted: Bool
  let host: String

  /// - Parameter base: the address that a relative one, as of a redirect, starts from.
  /// - Returns: nil when this is no URL, or one of another protocol.
  init?(_ text: String, relativeTo base: HTTPAddress? = nil) {
    // A C string ends at a NUL, so that another address than the checked one would be used.
    guard !text.utf8.contains(0), tune_curl_load() != 0, let url = tune_curl_url() else { return nil }
    defer { tune_curl_url_cleanup(url) }
    if let base, tune_curl_url_set(url, CURLUPART_URL, base.text, 0) != CURLUE_OK { return nil }
    guard tune_curl_url_set(url, CURLUPART_URL, text, UInt32(CURLU_URLENCODE)) == CURLUE_OK,
      tune_curl_url_set(url, CURLUPART_FRAGMENT, nil, 0) == CURLUE_OK,
      let whole = Self.part(url, CURLUPART_URL), let scheme = Self.part(url, CURLUPART_SCHEME)?.lowercased(),
      let host = Self.part(url, CURLUPART_HOST)?.lowercased(), !host.isEmpty,
      let port = Self.part(url, CURLUPART_PORT, CURLU_DEFAULT_PORT), ["http", "https"].contains(scheme)
    else { return nil }
    self.text = whole
    self.host = host
    origin = "\(scheme)://\(host):\(port)"
    isEncrypted = scheme == "https"
  }

  private static func part(_ url: OpaquePointer, _ part: CURLUPart, _ flags: Int32 = 0) -> String? {
    var value: UnsafeMutablePointer<CChar>?
    guard tune_curl_url_get(url, part, &value, UInt32(flags)) == CURLUE_OK, let value else { return nil }
    defer { tune_curl_free(value) }
    return String(cString: value)
  }
}

/// Bytes other than letters, digits and `-._~` as `%XX`; slashes stay on wish (RFC 3986).
func percentEncoded(_ text: String, keepingSlashes: Bool = false) -> String {
  var encoded = ""
  for byte in text.utf8 {
    let character = Unicode.Scalar(byte)
    let isPlain = byte < 0x80 && (isWordByte(byte) || "-.~".unicodeScalars.contains(character))
    if isPlain || (keepingSlashes && character == "/") {
      encoded.unicodeScalars.append(character)
    } else {
      let digits = String(byte, radix: 16, uppercase: true)
      encoded += digits.utf8.count == 1 ? "%0\(digits)" : "%\(digits)"
    }
  }
  return encoded
}

/// ASCII letters, digits and `_`.
func isWordByte(_ byte: UInt8) -> Bool {
  switch byte {
  case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
    true
  default: false
  }
}

/// Whether a text is `count` lower-case hexadecimal digits, as commits and digests are.
func isHexadecimal(_ text: String, count: Int) -> Bool {
  text.utf8.count == count
    && text.utf8.allSatisfy { byte in
      (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }
}
