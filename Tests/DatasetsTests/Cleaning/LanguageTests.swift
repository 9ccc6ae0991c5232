import Basics
import Testing

@testable import Datasets

@Suite struct LanguageTests {
  @Test(arguments: [
    ("en", "My brother works in a small shop near the station, and he likes it there."),
    ("de", "Mein Bruder arbeitet in einem kleinen Laden beim Bahnhof, und es gefällt ihm dort."),
    ("fr", "Mon frère travaille dans un petit magasin près de la gare, et cela lui plaît."),
    ("es", "Mi hermano trabaja en una tienda pequeña cerca de la estación y le gusta mucho."),
    ("it", "Mio fratello lavora in un piccolo negozio vicino alla stazione e gli piace molto."),
    ("pt", "O meu irmão trabalha numa pequena loja perto da estação e gosta muito disso."),
    ("nl", "Mijn broer werkt in een kleine winkel bij het station en het bevalt hem daar."),
    ("sv", "Min bror arbetar i en liten affär nära stationen och han trivs mycket bra där."),
    ("da", "Min bror arbejder i en lille butik nær stationen, og han er meget glad for det."),
    ("no", "Broren min jobber i en liten butikk ved stasjonen, og han liker seg veldig godt der."),
    ("fi", "Veljeni on töissä pienessä kaupassa aseman lähellä, ja hän viihtyy siellä hyvin."),
    ("pl", "Mój brat pracuje w małym sklepie obok dworca i bardzo mu się tam podoba."),
    ("cs", "Můj bratr pracuje v malém obchodě vedle nádraží a moc se mu tam líbí."),
    ("tr", "Kardeşim istasyonun yanındaki küçük bir dükkânda çalışıyor ve orayı çok seviyor."),
    ("vi", "Anh trai tôi làm việc trong một cửa hàng nhỏ gần nhà ga và anh ấy rất thích."),
    ("id", "Kakak saya bekerja di sebuah toko kecil dekat stasiun dan dia sangat menyukainya."),
    ("ru", "Мой брат работает в маленьком магазине около вокзала, и ему там нравится."),
    ("uk", "Мій брат працює в маленькій крамниці біля вокзалу, і йому там подобається."),
    ("el", "Ο αδελφός μου δουλεύει σε ένα μικρό κατάστημα."), ("ar", "أخي يعمل في متجر صغير قرب المحطة."),
    ("he", "אחי עובד בחנות קטנה ליד התחנה."), ("hi", "मेरा भाई स्टेशन के पास एक छोटी दुकान में काम करता है।"),
    ("zh", "我哥哥在车站附近的一家小店工作。"), ("ja", "兄は駅の近くの小さな店で働いています。"),
    ("ko", "우리 형은 역 근처의 작은 가게에서 일합니다."),
  ])
  func sentences(code: String, text: String) {
    #expect(Language.guess(text)?.rawValue == code)
    let checks = TextChecks(kinds: [.language], languages: [.english])
    #expect(checks.check(text, field: "f", role: .prompt).isEmpty == (code == "en"))
  }

  @Test(arguments: [
    "", "ok", "Good products", "12345 67890 !!!", "Michael Schmitz", "https://example.com/das-ist-ein-name",
  ])
  func shortOrForeignIsUnknown(text: String) { #expect(Language.guess(text) == nil) }

  @Test(
    .enabled(if: CleaningFixture.data != nil, "the data sets of ../shared/data are absent"),
    arguments: [("en", 0.85), ("de", 0.93), ("fr", 0.93)])
  func captions(code: String, least: Double) throws {
    var right = 0, wrong = 0, total = 0
    for set in ["test_2016_flickr", "test_2017_flickr", "test_2017_mscoco", "test_2018_flickr"] {
      for line in try CleaningFixture.lines("multi30k/\(set).\(code).gz") {
        let guess = Language.guess(line)
        total += 1
        right += guess?.rawValue == code ? 1 : 0
        wrong += guess != nil && guess?.rawValue != code ? 1 : 0
      }
    }
    #expect(Double(right) >= least * Double(total), "\(right) of \(total)")
    #expect(Double(wrong) <= 0.002 * Double(total), "\(wrong) of \(total)")
  }

  @Test(.enabled(if: CleaningFixture.data != nil, "the data sets of ../shared/data are absent"))
  func books() throws {
    for name in ["alice_11", "pride-and-prejudice_1342", "moby-dick_2701"] {
      let lines = try CleaningFixture.lines("gutenberg/\(name).txt.gz")
      let paragraphs = lines.split { $0.isEmpty }.map { $0.joined(separator: " ") }.filter { $0.utf8.count > 100 }
      let right = paragraphs.count { Language.guess($0) == .english }
      let wrong = paragraphs.filter { Language.guess($0).map { $0 != .english } ?? false }
      #expect(Double(right) >= 0.98 * Double(paragraphs.count), "\(right) of \(paragraphs.count)")
      #expect(Double(wrong.count) <= 0.002 * Double(paragraphs.count), "\(wrong.prefix(5))")
    }
  }
}
