#include "core/device.h"

#include <algorithm>
#include <cstdlib>

#include "core/cpu.h"
#include "core/error.h"
#include "core/stream.h"
#include "tests/devices.h"

using namespace dlcore;
using namespace dlcore::test;

TEST_CASE("devices are printed and compared") {
  CHECK(to_string(Device::cpu()) == "cpu");
  CHECK(to_string(Device::cuda(1)) == "cuda:1");
  CHECK(Device::cuda(0) != Device::cuda(1));
  CHECK(Device::cuda(0) != Device::cpu());
}

TEST_CASE("device cpu is always there, and says which processor") {
  const auto choice = choose_device("cpu");
  CHECK(choice.device == Device::cpu());
  CHECK(choice.reason.starts_with("device cpu: "));
  CHECK(contains(choice.reason, name_of(default_cpu_target())));
  CHECK(contains(choice.reason, "(as asked)"));
}

TEST_CASE("device auto takes the GPU where there is one, and says why") {
  const auto choice = choose_device("auto");
  CHECK(choice.device == (cuda_device_count() > 0 ? Device::cuda() : Device::cpu()));
  CHECK(contains(choice.reason, "(auto: "));
}

TEST_CASE("a GPU that is absent is an error, not the CPU") {
  CHECK(contains(error_of([] { choose_device("cuda:1000"); }), "device 'cuda:1000' was asked for, but "));
  if (cuda_device_count() == 0)
    CHECK(contains(error_of([] { choose_device("cuda"); }), "device 'cuda' was asked for, but "));
  else
    CHECK(choose_device("cuda").device == Device::cuda());
}

TEST_CASE("a device that is not understood is an error that lists the choices") {
  for (const char* request :
       {"", "gpu", "CPU", "cuda:", "cuda:x", "cuda:-1", "cuda:1x", "cuda0", "cuda:99999999999"})
    CHECK(contains(error_of([&] { choose_device(request); }), "expected auto, cpu, cuda or cuda:i"));
}

TEST_CASE("the usable CPU targets begin with the plain one") {
  const auto& usable = usable_cpu_targets();
  REQUIRE(!usable.empty());
  CHECK(usable.front() == CpuTarget::plain);
  CHECK(std::is_sorted(usable.begin(), usable.end()));
  CHECK(!cpu_model_name().empty());
  for (const auto target : usable) CHECK(Stream(target).cpu_target() == target);
}

// Run by ctest without the variable, with a good and with a bad value.
TEST_CASE("the CPU target is the one that DLCORE_CPU_TARGET names") {
  const char* wanted = std::getenv("DLCORE_CPU_TARGET");
  const auto& usable = usable_cpu_targets();
  if (wanted == nullptr || *wanted == '\0') {
    CHECK(default_cpu_target() == usable.back());
  } else if (std::string(wanted) == "plain") {
    CHECK(default_cpu_target() == CpuTarget::plain);
    CHECK(Stream().cpu_target() == CpuTarget::plain);
    CHECK(contains(choose_device("cpu").reason, ", plain, "));
  } else if (std::string(wanted) == "no-such-target") {
    CHECK(contains(error_of([] { default_cpu_target(); }),
                   "DLCORE_CPU_TARGET=no-such-target cannot be used: this processor and build offer plain"));
  }
}

TEST_CASE("the number of threads is at least one") {
  const int before = cpu_threads();
  CHECK(before >= 1);
  set_cpu_threads(1);
  CHECK(cpu_threads() == 1);
  CHECK_THROWS_AS(set_cpu_threads(0), Error);
  set_cpu_threads(before);
}
