// The primitives that oneDNN's routes keep.
#include "kernels/cpu/recently_used.h"

#include <functional>
#include <vector>

#include "tests/catch.h"

using namespace dlcore::kernels;

TEST_CASE("of what was made for keys, those that were used last are kept") {
  RecentlyUsed<int, int, std::hash<int>> squares(3);
  std::vector<int> made;
  const auto get = [&](int key) {
    return squares.get(key, [&](int k) {
      made.push_back(k);
      return k * k;
    });
  };
  for (const int key : {1, 2, 3, 1, 2, 3}) CHECK(get(key) == key * key);
  CHECK(made == std::vector{1, 2, 3});
  CHECK(get(1) == 1);  // so that 2 is the one that was not used for longest
  CHECK(get(4) == 16);
  CHECK(squares.size() == 3);
  for (const int key : {1, 3, 4}) get(key);
  CHECK(made == std::vector{1, 2, 3, 4});
  CHECK(get(2) == 4);
  CHECK(made == std::vector{1, 2, 3, 4, 2});
  CHECK(squares.size() == 3);
  CHECK_THROWS_AS(squares.get(9, [](int) -> int { throw 1; }), int);
  CHECK(get(9) == 81);
  for (int key = 0; key < 1000; ++key) get(key);
  CHECK(squares.size() == 3);
}
