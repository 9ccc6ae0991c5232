import Basics
import Foundation
import Glibc
import Synchronization

/// The hub's API on a port of 127.0.0.1: one thread a connection, one request a connection.
public final class HubServer: Sendable {
  public struct Request: Sendable {
    public let path: String
    /// By name in lower case.
    public let headers: [String: String]
  }

  /// What goes wrong with one request.
  public enum Fault: Sendable {
    /// The connection breaks after so many bytes of the body.
    case cut(Int)
    case status(Int, [String: String] = [:])
    /// The same path below `/cdn` of another server.
    case redirect(String)
    /// No answer until the client goes away.
    case silent
    /// Nothing more after so many bytes of the body.
    case stalled(Int)
    /// Pieces of so many bytes with a pause between them.
    case slow(Int, seconds: Double)
    /// The first byte of the body is another one.
    case wrongByte
    case ignoredRange
    /// Announces another length than the file has, and sends that many bytes.
    case length(Int)
    /// These bytes instead of a response.
    case raw([UInt8])
  }

  private struct State {
    var repositories: [String: Repository] = [:]
    var faults: [String: [Fault]] = [:]
    var requests: [Request] = []
    var isStopped = false
  }

  private let state = Mutex(State())
  private let listener: Int32
  private let port: UInt16

  public init(_ repositories: [String: Repository] = [:]) throws {
    listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    port = try Self.listen(listener)
    state.withLock { $0.repositories = repositories }
    Thread { [self] in
      accept()
    }.start()
  }

