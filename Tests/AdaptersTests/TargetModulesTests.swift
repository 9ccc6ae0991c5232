import Basics
import Models
import Testing

@testable import Adapters

@Suite struct TargetModulesTests {
  @Test(
    arguments: [
      ("all-linear", .allLinear), ("q_proj", .suffixes(["q_proj"])),
      ("q_proj,v_proj", .suffixes(["q_proj", "v_proj"])),
      ("q_proj, v_proj", .suffixes(["q_proj", "v_proj"])), (" q_proj , v_proj ", .suffixes(["q_proj", "v_proj"])),
      ("q_proj,,v_proj,", .suffixes(["q_proj", "v_proj"])), ("self_attn.q_proj", .suffixes(["self_attn.q_proj"])),
      (".*_proj", .expression(".*_proj")), (#".*\.1\..*(q|v)_proj"#, .expression(#".*\.1\..*(q|v)_proj"#)),
    ] as [(String, TargetModules)]) func textIsParsed(text: String, expected: TargetModules)
  {
    #expect(TargetModules(parsing: text) == expected)
  }

  @Test(arguments: [
    ("all-linear", 14), ("q_proj,v_proj", 4), ("mlp.up_proj", 2), ("model.layers.1.mlp.up_proj", 1),
    ("layers.0.mlp.up_proj,down_proj", 3), (#".*\.1\..*"#, 7), (".*(q|k|v|o)_proj", 8),
    (#"model\.layers\.\d+\.mlp\..*"#, 6),
  ]) func layersAreSelectedInTheModelsOrder(text: String, count: Int) throws {
    let linears = try AdapterFixture("untied/lora_all").model.linears
    let selected = try TargetModules(parsing: text).select(from: linears).map { $0.name }
    #expect(selected.count == count)
    #expect(selected == linears.map { $0.name }.filter { selected.contains($0) })
  }

  /// A suffix is a whole component, and an expression matches the whole path, as in PEFT.
  @Test(arguments: [
    ("proj", "no layer is called 'proj'"), ("q_porj", "did you mean q_proj?"), ("q_proj,lm_heed", "'lm_heed'"),
    ("layers.9.mlp.up_proj", "'layers.9.mlp.up_proj'"), ("q_proj$", "matches no layer"), ("(q_proj", "not a regular"),
    ("(.*)*x", "matches no layer"), ("q_proj)|(.*", "not a regular"), ("(?P<a>q).*", "not a regular"),
    ("", "matches no layer"), (",", "matches no layer"),
  ]) func unknownLayersAreNamed(text: String, part: String) throws {
    let linears = try AdapterFixture("untied/lora_all").model.linears
    let error = try failure { _ = try TargetModules(parsing: text).select(from: linears) }
    #expect(error.kind == .usage)
    #expect(error.message.hasPrefix("--target-modules: "))
    #expect(error.message.contains(part), "\(error.message)")
    guard !part.contains("regular") else { return }
    #expect(error.message.contains("down_proj, gate_proj, k_proj, o_proj, q_proj, up_proj, v_proj"))
    // Sentences are kept apart.
    #expect(error.message.contains("; ") || error.message.contains(". ") || error.message.contains("? "))
  }

  @Test func patternsOverrideByPath() throws {
    let pattern = LayerPattern(entries: [("layers.0.self_attn.q_proj", 2), (#".*\.1\..*"#, 3), ("v_proj", 5)])
    #expect(try pattern.value(for: "model.layers.0.self_attn.q_proj") == 2)
    #expect(try pattern.value(for: "model.layers.1.self_attn.v_proj") == 3)
    #expect(try pattern.value(for: "model.layers.0.self_attn.v_proj") == 5)
    #expect(try pattern.value(for: "model.layers.0.mlp.up_proj") == nil)
  }
}
