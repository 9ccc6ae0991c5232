import Basics
import Foundation
import Testing

@testable import Hub

/// Names, variables and digests.
@Suite struct NameTests {
  @Test(
    arguments: [
      ("org/name", "org/name", "main", nil), ("gpt2", "gpt2", "main", nil), ("hf://org/name", "org/name", "main", nil),
      ("org/name@v1", "org/name", "v1", nil), ("org/na.me_1-x@refs/pr/1", "org/na.me_1-x", "refs/pr/1", nil),
      ("org/name/m.gguf", "org/name", "main", "m.gguf"), ("org/name/a/M.GGUF", "org/name", "main", "a/M.GGUF"),
      ("org/name@v1/a/m.gguf", "org/name", "v1", "a/m.gguf"),
      ("org/name@refs/pr/1/m.gguf", "org/name", "refs/pr/1", "m.gguf"),
    ] as [(String, String, String, String?)])
  func namesAreTakenApart(text: String, repository: String, revision: String, file: String?) throws {
    let reference = try HubReference(text)
    #expect(reference.repository == repository && reference.revision == revision && reference.file == file)
    #expect(try HubReference(reference.description) == reference)
  }

  @Test(arguments: [
    "", "/", "org/", "/name", "a/b/c", "./model", "../x/y", "a..b/c", "a--b/c", "org/name.git", "org/-name",
    "org/name.",
    "~/model", "org/na me", "org/näme", "model.gguf", "runs/model.safetensors", "org/name@", "org/name@../x",
    "org/name@/etc", "org/name/../x.gguf", "org/name/x.bin", "C:\\models\\x", "org/name@a\u{0}b",
    String(repeating: "a", count: 97),
  ]) func otherNamesAreRefused(text: String) throws {
    #expect(throws: TuneError.self) { try HubReference(text) }
  }

  @Test func flagsWinOverTheName() throws {
    let reference = try HubReference("org/name@v1", revision: "v2", file: "m.gguf")
    #expect(reference.description == "org/name@v2/m.gguf")
    #expect(throws: TuneError.self) { try HubReference("org/name", revision: "a/../b", file: nil) }
    #expect(throws: TuneError.self) { try HubReference("org/name", revision: nil, file: "m.bin") }
  }

  @Test func variablesAreThoseOfHuggingFace() throws {
    func settings(_ environment: [String: String]) throws -> HubSettings {
      try HubSettings(environment: environment, userAgent: "x")
    }
    #expect(try settings(["HOME": "/h"]).cache == "/h/.cache/huggingface/hub")
    #expect(try settings(["HOME": "/h", "XDG_CACHE_HOME": "/x"]).cache == "/x/huggingface/hub")
    #expect(try settings(["XDG_CACHE_HOME": "/x", "HF_HOME": "/f"]).cache == "/f/hub")
    #expect(try settings(["HF_HOME": "/f", "HUGGINGFACE_HUB_CACHE": "/l"]).cache == "/l")
    #expect(try settings(["HF_HOME": "/f", "HUGGINGFACE_HUB_CACHE": "/l", "HF_HUB_CACHE": "/c"]).cache == "/c")
    #expect(try settings(["HF_HOME": ""]).cache == "\(NSHomeDirectory())/.cache/huggingface/hub")
    #expect(try settings([:]).endpoint == "https://huggingface.co")
    #expect(try settings(["HF_ENDPOINT": "http://localhost:1//"]).endpoint == "http://localhost:1")
    for value in ["1", "on", "YES", "True"] { #expect(try settings(["HF_HUB_OFFLINE": value]).isOffline) }
    for value in ["0", "", "no"] { #expect(try !settings(["HF_HUB_OFFLINE": value]).isOffline) }
    #expect(try settings(["TRANSFORMERS_OFFLINE": "1"]).isOffline)
    #expect(try settings(["HF_TOKEN": " hf_a\n"]).token == "hf_a")
    for wrong in [
      ["HF_ENDPOINT": "huggingface"], ["HF_ENDPOINT": "ftp://x"], ["HF_ENDPOINT": "https://"],
      ["HF_TOKEN": "a\r\nX: b"],
      ["HF_HUB_DOWNLOAD_TIMEOUT": "soon"],
    ] {
      let error = #expect(throws: TuneError.self) { try settings(wrong) }
      #expect(error?.kind == .usage && error?.message.hasPrefix("\(wrong.keys.first ?? ""): ") == true)
    }
  }

  @Test func theTokenMayBeInAFile() throws {
    let home = FileManager.default.temporaryDirectory.path + "/hub-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: home) }
    try AtomicFile.write("hf_file\n", to: "\(home)/token")
    let settings = try HubSettings(environment: ["HF_HOME": home], userAgent: "x")
    #expect(settings.token == "hf_file" && settings.tokenSource == "\(home)/token")
    #expect(
      try HubSettings(environment: ["HF_HOME": home, "HF_TOKEN": "hf_variable"], userAgent: "x").token == "hf_variable")
  }

  /// Vectors of FIPS 180 and names that `git hash-object` gives.
  @Test func digestsAreThoseOfGit() {
    func sha1(_ bytes: [UInt8], pieces: Int) -> String {
      var digest = SHA1()
      for start in stride(from: 0, to: bytes.count, by: pieces) {
        bytes[start..<min(start + pieces, bytes.count)].withUnsafeBytes { digest.update($0) }
      }
      return digest.hexadecimal()
    }
    let alphabet = Array("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq".utf8)
    #expect(sha1([], pieces: 1) == "da39a3ee5e6b4b0d3255bfef95601890afd80709")
    #expect(sha1(Array("abc".utf8), pieces: 3) == "a9993e364706816aba3e25717850c26c9cd0d89d")
    for pieces in [1, 7, 55, 56, 64, 1000] {
      #expect(sha1(alphabet, pieces: pieces) == "84983e441c3bd26ebaae4aa1f95129e5e54670f1")
      #expect(sha1([UInt8](repeating: 97, count: 10_000), pieces: pieces) == "a080cbda64850abb7b7f67ee875ba068074ff6fe")
    }
    var blob = ContentDigest(for: HubFile(path: "x", size: 6, blobID: ""))
    Array("hello\n".utf8).withUnsafeBytes { blob.update($0) }
    #expect(blob.hexadecimal() == "ce013625030ba8dba906f756967f9e9ca394464a")
  }

  @Test func addressesAreCompared() throws {
    let base = try #require(HTTPAddress("https://Hub.example/a/b?c=d"))
    #expect(base.origin == "https://hub.example:443" && base.isEncrypted)
    #expect(HTTPAddress("/x", relativeTo: base)?.text == "https://Hub.example/x")
    #expect(HTTPAddress("//other/x", relativeTo: base)?.origin == "https://other:443")
    #expect(HTTPAddress("https://hub.example:443/z")?.origin == base.origin)
    for other in [
      "http://hub.example/", "https://hub.example:444/", "https://hub.example.evil/", "https://hub.example@evil/",
      "https://evil/?https://hub.example",
    ] { #expect(HTTPAddress(other)?.origin != base.origin, "\(other)") }
    #expect(HTTPAddress("file:///etc/passwd") == nil && HTTPAddress("https://a\u{0}b/") == nil)
    #expect(percentEncoded("a/b c@é", keepingSlashes: true) == "a/b%20c%40%C3%A9" && percentEncoded("a/b") == "a%2Fb")
  }
}
