#include "tools/serve/caption_service.h"

#include <numeric>

#include "core/error.h"
#include "io/checksum.h"
#include "io/json_text.h"
#include "models/spelled_caption.h"

namespace dlcore {
namespace {

double milliseconds(std::chrono::steady_clock::duration time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

}  // namespace

struct CaptionService::Job {
  Job(CaptionRequest what, std::function<void(CaptionOutcome)> call)
      : request(std::move(what)), done(std::move(call)) {}

  CaptionRequest request;
  std::function<void(CaptionOutcome)> done;
  std::atomic<bool> finished = false;
  Clock::time_point ready{};  // when its picture was decoded
  Image picture{};            // square
  CaptionAnswer answer{};
};

CaptionService::CaptionService(PhotoCaptioner captioner, std::unique_ptr<CaptionConsensus> consensus,
                               Device device, int decoders, const ServeLimits& limits, Metrics& metrics)
    : photos_(std::move(captioner)),
      consensus_(std::move(consensus)),
      limits_(limits),
      metrics_(metrics),
      stream_(device),
      deadlines_(limits.timeout) {
  for (int i = 0; i < decoders; ++i) decoders_.emplace_back([this] { decode_pictures(); });
  captioner_ = std::thread([this] { caption_batches(); });
}

CaptionService::~CaptionService() {
  pictures_.close();
  for (std::thread& thread : decoders_) thread.join();
  batches_.close();
  captioner_.join();
}

void CaptionService::submit(CaptionRequest request, std::function<void(CaptionOutcome)> done) {
  if (++waiting_ > limits_.queue) {
    --waiting_;
    done(CaptionFailure{
        CaptionFailure::Kind::queue_full,
        fmt::format("{} requests are waiting already, as many as this server lets wait (--queue): try "
                    "again later",
                    limits_.queue)});
    return;
  }
  const auto job = std::make_shared<Job>(std::move(request), std::move(done));
  deadlines_.add([this, weak = std::weak_ptr<Job>(job)] {
    if (const auto late = weak.lock())
      finish(*late,
             CaptionFailure{CaptionFailure::Kind::too_late,
                            fmt::format("the captions were not there within this server's limit of {} s "
                                        "(--timeout)",
                                        milliseconds(limits_.timeout) / 1000)});
  });
  pictures_.push(job);
}

void CaptionService::finish(Job& job, CaptionOutcome outcome) const {
  if (!job.finished.exchange(true)) job.done(std::move(outcome));
}

void CaptionService::decode_pictures() {
  for (auto taken = pictures_.take(1); !taken.empty(); taken = pictures_.take(1)) {
    const std::shared_ptr<Job> job = std::move(taken.front());
    if (!job->finished) {
      try {
        decode_picture(*job);
        batches_.push(job);
        continue;
      } catch (const ImageTooLarge& error) {
        finish(*job, CaptionFailure{CaptionFailure::Kind::too_many_pixels, error.what()});
      } catch (const Error& error) {
        finish(*job, CaptionFailure{CaptionFailure::Kind::bad_picture, error.what()});
      } catch (const std::exception& error) {
        finish(*job, CaptionFailure{CaptionFailure::Kind::internal, error.what()});
      }
    }
    --waiting_;
  }
}

void CaptionService::decode_picture(Job& job) const {
  const auto begin = Clock::now();
  CaptionRequest& request = job.request;
  const std::string name = request.name.empty() ? "the picture" : quoted_piece(request.name);
  const Image image = decode_image(std::as_bytes(std::span(request.picture)), name, {limits_.max_pixels});
  job.picture = photos_.square(image);
  job.answer.width = image.width;
  job.answer.height = image.height;
  job.ready = Clock::now();
  job.answer.decode_ms = milliseconds(job.ready - begin);
}

void CaptionService::caption_batches() {
  const auto most = static_cast<std::size_t>(limits_.batch);
  for (;;) {  // what has been captioned does not stay until more comes
    Jobs jobs = batches_.take(most);
    if (jobs.empty()) return;
    waiting_ -= static_cast<std::int64_t>(jobs.size());
    std::erase_if(jobs, [](const auto& job) { return job->finished.load(); });
    if (jobs.empty()) continue;
    try {
      caption(jobs);
    } catch (const std::exception& error) {
      for (const auto& job : jobs) finish(*job, CaptionFailure{CaptionFailure::Kind::internal, error.what()});
    }
  }
}

void CaptionService::caption(const Jobs& jobs) {
  const auto begin = Clock::now();
  const std::int64_t N = static_cast<std::int64_t>(jobs.size());
  std::vector<Image> images;
  for (const auto& job : jobs) {
    images.push_back(std::move(job->picture));
    job->answer.batch = N;
    job->answer.wait_ms = milliseconds(begin - job->ready);
  }
  const Tensor features = photos_.features(images);
  metrics_.add_batch(N);
  std::vector<std::size_t> left(jobs.size());
  std::iota(left.begin(), left.end(), 0);
  while (!left.empty()) {
    const RequestedDecoding decoding = jobs[left.front()]->request.decoding;
    const auto others = std::stable_partition(
        left.begin(), left.end(), [&](std::size_t r) { return jobs[r]->request.decoding == decoding; });
    caption_alike(jobs, features, {left.begin(), others});
    left.erase(left.begin(), others);
  }
  const double caption_ms = milliseconds(Clock::now() - begin);
  for (const auto& job : jobs) {
    job->answer.caption_ms = caption_ms;
    finish(*job, std::move(job->answer));
  }
}

// rows: of the features and jobs, all with the same options.
void CaptionService::caption_alike(const Jobs& jobs, const Tensor& features,
                                   const std::vector<std::size_t>& rows) {
  const std::int64_t D = features.size(1);
  const Tensor own({static_cast<std::int64_t>(rows.size()), D}, DType::float32);
  std::vector<std::uint64_t> keys;
  float* place = own.data<float>();
  for (const std::size_t row : rows) {
    place = std::copy_n(features.data<float>() + static_cast<std::int64_t>(row) * D, D, place);
    const CaptionRequest& request = jobs[row]->request;
    keys.push_back(request.name.empty() ? checksum(request.picture) : sampling_key(request.name));
  }
  const auto& [options, neighbors] = jobs[rows.front()]->request.decoding;
  const CaptioningRNN& captioner = *photos_.model().captioner;
  const auto captions = neighbors > 0 ? consensus_->decode(captioner, stream_, own, options, keys, neighbors)
                                      : captioner.decode(stream_, own.to(stream_.device()), options, keys);
  for (std::size_t i = 0; i < rows.size(); ++i)
    for (const Caption& caption : captions[i])
      jobs[rows[i]]->answer.captions.push_back(spell(caption, vocabulary()));
}

}  // namespace dlcore
