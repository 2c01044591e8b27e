#include "models/similar_images.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/format.h"
#include "kernels/gemm.h"
#include "kernels/next_words.h"

namespace dlcore {
namespace {

constexpr double sharpness = 10;

// Images that are compared together have about this many similarities.
constexpr std::int64_t elements_together = std::int64_t{1} << 24;

}  // namespace

SimilarImages::SimilarImages(const Shape& feature_shape, std::vector<std::int64_t> rows,
                             const FeaturesOf& features_of, const Stream& stream)
    : channels_(feature_shape[0]),
      spatial_(feature_shape.numel() / feature_shape[0]),
      rows_(std::move(rows)),
      stream_(stream) {
  const auto count = static_cast<std::int64_t>(rows_.size());
  require(count >= 1, "there are no images that others could be similar to");
  known_ = Tensor({count, channels_}, DType::float32, stream_.device());
  constexpr std::int64_t rows_at_once = 64;  // of a grid of 400 x 7 x 7 numbers 5 MB
  for (std::int64_t begin = 0; begin < count; begin += rows_at_once) {
    const std::int64_t end = std::min(begin + rows_at_once, count);
    const auto part =
        std::span(rows_).subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin));
    copy(stream_, directions(features_of(part), 1), known_.rows(begin, end));
  }
  stream_.synchronize();
}

Tensor SimilarImages::directions(const Tensor& features, double length) const {
  const std::int64_t n = features.size(0);
  require(features.numel() == n * channels_ * spatial_,
          "similar images: expected features of {} x {} numbers, not {}", channels_, spatial_,
          features.shape());
  const Tensor result({n, channels_}, DType::float32);
  const float* value = features.data<float>();
  std::vector<double> means(static_cast<std::size_t>(channels_));
  for (std::int64_t r = 0; r < n; ++r) {
    double squares = 0;
    for (double& mean : means) {
      mean = 0;
      for (std::int64_t k = 0; k < spatial_; ++k) mean += *value++;
      mean /= static_cast<double>(spatial_);
      squares += mean * mean;
    }
    const double factor = squares > 0 ? length / std::sqrt(squares) : 0;
    float* place = result.data<float>() + r * channels_;
    for (const double mean : means) *place++ = static_cast<float>(mean * factor);
  }
  return result.to(stream_.device());
}

std::vector<std::vector<SimilarImages::Similar>> SimilarImages::operator()(const Tensor& features,
                                                                           std::int64_t k) const {
  require(k >= 1, "similar images: expected 1 or more to be asked for, not {}", k);
  const std::int64_t n = features.size(0), N = known_.size(0);
  const Device device = stream_.device();
  k = std::min(k, N);
  const SeparateRows separate(stream_);  // an image alone has those that it has in a batch
  std::vector<std::vector<Similar>> similar(static_cast<std::size_t>(n));
  const std::int64_t together = std::max<std::int64_t>(elements_together / N, 1);
  for (std::int64_t begin = 0; begin < n; begin += together) {
    const std::int64_t count = std::min(together, n - begin);
    const Tensor scores({count, N}, DType::float32, device);
    kernels::gemm(stream_, kernels::Op::none, kernels::Op::transpose,
                  directions(features.rows(begin, begin + count), sharpness), known_, scores);
    // The best words of a caption are chosen in this way too: where a word is an image, its probability among
    // all is exp(sharpness s) but for a factor.
    const Tensor none =
        Tensor::from(std::vector<std::int32_t>(static_cast<std::size_t>(count) + 1, 0), {count + 1}, device);
    const Tensor place({count, k}, DType::int32, device), logarithm({count, k}, DType::float32, device);
    kernels::top_words(stream_, scores, none, Tensor({0}, DType::int32, device), place, logarithm, count, N,
                       k);
    const auto places = place.to_vector<std::int32_t>();
    const auto logarithms = logarithm.to_vector<double>();
    for (std::int64_t r = 0; r < count; ++r) {
      auto& of_image = similar[static_cast<std::size_t>(begin + r)];
      double sum = 0;
      for (auto i = static_cast<std::size_t>(r * k); i < static_cast<std::size_t>((r + 1) * k); ++i) {
        require(places[i] >= 0, "the features of an image are not finite: it is similar to no other");
        of_image.push_back({rows_[static_cast<std::size_t>(places[i])],
                            std::exp(logarithms[i] - logarithms[static_cast<std::size_t>(r * k)])});
        sum += of_image.back().share;
      }
      for (Similar& each : of_image) each.share /= sum;
    }
  }
  return similar;
}

}  // namespace dlcore
