// What dlcore_prepare coco read, wrote and left out.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace dlcore {

struct PrepareReport {
  struct Split {
    std::string name;
    std::int64_t images = 0;
    std::int64_t captions = 0;
    std::int64_t words = 0;    // in the captions as written
    std::int64_t unknown = 0;  // of them, <UNK>
  };
  /// Things that were left out, by name.
  struct Dropped {
    std::string what;  // "pictures are missing"
    std::vector<std::string> names;
  };

  std::vector<std::string> notes;  // sentences
  std::vector<Split> splits;
  std::vector<Dropped> dropped;
  std::int64_t vocabulary = 0;    // words, the four special ones among them
  std::int64_t rare_words = 0;    // of the training captions that are not in it
  std::int64_t cut_captions = 0;  // longer than max_words
  std::int64_t max_words = 0;

  std::int64_t kept = 0;    // pictures of an earlier run
  std::int64_t made = 0;    // pictures that this one could read
  double seconds = 0;       // for those
  double read_seconds = 0;  // reading and resizing, summed over the threads
  double encode_seconds = 0;
  int threads = 0;

  Dropped& dropped_as(const std::string& what);  // the list of this name
};

/// Several lines for people, with the first names of each list of what was left out.
std::string describe(const PrepareReport& report, const std::string& out);

/// OUT.dropped.txt with all names; removed where nothing was left out. Returns its path, or nothing.
std::string write_dropped(const PrepareReport& report, const std::string& out);

}  // namespace dlcore
