import Basics
import Datasets
import Models

/// A loaded model as the writer of texts that preparation asks for.
struct ModelTextGenerator: TextGenerator {
  private let loaded: LoadedModel
  private let temperature: Double
  private let topP: Double

  init(_ loaded: LoadedModel, temperature: Double, topP: Double) {
    self.loaded = loaded
    self.temperature = temperature
    self.topP = topP
  }

  /// Without its folder, so that the data card is the same wherever the model is.
  var name: String { loaded.name.split(separator: "/").last.map { String($0) } ?? loaded.name }
  var contextLength: Int { loaded.model.maxTokens }
  var conversations: (any ConversationRendering)? { loaded.conversations }

  func tokenCount(of text: String) -> Int { loaded.encoding.promptIDs(of: text).count }

  func texts(continuing prompts: [GenerationPrompt], seed: UInt64) throws -> [GeneratedText] {
    let sampling = SamplingOptions(temperature: temperature, topP: topP, seed: seed)
    let generator = Generator(loaded.model, stopIDs: loaded.stopIDs, sampling: sampling, batchSize: prompts.count)
    let requests = prompts.map {
      GenerationRequest(promptIDs: loaded.encoding.promptIDs(of: $0.text), maxNewTokens: $0.maxNewTokens)
    }
    var writers = prompts.map { StopStringWriter(stops: $0.stops) }
    var decoders = prompts.map { _ in loaded.tokenizer.decoder() }
    let results = try generator.generate(
      requests,
      onToken: { index, token in
        _ = writers[index].append(decoders[index].append(token))
        return !writers[index].isStopped
      })
    return results.indices.map { index in
      if !writers[index].isStopped {
        _ = writers[index].append(decoders[index].finish())
        _ = writers[index].finish()
      }
      return GeneratedText(text: writers[index].text, isFinished: results[index].stopped)
    }
  }
}
