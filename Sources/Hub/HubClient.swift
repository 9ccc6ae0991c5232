import Basics
import Foundation

/// Requests to the hub: redirects, the token, waiting and trying again. One for each thread.
final class HubClient {
  private let settings: HubSettings
  private let endpoint: HTTPAddress
  private let connection: HTTPConnection
  private let monitor: DownloadMonitor

  /// As many as browsers follow.
  private static let redirectLimit = 20
  /// Longer waits are left to the user.
  private static let longestWait = 300.0

  init(_ settings: HubSettings, monitor: DownloadMonitor) throws {
    connection = try HTTPConnection(userAgent: settings.userAgent, certificates: settings.certificates)
    guard let endpoint = HTTPAddress(settings.endpoint) else {
      throw TuneError.usage(
        "HF_ENDPOINT: '\(settings.endpoint)' is no web address; expected one such as https://huggingface.co")
    }
    self.settings = settings
    self.endpoint = endpoint
    self.monitor = monitor
  }

  // MARK: JSON

  /// Larger answers are no answers of the hub.
  private static let largestJSON = 32 << 20
  /// Seconds for a whole answer.
  private static let longestAnswer = 120

  /// A JSON answer, and the address of the next page if there is one.
  ///
  /// - Parameter path: below the endpoint, or a whole address of the endpoint's host.
  func json(_ path: String, reference: HubReference) throws -> (value: JSON, next: String?) {
    let address = try self.address(path)
    return try retrying(reference, attempts: min(3, settings.attempts)) {
      var body: [UInt8] = []
      let response = try get(address, headers: ["Accept: application/json"], total: Self.longestAnswer) {
        response, bytes in
        // An error's own text is not needed: its headers say what it is.
        guard response.status == 200 else { return }
        guard body.count + bytes.count <= Self.largestJSON else {
          throw TuneError.data("\(address.text): answered more than 32 MB; check HF_ENDPOINT")
        }
        body.append(contentsOf: bytes)
      }
      try check(response, reference)
      do {
        return (try JSON(parsing: body), response.headers["link"].flatMap { Self.nextPage($0) })
      } catch let error as JSONSyntaxError {
        throw TuneError.data(
          "\(address.text): answered something that is not JSON (\(error)); check HF_ENDPOINT and the network's "
            + "sign-in page")
      }
    }
  }

  private func address(_ path: String) throws -> HTTPAddress {
    let whole = path.hasPrefix("/") ? settings.endpoint + path : path
    guard let address = HTTPAddress(whole), address.origin == endpoint.origin else {
      throw TuneError.data("\(settings.endpoint): names the page '\(path)' of another host; check HF_ENDPOINT")
    }
    return address
  }

  /// The address in `<https://…>; rel="next"` (RFC 8288).
  private static func nextPage(_ link: String) -> String? {
    for part in link.split(separator: ",") where part.contains("rel=\"next\"") {
      guard let start = part.firstIndex(of: "<"), let end = part.firstIndex(of: ">"), start < end else { continue }
      return String(part[part.index(after: start)..<end])
    }
    return nil
  }

  // MARK: Files

  /// Fetches what is missing of a file, going on after interruptions; bounded in the tries that bring little.
  func download(_ file: HubFile, commit: String, reference: HubReference, into part: PartialFile) throws {
    let path = percentEncoded(file.path, keepingSlashes: true)
    let address = try self.address("/\(reference.repository)/resolve/\(commit)/\(path)")
    guard !part.isWhole else { return }
    var mark = part.count
    // A megabyte is a new beginning; less must not keep a bad server's download alive for ever.
    func hasProgressed() -> Bool {
      guard part.count - mark >= 1 << 20 else { return false }
      mark = part.count
      return true
    }
    try retrying(reference, attempts: settings.attempts, hasProgressed: hasProgressed) {
      try downloadRest(file, address, reference, into: part)
      guard part.isWhole else { throw TransferFailure(reason: "\(address.host) ended \(file.path) too early") }
    }
  }

  private func downloadRest(
    _ file: HubFile, _ address: HTTPAddress, _ reference: HubReference, into part: PartialFile
  ) throws {
    let start = part.count
    // The digest is of the plain bytes.
    var headers = ["Accept-Encoding: identity"]
    if start > 0 { headers.append("Range: bytes=\(start)-") }
    var isChecked = false
    let response = try get(address, headers: headers, total: 0) { [monitor] response, bytes in
      guard response.status == 200 || response.status == 206 else { return }
      if !isChecked {
        isChecked = true
        try Self.checkBody(of: response, file, start: start, part, monitor)
      }
      try part.append(bytes)
      monitor.received(bytes.count)
    }
    if response.status == 416 {
      try Self.discard(part, monitor)
      throw TransferFailure(reason: "\(address.host) does not send \(file.path) from byte \(start)")
    }
    try check(response, reference)
  }

