// Profile: which spans there are, what they are part of, and when nothing is recorded.
#include "core/profile.h"

#include "core/error.h"
#include "core/tensor.h"
#include "tests/devices.h"

using namespace dlcore;
using namespace dlcore::test;

using Kind = Profile::Kind;

TEST_CASE("profile: spans know what they are part of, and lie within it") {
  on_every_target_of(DType::float32, [](const Target& target) {
    const Tensor x = Tensor::zeros({1000}, target.type, target.device());
    Profile profile(target.stream);
    {
      const ProfileSpan step(Kind::phase, "step");
      for (int i = 0; i < 2; ++i) {
        const ProfileSpan layer(Kind::layer, "layer");
        x.zero(target.stream);
      }
      copy(target.stream, x, x.clone());
    }
    const std::vector<Profile::Span> spans = profile.finish();
    REQUIRE(spans.size() == 6);  // clone copies as well
    CHECK(spans[0].name == "step");
    CHECK(spans[0].parent == -1);
    for (const std::size_t layer : {1, 3}) {
      CHECK(spans[layer].kind == Kind::layer);
      CHECK(spans[layer].parent == 0);
      CHECK(spans[layer + 1].name == "zero");
      CHECK(spans[layer + 1].kind == Kind::kernel);
      CHECK(spans[layer + 1].parent == static_cast<int>(layer));
      CHECK(spans[layer + 1].bytes == 4000);
    }
    CHECK(spans[5].name == "copy");
    CHECK(spans[5].bytes == 8000);
    for (std::size_t i = 1; i < spans.size(); ++i) {
      const Profile::Span& parent = spans[static_cast<std::size_t>(spans[i].parent)];
      CHECK(spans[i].begin >= parent.begin);
      CHECK(spans[i].begin + spans[i].seconds <= parent.begin + parent.seconds + 1e-9);
      CHECK(spans[i].seconds >= 0);
    }
  });
}

TEST_CASE("profile: a kernel that calls another is one") {
  const Stream stream;
  Profile profile(stream);
  {
    const ProfileSpan outer(Kind::kernel, "outer");
    REQUIRE(outer.recorded());
    outer.describe(3, 4, "five");
    const ProfileSpan inner(Kind::kernel, "inner");
    CHECK_FALSE(inner.recorded());
  }
  const auto& spans = profile.finish();
  REQUIRE(spans.size() == 1);
  CHECK(spans[0].name == "outer");
  CHECK(spans[0].flop == 3);
  CHECK(spans[0].bytes == 4);
  CHECK(spans[0].detail == "five");
}

TEST_CASE("profile: without one, or after its end, nothing is recorded") {
  const Stream stream;
  const auto recorded = [] { return ProfileSpan(Kind::phase, "span").recorded(); };
  CHECK_FALSE(recorded());
  {
    Profile profile(stream);
    CHECK(recorded());
    CHECK(profile.finish().size() == 1);
    CHECK_FALSE(recorded());
    CHECK(profile.finish().size() == 1);
  }
  {
    const Profile abandoned(stream);
    CHECK(recorded());
  }
  CHECK_FALSE(recorded());
}

TEST_CASE("profile: one at a time, and whole") {
  const Stream stream;
  Profile profile(stream);
  CHECK(error_of([] { const Profile second{Stream()}; }) == "profile: this thread records one already");
  const ProfileSpan open(Kind::phase, "step");
  CHECK(error_of([&] { profile.finish(); }) == "profile: 'step' has not ended");
}
