import Basics
import CCurl

/// What a server answered before the body.
struct HTTPResponse {
  var status = 0
  /// By name in lower case; of repeated ones the last.
  var headers: [String: String] = [:]
}

/// A request that brought no whole answer; `isTransient` when another try may.
struct TransferFailure: Error {
  let reason: String
  var isTransient = true
  /// Seconds that the server asks to wait.
  var retryAfter: Double?
}

/// One libcurl handle, which keeps its connections open from request to request. Follows no redirect and adds no
/// credentials. For one thread at a time.
final class HTTPConnection {
  struct Limits {
    /// Seconds until a connection must stand.
    var connect = 15
    /// Seconds without a byte after which a request is given up.
    var stall: Int
    /// Seconds for the whole request; 0 for as long as bytes come.
    var total = 0
  }

  private let handle: UnsafeMutableRawPointer
  private let userAgent: String
  private let certificates: String?

  /// - Parameter certificates: a PEM file of authorities to trust instead of the system's.
  init(userAgent: String, certificates: String?) throws {
    guard tune_curl_load() != 0, let handle = tune_curl_easy_init() else {
      throw TuneError.runtime(
        "the library libcurl, which fetches models, is not here; install it (Debian and Ubuntu: apt-get install libcurl4)"
      )
    }
    self.handle = handle
    self.userAgent = userAgent
    self.certificates = certificates
  }

  deinit { tune_curl_easy_cleanup(handle) }

  /// Sends a GET and hands on the body in pieces as they come.
  ///
  /// - Parameters:
  ///   - headers: whole lines, such as "Range: bytes=5-".
  ///   - isCancelled: asked about once a second and with every piece; true ends the request with a `TransferFailure`.
  ///   - receive: gets every piece with the response it belongs to; what it throws ends the request and is thrown on.
  /// - Throws: `TransferFailure`, or what `receive` threw.
  func get(
    _ address: HTTPAddress, headers: [String], limits: Limits, isCancelled: () -> Bool,
    receive: (HTTPResponse, UnsafeRawBufferPointer) throws -> Void
  ) throws -> HTTPResponse {
    try withoutActuallyEscaping(isCancelled) { isCancelled in
      try withoutActuallyEscaping(receive) { receive in
        let exchange = Exchange(isCancelled: isCancelled, receive: receive)
        let code = perform(address, headers: headers, limits: limits, exchange: exchange)
        if let failure = exchange.failure { throw failure }
        guard code == CURLE_OK else { throw Self.failure(code, host: address.host) }
        return exchange.response
      }
    }
  }

