import Adapters
import Basics
import Models
import Tensors

/// The tokens of a base's vocabulary whose input embeddings are most like the virtual tokens of an adapter. It tells
/// where trained prompts have gone; it is no translation of them.
///
/// Source: Lester et al., "The Power of Scale for Parameter-Efficient Prompt Tuning", 2021, section 7.
struct NearestTokens {
  private struct Neighbour {
    let id: Int
    /// The cosine of the angle between the two.
    let similarity: Float
    /// Euclidean.
    let distance: Float
  }

  private let base: LoadedModel
  /// Of each virtual token, the most similar first.
  private let neighbours: [[Neighbour]]

  /// - Throws: `TuneError.usage` for an adapter without virtual tokens.
  static func requireVirtualTokens(_ type: String, _ folder: String) throws {
    guard [PromptTuning.peftType, PTuning.peftType].contains(type) else {
      throw TuneError.usage(
        "--nearest: \(folder) is an adapter of type \(type), which has no virtual tokens among the embeddings; name one "
          + "of prompt tuning or P-tuning")
    }
  }

  /// - Parameters:
  ///   - base: with the adapter on it.
  ///   - count: tokens for each virtual one.
  init(_ embeddings: Tensor, on base: LoadedModel, count: Int) {
    self.base = base
    let table = base.model.inputEmbedding
    let products = logits(embeddings, head: table)
    let lengths = Self.lengths(table.value), own = Self.lengths(embeddings)
    neighbours = (0..<embeddings.rows).map { row in
      let all = (0..<products.width).map { id in
        let product = products.pointer[row * products.width + id], both = own[row] * lengths[id]
        // Of large vectors that lie close the difference of squares may round below zero.
        let squares = own[row] * own[row] + lengths[id] * lengths[id] - 2 * product
        return Neighbour(id: id, similarity: both > 0 ? product / both : 0, distance: max(0, squares).squareRoot())
      }
      return Array(all.sorted { ($1.similarity, $0.id) < ($0.similarity, $1.id) }.prefix(count))
    }
  }

  /// The Euclidean norms of rows.
  private static func lengths(_ matrix: Tensor) -> [Float] { rowNorms(matrix, plus: Tensor.zeros(matrix.shape)) }

  func add(to inspection: inout Inspection) {
    inspection.add("nearest", "tokens of \(base.name) by cosine similarity (and Euclidean distance)")
    for (place, tokens) in neighbours.enumerated() {
      let texts = tokens.map {
        "\(quoted($0.id)) \(fixed(Double($0.similarity), 3)) (\(fixed(Double($0.distance), 2)))"
      }
      inspection.add("", "\(place)  \(texts.joined(separator: "  "))")
    }
    inspection.json["nearest_tokens"] = .array(
      neighbours.map { tokens in
        .array(
          tokens.map {
            [
              "id": .integer($0.id), "token": .string(text($0.id)), "similarity": .number(Double($0.similarity)),
              "distance": .number(Double($0.distance)),
            ]
          })
      })
  }

  private func text(_ id: Int) -> String { base.tokenizer.decode([id], skipSpecialTokens: false) }
  private func quoted(_ id: Int) -> String { JSON.string(text(id)).text() }
}
