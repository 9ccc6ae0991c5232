import Basics
import Foundation

/// The whole grammar folder, read and checked.
struct Grammar: Sendable {
  let words: WordLists
  let dialogues: [DialogueTopic]
  let reviews: [ReviewCategory]
  let texts: [TextKind]
  let frames: Frames

  /// Reads `common.yaml`, `frames.yaml` and the folders `dialogues`, `reviews` and `texts`.
  init(folder: String) throws {
    let root = URL(fileURLWithPath: folder, isDirectory: true)
    func file(_ path: String) throws -> YAMLValue {
      try YAMLValue.file(root.appendingPathComponent(path), shownAs: "\(folder)/\(path)")
    }
    func files(in subfolder: String) throws -> [YAMLValue] {
      let path = root.appendingPathComponent(subfolder).path
      let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
      return try names.filter { $0.hasSuffix(".yaml") }.sorted().map { try file("\(subfolder)/\($0)") }
    }
    let words = try WordLists(file("common.yaml"))
    self.words = words
    frames = try Frames(file("frames.yaml"))
    dialogues = try files(in: "dialogues").map { try DialogueTopic($0, words: words) }
    reviews = try files(in: "reviews").map { try ReviewCategory($0, words: words) }
    texts = try files(in: "texts").map { try TextKind($0, words: words) }
    if dialogues.isEmpty { throw TuneError.data("\(folder)/dialogues: there are no .yaml files") }
  }
}

/// What stands around dialogues and reviews in pretraining documents.
struct Frames: Sendable {
  let place: Place
  /// A dialogue, then its recap: wordings with `{recap}`.
  let after: [Template]
  /// A recap, then the dialogue: wordings with `{recap}`.
  let before: [Template]
  /// Layouts of a review with `{title}`, `{category}`, `{stars}`, `{starWords}`, `{headline}`, `{body}`.
  let reviews: [Template]

  init(_ yaml: YAMLValue) throws {
    place = yaml.place
    after = try yaml.required("after").templates()
    before = try yaml.required("before").templates()
    reviews = try yaml.required("reviews").templates()
  }
}
