import ArgumentParser
import Basics
import Datasets

extension Tune {
  struct Templates: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "List, show, try, check and convert prompt templates.",
      discussion: """
        A template is named as in tune prepare: review-rating, review-rating/how-happy for one wording, or a YAML file.

        Examples:
          tune templates list
          tune templates show dialogue-summary
          tune templates preview review-rating reviews.csv
          tune templates check mine.yaml --data reviews.csv
        """,
      subcommands: [List.self, Show.self, Preview.self, Check.self, Render.self, Convert.self])
  }
}

/// `--json` of commands that compute nothing.
struct JSONOption: ParsableArguments {
  @Flag(help: "Print JSON on standard output, one object a line, and everything else on standard error.")
  var json = false

  var console: Console { Console(isJSON: json, isQuiet: false) }
}
