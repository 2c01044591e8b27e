// The layers that CONTRIBUTING.md explains, in the table like dlcore's own: whatever is asked of every layer
// is asked of them, too. They are registered before main, as a program might, and whether the table's own
// translation unit has been initialised by then is nobody's business.
#include "layers/registry.h"
#include "tests/install/plugin/relu_rnn.h"
#include "tests/install/plugin/swish.h"

namespace {

[[maybe_unused]] const bool registered = [] {
  dlcore::register_layer("Swish",
                         [](const dlcore::Attributes&) { return std::make_unique<example::Swish>(); });
  dlcore::register_layer("ReluRNN", [](const dlcore::Attributes& a) {
    return std::make_unique<example::ReluRNN>(
        a.integer("D"), a.integer("H"),
        example::ReluRNN::StateDropout{a.number("state_dropout", 0),
                                       static_cast<std::uint64_t>(a.integer("site", 0))});
  });
  return true;
}();

}  // namespace
