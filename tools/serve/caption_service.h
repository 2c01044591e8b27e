// Captions pictures that come in any thread, those that wait together as one batch.
//
//   submit -> [pictures] -> decoders (threads) -> [batches] -> captioner (a thread) -> done
//
// The encoder sees all pictures of a batch at once, the captioner those with the same options.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "io/caption_results.h"
#include "models/caption_consensus.h"
#include "models/photo_captioner.h"
#include "tools/serve/byte_budget.h"
#include "tools/serve/deadlines.h"
#include "tools/serve/limits.h"
#include "tools/serve/metrics.h"
#include "tools/serve/work_queue.h"

namespace dlcore {

/// How captions are asked for.
struct RequestedDecoding {
  DecodeOptions options;       // with log-probabilities
  std::int64_t neighbors = 0;  // training images that choose among captions; 0: the model does

  friend bool operator==(const RequestedDecoding&, const RequestedDecoding&) = default;
};

struct CaptionRequest {
  std::string picture;     // the bytes of a JPEG or PNG file
  ByteBudget::Share room;  // for them
  /// What random numbers come from besides the seed, as in dlcore_caption; empty: from the picture's bytes.
  std::string name;
  RequestedDecoding decoding;
};

struct CaptionAnswer {
  std::vector<ScoredCaption> captions;  // the best first
  std::int64_t width = 0, height = 0;   // of the picture, upright
  std::int64_t batch = 0;               // pictures captioned together
  double decode_ms = 0;                 // the picture's
  double wait_ms = 0;                   // for others
  double caption_ms = 0;                // the batch's
};

struct CaptionFailure {
  enum class Kind : unsigned char { bad_picture, too_many_pixels, queue_full, too_late, internal } kind;
  std::string sentence;
};

using CaptionOutcome = std::variant<CaptionAnswer, CaptionFailure>;

class CaptionService {
 public:
  /// consensus: for requests with neighbors, or nullptr; decoders: threads that decode pictures.
  CaptionService(PhotoCaptioner captioner, std::unique_ptr<CaptionConsensus> consensus, Device device,
                 int decoders, const ServeLimits& limits, Metrics& metrics);
  /// Ends when all that was submitted is done.
  ~CaptionService();
  CaptionService(const CaptionService&) = delete;
  CaptionService& operator=(const CaptionService&) = delete;

  const Vocabulary& vocabulary() const { return photos_.model().vocabulary; }

  /// Requests that are in no batch yet.
  std::int64_t waiting() const { return waiting_; }

  /// Calls `done` once, in any thread.
  void submit(CaptionRequest request, std::function<void(CaptionOutcome)> done);

 private:
  using Clock = std::chrono::steady_clock;
  struct Job;
  using Jobs = std::vector<std::shared_ptr<Job>>;

  void decode_pictures();
  void decode_picture(Job& job) const;
  void caption_batches();
  void caption(const Jobs& jobs);
  void caption_alike(const Jobs& jobs, const Tensor& features, const std::vector<std::size_t>& rows);
  void finish(Job& job, CaptionOutcome outcome) const;

  PhotoCaptioner photos_;
  std::unique_ptr<CaptionConsensus> consensus_;
  const ServeLimits limits_;
  Metrics& metrics_;
  Stream stream_;
  std::atomic<std::int64_t> waiting_ = 0;
  WorkQueue<std::shared_ptr<Job>> pictures_, batches_;
  Deadlines deadlines_;
  std::vector<std::thread> decoders_;
  std::thread captioner_;
};

}  // namespace dlcore
