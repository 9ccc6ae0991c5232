"""config.json as transformers 4 wrote it, from what transformers 5 writes."""


def older_spelling(newer, variant):
    """`rope_theta` and `rope_scaling` at the top, patterns instead of `layer_types`, `torch_dtype` for `dtype`."""
    config = dict(newer)
    config["torch_dtype"] = config.pop("dtype")
    if rope := config.pop("rope_parameters", None):
        config |= older_rope(config["model_type"], rope)
    if "layer_types" in config:
        del config["layer_types"]
    if config.get("head_dim") == config.get("hidden_size", 0) // config.get("num_attention_heads", 1):
        del config["head_dim"]
    if "scale_decoder_outputs" in config or config["model_type"] == "mt5":
        # transformers 4 scaled the decoder's output exactly when the embeddings were tied.
        config.pop("scale_decoder_outputs", None)
        config["tie_word_embeddings"] = not variant.get("own_head", False)
        del config["dense_act_fn"], config["is_gated_act"]
    return config | variant.get("older", {})


def older_rope(model_type, rope):
    rope = dict(rope)
    if model_type == "gemma3_text":
        config = older_rope("", rope["full_attention"])
        if config["rope_scaling"]:
            config["rope_scaling"]["rope_type"] = config["rope_scaling"].pop("type")
        return config | {"rope_local_base_freq": rope["sliding_attention"]["rope_theta"]}
    theta = rope.pop("rope_theta")
    fraction = rope.pop("partial_rotary_factor", None)
    if model_type == "gpt_neox":
        return {"rotary_emb_base": theta, "rotary_pct": fraction, "rope_scaling": None}
    config = {"rope_theta": theta, "rope_scaling": None}
    if fraction is not None:
        config["partial_rotary_factor"] = fraction
    kind = rope.pop("rope_type")
    if kind != "default":
        # The first releases with scaling said `type`; llama3 and Gemma 3 came when it was `rope_type`.
        config["rope_scaling"] = {"rope_type" if kind == "llama3" else "type": kind} | rope
    return config
