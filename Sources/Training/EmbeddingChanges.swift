import Basics
import Foundation
import Models
import Tensors

/// Noise on the embeddings of training texts: uniform in ±alpha / √(length · hiddenSize) for each sequence.
///
/// Source: Jain et al., "NEFTune", 2023; `neftune_noise_alpha` of Hugging Face's Trainer.
struct EmbeddingNoise {
  let alpha: Double
  private var random: SeededRandom

  init(alpha: Double, seed: UInt64) {
    self.alpha = alpha
    random = SeededRandom(seed: seed, stream: "neftune")
  }

  /// - Parameter x: [tokens, hiddenSize]
  mutating func added(to x: Tensor, _ batch: TokenBatch) -> Tensor {
    let noise = Tensor(shape: x.shape), width = x.width
    for (start, end) in zip(batch.offsets, batch.offsets.dropFirst()) where end > start {
      let bound = Float(alpha / (Double(end - start) * Double(width)).squareRoot())
      for place in start * width..<end * width { noise.pointer[place] = bound * Float(2 * random.uniform() - 1) }
    }
    return add(x, noise)
  }
}

/// Adversarial training on embeddings: a second pass with each sequence moved by epsilon along the gradient of the first.
///
/// Source: Miyato, Dai and Goodfellow, "Adversarial Training Methods for Semi-Supervised Text Classification", 2017 (fast
/// gradient method, normalised over the sequence).
final class FastGradient {
  private let epsilon: Double
  /// The moves of each call of the pass: a decoder's alone, or a source's and a decoder's.
  private var moves: [Tensor?] = []
  private var calls = 0

  init(epsilon: Double) { self.epsilon = epsilon }

  /// In the first pass: notes the gradient that comes back to the embeddings.
  func watched(_ x: Tensor, _ batch: TokenBatch) -> Tensor {
    let call = moves.count
    moves.append(nil)
    return x.tracked { [self] in moves[call] = move(along: $0, batch.offsets) }
  }

  /// In the second pass.
  func moved(_ x: Tensor) -> Tensor {
    defer { calls += 1 }
    return moves[calls].map { add(x, $0) } ?? x
  }

  private func move(along gradient: Tensor, _ offsets: [Int]) -> Tensor {
    let move = Tensor(shape: gradient.shape), width = gradient.width
    for (start, end) in zip(offsets, offsets.dropFirst()) {
      let places = start * width..<end * width
      let norm = places.reduce(0.0) { $0 + Double(gradient.pointer[$1]) * Double(gradient.pointer[$1]) }.squareRoot()
      let scale = norm > 0 ? Float(epsilon / norm) : 0
      for place in places { move.pointer[place] = scale * gradient.pointer[place] }
    }
    return move
  }
}
