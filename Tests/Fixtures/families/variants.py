"""The settings of every variant, in the spelling of transformers 5.

A variant may name `targets` (LoRA's, where PEFT has no default for the family), `matters` (changes of settings that
must change the logits), `older` (what the older spelling says beside the usual changes) and `cache_matters` (whether
generation with a cache must give other tokens).
"""

from transformers import AutoModelForCausalLM, AutoModelForSeq2SeqLM, AutoModelForSequenceClassification

VOCABULARY = 61
CAUSAL, ENCODER_DECODER, CLASSIFIER = "causal", "encoder_decoder", "sequence_classification"
AUTO_CLASSES = {CAUSAL: AutoModelForCausalLM, ENCODER_DECODER: AutoModelForSeq2SeqLM,
                CLASSIFIER: AutoModelForSequenceClassification}
TASK_TYPES = {CAUSAL: "CAUSAL_LM", ENCODER_DECODER: "SEQ_2_SEQ_LM", CLASSIFIER: "SEQ_CLS"}

# Variants whose config.json is in the older spelling.
OLDER = {"gpt2", "llama-linear", "llama-yarn", "mistral", "qwen2", "qwen2-sliding", "gemma", "gemma2",
         "gemma3-linear", "phi3", "gpt_neox", "flan-t5", "t5", "bert"}

FULL, SLIDING = "full_attention", "sliding_attention"
DEFAULT_ROPE = {"rope_type": "default", "rope_theta": 500.0}


def modern(model_type, layers=2, theta=500.0, matters=(), older=None, targets=None, **settings):
    """A decoder with grouped queries, rotary positions and a gated MLP; other settings come on top."""
    settings = dict(
        hidden_size=16, intermediate_size=24, num_hidden_layers=layers, num_attention_heads=4, num_key_value_heads=2,
        max_position_embeddings=64, bos_token_id=1, eos_token_id=2, pad_token_id=0,
        rope_parameters={"rope_type": "default", "rope_theta": theta}) | settings
    return dict(kind=CAUSAL, model_type=model_type, settings=settings, matters=matters, older=older or {},
                targets=targets)


def llama(matters=(), **rope):
    """Heads of 8 have four rotary frequencies: enough to be kept, blended and scaled."""
    positions = rope.pop("max_position_embeddings", 64)
    return modern("llama", head_dim=8, max_position_embeddings=positions,
                  rope_parameters={"rope_theta": 500.0} | rope,
                  matters=[{"rope_parameters": DEFAULT_ROPE}, *matters])


def gemma3(**full_attention):
    """Three layers to a pattern: two local ones, one global."""
    rope = {SLIDING: {"rope_type": "default", "rope_theta": 100.0},
            FULL: {"rope_type": "default", "rope_theta": 5000.0} | full_attention}
    one_base = {SLIDING: rope[SLIDING], FULL: rope[SLIDING]}
    return modern(
        "gemma3_text", layers=4, head_dim=8, query_pre_attn_scalar=12, sliding_window=4, rope_parameters=rope,
        layer_types=[SLIDING, SLIDING, FULL, SLIDING], older={"sliding_window_pattern": 3},
        matters=[{"sliding_window": 64}, {"query_pre_attn_scalar": 8}, {"rope_parameters": one_base},
                 {"layer_types": [SLIDING] * 4}])


def gpt_neox(parallel):
    return modern(
        "gpt_neox", hidden_size=32, num_attention_heads=2, num_key_value_heads=None, use_parallel_residual=parallel,
        attention_bias=True, tie_word_embeddings=False,
        rope_parameters=DEFAULT_ROPE | {"partial_rotary_factor": 0.25},
        matters=[{"use_parallel_residual": not parallel},
                 {"rope_parameters": DEFAULT_ROPE | {"partial_rotary_factor": 1.0}}])


def t5(model_type="t5", own_head=True, feed_forward="gated-gelu", heads=2):
    """Query width 2 * 6 = 12 or 3 * 6 = 18 differs from 16; sequences go beyond the largest relative distance."""
    return dict(
        kind=ENCODER_DECODER, model_type=model_type, own_head=own_head,
        settings=dict(
            d_model=16, d_kv=6, d_ff=24, num_layers=2, num_decoder_layers=3, num_heads=heads,
            feed_forward_proj=feed_forward, relative_attention_num_buckets=8, relative_attention_max_distance=12,
            tie_word_embeddings=not own_head, pad_token_id=0, eos_token_id=1, decoder_start_token_id=0),
        matters=[{"relative_attention_max_distance": 24}])


