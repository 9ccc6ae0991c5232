import Basics
import Foundation
import Testing

@testable import Datasets

/// promptsource's own files, read, converted and rendered; skipped where the data are absent.
@Suite struct TemplateFormatTests {
  /// The text of every `templates.yaml` of the archive by its path.
  static let archive: [(path: String, text: String)]? = SharedData.folder.flatMap { folder in
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
}
