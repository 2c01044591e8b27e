#include "io/pickle.h"

#include <unordered_map>

#include "core/error.h"
#include "io/json_text.h"
#include "io/pickle_input.h"

namespace dlcore {
namespace {

class Machine {
 public:
  Machine(std::istream& input, std::uint64_t limit, PickleValues& values, PickleFactory& factory)
      : input_(input, limit, values.where()), values_(values), factory_(factory), where_(values.where()) {}

  PickleRef run() {
    for (;;) {
      const auto code = static_cast<unsigned char>(input_.number(1));
      if (code == '.') break;
      step(code);
      require(stack_.size() <= most_pending && marks_.size() <= most_pending && memo_.size() <= most_pending,
              "{}: the pickle keeps more than {} values at hand", where_, most_pending);
    }
    const PickleRef result = pop();
    require(stack_.empty() && marks_.empty(), "{}: the pickle ends with values left over", where_);
    return result;
  }

 private:
  static constexpr std::size_t most_pending = 4'000'000;

  // Values below a mark belong to it and can't be popped past it.
  std::size_t floor() const { return marks_.empty() ? 0 : marks_.back(); }

  void push(PickleValue value) { stack_.push_back(values_.add(std::move(value))); }
  PickleRef top() const {
    require(stack_.size() > floor(), "{}: the pickle takes a value from an empty stack", where_);
    return stack_.back();
  }
  PickleRef pop() {
    const PickleRef ref = top();
    stack_.pop_back();
    return ref;
  }
  std::vector<PickleRef> pop_to_mark() {
    require(!marks_.empty(), "{}: the pickle looks for a mark that is not there", where_);
    const auto begin = stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back());
    std::vector<PickleRef> items(begin, stack_.end());
    stack_.erase(begin, stack_.end());
    marks_.pop_back();
    return items;
  }
  void push_tuple(std::size_t count) {
    PickleSequence tuple{true, std::vector<PickleRef>(count)};
    for (std::size_t i = count; i > 0; --i) tuple.items[i - 1] = pop();
    push(std::move(tuple));
  }

  void append(const std::vector<PickleRef>& items) {
    const PickleRef target = top();
    auto* list = std::get_if<PickleSequence>(&values_[target]);
    require(list && !list->is_tuple, "{}: the pickle wants to append to {}", where_, values_.kind(target));
    list->items.insert(list->items.end(), items.begin(), items.end());
  }
  void set_items(const std::vector<PickleRef>& items) {
    const PickleRef target = top();
    auto* dict = std::get_if<PickleDict>(&values_[target]);
    require(dict, "{}: the pickle wants to set items of {}", where_, values_.kind(target));
    require(items.size() % 2 == 0, "{}: the pickle sets a key without a value", where_);
    for (std::size_t i = 0; i < items.size(); i += 2) dict->items.emplace_back(items[i], items[i + 1]);
  }

  void memoize(std::uint64_t index) { memo_[index] = top(); }
  void recall(std::uint64_t index) {
    const auto found = memo_.find(index);
    require(found != memo_.end(), "{}: the pickle asks for value {} of its memo, which is not there", where_,
            index);
    stack_.push_back(found->second);
  }

  void push_global(const std::string& module, const std::string& name) {
    const std::string full = module + "." + name;
    if (full != "collections.OrderedDict" && full != "collections.Counter") {
      const std::string refusal = factory_.refusal(full);
      require(refusal.empty(), "{}: {}", where_, refusal);
    }
    push(PickleGlobal{full});
  }

  void push_stack_global() {
    const PickleRef name = pop(), module = pop();
    const auto *name_text = values_.get<std::string>(name), *module_text = values_.get<std::string>(module);
    require(name_text && module_text, "{}: the pickle names a function by {} and {}", where_,
            values_.kind(module), values_.kind(name));
    push_global(std::string(*module_text), std::string(*name_text));
  }

  void reduce() {
    const PickleRef arguments = pop(), function = pop();
    const auto* global = values_.get<PickleGlobal>(function);
    require(global, "{}: the pickle wants to call {}, which dlcore never does", where_,
            values_.kind(function));
    const auto* tuple = values_.get<PickleSequence>(arguments);
    require(tuple && tuple->is_tuple,
            "{}: the pickle wants to call {} with {} in place of a tuple of arguments", where_, global->name,
            values_.kind(arguments));
    if (global->name.starts_with("collections.")) {
      push(make_dict(global->name, tuple->items));
    } else {
      push(factory_.call(global->name, tuple->items, values_));
    }
  }

