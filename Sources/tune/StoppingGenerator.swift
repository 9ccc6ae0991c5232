import Models

/// Writes texts for several prompts, each ended before its own stop strings.
struct StoppingGenerator {
  let loaded: LoadedModel
  let generator: Generator

  /// - Parameters:
  ///   - stops: of each request.
  ///   - onToken: called for each new token.
  ///   - onFinish: called with the number of requests that are answered.
  func texts(
    _ requests: [GenerationRequest], stops: [[String]], onToken: () -> Void = {}, onFinish: (Int) -> Void
  ) throws -> [(text: String, stopped: Bool)] {
    var writers = stops.map { StopStringWriter(stops: $0) }
    var decoders = requests.map { _ in loaded.tokenizer.decoder() }
    let results = try generator.generate(
      requests,
      onToken: { index, token in
        onToken()
        _ = writers[index].append(decoders[index].append(token))
        return !writers[index].isStopped
      }, onFinish: onFinish)
    return requests.indices.map { index in
      if !writers[index].isStopped {
        _ = writers[index].append(decoders[index].finish())
        _ = writers[index].finish()
      }
      return (writers[index].text, results[index].stopped)
    }
  }
}
