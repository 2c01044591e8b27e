// The table behind layers, cells and encoders.
#include "core/named_table.h"

#include <atomic>
#include <functional>
#include <thread>

#include "tests/catch.h"
#include "tests/error_message.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

using Number = std::function<int()>;

}  // namespace

TEST_CASE("named table: what is there and what was added is found, in the order of the alphabet") {
  NamedTable<Number> table("number", {{"two", [] { return 2; }}, {"one", [] { return 1; }}});
  CHECK(table.names() == std::vector<std::string>{"one", "two"});
  table.add("three", [] { return 3; });
  CHECK(table.names() == std::vector<std::string>{"one", "three", "two"});
  CHECK(table.at("two")() == 2);
  CHECK(table.at("three")() == 3);
}

TEST_CASE("named table: a name that is taken, and what cannot be added or found") {
  NamedTable<Number> table("number", {{"one", [] { return 1; }}});
  CHECK(error_of([&] { table.add("one", [] { return 4; }); }) == "the number 'one' is there already");
  CHECK(table.at("one")() == 1);
  CHECK(error_of([&] { table.add("", [] { return 4; }); }) == "the name of a new number is empty");
  CHECK(lacks(error_of([&] { table.add("none", nullptr); }), {"the number 'none' needs a function"}) == "");
  table.add("two", [] { return 2; });
  CHECK(error_of([&] { table.at("three"); }) == "there is no number 'three': the numbers are one, two");
}

// Threads that add look up at the same time; one of them wins each name. (ThreadSanitizer looks on.)
TEST_CASE("named table: from many threads") {
  constexpr int threads = 4, names = 200;
  NamedTable<Number> table("number", {{"first", [] { return -1; }}});
  std::atomic<int> added = 0, wrong = 0;
  std::vector<std::thread> running;
  for (int t = 0; t < threads; ++t)
    running.emplace_back([&, t] {
      for (int i = 0; i < names; ++i) {
        try {
          table.add(fmt::format("n{}", i), [i] { return i; });
          ++added;
        } catch (const Error&) {
        }
        if (table.at(fmt::format("n{}", i))() != i || table.at("first")() != -1) ++wrong;
        if (t == 0 && table.names().size() < 2) ++wrong;
      }
    });
  for (std::thread& thread : running) thread.join();
  CHECK(added == names);
  CHECK(wrong == 0);
  CHECK(table.names().size() == names + 1);
}

// A maker may itself use the table, as it is called without the lock.
TEST_CASE("named table: a maker that looks up and adds") {
  NamedTable<Number> table("number", {});
  table.add("one", [] { return 1; });
  table.add("two", [&] {
    table.add("three", [] { return 3; });
    return table.at("one")() + 1;
  });
  CHECK(table.at("two")() == 2);
  CHECK(table.at("three")() == 3);
}