  /// - Returns: the port, a free one.
  private static func listen(_ listener: Int32) throws -> UInt16 {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isListening = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
        bind(listener, generic, size) == 0 && Glibc.listen(listener, 64) == 0
          && getsockname(listener, generic, &size) == 0
      }
    }
    guard isListening else { throw TuneError.runtime("no port to listen on: \(String(cString: strerror(errno)))") }
    return UInt16(bigEndian: address.sin_port)
  }

  public var endpoint: String { "http://127.0.0.1:\(port)" }
  public var requests: [Request] { state.withLock { $0.requests } }

  /// Requests for files, by their paths in the repository.
  public func requests(for file: String) -> [Request] { requests.filter { $0.path.hasSuffix("/\(file)") } }

  public subscript(repository: String) -> Repository? {
    get { state.withLock { $0.repositories[repository] } }
    set { state.withLock { $0.repositories[repository] = newValue } }
  }

  /// Faults of the next requests whose path contains `part`, one each.
  public func fail(_ part: String, _ faults: Fault...) { state.withLock { $0.faults[part, default: []] += faults } }

  public func stop() {
    let wasStopped = state.withLock { state in
      defer { state.isStopped = true }
      return state.isStopped
    }
    guard !wasStopped else { return }
    shutdown(listener, Int32(SHUT_RDWR))
  }

  /// Closes the listener itself: closed elsewhere, its number could already be another server's when `accept` is called.
  private func accept() {
    defer { close(listener) }
    while true {
      let connection = Glibc.accept(listener, nil, nil)
      if connection < 0 {
        if state.withLock({ $0.isStopped }) || errno != EINTR { return }
        continue
      }
      Thread { [self] in
        if let request = Self.read(connection) { answer(request, Connection(descriptor: connection)) }
        close(connection)
      }.start()
    }
  }

  private static func read(_ connection: Int32) -> Request? {
    var head: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while !head.suffix(4).elementsEqual("\r\n\r\n".utf8) {
      let count = recv(connection, &buffer, buffer.count, 0)
      guard count > 0, head.count < 1 << 16 else { return nil }
      head += buffer.prefix(count)
    }
    let lines = String(decoding: head, as: UTF8.self).components(separatedBy: "\r\n")
    let first = lines[0].split(separator: " ")
    guard first.count == 3 else { return nil }
    var headers: [String: String] = [:]
    for line in lines.dropFirst() {
      guard let colon = line.firstIndex(of: ":") else { continue }
      headers[line[..<colon].lowercased()] = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
    }
    return Request(path: String(first[1]), headers: headers)
  }

  private func answer(_ request: Request, _ connection: Connection) {
    let fault = state.withLock { state -> Fault? in
      state.requests.append(request)
      let part = state.faults.first { request.path.contains($0.key) && !$0.value.isEmpty }?.key
      return part.flatMap { state.faults[$0]?.removeFirst() }
    }
    switch fault {
    case .status(let status, let headers)?: connection.send(status, headers)
    case .redirect(let host)?: connection.send(302, ["Location": "\(host)/cdn\(request.path)"])
    case .silent?: connection.waitForEnd()
    case .raw(let bytes)?: connection.send(bytes)
    default: answer(request, fault, connection)
    }
  }

  private func answer(_ request: Request, _ fault: Fault?, _ connection: Connection) {
    let isContent = request.path.hasPrefix("/cdn/")
    let path = (isContent ? String(request.path.dropFirst(4)) : request.path).removingPercentEncoding ?? ""
    for (name, repository) in state.withLock({ $0.repositories }) {
      let places = ["/api/models/\(name)/revision/", "/api/models/\(name)/tree/", "/\(name)/resolve/"]
      guard let place = places.firstIndex(where: { path.hasPrefix($0) }) else { continue }
      let rest = String(path.dropFirst(places[place].count))
      if !isContent, let refusal = Self.refusal(request, repository) { return connection.send(refusal.0, refusal.1) }
      switch place {
      case 0: return sendRevision(rest, repository, connection)
      case 1: return sendListing(request.path, repository, connection)
      default: return sendFile(rest, repository, request, fault, connection)
      }
    }
    connection.send(401, ["X-Error-Code": "RepoNotFound", "X-Error-Message": "Repository not found"])
  }

  private static func refusal(_ request: Request, _ repository: Repository) -> (Int, [String: String])? {
    let given = request.headers["authorization"]
    if let token = repository.token, given != "Bearer \(token)" {
      return given == nil
        ? (401, ["X-Error-Code": "RepoNotFound"])
        : (401, ["X-Error-Message": "Invalid credentials in Authorization header"])
    }
    return repository.isGated ? (403, ["X-Error-Code": "GatedRepo", "X-Error-Message": "Access is restricted"]) : nil
  }

  private func sendRevision(_ revision: String, _ repository: Repository, _ connection: Connection) {
    guard repository.revisions.contains(revision) else {
      return connection.send(404, ["X-Error-Code": "RevisionNotFound"])
    }
    connection.send(200, body: Array("{\"id\": \"x\", \"sha\": \"\(repository.commit)\"}".utf8))
  }

  private func sendListing(_ path: String, _ repository: Repository, _ connection: Connection) {
    if let listing = repository.listing { return connection.send(200, body: Array(listing.utf8)) }
    let number = path.components(separatedBy: "cursor=").dropFirst().first.flatMap { Int($0) } ?? 0
    var headers: [String: String] = [:]
    let base = "\(endpoint)\(path.components(separatedBy: "&cursor=")[0])"
    let next = repository.nextPage ?? (repository.hasPage(number + 1) ? "\(base)&cursor=\(number + 1)" : nil)
    if let next { headers["Link"] = "<\(next)>; rel=\"next\"" }
    connection.send(200, headers, body: Array(repository.page(number).text().utf8))
  }

  private func sendFile(
    _ path: String, _ repository: Repository, _ request: Request, _ fault: Fault?, _ connection: Connection
  ) {
    guard let slash = path.firstIndex(of: "/"), path[..<slash] == repository.commit,
      let file = repository.files[String(path[path.index(after: slash)...])]
    else { return connection.send(404, ["X-Error-Code": "EntryNotFound"]) }
    var body = file.bytes
    var status = 200
    var headers = ["ETag": "\"\(file.etag)\"", "X-Repo-Commit": repository.commit]
    if file.sha256 != nil { headers["X-Linked-Size"] = "\(file.size)" }
    if let range = request.headers["range"], let start = Int(range.dropFirst(6).dropLast()) {
      if case .ignoredRange? = fault {
      } else if start >= file.size {
        return connection.send(416, ["Content-Range": "bytes */\(file.size)"])
      } else {
        body = Array(body[start...])
        status = 206
        headers["Content-Range"] = "bytes \(start)-\(file.size - 1)/\(file.size)"
      }
    }
    var length = body.count
    switch fault {
    case .wrongByte?: body[0] ^= 1
    case .length(let other)?:
      length = other
      body = Array((body + [UInt8](repeating: 0, count: max(0, other - body.count))).prefix(other))
    default: break
    }
    connection.sendHead(status, headers, length: length)
    switch fault {
    case .cut(let count)?: connection.send(Array(body.prefix(count)))
    case .stalled(let count)?:
      connection.send(Array(body.prefix(count)))
      connection.waitForEnd()
    case .slow(let count, let seconds)?:
      for start in stride(from: 0, to: body.count, by: count) {
        connection.send(Array(body[start..<min(start + count, body.count)]))
        Thread.sleep(forTimeInterval: seconds)
      }
    default: connection.send(body)
    }
  }
}
