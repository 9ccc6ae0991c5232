import Datasets

/// Every byte is a token but for marks such as `<|im_end|>`, which are one each; 0 ends a text.
struct MarkEncoding: TextEncoding {
  private static let firstMark = 256
  private let marks: [[UInt8]]

  /// - Parameter text: a text that has all marks.
  init(marksOf text: String) {
    let pattern = /<\|?[A-Za-z_\/｜▁][A-Za-z_\/｜▁]*\|?>|\[\/?[A-Z_]+\]|\[\|[a-z]+\|\]/
    marks = Set(text.matches(of: pattern).map { Array($0.output.utf8) }).sorted { $0.count > $1.count }
  }

  func ids(of text: String) -> [Int] {
    let bytes = Array(text.utf8)
    var ids: [Int] = [], place = 0
    while place < bytes.count {
      if let mark = marks.firstIndex(where: { bytes[place...].starts(with: $0) }) {
        ids.append(Self.firstMark + mark)
        place += marks[mark].count
      } else {
        ids.append(Int(bytes[place]))
        place += 1
      }
    }
    return ids
  }

  func text(of ids: [Int]) -> String {
    String(
      decoding: ids.flatMap { id -> [UInt8] in
        if id >= Self.firstMark { return marks[id - Self.firstMark] }
        return id == 0 ? Array("<end of text>".utf8) : [UInt8(id)]
      }, as: UTF8.self)
  }

  var endOfTextID: Int? { 0 }
  var markIDs: Set<Int> { Set(marks.indices.map { Self.firstMark + $0 }) }
}