  /// Holds the headers of a body against what was asked for, and begins anew where the server does.
  private static func checkBody(
    of response: HTTPResponse, _ file: HubFile, start: Int, _ part: PartialFile, _ monitor: DownloadMonitor
  ) throws {
    if let encoding = response.headers["content-encoding"], encoding.lowercased() != "identity" {
      throw TransferFailure(reason: "\(file.path) came in the encoding \(printable(encoding))", isTransient: false)
    }
    let isRest = response.status == 206
    if isRest {
      let range = response.headers["content-range"] ?? ""
      guard range.hasPrefix("bytes \(start)-"), range.hasSuffix("/\(file.size)") || range.hasSuffix("/*") else {
        throw TransferFailure(reason: "another part of \(file.path) came than was asked for")
      }
    } else if start > 0 {
      try discard(part, monitor)
    }
    let announced = response.headers["content-length"].flatMap { Int($0) }
    let expected = isRest ? file.size - start : file.size
    guard announced == nil || announced == expected else {
      throw TransferFailure(
        reason: "\(file.path) has \(announced ?? 0) bytes to come, but \(expected) were announced")
    }
  }

  private static func discard(_ part: PartialFile, _ monitor: DownloadMonitor) throws {
    monitor.adjust(by: -part.count)
    try part.discard()
  }

  // MARK: One request

  /// A GET with its redirects. The token goes to the endpoint's own host, port and protocol and nowhere else.
  private func get(
    _ address: HTTPAddress, headers: [String], total: Int,
    receive: (HTTPResponse, UnsafeRawBufferPointer) throws -> Void
  ) throws -> HTTPResponse {
    var address = address
    for _ in 0..<Self.redirectLimit {
      var lines = headers
      if let token = settings.token, address.origin == endpoint.origin {
        lines.append("Authorization: Bearer \(token)")
      }
      let response = try connection.get(
        address, headers: lines, limits: HTTPConnection.Limits(stall: settings.stallSeconds, total: total),
        isCancelled: { monitor.isCancelled }, receive: receive)
      guard [301, 302, 303, 307, 308].contains(response.status) else { return response }
      guard let location = response.headers["location"], let next = HTTPAddress(location, relativeTo: address) else {
        throw TransferFailure(reason: "\(address.host) sends on to nowhere", isTransient: false)
      }
      guard next.isEncrypted || !address.isEncrypted else {
        throw TransferFailure(
          reason: "\(address.host) sends on to \(next.host) without encryption, which is not followed",
          isTransient: false)
      }
      address = next
    }
    throw TransferFailure(reason: "\(endpoint.host) sends on in a circle", isTransient: false)
  }

  /// - Throws: `TransferFailure` for what may pass, `TuneError` for what the user can mend.
  private func check(_ response: HTTPResponse, _ reference: HubReference) throws {
    switch response.status {
    case 200, 206: return
    case 408, 429, 500, 502, 503, 504:
      let reason = response.status == 429 ? "allows no more requests for now" : "answered \(response.status)"
      throw TransferFailure(reason: "\(endpoint.host) \(reason)", retryAfter: Self.secondsToWait(response.headers))
    default:
      throw HubErrors(settings: settings, reference: reference).refusal(response)
    }
  }

  /// `Retry-After` in seconds, else the time of `RateLimit: "api";r=0;t=55` where nothing remains.
  /// Source: huggingface_hub 2.4.0, `utils/_http.py`.
  static func secondsToWait(_ headers: [String: String]) -> Double? {
    if let seconds = headers["retry-after"].flatMap({ UInt32($0) }) { return Double(seconds) }
    guard let match = headers["ratelimit"]?.firstMatch(of: /;\s*r\s*=\s*0\s*;\s*t\s*=\s*([0-9]{1,9})/) else {
      return nil
    }
    return Double(match.1)
  }

  // MARK: Trying again

  /// - Parameter hasProgressed: whether the tries since it was last true brought enough to count as none.
  private func retrying<Result>(
    _ reference: HubReference, attempts: Int, hasProgressed: () -> Bool = { false }, _ body: () throws -> Result
  ) throws -> Result {
    var failures = 0
    while true {
      do {
        return try body()
      } catch let failure as TransferFailure {
        if monitor.isCancelled { throw CancellationError() }
        failures = hasProgressed() ? 1 : failures + 1
        let wait = failure.retryAfter ?? settings.retryDelay * Double(1 << min(failures - 1, 6))
        guard failure.isTransient, failures < attempts, wait <= Self.longestWait else {
          throw HubErrors(settings: settings, reference: reference).failure(failure)
        }
        try monitor.wait(wait, reason: failure.reason)
      }
    }
  }
}

/// A server's text for a message: no control characters, at most 200 of them.
func printable(_ text: String) -> String {
  String(String.UnicodeScalarView(text.unicodeScalars.prefix(200).filter { $0.properties.generalCategory != .control }))
}
