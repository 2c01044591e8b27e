// What is no plugin is refused by its name. (tests/install/ loads whole ones.)
#include "core/plugin.h"

#include <fstream>

#include "tests/catch.h"
#include "tests/error_message.h"
#include "tests/temporary_directory.h"

using namespace dlcore;
using namespace dlcore::test;

#ifdef DLCORE_SHARED_LIBRARIES
TEST_CASE("plugin: a file that is not there, and one that is no library") {
  const TemporaryDirectory folder;
  const std::string absent = folder.file("absent.so"), text = folder.file("text.so");
  std::ofstream(text) << "a text";
  CHECK(lacks(error_of([&] { load_plugin(absent); }), {absent, "cannot be loaded as a plugin"}) == "");
  CHECK(lacks(error_of([&] { load_plugin(text); }), {text, "cannot be loaded as a plugin"}) == "");
}

TEST_CASE("plugin: a library that is something else") {
  const std::string library = DLCORE_TEST_CORE_LIBRARY;
  CHECK(lacks(error_of([&] { load_plugin(library); }), {library, "not a plugin for dlcore"}) == "");
}
#endif
