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
    guard let place = arguments.firstIndex(where: { $0 == "--config" || $0.hasPrefix("--config=") }),
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
    return [name] + (try flags(path, command)) + rest.dropFirst()
  }

  private static func command(named name: String) -> (any ParsableCommand.Type)? {
    Tune.configuration.groupedSubcommands.flatMap { $0.subcommands }.first { $0._commandName == name }
  }

  private static func flags(_ path: String, _ command: any ParsableCommand.Type) throws -> [String] {
    let file = try MappedFile(path)
    let text = withExtendedLifetime(file) { String(decoding: file.bytes, as: UTF8.self) }
    let node: Node?
    do {
      node = try Yams.compose(yaml: text)
    } catch {
      throw TuneError.usage("\(path): is not valid YAML: \(error)")
    }
    guard let mapping = node?.mapping else {
      throw TuneError.usage("\(path): expected keys with values, such as 'rank: 8'")
    }
    let known = knownFlags(of: command)
    return try mapping.flatMap { key, value -> [String] in
      let line = key.mark?.line ?? 1
      let name = flagName(key.string ?? "")
      guard known.contains(name) else {
        let hint = nearest(name, among: Array(known)).map { "; did you mean '\($0)'?" } ?? ""
        throw TuneError.usage("\(path):\(line): unknown key '\(key.string ?? "?")'\(hint)")
      }
      return try arguments(name, value, place: "\(path):\(line)")
    }
  }

  private static func arguments(_ name: String, _ value: Node, place: String) throws -> [String] {
    if let items = value.sequence { return try items.flatMap { try arguments(name, $0, place: place) } }
    if value.tag == Tag(.bool), let flag = value.bool { return flag ? ["--\(name)"] : [] }
    guard let text = value.string else { throw TuneError.usage("\(place): '\(name)' needs a plain value or a list") }
    return ["--\(name)=\(text)"]
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
