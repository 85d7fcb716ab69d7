#pragma once
// Standard error, interval and bias of any estimate, from what the same estimator makes of replicates of the data (resampling.hpp).
//
// h = 1 / (1 - kept), kept the share of the rows in a replicate (20 blocks: kept = 19/20, h = 20); theta the value, theta_r those of g
// replicates.
//   tau_r = h theta - (h - 1) theta_r,  tau = mean tau_r
//   std_error^2 = mean (tau_r - tau)^2 / (h - 1),  bias = theta - tau
// With equal blocks this is the delete-block jackknife, (g - 1) / g sum (theta_r - mean theta_r)^2 and (g - 1) (mean theta_r - theta); with
// unequal ones that of Busing, Meijer, van der Leeden (Statistics and Computing 1999), which weights the blocks of tau by their sizes. With
// random subsets of m rows it is subsampling with the rate sqrt(m / n) and the correction 1 / sqrt(1 - m / n) for drawing without
// replacement: h - 1 = m / (n - m) (Politis, Romano, Annals of Statistics 1994; Shao, Wu, Annals of Statistics 1989).
//
// jackknife: value -+ Student's t of g - 1 degrees of freedom * std_error.
// subsample: value + quantiles of (tau_r - tau) / sqrt(h - 1), so the interval need not be symmetric.
// Both are about what the estimator gives on average at this n; value - bias estimates the limit of many rows where the bias falls as 1 /
// n. Neither end is clipped to the quantity's range. Errors of an estimator's own random draws, which differ between replicates, are
// multiplied by h - 1: harmless in `subsample`, too wide in `jackknife`.

#include <cstddef>
#include <cstdint>
#include <span>

#include "entrospect/core/registry.hpp"

namespace entrospect {

enum class IntervalMethod { none, jackknife, subsample };

struct IntervalOptions {
  IntervalMethod interval = IntervalMethod::none;
  std::size_t blocks = 20;       // of jackknife: so many replicates
  std::size_t replicates = 200;  // of subsample
  double fraction = 0.5;         // of the rows in a subsample
  double confidence = 0.95;
  std::uint64_t seed = 0;
};

struct Uncertainty {
  double std_error = 0, bias = 0;
  Interval interval;
};

// From values on replicates and the shares that these kept, in (0, 1). At least two replicates.
Uncertainty uncertainty(double value, std::span<const double> replicates, std::span<const double> kept, const IntervalOptions& options);

// Fills std_error, interval, interval_method, seed and, in the diagnostics, bias and interval_replicates of `e`, an estimate that `info`
// made of `inputs` with `given`. Replicates run without permutation nulls. Where a replicate has no finite value there is no interval, and
// a flag says so; a replicate that is misuse (a class of one row) throws.
void add_interval(Estimate& e, const EstimatorInfo& info, const Inputs& inputs, const OptionMap& given, const IntervalOptions& options,
                  const Context& context = {});

// The options of a replicate: without permutation nulls, whose results it would throw away.
OptionMap replicate_options(const EstimatorInfo& info, const OptionMap& given);
// Whether e was computed from n x n kernel matrices instead of samples.
bool takes_kernel_matrices(const EstimatorInfo& info, const Estimate& e);
// Bytes that one run on these inputs takes.
double working_bytes(const EstimatorInfo& info, const Inputs& inputs, const OptionMap& given);
// Calls f(); errors get "what: " in front instead of the estimator's name.
void naming_replicate(const EstimatorCard& card, const std::string& what, const std::function<void()>& f);

}  // namespace entrospect
