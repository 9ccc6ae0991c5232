"""The settings of every variant: a PEFT method, and the bases on which it is made.

A variant names the class of its configuration, the settings common to all bases and, in `bases`, those of each base.
Beside them it may set `random`: how the trainable tensors start. ADDED is noise on PEFT's own start, which for LoRA's
A and B, for gates and for scales is a start that is not trivial; KEPT leaves what PEFT makes (prompts that are random
already, or the tensors that a decomposition gives). `smallest_gradient` is the least that an element may have before
the first step: in an LSTM, whose gates damp it, less than elsewhere.
"""

from peft import (AdaLoraConfig, AdaptionPromptConfig, IA3Config, LNTuningConfig, LoraConfig, PrefixTuningConfig,
                  PromptEncoderConfig, PromptTuningConfig, TrainableTokensConfig, VeraConfig)

from make_families import SMALLEST_GRADIENT

ADDED, KEPT = "added", "kept"

# The folder of each base below Tests/Fixtures, and where its sequences come from.
GPT2, LLAMA, T5, QWEN2 = "gpt2", "llama-llama3", "flan-t5", "qwen2"
# Adaption prompts need a width that is the sum of all heads, which llama-llama3 has not.
TIED_LLAMA = "llama-tied"
FOLDERS = {GPT2: "families/gpt2", LLAMA: "families/llama-llama3", T5: "families/flan-t5", QWEN2: "families/qwen2",
           TIED_LLAMA: "llama/tied"}

ALL = (GPT2, LLAMA, T5)
TARGETS = {GPT2: ["c_attn"], LLAMA: ["q_proj", "v_proj"], T5: ["q", "v"], QWEN2: ["q_proj", "v_proj"]}
# Tokens of the sequences, of which some are trained: 33 and 7 twice in gpt2's; 44 nowhere.
TOKENS = [3, 7, 10, 33, 44]
WORDS = ("the", "answer", "is")
TEXT = " ".join(WORDS)
VIRTUAL = 5


def targeting(bases=ALL, **more):
    """The layers that LoRA adapts by default, and for gpt2 that its weights are stored transposed."""
    return {base: {"target_modules": TARGETS[base]} | ({"fan_in_fan_out": True} if base == GPT2 else {})
            | more.get(base.replace("-", "_"), {}) for base in bases}


def lora(bases, random=ADDED, **settings):
    return dict(config=LoraConfig, common={"r": 4, "lora_alpha": 8, "lora_dropout": 0.0} | settings, bases=bases,
                random=random)


def prompt(config, bases=None, smallest_gradient=SMALLEST_GRADIENT, **settings):
    return dict(config=config, common={"num_virtual_tokens": VIRTUAL} | settings, random=KEPT,
                bases=bases or {base: {} for base in ALL}, smallest_gradient=smallest_gradient)


# What PEFT derives fits neither the query width of flan-t5 (2 heads of 6 over a width of 16, it takes 2 of 8) nor its
# decoder (3 layers, it takes the encoder's 2): both are given.
PREFIX_BASES = {GPT2: {}, LLAMA: {}, QWEN2: {}, T5: {"token_dim": 12, "num_layers": 3}}

