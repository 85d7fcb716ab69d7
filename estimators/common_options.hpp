#pragma once
// Options that every estimator of the catalogue has, by one mechanism: interval (uncertainty.hpp) and baseline (baseline.hpp). Doors see
// them in the field table like an estimator's own.

#include "entrospect/core/registry.hpp"

namespace entrospect {

// `info` with interval, blocks, replicates, fraction, confidence, baseline, baseline_draws and seed (unless it has one) behind its fields,
// and with `run`, `footprint` and `gradient` that know them.
EstimatorInfo with_common_options(const EstimatorInfo& info);

}  // namespace entrospect
