import Basics
import Foundation

/// A checkpoint in several safetensors files, listed by `model.safetensors.index.json`.
public final class ShardedSafetensors: WeightStore {
  /// The index file.
  public let path: String
  /// Tensors in the order of the index.
  public let tensorNames: [String]
  private let tensors: [String: StoredTensor]

  /// Opens every shard that the index names.
  ///
  /// - Throws: `TuneError` when the index is not valid, a shard is missing or damaged, or a tensor is not in its shard.
  public init(index path: String) throws {
    self.path = path
    guard let map = try JSON(contentsOf: path)["weight_map"]?.objectValue else {
      throw TuneError.data("\(path): has no object 'weight_map'; expected tensor names with their files")
    }
    let folder = (path as NSString).deletingLastPathComponent
    var shards: [String: Safetensors] = [:]
    var tensors: [String: StoredTensor] = [:]
    var names: [String] = []
    for entry in map {
      let shardName = try Self.shardName(entry, path: path)
      let shard = try shards[shardName] ?? Self.open(shardName, in: folder, index: path)
      shards[shardName] = shard
      guard let tensor = shard.tensor(entry.key) else {
        throw TuneError.data("\(path): places tensor '\(entry.key)' in \(shardName), which does not hold it")
      }
      guard tensors.updateValue(tensor, forKey: entry.key) == nil else {
        throw TuneError.data("\(path): lists tensor '\(entry.key)' twice")
      }
      names.append(entry.key)
    }
    self.tensors = tensors
    tensorNames = names
  }

  public func tensor(_ name: String) -> StoredTensor? { tensors[name] }

  /// The file name of an entry; a name that leads out of the folder is refused.
  private static func shardName(_ entry: JSONObject.Entry, path: String) throws -> String {
    guard let name = entry.value.stringValue else {
      throw TuneError.data("\(path): the file of tensor '\(entry.key)' is \(entry.value.kindName); expected a string")
    }
    let separators: [UInt8] = [UInt8(ascii: "/"), UInt8(ascii: "\\"), 0]
    guard name.utf8.first != UInt8(ascii: "."), !name.isEmpty, !name.utf8.contains(where: separators.contains) else {
      throw TuneError.data("\(path): names the file '\(name)'; expected a plain file name in the same folder")
    }
    return name
  }

  private static func open(_ name: String, in folder: String, index: String) throws -> Safetensors {
    let path = folder.isEmpty ? name : folder + "/" + name
    guard FileManager.default.fileExists(atPath: path) else {
      throw TuneError.data("\(index): names \(name), which is missing; the download is incomplete; fetch it again")
    }
    return try Safetensors(path)
  }
}
