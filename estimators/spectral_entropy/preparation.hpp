#pragma once
// What every spectral estimator does before its matrix: apply centering and row-normalizing as notes on the view, survey the rows once,
// and turn each input fault into the decision taken for it (core/survey.hpp).

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "entrospect/core/context.hpp"
#include "entrospect/core/estimate.hpp"
#include "entrospect/core/sample_matrix.hpp"
#include "entrospect/core/survey.hpp"
#include "entrospect/spectral/kernels.hpp"
#include "entrospect/spectral/spectrum.hpp"

namespace entrospect {

struct RowPlan {
  bool center = false;
  Normalize normalize = Normalize::none;
  ZeroRows zero_rows = ZeroRows::error;
  bool directions = false;        // only the directions of the rows matter: without another normalization they are divided by their norms
  bool two_rows_suffice = false;  // n = 2 is enough even when centered and normalized (the value is then a constant)
};

struct PreparedRows {
  SampleMatrix x;                              // the view to compute on
  std::vector<std::size_t> kept;               // rows of the input that are left; empty when none was dropped
  bool all_equal = false;                      // every row is the same
  bool centered = false;                       // x has its column means removed
  [[nodiscard]] std::size_t max_rank() const;  // min(n, d), min(n - 1, d) when centered
};

// "Z = x, centered, rows divided by their norms": for Estimate::substituted.
std::string rows_text(const SampleMatrix& z);

// Writes n, d, duplicate_rows, constant_columns and zero_rows_dropped into `e`; e.estimator names the caller in errors.
PreparedRows prepare_rows(const SampleMatrix& x, const RowPlan& plan, Estimate& e, const Context& context);

// x as a precomputed kernel matrix: finite, at least 2 rows. Centering and normalizing have no meaning there and are refused.
PreparedRows prepare_kernel_matrix(const SampleMatrix& k, const RowPlan& plan, Estimate& e, const Context& context);

// The kernel to use on prepared rows: a cosine kernel of rows that are already divided by their norms is the linear one.
Kernel on_prepared(const PreparedRows& rows, const Kernel& kernel);

// X^T X / n, or / (n - 1) when centered: one rule, so that estimators on the same rows share one spectrum.
Covariance covariance_of(const PreparedRows& rows, Side side);

// Sums of powers of eigenvalues that make the eigenvalues needless: those of H_2 and H_4.
enum class Norms { none, squares, fourth };
Norms norms_for(double order, Precision precision);

// When the norms of the matrix suffice, eigenvalues are left out, unless a memo can share them with the next call: squares have the same
// bits either way. Fourth powers have not, so they are computed with or without a memo. `leading`: SpectrumOptions::leading.
SpectrumOptions spectrum_options(const SolverOptions& solver, std::uint64_t seed, Norms suffice, std::size_t leading,
                                 const Context& context);

// Packed rows that their views keep alive.
SampleMatrix owned_matrix(std::vector<double> values, std::size_t n, std::size_t d);

// Rows in memory of their own, float64, after `edit` was applied to each: for tools whose fault cannot be written as a note on the view.
SampleMatrix edited_copy(const SampleMatrix& x, const std::function<void(std::span<double>)>& edit, const Context& context);

// Each row less its own mean: what a covariance between rows does to them.
SampleMatrix centered_over_features(const SampleMatrix& x, const Context& context);

}  // namespace entrospect
