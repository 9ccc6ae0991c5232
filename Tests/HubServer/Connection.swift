import Foundation

/// One accepted connection.
struct Connection {
  let descriptor: Int32

  func send(_ status: Int, _ headers: [String: String] = [:], body: [UInt8] = []) {
    sendHead(status, headers, length: body.count)
    send(body)
  }

  func sendHead(_ status: Int, _ headers: [String: String], length: Int) {
    var head = "HTTP/1.1 \(status) Status\r\nContent-Length: \(length)\r\nConnection: close\r\n"
    for (name, value) in headers { head += "\(name): \(value)\r\n" }
    send(Array((head + "\r\n").utf8))
  }

  /// Sends all of it, unless the client has gone away.
  func send(_ bytes: [UInt8]) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Foundation.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      guard count > 0 else { return }
      rest = rest.dropFirst(count)
    }
  }

  /// Waits until the client closes the connection.
  func waitForEnd() {
    var byte: UInt8 = 0
    while recv(descriptor, &byte, 1, 0) > 0 {}
  }
}
