// Interrupted and gone on with: the file is the same, byte for byte.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "core/error.h"
#include "core/random.h"
#include "io/atomic_file.h"
#include "io/image_write.h"
#include "tests/catch.h"
#include "tests/coco/coco_fixture.h"
#include "tests/error_message.h"

using namespace dlcore;
using namespace dlcore::test;
namespace fs = std::filesystem;

namespace {

// Fails in its third batch.
struct Interrupted : QuarterMeans {
  using QuarterMeans::QuarterMeans;
  void extract(std::span<const Image> images, std::span<float> features) override {
    QuarterMeans::extract(images, features);
    if (calls == 3) throw Error("interrupted");
  }
};

std::string interrupt(const CocoOptions& options) {
  Interrupted encoder;
  return error_of([&] { prepare_coco(options, &encoder); });
}

}  // namespace

TEST_CASE("prepare coco: goes on where it was interrupted, with an equal file") {
  const CocoSet set(130);
  fs::remove(set.images() + "/" + CocoSet::name(5));
  QuarterMeans whole;
  prepare_coco(set.options(), &whole);
  const std::string expected = read_file(set.out());
  fs::remove(set.out());

  CHECK(interrupt(set.options()) == "interrupted");
  CHECK_FALSE(fs::exists(set.out()));
  CocoOptions other = set.options();
  other.threads = 1;
  other.min_count = 3;  // may change: rows do not depend on it
  QuarterMeans rest;
  const PrepareReport report = prepare_coco(set.options(), &rest);
  CHECK(report.kept == 64);
  CHECK(report.made == 66);
  CHECK(rest.calls == 3);
  CHECK((read_file(set.out()) == expected));
  CHECK_FALSE(fs::exists(set.out() + ".partial"));

  CHECK(interrupt(other) == "interrupted");
  CocoOptions anew = set.options();
  anew.restart = true;
  QuarterMeans all;
  CHECK(prepare_coco(anew, &all).kept == 0);
  CHECK((read_file(set.out()) == expected));
}

TEST_CASE("prepare coco: does not go on with other settings or inputs") {
  CocoSet set(130);
  REQUIRE(interrupt(set.options()) == "interrupted");
  const auto error = [&](const CocoOptions& options, FeatureExtractor* encoder) {
    return error_of([&] { prepare_coco(options, encoder); });
  };
  QuarterMeans encoder, larger(64), newer(32, "2");
  CocoOptions options = set.options();
  options.store_images = 24;
  CHECK(lacks(error(options, &encoder),
              {"data.h5.partial", "--store-images was 16 and is now 24", "--restart"}) == "");
  options = set.options();
  options.fit = ImageFit::squash;
  CHECK(lacks(error(options, &encoder), {"--fit was \"crop\" and is now \"squash\""}) == "");
  options = set.options();
  options.float32 = true;
  CHECK(lacks(error(options, &encoder), {"--float32 was false and is now true"}) == "");
  CHECK(lacks(error(set.options(), &larger), {"encoder was", "\"size\":32", "\"size\":64"}) == "");
  CHECK(lacks(error(set.options(), &newer), {"encoder was", "\"version\":\"2\""}) == "");
  CHECK(lacks(error(set.options(), nullptr), {"encoder was", "null"}) == "");
  set.json["annotations"][3]["caption"] = "other";
  set.write();
  CHECK(lacks(error(set.options(), &encoder), {"pictures, captions and splits"}) == "");
  CHECK_FALSE(fs::exists(set.out()));
}

TEST_CASE("prepare coco: a picture that has changed or come since is read again") {
  const CocoSet set(130);
  fs::remove(set.images() + "/" + CocoSet::name(50));  // train image 38, in the second batch
  REQUIRE(interrupt(set.options()) == "interrupted");
  write_png(set.images() + "/" + CocoSet::name(50), Image{20, 20, std::vector<std::uint8_t>(1200, 9)});
  QuarterMeans encoder, whole;
  CHECK(prepare_coco(set.options(), &encoder).kept == 32);
  const std::string resumed = read_file(set.out());
  prepare_coco(set.options(), &whole);
  CHECK((read_file(set.out()) == resumed));
}

TEST_CASE("prepare coco: killed again and again") {
  const CocoSet set(400);
  QuarterMeans whole;
  prepare_coco(set.options(), &whole);
  const std::string expected = read_file(set.out());
  fs::remove(set.out());
  Random random(11);
  int kills = 0;
  bool done = false;
  for (int run = 0; run < 100 && !done; ++run) {
    const pid_t child = fork();
    if (child == 0) {
      try {
        QuarterMeans encoder;
        prepare_coco(set.options(), &encoder);
      } catch (...) {
        _exit(1);
      }
      _exit(0);
    }
    usleep(static_cast<useconds_t>(5000 + random.below(60000)));
    kill(child, SIGKILL);
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    done = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    REQUIRE((done || WIFSIGNALED(status)));
    kills += !done;
  }
  CHECK(kills > 0);
  if (!done) {
    QuarterMeans encoder;
    prepare_coco(set.options(), &encoder);
  }
  CHECK((read_file(set.out()) == expected));
  CHECK(set.folder.entries() == 3);
}

TEST_CASE("prepare coco: two at once on one file") {
  const CocoSet set(40);
  struct Nested : QuarterMeans {
    const CocoSet* set = nullptr;
    std::string message;
    void extract(std::span<const Image> images, std::span<float> features) override {
      QuarterMeans::extract(images, features);
      message = error_of([&] { prepare_coco(set->options(), nullptr); });
    }
  } encoder;
  encoder.set = &set;
  prepare_coco(set.options(), &encoder);
  CHECK(lacks(encoder.message, {"data.h5.partial", "in use"}) == "");
}
