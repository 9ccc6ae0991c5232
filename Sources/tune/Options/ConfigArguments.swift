import ArgumentParser
import Basics
import Foundation
import Yams

/// Turns `--config FILE` into arguments: each key of the YAML file is a flag of the command, written before the rest of
/// the command line, so that what is typed wins.
///
///     rank: 16            # --rank 16
///     learning_rate: 1e-3 # --learning-rate 1e-3; kebab-case and camelCase are the same key
///     lora: true          # --lora
enum ConfigArguments {
  static func expanded(_ arguments: [String]) throws -> [String] {
    let flags = arguments.prefix { $0 != "--" }
    guard let place = flags.firstIndex(where: { $0 == "--config" || $0.hasPrefix("--config=") }),
      let name = arguments.first, let command = command(named: name)
    else { return arguments }
    var rest = arguments
    let path: String
    if arguments[place] == "--config" {
      guard place + 1 < arguments.count else { throw TuneError.usage("--config: a file name is missing") }
      path = arguments[place + 1]
      rest.removeSubrange(place...place + 1)
    } else {
      path = String(arguments[place].dropFirst("--config=".count))
      rest.remove(at: place)
    }
    return [name] + (try self.flags(path, command)) + rest.dropFirst()
  }

  private static func command(named name: String) -> (any ParsableCommand.Type)? {
    Tune.configuration.groupedSubcommands.flatMap { $0.subcommands }.first { $0._commandName == name }
  }

  private static func flags(_ path: String, _ command: any ParsableCommand.Type) throws -> [String] {
    guard let mapping = try node(path)?.mapping else {
      throw TuneError.usage("\(path): expected keys with values, such as 'rank: 8'")
    }
    // A configuration inside a configuration is not read, and help is for people.
    let known = knownFlags(of: command).subtracting(["config", "help", "version"])
    return try mapping.flatMap { key, value -> [String] in
      let line = key.mark?.line ?? 1
      let name = flagName(key.string ?? "")
      guard known.contains(name) else {
        let hint = nearest(name, among: Array(known)).map { "; did you mean '\($0)'?" } ?? ""
        throw TuneError.usage("\(path):\(line): unknown key '\(key.string ?? "?")'\(hint)")
      }
      if value.tag == Tag(.bool), value.bool == false {
        return known.contains("no-\(name)") ? ["--no-\(name)"] : []
      }
      return try (value.sequence.map { Array($0) } ?? [value]).map {
        try argument(name, $0, place: "\(path):\(line)")
      }
    }
  }

  private static func argument(_ name: String, _ value: Node, place: String) throws -> String {
    if value.tag == Tag(.bool), value.bool == true { return "--\(name)" }
    guard let text = value.scalar?.string, !(text.isEmpty && value.tag == Tag(.null)) else {
      throw TuneError.usage("\(place): '\(name)' needs a plain value or a list of them, such as 'rank: 8'")
    }
    return "--\(name)=\(text)"
  }

  private static func node(_ path: String) throws -> Node? {
    let file: MappedFile
    do {
      file = try MappedFile(path)
    } catch let error as TuneError {
      throw TuneError.usage("--config \(error.message); name a YAML file")
    }
    guard let text = withExtendedLifetime(file, { String(validating: file.bytes, as: UTF8.self) }) else {
      throw TuneError.usage("\(path): is not valid UTF-8; convert it, for example with iconv")
    }
    do {
      return try Yams.compose(yaml: text)
    } catch {
      let (line, problem) = place(of: error)
      throw TuneError.usage(
        "\(path)\(line.map { ":\($0)" } ?? ""): is not valid YAML: \(problem); expected keys with values, "
          + "such as 'rank: 8'")
    }
  }

  private static func place(of error: any Error) -> (line: Int?, problem: String) {
    switch error as? YamlError {
    case .scanner(_, let problem, let mark, _)?, .parser(_, let problem, let mark, _)?,
      .composer(_, let problem, let mark, _)?:
      (mark.line, problem)
    case .duplicatedKeysInMapping(let duplicates, _)?:
      (nil, "the key '\(duplicates.first?.description ?? "")' appears twice")
    default: (nil, "unreadable")
    }
  }

  /// The long flags that a command's help lists, without dashes.
  static func knownFlags(of command: any ParsableCommand.Type) -> Set<String> {
    let help = command.helpMessage(includeHidden: true, columns: 200)
    return Set(help.matches(of: /--([a-z][a-z0-9-]*)/).map { String($0.1) })
  }

  /// `learningRate` and `learning_rate` as `learning-rate`.
  private static func flagName(_ key: String) -> String {
    var name = ""
    for character in key {
      if character == "_" {
        name += "-"
      } else if character.isUppercase {
        name += "-" + character.lowercased()
      } else {
        name.append(character)
      }
    }
    return name
  }
}