  PickleDict make_dict(const std::string& name, const std::vector<PickleRef>& arguments) {
    PickleDict dict{name == "collections.OrderedDict", {}};
    if (arguments.empty()) return dict;
    if (const auto* from = values_.get<PickleDict>(arguments[0]); from && arguments.size() == 1) {
      count_copied(from->items.size());
      dict.items = from->items;
      return dict;
    }
    const auto* pairs = values_.get<PickleSequence>(arguments[0]);  // as Python 2 wrote it
    require(pairs && arguments.size() == 1,
            "{}: the pickle wants to make a {} of something that is no list of pairs", where_, name);
    count_copied(pairs->items.size());
    for (const PickleRef ref : pairs->items) {
      const auto* pair = values_.get<PickleSequence>(ref);
      require(pair && pair->items.size() == 2,
              "{}: the pickle wants to make a {} of something that is no list of pairs", where_, name);
      dict.items.emplace_back(pair->items[0], pair->items[1]);
    }
    return dict;
  }

  // A few bytes could copy a long list over and over.
  void count_copied(std::size_t items) {
    copied_ += items;
    require(copied_ <= most_pending, "{}: the pickle copies more than {} values", where_, most_pending);
  }

  // An OrderedDict's attributes (PyTorch's state dicts have `_metadata`) are dropped; nothing else may have a
  // state.
  void build() {
    const PickleRef state = pop(), target = top();
    const auto* dict = values_.get<PickleDict>(target);
    require(dict && dict->is_ordered && values_.get<PickleDict>(state),
            "{}: the pickle wants to set the state of {} (BUILD), which dlcore never does", where_,
            values_.kind(target));
  }

  void step(unsigned char code) {
    switch (code) {
      case 0x80: {  // PROTO
        const std::uint64_t protocol = input_.number(1);
        require(protocol >= 2 && protocol <= 5, "{}: the pickle has protocol {}, expected 2 to 5", where_,
                protocol);
        return;
      }
      case 0x95:  // FRAME: only for reading ahead
        return void(input_.bytes(8));
      case 'N':
        return push(PickleNone{});
      case 0x88:
        return push(true);
      case 0x89:
        return push(false);
      case 'J':
        return push(static_cast<std::int64_t>(static_cast<std::int32_t>(input_.number(4))));
      case 'K':
        return push(static_cast<std::int64_t>(input_.number(1)));
      case 'M':
        return push(static_cast<std::int64_t>(input_.number(2)));
      case 0x8a:  // LONG1
        return push(input_.integer(input_.number(1)));
      case 0x8b:  // LONG4
        return push(input_.integer(input_.number(4)));
      case 'G':
        return push(input_.real());
      case 'U':   // SHORT_BINSTRING, of Python 2
      case 0x8c:  // SHORT_BINUNICODE
        return push(input_.bytes(input_.number(1)));
      case 'T':  // BINSTRING
      case 'X':  // BINUNICODE
        return push(input_.bytes(input_.number(4)));
      case 0x8d:  // BINUNICODE8
        return push(input_.bytes(input_.number(8)));
      case ')':
        return push(PickleSequence{true, {}});
      case 0x85:
      case 0x86:
      case 0x87:
        return push_tuple(code - 0x84u);
      case 't': {
        std::vector<PickleRef> items = pop_to_mark();
        return push(PickleSequence{true, std::move(items)});
      }
      case ']':
        return push(PickleSequence{false, {}});
      case 'a': {
        const PickleRef item = pop();
        return append({item});
      }
      case 'e':
        return append(pop_to_mark());
      case '}':
        return push(PickleDict{});
      case 's': {
        const PickleRef value = pop(), key = pop();
        return set_items({key, value});
      }
      case 'u':
        return set_items(pop_to_mark());
      case '(':
        return marks_.push_back(stack_.size());
      case '0':
        return void(pop());
      case '1':
        return void(pop_to_mark());
      case '2':
        return stack_.push_back(top());
      case 'q':
        return memoize(input_.number(1));
      case 'r':
        return memoize(input_.number(4));
      case 0x94:
        return memoize(memo_.size());
      case 'h':
        return recall(input_.number(1));
      case 'j':
        return recall(input_.number(4));
      case 'c': {
        const std::string module = input_.line();
        return push_global(module, input_.line());
      }
      case 0x93:
        return push_stack_global();
      case 'R':
        return reduce();
      case 'b':
        return build();
      case 'Q': {
        const PickleRef id = pop();
        return push(factory_.load(id, values_));
      }
      case 'i': {  // INST: calls what it names
        const std::string module = input_.line();
        fail("{}: the pickle wants to call {} (INST), which dlcore never does", where_,
             quoted_piece(module + "." + input_.line()));
      }
      default:
        fail("{}: {}", where_, refused_opcode(code));
    }
  }

  PickleInput input_;
  PickleValues& values_;
  PickleFactory& factory_;
  const std::string where_;
  std::vector<PickleRef> stack_;
  std::vector<std::size_t> marks_;  // sizes of the stack
  std::unordered_map<std::uint64_t, PickleRef> memo_;
  std::size_t copied_ = 0;
};

}  // namespace

PickleRef read_pickle(std::istream& input, std::uint64_t limit, PickleValues& values,
                      PickleFactory& factory) {
  return Machine(input, limit, values, factory).run();
}

}  // namespace dlcore
