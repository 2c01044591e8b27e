// Networks as lists of layers: what is read, what is written, and what is refused.
#include "models/graph_config.h"

#include "models/config.h"
#include "tests/catch.h"
#include "tests/error_message.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

std::string refusal(const std::string& yaml) {
  return error_of([&] { parse_config(yaml, "my.yaml", {}); });
}

}  // namespace

TEST_CASE("graph configuration: layers with names, inputs and attributes of all kinds") {
  const Config config = parse_config(
      "graph:\n"
      "  - {layer: Flatten}\n"
      "  - layer: Linear\n"
      "    out: 12\n"
      "    name: first\n"
      "  - {layer: Dropout, p: 0.25, inputs: first}\n"
      "  - {layer: Add, inputs: [first, dropout1], flag: true, text: \"12\", other: word}\n",
      "my.yaml", {});
  const auto& nodes = config.graph.nodes;
  REQUIRE(nodes.size() == 4);
  CHECK(nodes[0].layer == "Flatten");
  CHECK(nodes[0].name.empty());
  CHECK(nodes[0].inputs.empty());
  CHECK(nodes[1].name == "first");
  CHECK(nodes[1].place == "my.yaml: line 3");
  CHECK(std::get<std::int64_t>(nodes[1].attributes.values().at("out")) == 12);
  CHECK(std::get<double>(nodes[2].attributes.values().at("p")) == 0.25);
  CHECK(nodes[2].inputs == std::vector<std::string>{"first"});
  CHECK(nodes[3].inputs == std::vector<std::string>{"first", "dropout1"});
  CHECK(std::get<std::int64_t>(nodes[3].attributes.values().at("flag")) == 1);
  CHECK(std::get<std::string>(nodes[3].attributes.values().at("text")) == "12");
  CHECK(std::get<std::string>(nodes[3].attributes.values().at("other")) == "word");
}

TEST_CASE("graph configuration: what is written is read again as the same") {
  const Config config = parse_config(
      "graph:\n"
      "  - {layer: Linear, out: 12, name: \"a: {b}\"}\n"
      "  - {layer: Add, inputs: [\"a: {b}\", input], p: 1e-300, q: 0.1, text: \"true\"}\n"
      "  - {layer: ReLU, name: 'two, and \"three\"'}\n",
      "my.yaml", {});
  const std::vector<std::string> lines = graph_lines(config.graph);
  for (const auto& line : lines) CHECK(line.find('\n') == std::string::npos);
  CHECK(graph_lines(parse_graph(to_yaml(config.graph))) == lines);
  const std::string dump = dump_config(config);
  INFO(dump);
  CHECK(graph_lines(parse_config(dump, "again", {}).graph) == lines);
  CHECK(dump_config(parse_config(dump, "again", {})) == dump);
  CHECK(parse_config(dump_config(Config{}), "default", {}).graph.empty());
}

TEST_CASE("graph configuration: mistakes are named with their lines") {
  CHECK(lacks(refusal("graph: {layer: Linear}"), {"my.yaml: line 1", "'graph'", "a list of layers"}) == "");
  CHECK(lacks(refusal("graph:\n  - Linear\n"), {"'graph'", "{layer: TYPE", "line 2"}) == "");
  CHECK(lacks(refusal("graph:\n  - {out: 3}\n"), {"must name a layer", "line 2"}) == "");
  CHECK(lacks(refusal("graph:\n  - {layer: Add, inputs: {a: b}}\n"), {"'inputs'", "line 2"}) == "");
  CHECK(lacks(refusal("graph:\n  - {layer: Add, inputs: []}\n"), {"'inputs'", "line 2"}) == "");
  CHECK(lacks(refusal("graph:\n  - {layer: Linear,\n     out: [3]}\n"), {"one value for 'out'", "line 3"}) ==
        "");
  CHECK(lacks(refusal("graph:\n  - {layer: Linear, out: 3, out: 4}\n"), {"'out' twice", "line 2"}) == "");
  CHECK(lacks(refusal("graph:\n  - {layer: }\n"), {"text for 'layer'", "line 2"}) == "");
  CHECK(lacks(refusal("graph: []\ngraph: []\n"), {"'graph' is there twice"}) == "");
  CHECK(lacks(error_of([] { parse_config("", "my.yaml", {"graph=Linear"}); }),
              {"--set", "a list of layers"}) == "");
  CHECK(lacks(error_of([] { parse_graph("[{layer: "); }), {"must be YAML"}) == "");
}
