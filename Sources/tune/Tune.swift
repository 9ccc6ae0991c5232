import ArgumentParser
import Basics
import Foundation

/// The product's version.
let tuneVersion = "0.1.0"

/// The root command: its subcommands are one file each in `Commands/`.
struct Tune: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tune",
    abstract: "Turn raw records into instruction data, fine-tune language models on a CPU, and measure the gain.",
    discussion: """
      The main job in three commands:
        tune prepare Datasets/dialogues.jsonl
        tune train --lora --rank 8
        tune eval --rouge

      Exit codes: 0 ok · 1 runtime error · 2 usage or configuration · 3 data or model files · 4 gate failed ·
      130 interrupted.
      """,
    version: tuneVersion,
    groupedSubcommands: [
      CommandGroup(name: "Everyday", subcommands: [Prepare.self, Train.self, Eval.self, Generate.self, Chat.self]),
      CommandGroup(
        name: "Models", subcommands: [Pull.self, Inspect.self, Merge.self, Export.self, Tokenize.self]),
      CommandGroup(
        name: "Data and measures", subcommands: [Templates.self, Score.self, Sweep.self, Report.self, Selftest.self]),
    ])
}

@main
enum Main {
  static func main() {
    // A reader that goes away (`tune … | head`) ends the program as it ends any other.
    signal(SIGPIPE, SIG_DFL)
    do {
      let typed = Array(CommandLine.arguments.dropFirst())
      try CommandLineText.checkCommand(typed)
      try CommandLineText.checkPaths(typed)
      let arguments = try ConfigArguments.expanded(CommandLineText.joiningNegativeNumbers(typed))
      var command = try Tune.parseAsRoot(arguments)
      try command.run()
    } catch let error as TuneError {
      fail(error.message, code: error.exitCode)
    } catch {
      finish(error)
    }
  }

  /// Help and version print and end well; a command line that cannot be parsed is a usage error.
  private static func finish(_ error: any Error) -> Never {
    if Tune.exitCode(for: error) == .success { Tune.exit(withError: error) }
    if let code = error as? ExitCode { exit(code.rawValue) }
    let isParsing = Tune.exitCode(for: error) == .validationFailure
    let message = isParsing ? CommandLineText.oneSentence(Tune.message(for: error)) : Tune.message(for: error)
    fail(message, code: isParsing ? TuneError.Kind.usage.rawValue : TuneError.Kind.runtime.rawValue)
  }

  private static func fail(_ message: String, code: Int32) -> Never {
    Console.printError("tune: \(message)\n")
    exit(code)
  }
}
