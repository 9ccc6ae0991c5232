import ArgumentParser
import Basics

/// Named sweeps that answer the usual questions.
enum SweepRecipe: String, CaseIterable, ExpressibleByArgument, Sendable {
  case rankCurve = "rank-curve"
  case learningCurve = "learning-curve"
  case methods

  func axis() throws -> SweepAxis {
    switch self {
    case .rankCurve: try SweepAxis(parsing: "rank=1,2,4,8,16,32,64", flag: "--recipe")
    case .learningCurve: try SweepAxis(parsing: "data-fraction=0.05,0.1,0.25,0.5,0.75,1", flag: "--recipe")
    case .methods:
      try SweepAxis(variants: [
        "full: --full", "LoRA: --lora", "QLoRA: --lora --load-in-4bit", "DoRA: --dora", "IA3: --ia3",
        "prompt: --method prompt-tuning", "prefix: --method prefix-tuning", "bottleneck: --method bottleneck",
        "norms: --method norms", "last layers: --method last-layers",
      ])
    }
  }
}
