import ArgumentParser
import Basics
import Datasets
import Models

extension Tune {
  struct Generate: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Continue a prompt, streaming.",
      discussion: """
        Examples:
          tune generate "The weather today"
          tune generate --model SmolLM2.gguf --chat "What is the capital of France?"
          echo "Once" | tune generate --temperature 0.8 --top-p 0.95 --seed 7
          tune generate "2 + 2 =" --top-logprobs 10 --json
          tune generate "The lake" --num-beams 4 --no-repeat-ngram-size 3
          tune generate "Dear Anna," --adapter letters --adapter style:0.5
        """)

    @Argument(help: "The prompt; standard input if absent.")
    var prompt: String?

    @OptionGroup var modelOptions: ModelOptions
    @OptionGroup var quantization: QuantizationOptions
    @OptionGroup var tuned: TunedOptions

    @Option(help: ArgumentHelp("The most tokens to write.", valueName: "count"))
    var maxNewTokens = 128

    @OptionGroup(title: "Decoding") var decoding: DecodingFlags

    @Flag(help: "Put the prompt into the model's chat template as a user's message.")
    var chat = false

    @Option(help: ArgumentHelp("With --chat: the system message.", valueName: "text"))
    var system: String?

    @Option(
      help: ArgumentHelp("Print the k most likely next tokens with their log-probabilities instead.", valueName: "k"))
    var topLogprobs: Int?

    @Flag(help: "With --json: tell the seconds of reading the prompt and of writing the text.")
    var timings = false

    @OptionGroup var outputOptions: OutputOptions

    func validate() throws {
      try maxNewTokens.requirePositive("--max-new-tokens")
      try topLogprobs?.requirePositive("--top-logprobs")
      if system != nil && !chat { throw ValidationError("--system needs --chat") }
    }

    func run() throws {
      let console = outputOptions.start()
      let prompt = try self.prompt ?? StandardInput.text()
      guard !prompt.isEmpty else {
        throw TuneError.usage("the prompt is empty; give one, for example: tune generate \"The weather today\"")
      }
      let run = try tuned.resolvedRun(model: modelOptions.model, console: console)
      let loaded = try LoadedModel.tuned(
        run: run, model: modelOptions.model, tuned: tuned, chatTemplate: modelOptions.chatTemplate,
        quantization: quantization.value(for: run, console: console), console: console)
      let text = try rendered(prompt, loaded)
      let ids = loaded.encoding.promptIDs(of: text)
      if let classifier = loaded.model as? SequenceClassifier { return try printClass(classifier, ids, console) }
      var generator = Generator(loaded.model, stopIDs: loaded.stopIDs)
      if let topLogprobs {
        try printProbabilities(generator, ids, topLogprobs, loaded, console)
      } else {
        generator.sampling = decoding.sampling.options
        generator.rules = decoding.rules
        if let beams = decoding.beams {
          try search(beams, ids, loaded, console)
        } else {
          try stream(generator, ids, loaded, console)
        }
      }
    }

    private func rendered(_ prompt: String, _ loaded: LoadedModel) throws -> String {
      guard chat else { return prompt }
      guard let conversations = loaded.conversations else {
        throw TuneError.usage("--chat: \(loaded.name) has no chat template; leave --chat out")
      }
      var messages: [JSON] = [["role": "user", "content": .string(prompt)]]
      if let system { messages.insert(["role": "system", "content": .string(system)], at: 0) }
      return try conversations.text(of: messages, inputs: TemplateInputs(), addGenerationPrompt: true)
    }

    private func printClass(_ classifier: SequenceClassifier, _ ids: [Int], _ console: Console) throws {
      try classifier.checkVocabulary(ids, source: "the prompt")
      guard ids.count <= classifier.dimensions.maxPositions else {
        throw TuneError.data(
          "the prompt has \(ids.count) tokens, but the model reads \(classifier.dimensions.maxPositions); shorten it")
      }
      for found in classifier.classify([ids.map { Int32($0) }]) {
        if !console.isJSON { console.answer("\(found.label)\t\(fixed(Double(found.probability), 4))") }
        let classes = found.probabilities.map {
          JSONObject.Entry(key: $0.label, value: .number(Double($0.probability)))
        }
        console.json([
          "prompt_ids": .array(ids.map { .integer($0) }), "label": .string(found.label),
          "probability": .number(Double(found.probability)),
          "probabilities": .object(JSONObject(entries: classes)),
        ])
      }
    }

    private func stream(_ generator: Generator, _ ids: [Int], _ loaded: LoadedModel, _ console: Console) throws {
      var writer = StopStringWriter(stops: decoding.sampling.stop)
      var decoder = loaded.tokenizer.decoder()
      var newIDs: [Int] = []
      let start = ContinuousClock.now
      var first: ContinuousClock.Instant?
      let result = try generator.generate([GenerationRequest(promptIDs: ids, maxNewTokens: maxNewTokens)]) { _, token in
        newIDs.append(token)
        first = first ?? .now
        let visible = writer.append(decoder.append(token))
        if !console.isJSON { console.answer(visible, terminator: "") }
        return !writer.isStopped
      }
      let rest = writer.isStopped ? "" : writer.append(decoder.finish()) + writer.finish()
      if !console.isJSON { console.answer(rest) }
      var json: JSONObject = [
        "prompt_ids": .array(ids.map { .integer($0) }), "ids": .array(newIDs.map { .integer($0) }),
        "text": .string(writer.text), "stopped": .bool(result[0].stopped),
      ]
      if timings {
        let end = ContinuousClock.now
        json["prompt_seconds"] = .number(((first ?? end) - start) / .seconds(1))
        json["seconds"] = .number((end - (first ?? end)) / .seconds(1))
      }
      console.json(.object(json))
    }

    /// The best text of several beams is known at the end alone.
    private func search(_ options: BeamSearchOptions, _ ids: [Int], _ loaded: LoadedModel, _ console: Console) throws {
      let search = BeamSearch(loaded.model, stopIDs: loaded.stopIDs, options: options, rules: decoding.rules)
      let start = ContinuousClock.now
      let result = try search.generate([GenerationRequest(promptIDs: ids, maxNewTokens: maxNewTokens)])[0]
      var writer = StopStringWriter(stops: decoding.sampling.stop)
      _ = writer.append(loaded.tokenizer.decode(result.ids))
      _ = writer.finish()
      if !console.isJSON { console.answer(writer.text) }
      var json: JSONObject = [
        "prompt_ids": .array(ids.map { .integer($0) }), "ids": .array(result.ids.map { .integer($0) }),
        "text": .string(writer.text), "stopped": .bool(result.stopped || writer.isStopped),
      ]
      if timings { json["seconds"] = .number((ContinuousClock.now - start) / .seconds(1)) }
      console.json(.object(json))
    }

    private func printProbabilities(
      _ generator: Generator, _ ids: [Int], _ count: Int, _ loaded: LoadedModel, _ console: Console
    ) throws {
      let probabilities = try generator.topLogProbabilities(promptIDs: ids, count: count)
      for probability in probabilities where !console.isJSON {
        let token = loaded.tokenizer.decode([probability.id], skipSpecialTokens: false)
        let quoted = JSON.string(token).text()
        console.answer("\(fixed(Double(probability.logProbability), 4))\t\(probability.id)\t\(quoted)")
      }
      console.json([
        "prompt_ids": .array(ids.map { .integer($0) }),
        "top_logprobs": .array(
          probabilities.map {
            [
              "id": .integer($0.id), "token": .string(loaded.tokenizer.decode([$0.id], skipSpecialTokens: false)),
              "logprob": .number(Double($0.logProbability)),
            ]
          }),
      ])
    }
  }
}
