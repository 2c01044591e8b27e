// Scheduled sampling: in training some input words are the model's own, so that it learns to go on after
// them.
//
// Done in two passes over whole batches. The first draws, with the caption's own words as inputs, a word
// after each of them; the second trains on captions in which drawn words have taken some inputs' place. A
// drawn word thus follows the caption's words even where one of these has been replaced, too; word by word it
// would follow the mixed ones, at the price of a step for each word in place of two passes for all. Gradients
// do not go through the choice. Sources: Bengio et al., "Scheduled Sampling for Sequence Prediction with
// Recurrent Neural Networks", NIPS 2015; two passes: Mihaylova and Martins, "Scheduled Sampling for
// Transformers", ACL 2019 workshop, and Duckworth et al., "Parallel Scheduled Sampling", 2019.
#pragma once

#include <string>
#include <vector>

#include "models/captioner.h"

namespace dlcore {

struct ScheduledSamplingConfig {
  double most = 0;                  // the probability at the end, in [0, 1)
  std::string schedule = "linear";  // of scheduled_sampling_names()
};

std::vector<std::string> scheduled_sampling_names();

/// How probable it is that an input is the model's own, at x in [0, 1] of the training:
///
///     linear:           most x
///     exponential:      most (1 - 0.01^x)
///     inverse_sigmoid:  most / (1 + exp(-10 (x - 1/2)))
double sampling_probability(const ScheduledSamplingConfig& config, double x);

/// The batch with each input but <START> replaced, with this probability, by the word that the model draws in
/// its place: a function of the context's seed and step, of the place in the batch and of the model. What is
/// to be predicted stays. Of probability 0, the batch itself.
CaptionBatch mix_own_words(const Context& context, const CaptioningRNN& captioner, const CaptionBatch& batch,
                           double probability);

}  // namespace dlcore
