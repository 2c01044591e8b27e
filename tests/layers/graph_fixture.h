// A small captioner as a graph, and what it is fed: features and packed words.
#pragma once

#include "layers/graph.h"
#include "tests/layers/gradient_check.h"
#include "tests/layers/layer_cases.h"

namespace dlcore::test {

/// features (N, 6) -> Standardize -> Linear -> h0;  words (tokens) -> Embedding -> Dropout;  two recurrent
/// layers that both read h0;  VocabularyLoss "loss" with `next_words` (tokens), of which 0 is ignored.
class SmallCaptioner {
 public:
  static constexpr std::int64_t feature_dim = 6, wordvec_dim = 5, hidden_dim = 7, vocabulary = 11;

  SmallCaptioner(const Target& target, const std::string& cell, std::uint64_t seed = 1) {
    const auto node = [&](const char* name, const char* type, const Attributes& attributes,
                          const std::vector<std::string>& inputs) {
      graph.add(name, make_layer(type, attributes), inputs);
    };
    graph.input("features", true);
    graph.input("words");
    graph.input("next_words");
    node("standardize", "Standardize", {{"channels", 3}, {"spatial", 2}}, {"features"});
    node("project", "Linear", {{"in", feature_dim}, {"out", hidden_dim}}, {"standardize"});
    node("embed", "Embedding", {{"V", vocabulary}, {"D", wordvec_dim}}, {"words"});
    node("dropout", "Dropout", {{"p", 0.5}, {"site", 1}}, {"embed"});
    node("lower", cell.c_str(), {{"D", wordvec_dim}, {"H", hidden_dim}}, {"dropout", "project"});
    node("upper", cell.c_str(), {{"D", hidden_dim}, {"H", hidden_dim}}, {"lower", "project"});
    node("loss", "VocabularyLoss", {{"H", hidden_dim}, {"V", vocabulary}, {"chunk", 4}},
         {"upper", "next_words"});
    graph.allocate(target.type, target.device());
    Random random(seed);
    graph.parameters().initialize(random);
  }

  Graph graph;
};

/// A batch of sequences of these lengths.
struct CaptionBatch {
  CaptionBatch(const Target& target, const std::vector<std::int64_t>& lengths, std::uint64_t seed = 1)
      : packing(Packing::from_lengths(lengths)) {
    const std::int64_t tokens = packing.tokens();
    const auto limit = static_cast<std::int32_t>(SmallCaptioner::vocabulary);
    feeds["features"] = make_normal(target, {packing.batch(), SmallCaptioner::feature_dim}, seed);
    feeds["words"] = make_ids(target, draw_ids(tokens, limit, seed + 1), {tokens});
    feeds["next_words"] = make_ids(target, draw_ids(tokens, limit, seed + 2), {tokens});
  }

  Context context(const Target& target, bool training, std::uint64_t step = 0) const {
    return {.stream = target.stream, .training = training, .seed = 9, .step = step, .packing = &packing};
  }
  std::map<std::string, Spec> specs() const {
    std::map<std::string, Spec> result;
    for (const auto& [name, tensor] : feeds) result[name] = spec_of(tensor);
    return result;
  }

  Packing packing;
  Graph::Feeds feeds;
};

}  // namespace dlcore::test
