#pragma once
// What an estimator says of data without structure, beside what it says of the data (Gaussian rows, and columns that know nothing of each
// other): an entropy of 3.79 nats out of ln 50 = 3.91 is what 200 x 50 Gaussian noise has.
//
// gaussian: independent normal entries with mean 0 and the samples' mean variance within columns; n and d are those of the samples.
// shuffled: every column of every sample matrix permuted on its own, which keeps the marginal distributions.
// Labels and weights stay as they are.  Diagnostics: baseline_method, baseline_draws; baseline_mean and its baseline_std_error over the
// draws; baseline_excess = value - mean, baseline_room = cap - mean, baseline_score = excess / room: 0 for the baseline, 1 for the cap,
// negative below the baseline.  baseline_page where Page's formula is about this quantity.

#include <cstddef>
#include <cstdint>

#include "entrospect/core/registry.hpp"

namespace entrospect {

enum class Baseline { none, gaussian, shuffled };

struct BaselineOptions {
  Baseline baseline = Baseline::none;
  std::size_t draws = 20;
  std::uint64_t seed = 0;
};

// ln m - m / (2 M), m = min(n, d), M = max(n, d): the mean Shannon entropy, in nats, of the eigenvalues of X^T X / tr(X^T X) for an n x d
// matrix X of independent normal entries, to O(1 / M) (Page, Physical Review Letters 1993; rows may be divided by their norms).
double page_entropy(std::size_t n, std::size_t d);

// Writes the diagnostics above, and the seed, into `e`, an estimate that `info` made of `inputs` with `given`. Throws where x is a kernel
// matrix: noise has no meaning there.
void add_baseline(Estimate& e, const EstimatorInfo& info, const Inputs& inputs, const OptionMap& given, const BaselineOptions& options,
                  const Context& context = {});

}  // namespace entrospect
