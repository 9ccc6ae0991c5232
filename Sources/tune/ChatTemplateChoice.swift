import Basics
import Foundation
import Text

/// `--chat-template NAME|FILE`: another chat template than the one that a model would use by itself.
enum ChatTemplateChoice {
  /// The template that a folder of a run or an adapter has for itself, as tune train and TRL leave it there.
  static func file(in folder: String) -> String? {
    let path = "\(folder)/chat_template.jinja"
    return FileManager.default.fileExists(atPath: path) ? path : nil
  }

  /// The source of one of the model's templates by name, or else of a file.
  ///
  /// - Throws: `TuneError.usage` with the names that there are.
  static func source(_ choice: String, of tokenizer: Tokenizer) throws -> String {
    if let source = tokenizer.chatTemplates?[choice] { return source }
    var isFolder: ObjCBool = false
    if FileManager.default.fileExists(atPath: choice, isDirectory: &isFolder), !isFolder.boolValue {
      return try ChatTemplateSources.text(of: choice)
    }
    let names = tokenizer.chatTemplates?.names ?? []
    let known = names.isEmpty ? "the model has no chat templates" : "the model has \(names.joined(separator: ", "))"
    throw TuneError.usage(
      "--chat-template: \(choice) is neither a chat template of the model nor a file; \(known); "
        + "name one of them, or a .jinja file")
  }
}
