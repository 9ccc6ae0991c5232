import Basics
import Foundation
import Testing

@testable import Models

@Suite struct ModelFolderTests {
  @Test func aHuggingFaceFolderOpens() throws {
    let folder = try TemporaryFolder()
    try folder.copy("plain.safetensors", as: "model.safetensors")
    try folder.write(#"{"model_type": "gpt2"}"#, "config.json")
    let model = try ModelFiles.open(folder.path)
    #expect(model.config["model_type"] == "gpt2")
    #expect(model.folder == folder.path && model.gguf == nil)
    #expect(model.weights.tensor("single") != nil)
  }

  @Test func aShardedFolderOpens() throws {
    let folder = try TemporaryFolder()
    try folder.copy("plain.safetensors", as: "a.safetensors")
    try folder.write(#"{"weight_map": {"single": "a.safetensors"}}"#, "model.safetensors.index.json")
    try folder.write("{}", "config.json")
    #expect(try ModelFiles.open(folder.path).weights.tensorNames == ["single"])
  }

  @Test func aGGUFFileOpensByPathOrFolder() throws {
    let folder = try TemporaryFolder()
    try folder.copy("llama.gguf", as: "model.gguf")
    let byFolder = try ModelFiles.open(folder.path)
    #expect(byFolder.folder == folder.path && byFolder.gguf?.architecture == "llama")
    let byPath = try ModelFiles.open("\(folder.path)/model.gguf")
    #expect(byPath.folder == nil && byPath.config == byFolder.config)
  }

  @Test(arguments: [
    (["config.json"], "has no weights: found config.json"),
    ([], "the folder is empty"),
    (["model.safetensors"], "has weights but no config.json"),
    (["config.json", "pytorch_model.bin"], "holds pytorch_model.bin, a Python pickle"),
    (["a.gguf", "b.gguf"], "several GGUF files (a.gguf, b.gguf); name one"),
    (["adapter_config.json", "adapter_model.safetensors"], "is an adapter, not a model"),
    (["config.json", "model-00001-of-00002.safetensors"], "neither model.safetensors nor"),
  ])
  func incompleteFoldersAreExplained(files: [String], expected: String) throws {
    let folder = try TemporaryFolder()
    for name in files { try folder.write("{}", name) }
    let text = try message { _ = try ModelFiles.open(folder.path) }
    #expect(text.hasPrefix(folder.path) && text.contains(expected), "\(text)")
  }

  @Test func otherPathsAreExplained() throws {
    #expect(try message { _ = try ModelFiles.open("/nowhere/at/all") }.contains("no such file or folder"))
    let text = try message { _ = try ModelFiles.open(CheckpointFixtures.path("plain.safetensors")) }
    #expect(text.contains("name the folder that holds it with its config.json"), "\(text)")
  }
}
