// The fast routes of convolution. Each returns false where it is not for such a convolution; arguments are
// checked already and no extent is 0. `constant` is undefined (null) where the weights may have changed since
// the last call. Internal to kernels.
#pragma once

#include <cstddef>
#include <memory>

#include "kernels/convolution.h"

namespace dlcore::kernels {

enum class ConvolutionPass { forward, backward_data, backward_weights };

/// For tables of what a library has made for extents.
std::size_t hash_of(const ConvolutionExtents& extents);

/// Empty; each library keeps there what it makes of constant weights.
std::unique_ptr<ConstantWeights::Layouts> onednn_layouts();
std::unique_ptr<ConstantWeights::Layouts> cudnn_layouts();

bool convolution_onednn_forward(const Stream& stream, const ConvolutionExtents& extents, const Tensor& x,
                                const Tensor& w, const ConstantWeights* constant, const Tensor& y,
                                const ConvolutionEpilogue& epilogue);
bool convolution_onednn_backward_data(const Stream& stream, const ConvolutionExtents& extents,
                                      const Tensor& dy, const Tensor& w, const Tensor& dx);
bool convolution_onednn_backward_weights(const Stream& stream, const ConvolutionExtents& extents,
                                         const Tensor& x, const Tensor& dy, const Tensor& dw);

/// In float32, on the GPU, kernels of ours for tensor cores: a window of one pixel, and (but for the gradient
/// of x) few channels.
bool convolution_split_forward(const Stream& stream, const ConvolutionExtents& extents, const Tensor& x,
                               const Tensor& w, const Tensor& y, const ConvolutionEpilogue& epilogue);
bool convolution_split_backward_data(const Stream& stream, const ConvolutionExtents& extents,
                                     const Tensor& dy, const Tensor& w, const Tensor& dx);
bool convolution_split_backward_weights(const Stream& stream, const ConvolutionExtents& extents,
                                        const Tensor& x, const Tensor& dy, const Tensor& dw);

/// A window of one pixel is a matrix product: by cuBLASLt with all of the epilogue, by oneDNN with some of
/// it.
bool convolution_pointwise_forward(const Stream& stream, const ConvolutionExtents& extents, const Tensor& x,
                                   const Tensor& w, const Tensor& y, const ConvolutionEpilogue& epilogue);
bool convolution_pointwise_backward_data(const Stream& stream, const ConvolutionExtents& extents,
                                         const Tensor& dy, const Tensor& w, const Tensor& dx);
bool convolution_pointwise_backward_weights(const Stream& stream, const ConvolutionExtents& extents,
                                            const Tensor& x, const Tensor& dy, const Tensor& dw);

/// Groups of a few channels, on the GPU: kernels of ours.
bool convolution_grouped_forward(const Stream& stream, const ConvolutionExtents& extents, const Tensor& x,
                                 const Tensor& w, const Tensor& y, const ConvolutionEpilogue& epilogue);
bool convolution_grouped_backward_data(const Stream& stream, const ConvolutionExtents& extents,
                                       const Tensor& dy, const Tensor& w, const Tensor& dx);
bool convolution_grouped_backward_weights(const Stream& stream, const ConvolutionExtents& extents,
                                          const Tensor& x, const Tensor& dy, const Tensor& dw);

bool convolution_cudnn_forward(const Stream& stream, const ConvolutionExtents& extents, const Tensor& x,
                               const Tensor& w, const ConstantWeights* constant, const Tensor& y,
                               const ConvolutionEpilogue& epilogue);
bool convolution_cudnn_backward_data(const Stream& stream, const ConvolutionExtents& extents,
                                     const Tensor& dy, const Tensor& w, const Tensor& dx);
bool convolution_cudnn_backward_weights(const Stream& stream, const ConvolutionExtents& extents,
                                        const Tensor& x, const Tensor& dy, const Tensor& dw);

}  // namespace dlcore::kernels
