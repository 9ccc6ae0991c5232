import Basics
import Foundation

/// Where models come from and where they are kept, by the variables that Hugging Face's own tools read.
///
/// Source of names and defaults: huggingface_hub 2.4.0, `constants.py`.
public struct HubSettings: Sendable {
  /// The hub's address without a slash at its end: `HF_ENDPOINT`, else https://huggingface.co.
  public var endpoint: String
  /// `HF_HUB_CACHE`, else `HUGGINGFACE_HUB_CACHE`, else `$HF_HOME/hub`; `HF_HOME` is `$XDG_CACHE_HOME/huggingface` or
  /// `~/.cache/huggingface` unless set.
  public var cache: String
  /// `HF_TOKEN`, else `HUGGING_FACE_HUB_TOKEN`, else the content of `HF_TOKEN_PATH` or `$HF_HOME/token`.
  public var token: String?
  /// Where the token came from, for messages.
  public var tokenSource = "HF_TOKEN"
  /// `HF_HUB_OFFLINE` or `TRANSFORMERS_OFFLINE`: no request is made.
  public var isOffline: Bool
  /// Seconds without a byte after which a request is tried again: `HF_HUB_DOWNLOAD_TIMEOUT`, else 30.
  public var stallSeconds = 30
  /// Files on their way at the same time.
  public var parallelDownloads = 4
  /// Tries that may fail one after the other before a request is given up.
  public var attempts = 5
  /// Seconds before the second try; each further wait is twice as long.
  public var retryDelay = 1.0
  /// A PEM file of authorities to trust instead of the system's: `SSL_CERT_FILE`.
  public var certificates: String?
  public var userAgent: String

  /// - Throws: `TuneError.usage` for a variable whose value cannot be used.
  public init(environment: [String: String], userAgent: String) throws {
    let variables = environment.filter { !$0.value.isEmpty }
    func path(_ name: String) -> String? { variables[name].map { ($0 as NSString).expandingTildeInPath } }
    func isTrue(_ name: String) -> Bool { ["1", "ON", "YES", "TRUE"].contains(variables[name]?.uppercased()) }
    let userHome = variables["HOME"] ?? NSHomeDirectory()
    let home = path("HF_HOME") ?? "\(path("XDG_CACHE_HOME") ?? "\(userHome)/.cache")/huggingface"
    cache = path("HF_HUB_CACHE") ?? path("HUGGINGFACE_HUB_CACHE") ?? "\(home)/hub"
    isOffline = isTrue("HF_HUB_OFFLINE") || isTrue("TRANSFORMERS_OFFLINE")
    certificates = path("SSL_CERT_FILE")
    self.userAgent = userAgent
    endpoint = variables["HF_ENDPOINT"] ?? "https://huggingface.co"
    while endpoint.hasSuffix("/") { endpoint.removeLast() }
    guard ["http://", "https://"].contains(where: { endpoint.hasPrefix($0) && endpoint != $0 }) else {
      throw TuneError.usage(
        "HF_ENDPOINT: '\(endpoint)' is no web address; expected one such as https://huggingface.co")
    }
    if let text = variables["HF_HUB_DOWNLOAD_TIMEOUT"] {
      guard let seconds = Int(text), (1...86_400).contains(seconds) else {
        throw TuneError.usage("HF_HUB_DOWNLOAD_TIMEOUT: '\(text)' is not a number of seconds; use 1 to 86400")
      }
      stallSeconds = seconds
    }
    try readToken(variables, file: path("HF_TOKEN_PATH") ?? "\(home)/token")
  }

  private mutating func readToken(_ variables: [String: String], file: String) throws {
    let names = ["HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"]
    if let name = names.first(where: { variables[$0] != nil }) {
      token = variables[name]
      tokenSource = name
    } else if FileManager.default.fileExists(atPath: file) {
      let content = try MappedFile(file)
      token = withExtendedLifetime(content) { String(decoding: content.bytes.prefix(4096), as: UTF8.self) }
      tokenSource = file
    }
    token = token?.trimmingCharacters(in: .whitespacesAndNewlines)
    if token?.isEmpty == true { token = nil }
    // The token becomes part of a header line.
    if let token, !token.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) {
      throw TuneError.usage("\(tokenSource): holds characters that no token has; expected one line such as hf_…")
    }
  }
}
