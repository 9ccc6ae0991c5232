// swift-tools-version: 6.1
// The map of the house: every target in dependency order, one comment line each.
import PackageDescription

/// C targets are compiled with `-O3` in debug builds too, so that tests run at full speed.
let optimized: [CSetting] = [.unsafeFlags(["-O3"])]

let package = Package(
  name: "tune",
  products: [
    .executable(name: "tune", targets: ["tune"])
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  ],
  targets: [
    // OpenBLAS and LAPACKE from the system: cblas.h, lapacke.h.
    .systemLibrary(
      name: "COpenBLAS", pkgConfig: "openblas",
      providers: [.apt(["libopenblas-dev", "liblapacke-dev"]), .brew(["openblas"])]),
    // zlib from the system: reads .gz data, writes pictures.
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]),
    // Zstandard from the system: reads .zst data.
    .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"]), .brew(["zstd"])]),
    // The row kernels that BLAS lacks; include/kernels.h is their catalogue.
    .target(name: "CKernels", cSettings: optimized),
    // SHA-256, with the processor's own instructions where it has them.
    .target(name: "CHash", cSettings: optimized),
    // The pool of threads under parallelFor.
    .target(name: "CThreads", cSettings: optimized),
    // libcurl from the system, loaded when a model is fetched.
    .target(name: "CCurl", cSettings: optimized),
    // Files inside the binary: the default model (a Hugging Face folder) and the template library.
    .target(name: "CEmbedded", exclude: ["model", "make-base-model.sh"], cSettings: [.unsafeFlags(["-std=c23"])]),
    // JSON, files, seeded random streams, parallelFor, the user-facing error.
    .target(name: "Basics", dependencies: ["CHash", "CThreads", "CZlib", "CZstd"]),
    // The Hugging Face hub and the cache that its tools share.
    .target(name: "Hub", dependencies: ["Basics", "CCurl"]),
    // Tensor, Parameter, recorded operations and their gradients; knows no language.
    .target(name: "Tensors", dependencies: ["Basics", "CKernels", "COpenBLAS"]),
    // Tokenizers and Jinja; knows no tensors.
    .target(name: "Text", dependencies: ["Basics"]),
    // Layers, model families, checkpoints, generation on token ids.
    .target(name: "Models", dependencies: ["Tensors", "Basics", "CKernels"]),
    // One file a PEFT method, in PEFT's own names and files.
    .target(name: "Adapters", dependencies: ["Models"]),
    // Records, prompt templates, splits, tokens and labels, batches.
    .target(name: "Datasets", dependencies: ["Text", "Basics", "Yams"]),
    // One trainer for every objective and method.
    .target(name: "Training", dependencies: ["Adapters", "Datasets"]),
    // Metrics (pure text), benchmarks and comparisons.
    .target(name: "Evaluation", dependencies: ["Datasets", "Text", "Basics", "CZlib", "Yams"]),
    // Commands and options: the composition root.
    .executableTarget(
      name: "tune",
      dependencies: [
        "Training", "Evaluation", "Hub", "CEmbedded", "Yams",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
    // Expands Datasets/grammar into the example data sets and the base model's pretraining text.
    .executableTarget(name: "write-datasets", dependencies: ["Basics", "Yams"], path: "Sources/WriteDatasets"),

    // Every heavy operation, checked and timed against its bound.
    .executableTarget(
      name: "operation-benchmarks", dependencies: ["Tensors", "Basics"], path: "Benchmarks/Operations"),
    // Reading records: chunking and parsing, checked and timed.
    .executableTarget(
      name: "record-benchmarks", dependencies: ["Datasets", "Basics"], path: "Benchmarks/Records"),
    // Encoding, compared with Hugging Face tokenizers and timed.
    .executableTarget(
      name: "tokenizer-benchmarks", dependencies: ["Text", "Basics"], path: "Benchmarks/tokenizers",
      exclude: ["compare.py", "run.sh"]),

    // Metrics of pairs in memory, timed.
    .executableTarget(
      name: "metric-benchmarks", dependencies: ["Evaluation", "Basics"], path: "Benchmarks/metrics"),

    // A hub on the loopback, with faults on demand.
    .target(name: "HubServer", dependencies: ["Hub", "Basics"], path: "Tests/HubServer"),
    // Damaged inputs for the tests of readers.
    .target(name: "Fuzzing", dependencies: ["Basics", "Allocations"], path: "Tests/Fuzzing"),
    // Counts what a test allocates.
    .target(name: "Allocations", path: "Tests/Allocations"),

    .testTarget(name: "BasicsTests", dependencies: ["Basics", "Fuzzing"]),
    .testTarget(name: "HubTests", dependencies: ["Hub", "HubServer", "Fuzzing"]),
    .testTarget(name: "TensorsTests", dependencies: ["Tensors"]),
    .testTarget(name: "TextTests", dependencies: ["Text", "Fuzzing"]),
    .testTarget(name: "ModelsTests", dependencies: ["Models", "Fuzzing"]),
    .testTarget(name: "AdaptersTests", dependencies: ["Adapters", "Fuzzing"]),
    .testTarget(name: "DatasetsTests", dependencies: ["Datasets", "Fuzzing"]),
    .testTarget(name: "TrainingTests", dependencies: ["Training"]),
    .testTarget(name: "EvaluationTests", dependencies: ["Evaluation"]),
    .testTarget(name: "tuneTests", dependencies: ["tune", "HubServer", "Fuzzing"]),
    .testTarget(name: "WriteDatasetsTests", dependencies: ["write-datasets"]),
  ],
  swiftLanguageModes: [.v6]
)
