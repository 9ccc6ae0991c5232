import Basics
import Foundation
import Testing

@testable import Datasets

/// promptsource's own files, read, converted and rendered; skipped where the data are absent.
@Suite struct TemplateFormatTests {
  /// The text of every `templates.yaml` of the archive by its path.
  static let archive: [(path: String, text: String)]? = Fixture.sharedData.flatMap { folder in
    try? TarArchive.texts(folder + "/promptsource/promptsource-templates.tar.gz")
      .filter { $0.path.hasSuffix("templates.yaml") }
  }

  @Test(.enabled(if: archive != nil, "promptsource's templates of ../shared/data are absent"))
  func readsEveryFileOfPromptsource() throws {
    let files = try #require(Self.archive)
    var wordings = 0
    for file in files {
      let task = try TaskTemplate(yaml: file.text, origin: file.path)
      wordings += task.wordings.count
    }
    #expect(files.count == 279 && wordings == 2085)
  }

  @Test(.enabled(if: archive != nil, "promptsource's templates of ../shared/data are absent"))
  func convertsThereAndBack() throws {
    for file in try #require(Self.archive) {
      let original = try TaskTemplate(yaml: file.text, origin: file.path)
      let own = try TaskTemplate(yaml: original.text(in: .tune), origin: file.path + " in our format")
      let back = try TaskTemplate(yaml: own.text(in: .promptsource), origin: file.path + " back")
      for other in [own, back] {
        #expect(other.dataset == original.dataset && other.subset == original.subset, "\(file.path)")
        #expect(other.fieldNames.sorted() == original.fieldNames.sorted(), "\(file.path)")
        try #require(other.wordings.count == original.wordings.count, "\(file.path)")
        for (a, b) in zip(original.wordings, other.wordings) {
          #expect(a.name.isSame(as: b.name), "\(file.path)")
          #expect(a.promptAndTarget.isSame(as: b.promptAndTarget), "\(file.path): \(a.name)")
          #expect((a.answerChoices ?? "-").isSame(as: b.answerChoices ?? "-"), "\(file.path): \(a.name)")
          var metadata = b.metadata
          metadata.line = a.metadata.line
          #expect(metadata == a.metadata, "\(file.path): \(a.name)")
        }
      }
    }
  }

  /// One value of a made-up record, as `Tests/Fixtures/templates/make_promptsource.py` has it.
  private static func value(_ record: Int, _ index: Int, _ name: String) -> JSON {
    switch record {
    case 0: .string(" The \(name): <\(index)> 'ünï' \"||| b\".\nSecond line ")
    case 1: .integer(index % 3)
    case 2: [.string(name), .string("b \(index)"), "c"]
    default: ["text": [.string(name), "b"], "label": [0, 1], "en": "E", "de": .string(name)]
    }
  }

  private static func render(_ wording: Wording, _ record: JSONObject) -> String {
    do {
      let rendered = try wording.render(record, draw: 0)
      var hasher = SHA256()
      hasher.update(rendered.prompt + "\n" + rendered.target)
      return String(hasher.hexadecimal().prefix(12))
    } catch let failure as RenderingFailure {
      return failure.reason.hasPrefix("renders to ") ? String(failure.reason.split(separator: " ")[2]) : "error"
    } catch {
      return "\(error)"
    }
  }

  @Test(.enabled(if: archive != nil, "promptsource's templates of ../shared/data are absent"))
  func rendersAsJinja2() throws {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    let goldens = try JSON(contentsOf: folder.path + "/Fixtures/templates/promptsource.json")
    var differing: [String] = [], compared = 0
    for file in try #require(Self.archive) {
      let task = try TaskTemplate(yaml: file.text, origin: file.path)
      let names = task.fieldNames.sorted { $0.unicodeScalars.lexicographicallyPrecedes($1.unicodeScalars) }
      for wording in task.wordings {
        for (record, expected) in (goldens[file.path]?[wording.name]?.arrayValue ?? []).enumerated() {
          let fields = JSONObject(
            entries: names.enumerated().map { .init(key: $1, value: Self.value(record, $0, $1)) })
          compared += 1
          let rendered = Self.render(wording, fields)
          if rendered != expected.stringValue {
            differing.append("\(file.path): \(wording.name): \(record): \(rendered), not \(expected.stringValue ?? "")")
          }
        }
      }
    }
    #expect(compared > 7000)
    #expect(differing.isEmpty, "\(differing.count) differ\n\(differing.prefix(20).joined(separator: "\n"))")
  }

  /// Damaged files of promptsource are read or refused, never more.
  @Test func damagedFilesAreRefused() throws {
    let text = """
      dataset: d
      subset: s
      templates:
        1-2: !Template
          answer_choices: no ||| yes
          id: 1-2
          jinja: "{{ a }} ||| {{ answer_choices[b] }}"
          metadata: !TemplateMetadata {choices_in_prompt: null, languages: [en], metrics: [Accuracy], original_task: true}
          name: w
          reference: ''
      """
    let task = try TaskTemplate(yaml: text, origin: "x")
    #expect(task.name == "d/s" && task.fieldNames == ["a", "b"] && task.metrics == ["accuracy"])
    let rendered = try #require(task.wordings.first).render(["a": "x|||y", "b": 1], draw: 0)
    #expect(rendered.prompt == "x|||y" && rendered.target == "yes")
    let pieces = ["!Template", "|||", "{{", "}}", ": ", "\n", "  ", "null", "[", "'", "&a ", "*a", "- ", "\u{0}", "é"]
    var random = SeededRandom(seed: 11, stream: "templates")
    for _ in 0..<1500 {
      var bytes = Array(text.utf8)
      for _ in 0...random.integer(below: 3) {
        let place = random.integer(below: bytes.count)
        let end = min(bytes.count, place + random.integer(below: 6))
        bytes.replaceSubrange(place..<end, with: Array(pieces[random.integer(below: pieces.count)].utf8))
      }
      do {
        let read = try TaskTemplate(yaml: String(decoding: bytes, as: UTF8.self), origin: "x")
        for format in TaskTemplate.Format.allCases { _ = try TaskTemplate(yaml: read.text(in: format), origin: "y") }
      } catch is TuneError {} catch { Issue.record(error) }
    }
  }
}
