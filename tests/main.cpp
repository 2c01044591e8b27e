// The test programs' main: guard bytes around every tensor, checked at the end of each test case.
#ifndef DLCORE_CATCH3
#define CATCH_CONFIG_RUNNER
#endif
#include "tests/catch.h"

#include <cstdlib>

#include "core/allocator.h"

namespace {

#ifdef DLCORE_CATCH3
struct GuardListener : Catch::EventListenerBase {
  using EventListenerBase::EventListenerBase;
#else
struct GuardListener : Catch::TestEventListenerBase {
  using TestEventListenerBase::TestEventListenerBase;
#endif
  void testCaseEnded(const Catch::TestCaseStats&) override {
    try {
      dlcore::allocator(dlcore::Device::cpu()).check_guards();
      for (int i = 0; i < dlcore::cuda_device_count(); ++i)
        dlcore::allocator(dlcore::Device::cuda(i)).check_guards();
    } catch (const std::exception& error) {
      std::fprintf(stderr, "guard bytes: %s\n", error.what());
      std::exit(1);  // an assertion cannot be made here, and memory is already damaged
    }
  }
};
CATCH_REGISTER_LISTENER(GuardListener)

}  // namespace

// For AddressSanitizer. HDF5 1.10 loses the memory of an object header that turns out to be damaged; only
// what the library itself allocates is left out of the search.
extern "C" const char* __lsan_default_suppressions();
extern "C" const char* __lsan_default_suppressions() {
  return "leak:libhdf5\n";
}

// For ThreadSanitizer, which else ends the program at a request that cannot be met, in place of refusing it.
extern "C" const char* __tsan_default_options();
extern "C" const char* __tsan_default_options() {
  return "allocator_may_return_null=1";
}

int main(int argc, char** argv) {
  dlcore::allocator(dlcore::Device::cpu()).use_guards(true);
  for (int i = 0; i < dlcore::cuda_device_count(); ++i)
    dlcore::allocator(dlcore::Device::cuda(i)).use_guards(true);
  return Catch::Session().run(argc, argv);
}
