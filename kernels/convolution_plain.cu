#include "kernels/convolution_plain.h"

#include "kernels/launch.h"

namespace dlcore::kernels::DLCORE_TARGET {

struct Extents {  // what device code needs of ConvolutionExtents, whose members are host functions
  std::int64_t h, w, c, out, in_group, out_group, out_h, out_w;
  WindowAxis rows, cols;

  explicit Extents(const ConvolutionExtents& e)
      : h(e.h),
        w(e.w),
        c(e.c),
        out(e.out),
        in_group(e.c / e.groups),
        out_group(e.out / e.groups),
        out_h(e.out_h()),
        out_w(e.out_w()),
        rows(e.window.vertical),
        cols(e.window.horizontal) {}
};

template <class T>
void convolution_plain_forward(const Stream& stream, ConvolutionExtents extents, const T* x, const T* w,
                               const T* bias, const T* residual, bool relu, T* y) {
  using A = Arithmetic<T>;
  const Extents e(extents);
  for_each_row(stream, extents.n * e.out_h * e.out_w, e.out,
               [=] DLCORE_DEVICE(std::int64_t r, const Team& team) {
                 const std::int64_t j = r % e.out_w;
                 const std::int64_t i = r / e.out_w % e.out_h;
                 const T* picture = x + r / (e.out_w * e.out_h) * e.h * e.w * e.c;
                 team.each(e.out, [=](std::int64_t o) {
                   double sum = bias == nullptr ? 0.0 : static_cast<double>(load(bias[o]));
                   for (std::int64_t a = 0; a < e.rows.kernel; ++a) {
                     const std::int64_t row = i * e.rows.stride - e.rows.padding + a * e.rows.dilation;
                     if (row < 0 || row >= e.h) continue;
                     for (std::int64_t b = 0; b < e.cols.kernel; ++b) {
                       const std::int64_t col = j * e.cols.stride - e.cols.padding + b * e.cols.dilation;
                       if (col < 0 || col >= e.w) continue;
                       const T* pixel = picture + (row * e.w + col) * e.c + o / e.out_group * e.in_group;
                       const T* weight = w + (o * e.in_group * e.rows.kernel + a) * e.cols.kernel + b;
                       for (std::int64_t c = 0; c < e.in_group; ++c)
                         sum += static_cast<double>(load(pixel[c])) *
                                static_cast<double>(load(weight[c * e.rows.kernel * e.cols.kernel]));
                     }
                   }
                   if (residual != nullptr) sum += static_cast<double>(load(residual[r * e.out + o]));
                   store(y[r * e.out + o], static_cast<A>(relu && sum < 0 ? 0.0 : sum));
                 });
               });
}

template <class T>
void convolution_plain_backward_data(const Stream& stream, ConvolutionExtents extents, const T* dy,
                                     const T* w, T* dx) {
  using A = Arithmetic<T>;
  const Extents e(extents);
  for_each_row(stream, extents.n * e.h * e.w, e.c, [=] DLCORE_DEVICE(std::int64_t r, const Team& team) {
    const std::int64_t col = r % e.w;
    const std::int64_t row = r / e.w % e.h;
    const T* gradient = dy + r / (e.w * e.h) * e.out_h * e.out_w * e.out;
    team.each(e.c, [=](std::int64_t c) {
      const std::int64_t first = c / e.in_group * e.out_group;  // output channels of this group
      double sum = 0;
      for (std::int64_t a = 0; a < e.rows.kernel; ++a) {
        const std::int64_t i = row + e.rows.padding - a * e.rows.dilation;
        if (i < 0 || i % e.rows.stride != 0 || i / e.rows.stride >= e.out_h) continue;
        for (std::int64_t b = 0; b < e.cols.kernel; ++b) {
          const std::int64_t j = col + e.cols.padding - b * e.cols.dilation;
          if (j < 0 || j % e.cols.stride != 0 || j / e.cols.stride >= e.out_w) continue;
          const T* pixel = gradient + (i / e.rows.stride * e.out_w + j / e.cols.stride) * e.out + first;
          const std::int64_t window = e.rows.kernel * e.cols.kernel;
          const T* weight = w + (first * e.in_group + c % e.in_group) * window + a * e.cols.kernel + b;
          for (std::int64_t o = 0; o < e.out_group; ++o)
            sum += static_cast<double>(load(pixel[o])) *
                   static_cast<double>(load(weight[o * e.in_group * window]));
        }
      }
      store(dx[r * e.c + c], static_cast<A>(sum));
    });
  });
}

template <class T>
void convolution_plain_backward_weights(const Stream& stream, ConvolutionExtents extents, const T* x,
                                        const T* dy, T* dw) {
  using A = Arithmetic<T>;
  const Extents e(extents);
  const std::int64_t window = e.rows.kernel * e.cols.kernel;
  const std::int64_t lines = extents.n * e.out_h;
  for_each_row(stream, e.out * e.in_group * window, lines * e.out_w,
               [=] DLCORE_DEVICE(std::int64_t r, const Team& team) {
                 const std::int64_t b = r % e.cols.kernel;
                 const std::int64_t a = r / e.cols.kernel % e.rows.kernel;
                 const std::int64_t o = r / (window * e.in_group);
                 const std::int64_t c = r / window % e.in_group + o / e.out_group * e.in_group;
                 const double total = team.sum(lines, [=](std::int64_t line) {
                   const std::int64_t row =
                       line % e.out_h * e.rows.stride - e.rows.padding + a * e.rows.dilation;
                   double sum = 0;
                   if (row < 0 || row >= e.h) return sum;
                   const T* pixels = x + (line / e.out_h * e.h + row) * e.w * e.c + c;
                   for (std::int64_t j = 0; j < e.out_w; ++j) {
                     const std::int64_t col = j * e.cols.stride - e.cols.padding + b * e.cols.dilation;
                     if (col >= 0 && col < e.w)
                       sum += static_cast<double>(load(pixels[col * e.c])) *
                              static_cast<double>(load(dy[(line * e.out_w + j) * e.out + o]));
                   }
                   return sum;
                 });
                 if (team.leader()) store(dw[r], static_cast<A>(static_cast<double>(load(dw[r])) + total));
               });
}

DLCORE_INSTANTIATE(convolution_plain_forward)
DLCORE_INSTANTIATE(convolution_plain_backward_data)
DLCORE_INSTANTIATE(convolution_plain_backward_weights)

}  // namespace dlcore::kernels::DLCORE_TARGET
