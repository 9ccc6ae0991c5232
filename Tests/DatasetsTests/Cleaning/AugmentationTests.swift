import Basics
import Testing

@testable import Datasets

@Suite struct AugmentationTests {
  private let prompt = "The quick brown fox, from Paris, jumps over\nthe lazy dog while nobody is watching it closely."

  @Test(arguments: Augmentation.Kind.allCases) func sameDrawsSameNoise(kind: Augmentation.Kind) throws {
    let augmentation = try Augmentation(kind, rate: 0.2, seed: 7)
    let results = (0..<200).map { augmentation.apply(to: prompt, target: "Paris, dog.", recordHash: UInt64($0)) }
    #expect(results == (0..<200).map { augmentation.apply(to: prompt, target: "Paris, dog.", recordHash: UInt64($0)) })
    #expect(Set(results.compactMap { $0 }).count > 100)
    for case let result? in results {
      #expect(result != prompt)
      #expect(result.contains("Paris,") && result.contains("dog"))
      #expect(result.contains("\n"))
    }
  }

  @Test func dropoutKeepsOrderAndHalf() throws {
    let augmentation = try Augmentation(.wordDropout, rate: 0.5, seed: 1)
    let words = prompt.split { $0 == " " || $0 == "\n" }
    for hash in 0..<300 {
      guard let result = augmentation.apply(to: prompt, target: "", recordHash: UInt64(hash)) else { continue }
      var rest = words[...]
      let kept = result.split { $0 == " " || $0 == "\n" }
      #expect(kept.count >= words.count - words.count / 2)
      for word in kept {
        let place = try #require(rest.firstIndex(of: word))
        rest = rest[(place + 1)...]
      }
    }
  }

  @Test func typosKeepWordsAndMarks() throws {
    let augmentation = try Augmentation(.typos, rate: 0.5, seed: 1)
    let text = "42 naïve e\u{301}te\u{301} हिन्दी ZEBRA a 3.5 <tag>"
    for hash in 0..<300 {
      let result = augmentation.apply(to: text, target: "", recordHash: UInt64(hash)) ?? text
      #expect(result.split(separator: " ").count == 8)
      #expect(result.contains("42 ") && result.contains("3.5"))
      #expect(result.unicodeScalars.count { $0.value == 0x301 } == 2)
    }
  }

  @Test func nothingToChangeIsNil() throws {
    for kind in Augmentation.Kind.allCases {
      let augmentation = try Augmentation(kind, rate: 0.5, seed: 1)
      for text in ["", " \n ", "yes"] {
        #expect(augmentation.apply(to: text, target: "Yes!", recordHash: 1) == nil)
      }
      #expect(throws: TuneError.self) { _ = try Augmentation(kind, rate: 0, seed: 1) }
      #expect(throws: TuneError.self) { _ = try Augmentation(kind, rate: .nan, seed: 1) }
    }
  }

  @Test func noiseNeverCrashes() throws {
    var random = SeededRandom(seed: 4)
    for kind in Augmentation.Kind.allCases {
      let augmentation = try Augmentation(kind, rate: 0.5, seed: 1)
      for _ in 0..<500 {
        let text = CleaningFixture.noise(random.integer(below: 100), &random)
        if let result = augmentation.apply(to: text, target: "a 1", recordHash: random.next()) {
          #expect(!result.isSame(as: text))
        }
      }
    }
  }
}
