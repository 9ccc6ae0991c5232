import Basics
import Foundation

/// The data files that the arguments of a command name, in order and each once.
///
/// An argument is a file, `-` for standard input, a pattern with `*`, `?` or `[…]` (where the shell did not expand it),
/// or a folder, which stands for the data files in it by name: CSV, TSV, JSON, JSON lines and text, also compressed;
/// hidden files, those of other kinds and sub-folders are passed over.
/// - Throws: `TuneError.data` where a file is missing, a pattern matches none, or a folder has none.
public func inputFiles(_ arguments: [String]) throws -> [String] {
  var files: [String] = []
  var seen: Set<[UInt8]> = []
  for argument in arguments {
    for file in try expanded(argument) where seen.insert(Array(file.utf8)).inserted { files.append(file) }
  }
  return files
}

private func expanded(_ argument: String) throws -> [String] {
  if argument == ByteReader.standardInput { return [argument] }
  var isFolder: ObjCBool = false
  if FileManager.default.fileExists(atPath: argument, isDirectory: &isFolder) {
    return isFolder.boolValue ? try dataFiles(inFolder: argument) : [argument]
  }
  guard argument.utf8.contains(where: { "*?[".utf8.contains($0) }) else {
    throw TuneError.data("\(argument): no such file; check the name and the folder")
  }
  let matches = filesMatching(argument)
  guard !matches.isEmpty else { throw TuneError.data("\(argument): no file matches; check the pattern and the folder") }
  return matches
}

private func dataFiles(inFolder folder: String) throws -> [String] {
  let names = try FileManager.default.contentsOfDirectory(atPath: folder)
  let prefix = folder.hasSuffix("/") ? folder : folder + "/"
  let files = names.filter {
    !$0.hasPrefix(".") && RecordFormat.fileExtensions.contains(RecordFormat.fileExtension($0))
  }.map { prefix + $0 }.filter { isFile($0) }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  guard !files.isEmpty else {
    throw TuneError.data(
      "\(folder): no data files in this folder; expected .csv, .tsv, .json, .jsonl or .txt, plain, .gz or .zst")
  }
  return files
}

/// The files that a pattern matches, sorted by bytes.
private func filesMatching(_ pattern: String) -> [String] {
  var result = glob_t()
  defer { globfree(&result) }
  guard glob(pattern, GLOB_NOSORT, nil, &result) == 0 else { return [] }
  let paths = (0..<Int(result.gl_pathc)).compactMap { result.gl_pathv[$0].map { String(cString: $0) } }
  return paths.filter { isFile($0) }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
}

private func isFile(_ path: String) -> Bool {
  var isFolder: ObjCBool = false
  return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && !isFolder.boolValue
}