VARIANTS = {
    "lora-rslora": lora(use_rslora=True, bases=targeting(
        gpt2=dict(rank_pattern={"h.1.attn.c_attn": 2}, alpha_pattern={"h.0.attn.c_attn": 3}),
        llama_llama3=dict(rank_pattern={"layers.1.self_attn.q_proj": 2},
                          alpha_pattern={"layers.0.self_attn.v_proj": 3}),
        flan_t5=dict(rank_pattern={"encoder.block.0.layer.0.SelfAttention.q": 2},
                     alpha_pattern={"decoder.block.1.layer.1.EncDecAttention.v": 3}))),
    "lora-all-linear": lora({base: {"target_modules": "all-linear"} | ({"fan_in_fan_out": True} if base == GPT2 else {})
                             for base in ALL}),
    "lora-bias-all": lora(targeting((GPT2, QWEN2)), bias="all"),
    "lora-bias-lora_only": lora(targeting((GPT2, QWEN2)), bias="lora_only"),
    "lora-layers": lora(targeting(gpt2=dict(layers_pattern="h"), llama_llama3=dict(layers_pattern="layers"),
                                  flan_t5=dict(layers_pattern="block")), layers_to_transform=[1]),
    "lora-exclude": lora({
        GPT2: dict(target_modules=["c_attn", "c_proj"], exclude_modules=["mlp.c_proj"], fan_in_fan_out=True),
        LLAMA: dict(target_modules=["q_proj", "v_proj", "down_proj"], exclude_modules=r".*layers\.0\..*"),
        T5: dict(target_modules=["q", "v"], exclude_modules=["EncDecAttention.q", "EncDecAttention.v"])}),
    "lora-modules": lora(targeting((LLAMA,)), modules_to_save=["lm_head"]),
    "lora-embedding": lora({
        GPT2: dict(target_modules=["c_attn", "wte"], fan_in_fan_out=True),
        LLAMA: dict(target_modules=["q_proj", "v_proj", "embed_tokens"]),
        T5: dict(target_modules=["q", "v", "embed_tokens"])}),
    "lora-head": lora({LLAMA: dict(target_modules=["q_proj", "v_proj", "lm_head"])}),
    "lora-tokens": lora(targeting((GPT2, LLAMA, QWEN2, T5)), trainable_token_indices=TOKENS),
    "lora-dora": lora(targeting((GPT2, LLAMA, T5, QWEN2)), use_dora=True),
    "lora-bias": lora(targeting(), lora_bias=True),
    "pissa": lora(targeting(), random=KEPT, init_lora_weights="pissa"),
    "olora": lora(targeting((LLAMA, T5)), random=KEPT, init_lora_weights="olora"),
    "vera": dict(config=VeraConfig, common=dict(r=6, projection_prng_key=3, save_projection=True), bases=targeting(),
                 random=ADDED),
    "vera-unsaved": dict(config=VeraConfig, common=dict(r=6, projection_prng_key=3, save_projection=False),
                         bases=targeting(), random=ADDED),
    "adalora": dict(
        config=AdaLoraConfig, bases=targeting(), random=ADDED,
        common=dict(init_r=4, target_r=2, lora_alpha=8, lora_dropout=0.0, tinit=2, tfinal=2, deltaT=2, total_step=10,
                    orth_reg_weight=0.5)),
    "ia3": dict(config=IA3Config, common={}, random=ADDED,
                bases={GPT2: {"fan_in_fan_out": True}, LLAMA: {}, T5: {}, QWEN2: {}}),
    "ln_tuning": dict(config=LNTuningConfig, common={}, bases={GPT2: {}, LLAMA: {}, T5: {}}, random=ADDED),
    "trainable_tokens": dict(config=TrainableTokensConfig, common=dict(token_indices=TOKENS), random=ADDED,
                             bases={GPT2: {}, LLAMA: {}, QWEN2: {}, T5: {}}),
    "prompt-random": prompt(PromptTuningConfig, prompt_tuning_init="RANDOM"),
    "prompt-text": prompt(PromptTuningConfig, prompt_tuning_init="TEXT", prompt_tuning_init_text=TEXT,
                          tokenizer_name_or_path="tokenizer"),
    "p-tuning": prompt(PromptEncoderConfig, encoder_reparameterization_type="MLP", encoder_hidden_size=6),
    "p-tuning-lstm": prompt(PromptEncoderConfig, encoder_reparameterization_type="LSTM", encoder_hidden_size=4,
                            encoder_num_layers=2, smallest_gradient=1e-7),
    "prefix": prompt(PrefixTuningConfig, PREFIX_BASES),
    "prefix-projection": prompt(PrefixTuningConfig, PREFIX_BASES, prefix_projection=True, encoder_hidden_size=6),
    "adaption_prompt": dict(config=AdaptionPromptConfig, common=dict(adapter_len=3, adapter_layers=1), random=ADDED,
                            bases={TIED_LLAMA: {}, GPT2: {}}),
}
