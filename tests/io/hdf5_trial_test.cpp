// Files that the HDF5 library dies of: a process of its own does, and the file is refused. Stood for by a
// filter which does to its process what the test says.
#include <hdf5.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <functional>
#include <thread>
#include <vector>

#include "io/hdf5.h"
#include "tests/catch.h"
#include "tests/error_message.h"
#include "tests/temporary_directory.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

std::function<void()> on_reading;

size_t filter(unsigned flags, size_t, const unsigned*, size_t bytes, size_t*, void**) {
  if ((flags & H5Z_FLAG_REVERSE) != 0 && on_reading) on_reading();
  return bytes;
}

constexpr H5Z_filter_t filter_id = 300;  // of those that are nobody's

// What follows when the file's dataset is read.
class Reading {
 public:
  explicit Reading(std::function<void()> work) { on_reading = std::move(work); }
  Reading(const Reading&) = delete;
  Reading& operator=(const Reading&) = delete;
  ~Reading() { on_reading = nullptr; }
};

void write_filtered(const std::string& path) {
  static const H5Z_class2_t kind{H5Z_CLASS_T_VERS,     filter_id, 1,       1,
                                 "what the test says", nullptr,   nullptr, filter};
  REQUIRE(H5Zregister(&kind) >= 0);
  const hid_t file = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  const hsize_t size = 3;
  const hid_t space = H5Screate_simple(1, &size, nullptr), layout = H5Pcreate(H5P_DATASET_CREATE);
  H5Pset_chunk(layout, 1, &size);
  H5Pset_filter(layout, filter_id, 0, 0, nullptr);
  const hid_t data = H5Dcreate2(file, "data", H5T_STD_I32LE, space, H5P_DEFAULT, layout, H5P_DEFAULT);
  const int values[] = {4, 5, 6};
  REQUIRE(H5Dwrite(data, H5T_NATIVE_INT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
  H5Dclose(data);
  H5Pclose(layout);
  H5Sclose(space);
  H5Fclose(file);
}

std::string error_of_reading(const std::string& path) {
  return error_of([&] { Hdf5File::open(path).dataset("data").read_int32(); });
}

}  // namespace

TEST_CASE("HDF5: a file that crashes the library is refused, and the process lives") {
  const TemporaryDirectory folder;
  const std::string path = folder.file("a.h5");
  write_filtered(path);
  for (const int signal : {SIGSEGV, SIGABRT, SIGBUS, SIGFPE}) {
    const Reading reading([signal] { std::raise(signal); });
    CHECK(lacks(error_of_reading(path),
                {"a.h5 is damaged: the HDF5 library 1.", "crashes on it", strsignal(signal)}) == "");
  }
  {
    const Reading reading([] { std::raise(SIGXCPU); });
    CHECK(lacks(error_of_reading(path), {"a.h5 is damaged", "does not come to an end with it"}) == "");
  }
  {
    const Reading reading([] { _exit(7); });  // a sanitizer does so
    CHECK(lacks(error_of_reading(path), {"a.h5 is damaged", "crashes on it"}) == "");
  }
  {
    const Reading reading([] { std::raise(SIGKILL); });  // a system without memory does so
    CHECK(lacks(error_of_reading(path), {"cannot look through", "a.h5", "was killed", "too little memory"}) ==
          "");
  }
  CHECK(Hdf5File::open(path).dataset("data").read_int32() == std::vector<std::int32_t>{4, 5, 6});
  CHECK(waitpid(-1, nullptr, WNOHANG) == -1);  // no child is left
}

TEST_CASE("HDF5: an interruption of the program says nothing about a file") {
  const TemporaryDirectory folder;
  const std::string path = folder.file("a.h5");
  write_filtered(path);
  const Reading reading([parent = getpid()] {
    if (getpid() == parent) return;
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) std::raise(signal);
  });
  CHECK(error_of_reading(path) == "no error");
}

TEST_CASE("HDF5: of a file's rows the first that are read are tried, and all of a file that is read whole") {
  const TemporaryDirectory folder;
  const std::string path = folder.file("a.h5");
  write_filtered(path);
  const Hdf5Dataset data = Hdf5File::open(path).dataset("data");
  std::vector<std::int32_t> row(1);
  {
    const Reading dies([parent = getpid()] {
      if (getpid() != parent) std::raise(SIGSEGV);
    });
    CHECK(lacks(error_of([&] { data.read_rows_raw(1, 1, row.data()); }), {"a.h5 is damaged"}) == "");
    CHECK(lacks(error_of([&] { data.read_int64(); }), {"a.h5 is damaged"}) == "");
  }
  data.read_rows_raw(1, 1, row.data());
  CHECK(row[0] == 5);
  const Reading dies([parent = getpid()] {
    if (getpid() != parent) std::raise(SIGSEGV);
  });
  data.read_rows_raw(2, 1, row.data());  // without a child
  CHECK(row[0] == 6);
}

TEST_CASE("HDF5: a file is tried in a program that wants to know nothing of its children") {
  const TemporaryDirectory folder;
  const std::string path = folder.file("a.h5");
  write_filtered(path);
  const auto before = std::signal(SIGCHLD, SIG_IGN);
  std::string error;
  {
    const Reading reading([] { std::raise(SIGSEGV); });
    error = error_of_reading(path);
  }
  const std::string without = error_of_reading(path);
  std::signal(SIGCHLD, before);
  CHECK(lacks(error, {"a.h5 is damaged", "crashes on it"}) == "");
  CHECK(without == "no error");
}

TEST_CASE("HDF5: a process that tries a file does not outlive its time where it waits for nothing") {
  const TemporaryDirectory folder;
  const std::string path = folder.file("a.h5");
  write_filtered(path);
  const Reading reading([] {
    if (alarm(1) == 0) _exit(1);  // none was set; it is made short here
    std::this_thread::sleep_for(std::chrono::hours(1));
  });
  CHECK(lacks(error_of_reading(path), {"a.h5 is damaged", "does not come to an end with it"}) == "");
}
