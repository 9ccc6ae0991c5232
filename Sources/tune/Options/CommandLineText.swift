import ArgumentParser
import Basics

/// What the argument parser leaves to be desired: commands that do not exist, negative numbers, its messages.
enum CommandLineText {
  /// - Throws: `TuneError.usage` with the nearest command when the first argument names none.
  static func checkCommand(_ arguments: [String]) throws {
    guard let name = arguments.first, !name.hasPrefix("-"), name != "help" else { return }
    let known = Tune.configuration.groupedSubcommands.flatMap { $0.subcommands }.map { $0._commandName }
    guard !known.contains(name) else { return }
    let hint = nearest(name, among: known).map { "did you mean '\($0)'?" } ?? "see tune --help"
    throw TuneError.usage("there is no command '\(name)', only \(known.joined(separator: ", ")); \(hint)")
  }

  /// Flags whose value is a file or folder.
  private static let pathFlags = [
    "--output", "--data", "--model", "--run", "--adapter", "--init-adapter", "--config", "--loss", "--template",
    "--extract-lora",
  ]

  /// - Throws: `TuneError.usage` when a path is empty, as an unset variable of a script makes it: it would be the root.
  static func checkPaths(_ arguments: [String]) throws {
    for (flag, value) in zip(arguments, arguments.dropFirst()) where value.isEmpty && pathFlags.contains(flag) {
      throw TuneError.usage("\(flag): the value is empty; name a file or folder, or leave the flag out")
    }
  }

  /// `--rank -1` as `--rank=-1`: the parser takes the number for a flag and would say that a value is missing.
  static func joiningNegativeNumbers(_ arguments: [String]) -> [String] {
    var joined: [String] = []
    for argument in arguments {
      let isNegative = argument.hasPrefix("-") && Double(argument) != nil
      if isNegative, let flag = joined.last, flag.hasPrefix("--"), flag.count > 2, !flag.contains("=") {
        joined[joined.count - 1] = "\(flag)=\(argument)"
      } else {
        joined.append(argument)
      }
    }
    return joined
  }

  /// The parser's message as one sentence with a way on; messages of `validate()` are written that way already.
  static func oneSentence(_ message: String) -> String {
    guard let first = message.first, first.isUppercase || first.isNumber else { return message }
    let sentences = message.split(separator: ". ").map { sentence in
      sentence.prefix(1).lowercased() + sentence.dropFirst()
    }
    var text = sentences.joined(separator: "; ")
    if text.hasSuffix(".") { text.removeLast() }
    return text.hasSuffix("?") ? text : "\(text); see \(helpCommand)"
  }

  /// The help that fits the command line.
  private static var helpCommand: String {
    let name = CommandLine.arguments.dropFirst().first.map { $0.hasPrefix("-") ? "" : " \($0)" } ?? ""
    return "tune\(name) --help"
  }
}
