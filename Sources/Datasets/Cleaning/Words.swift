/// The words of a text in lower case, with a hash each: what duplicates, contamination and repetition are found by.
///
/// No Unicode normalisation takes place: "é" in one scalar and in two are different words.
struct Words {
  /// What becomes of punctuation and symbols between letters.
  enum Punctuation {
    /// "well-known" is two words.
    case separates
    /// "well-known" is "wellknown", as lm-evaluation-harness' decontamination has it.
    case isLeftOut
  }

  /// The words, each followed by one space.
  private(set) var text: [UInt8] = []
  /// The place of each word's space in `text`.
  private(set) var ends: [Int] = []
  /// The 64-bit hash of each word.
  private(set) var hashes: [UInt64] = []

  var count: Int { hashes.count }

  init(_ bytes: UnsafeBufferPointer<UInt8>, punctuation: Punctuation) {
    // Two bytes of input make at most three in lower case, a character of its own gains a space, and hashing reads
    // eight bytes. A word takes at least two bytes of input, but for the last.
    let mostWords = bytes.count / 2 + 1
    var ends: [Int] = [], hashes: [UInt64] = []
    text = [UInt8](unsafeUninitializedCapacity: bytes.count * 2 + 16) { text, textCount in
      ends = [Int](unsafeUninitializedCapacity: mostWords) { ends, endCount in
        hashes = [UInt64](unsafeUninitializedCapacity: mostWords) { hashes, hashCount in
          var writer = WordWriter(text: text, ends: ends, hashes: hashes)
          writer.write(wordsOf: bytes, punctuationSeparates: punctuation == .separates)
          (textCount, endCount, hashCount) = (writer.written, writer.count, writer.count)
        }
      }
    }
    (self.ends, self.hashes) = (ends, hashes)
  }

  /// The bytes of a word with its space.
  func bytes(of words: Range<Int>) -> ArraySlice<UInt8> {
    guard let last = words.last else { return [] }
    return text[(words.lowerBound == 0 ? 0 : ends[words.lowerBound - 1] + 1)...ends[last]]
  }

  /// The hash of every run of `length` words, in order; empty where there are fewer words.
  ///
  /// A polynomial in the hashes of the words modulo 2^64, so that a step costs two multiplications whatever the
  /// length, and a finaliser.
  func runHashes(ofLength length: Int) -> [UInt64] {
    guard length > 0, count >= length else { return [] }
    var leaving: UInt64 = 1
    for _ in 1..<max(1, length) { leaving &*= runMultiplier }
    return [UInt64](unsafeUninitializedCapacity: count - length + 1) { output, filled in
      var sum: UInt64 = 0
      for index in 0..<count {
        if index >= length { sum &-= hashes[index - length] &* leaving }
        sum = sum &* runMultiplier &+ hashes[index]
        if index >= length - 1 { output[index - length + 1] = mixedBits(sum &+ UInt64(length)) }
      }
      filled = count - length + 1
    }
  }
}

/// Writes words, their ends and their hashes to buffers that are large enough.
private struct WordWriter {
  let text: UnsafeMutableBufferPointer<UInt8>
  let ends: UnsafeMutableBufferPointer<Int>
  let hashes: UnsafeMutableBufferPointer<UInt64>
  private(set) var written = 0
  private(set) var count = 0
  private var wordStart = 0

  init(
    text: UnsafeMutableBufferPointer<UInt8>, ends: UnsafeMutableBufferPointer<Int>,
    hashes: UnsafeMutableBufferPointer<UInt64>
  ) {
    (self.text, self.ends, self.hashes) = (text, ends, hashes)
  }

  mutating func write(wordsOf bytes: UnsafeBufferPointer<UInt8>, punctuationSeparates: Bool) {
    WordScalars.table.withUnsafeBufferPointer { table in
      var position = 0
      while position < bytes.count {
        var meaning: UInt32
        var standsAlone = false
        let byte = bytes[position]
        if byte < 0x80 {
          position += 1
          meaning = UInt32(table[Int(byte)])
          if meaning > WordScalars.invisible {
            text[written] = UInt8(truncatingIfNeeded: meaning)
            written += 1
            continue
          }
        } else {
          (meaning, standsAlone) = WordScalars.meaning(nextScalar(bytes, &position), table)
        }
        if meaning == WordScalars.invisible || (meaning == WordScalars.punctuation && !punctuationSeparates) {
          continue
        }
        let isLetter = meaning > WordScalars.invisible
        if standsAlone || !isLetter { endWord() }
        if isLetter { writeUTF8(meaning) }
        if standsAlone { endWord() }
      }
      endWord()
    }
  }

  @inline(__always)
  private mutating func endWord() {
    guard written > wordStart else { return }
    ends[count] = written
    hashes[count] = wordHash(wordStart..<written)
    count += 1
    text[written] = UInt8(ascii: " ")
    written += 1
    wordStart = written
  }

  /// Eight bytes at a time, the first the lowest: words are short, and a step a byte would take most of the time.
  @inline(__always)
  private func wordHash(_ word: Range<Int>) -> UInt64 {
    let bytes = UnsafeRawBufferPointer(text)
    var hash = UInt64(word.count), place = word.lowerBound
    while place + 8 <= word.upperBound {
      let chunk = bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self).littleEndian
      hash = mixedBits(hash &* runMultiplier ^ chunk)
      place += 8
    }
    let rest = bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self).littleEndian
    let mask: UInt64 = (1 << UInt64((word.upperBound - place) * 8)) - 1
    return mixedBits(hash &* runMultiplier ^ rest & mask)
  }

  private mutating func writeUTF8(_ scalar: UInt32) {
    let count = scalar < 0x80 ? 1 : scalar < 0x800 ? 2 : scalar < 0x10000 ? 3 : 4
    let lead: UInt32 = count == 1 ? 0 : 0xF00 >> UInt32(count) & 0xFF
    for index in 0..<count {
      let bits = scalar >> UInt32((count - 1 - index) * 6)
      text[written] = UInt8(truncatingIfNeeded: index == 0 ? lead | bits : 0x80 | bits & 0x3F)
      written += 1
    }
  }
}

/// Odd and without structure: the golden ratio in 64 bits.
private let runMultiplier: UInt64 = 0x9E37_79B9_7F4A_7C15

/// The finaliser of splitmix64: every input bit changes every output bit with probability about one half.
@inline(__always)
func mixedBits(_ value: UInt64) -> UInt64 {
  var z = value
  z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
  z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
  return z ^ (z >> 31)
}

/// A uniform place below `count` from the high bits of a hash (Lemire 2016); the low bits stay free for a tag.
@inline(__always)
func slot(of hash: UInt64, in count: Int) -> Int { Int(hash.multipliedFullWidth(by: UInt64(count)).high) }

/// The next larger size of a hash table: half as much again, which keeps memory tighter than doubling.
func grownCapacity(_ capacity: Int) -> Int { max(64, capacity + capacity / 2) }