  private func perform(
    _ address: HTTPAddress, headers: [String], limits: Limits, exchange: Exchange
  ) -> CURLcode {
    tune_curl_easy_reset(handle)
    var list: UnsafeMutablePointer<curl_slist>?
    for header in headers { list = tune_curl_slist_append(list, header) }
    defer { tune_curl_slist_free_all(list) }
    _ = tune_curl_set_headers(handle, list)
    _ = tune_curl_set_text(handle, CURLOPT_URL, address.text)
    _ = tune_curl_set_text(handle, CURLOPT_USERAGENT, userAgent)
    if let certificates { _ = tune_curl_set_text(handle, CURLOPT_CAINFO, certificates) }
    _ = tune_curl_set_long(handle, CURLOPT_FOLLOWLOCATION, 0)
    _ = tune_curl_set_long(handle, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
    _ = tune_curl_set_long(handle, CURLOPT_NOSIGNAL, 1)
    _ = tune_curl_set_long(handle, CURLOPT_BUFFERSIZE, 256 << 10)
    _ = tune_curl_set_long(handle, CURLOPT_CONNECTTIMEOUT, limits.connect)
    _ = tune_curl_set_long(handle, CURLOPT_LOW_SPEED_LIMIT, 1)
    _ = tune_curl_set_long(handle, CURLOPT_LOW_SPEED_TIME, limits.stall)
    _ = tune_curl_set_long(handle, CURLOPT_TIMEOUT, limits.total)
    guard tune_curl_allow_http_only(handle) == CURLE_OK else { return CURLE_UNSUPPORTED_PROTOCOL }
    return withExtendedLifetime(exchange) {
      tune_curl_set_receivers(
        handle, { Exchange.at($3).header($0, $1 * $2) }, { Exchange.at($3).body($0, $1 * $2) },
        { context, _, _, _, _ in Exchange.at(context).isCancelled() ? 1 : 0 },
        Unmanaged.passUnretained(exchange).toOpaque())
      return tune_curl_easy_perform(handle)
    }
  }

  private static func failure(_ code: CURLcode, host: String) -> TransferFailure {
    switch code {
    case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY:
      TransferFailure(reason: "the address of \(host) cannot be found")
    case CURLE_COULDNT_CONNECT: TransferFailure(reason: "no connection to \(host)")
    case CURLE_OPERATION_TIMEDOUT: TransferFailure(reason: "\(host) did not answer in time")
    case CURLE_PARTIAL_FILE, CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_GOT_NOTHING, CURLE_HTTP2, CURLE_HTTP2_STREAM,
      CURLE_SSL_CONNECT_ERROR, CURLE_WEIRD_SERVER_REPLY:
      TransferFailure(reason: "the connection to \(host) broke off")
    case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE:
      TransferFailure(
        reason: "the certificate of \(host) is not trusted (check the clock and the package ca-certificates, "
          + "or name the authority's file in SSL_CERT_FILE)", isTransient: false)
    case CURLE_ABORTED_BY_CALLBACK: TransferFailure(reason: "stopped", isTransient: false)
    default:
      TransferFailure(
        reason: "\(host): \(String(cString: tune_curl_easy_strerror(code)).lowercased())", isTransient: false)
    }
  }
}

/// What libcurl's callbacks of one request write to.
private final class Exchange {
  var response = HTTPResponse()
  var failure: (any Error)?
  let isCancelled: () -> Bool
  private let receive: (HTTPResponse, UnsafeRawBufferPointer) throws -> Void
  private var headerBytes = 0
  private static let largestHeaders = 256 << 10

  init(isCancelled: @escaping () -> Bool, receive: @escaping (HTTPResponse, UnsafeRawBufferPointer) throws -> Void) {
    self.isCancelled = isCancelled
    self.receive = receive
  }

  static func at(_ context: UnsafeMutableRawPointer?) -> Exchange {
    guard let context else { preconditionFailure("libcurl lost the context of a request") }
    return Unmanaged<Exchange>.fromOpaque(context).takeUnretainedValue()
  }

  /// One line of the headers; any other answer than its length ends the request.
  func header(_ bytes: UnsafeMutablePointer<CChar>?, _ count: Int) -> Int {
    headerBytes += count
    guard headerBytes <= Self.largestHeaders else {
      failure = TransferFailure(reason: "the server sent more than 256 kB of headers", isTransient: false)
      return 0
    }
    let line = String(decoding: UnsafeRawBufferPointer(start: bytes, count: count), as: UTF8.self)
    if line.hasPrefix("HTTP/") {
      // A status line begins a response; that of "100 Continue" comes before the true one.
      let fields = line.split(separator: " ", maxSplits: 2)
      response = HTTPResponse(status: fields.count > 1 ? Int(fields[1].prefix(3)) ?? 0 : 0)
    } else if let colon = line.firstIndex(of: ":") {
      let value = line[line.index(after: colon)...].unicodeScalars.drop { $0 == " " || $0 == "\t" }
      let isEnd: (Unicode.Scalar) -> Bool = { $0 == "\r" || $0 == "\n" || $0 == " " || $0 == "\t" }
      let end = value.lastIndex { !isEnd($0) }.map { value.index(after: $0) } ?? value.startIndex
      response.headers[line[..<colon].lowercased()] = String(value[..<end])
    }
    return count
  }

  func body(_ bytes: UnsafeMutablePointer<CChar>?, _ count: Int) -> Int {
    do {
      try receive(response, UnsafeRawBufferPointer(start: bytes, count: count))
      return count
    } catch {
      failure = error
      // Another number than `count` is an error to libcurl; an empty piece never comes here.
      return 0
    }
  }
}
