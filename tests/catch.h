// Catch2 2.13 (Debian 12) and 3 (elsewhere) behind one include.
#pragma once

#ifdef DLCORE_CATCH3
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif

#include <cstdio>
#include <string>

// Catch2 2 cannot skip. ctest reads this line and shows the test as skipped (SKIP_REGULAR_EXPRESSION).
#define DLCORE_SKIP(reason)                                    \
  do {                                                         \
    std::printf("SKIPPED: %s\n", std::string(reason).c_str()); \
    return;                                                    \
  } while (false)