def encoder(model_type, targets=None, **settings):
    return dict(kind=CLASSIFIER, model_type=model_type, targets=targets, settings=dict(num_labels=3, **settings))


def bert_like(model_type, **settings):
    return encoder(model_type, hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=24,
                   **settings)


VARIANTS = {
    "gpt2": dict(
        kind=CAUSAL, model_type="gpt2",
        settings=dict(n_embd=16, n_layer=2, n_head=2, n_positions=48, bos_token_id=2, eos_token_id=2)),
    "llama-linear": llama(rope_type="linear", factor=4.0),
    # Sequences of 9 and 14 go beyond the 8 positions, the one of 5 does not.
    "llama-dynamic": llama(rope_type="dynamic", factor=2.0, max_position_embeddings=8) | {"cache_matters": True},
    # Wavelengths 6, 30, 141 and 665: kept, blended, scaled, scaled.
    "llama-llama3": llama(rope_type="llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0,
                          original_max_position_embeddings=64, max_position_embeddings=512),
    # Frequencies kept, halfway, scaled, scaled; an attention factor of 1.14.
    "llama-yarn": llama(rope_type="yarn", factor=4.0, original_max_position_embeddings=64,
                        max_position_embeddings=256),
    "mistral": modern("mistral", sliding_window=4, matters=[{"sliding_window": None}]),
    "smollm3": modern(
        "smollm3", layers=3, no_rope_layers=[1, 0, 1], targets=["q_proj", "v_proj"], tie_word_embeddings=True,
        matters=[{"no_rope_layers": [1, 1, 1]}]),
    "qwen2": modern("qwen2", tie_word_embeddings=True, older={"sliding_window": 4, "max_window_layers": 1}),
    "qwen2-sliding": modern(
        "qwen2", layers=3, use_sliding_window=True, sliding_window=4, max_window_layers=1,
        matters=[{"use_sliding_window": False}, {"max_window_layers": 0}, {"max_window_layers": 2}]),
    "qwen3": modern("qwen3", head_dim=6, tie_word_embeddings=True),
    "gemma": modern("gemma", head_dim=6, num_key_value_heads=1, hidden_act="gelu_pytorch_tanh",
                    older={"hidden_act": "gelu"}),
    "gemma2": modern(
        "gemma2", layers=3, head_dim=6, query_pre_attn_scalar=10, sliding_window=4, attn_logit_softcapping=2.0,
        final_logit_softcapping=1.5,
        matters=[{"attn_logit_softcapping": None}, {"final_logit_softcapping": None}, {"sliding_window": 64},
                 {"query_pre_attn_scalar": 6}, {"layer_types": [FULL, SLIDING, FULL]}]),
    "gemma3": gemma3(),
    "gemma3-linear": gemma3(rope_type="linear", factor=8.0),
    "phi3": modern("phi3", sliding_window=4, tie_word_embeddings=False, targets=["qkv_proj"],
                   matters=[{"sliding_window": None}]),
    "gpt_neox": gpt_neox(parallel=True),
    "gpt_neox-sequential": gpt_neox(parallel=False),
    "opt": dict(
        kind=CAUSAL, model_type="opt",
        settings=dict(hidden_size=16, ffn_dim=24, num_hidden_layers=2, num_attention_heads=2, word_embed_proj_dim=16,
                      max_position_embeddings=48, bos_token_id=2, eos_token_id=2, pad_token_id=1)),
    "t5": t5(own_head=False, feed_forward="relu"),
    "flan-t5": t5(),
    "mt5": t5(model_type="mt5", heads=3),
    "bert": bert_like("bert", max_position_embeddings=32, pad_token_id=0),
    # Positions begin after the padding id: 2 is the first.
    "roberta": bert_like("roberta", max_position_embeddings=34, type_vocab_size=1, pad_token_id=1),
    "distilbert": encoder("distilbert", targets=["q_lin", "v_lin"], dim=16, hidden_dim=24, n_layers=2, n_heads=2,
                          max_position_embeddings=32, pad_token_id=0),
}
