#pragma once
// One pass over the samples that finds everything an estimator must decide about before computing, and the one
// place where each input fault becomes an error.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "entrospect/core/context.hpp"
#include "entrospect/core/sample_matrix.hpp"

namespace entrospect {

struct Survey {
  std::size_t n = 0, d = 0;
  std::size_t nonfinite = 0, first_row = 0, first_column = 0;  // position of the first NaN or Inf, when nonfinite > 0
  // Rows that row-normalising cannot handle. Not centred: rows of zeros. Centred and row-normalised: rows equal to the mean up to its
  // round-off (2 eps in every column). Centred only: not looked for, since nothing divides by their length.
  std::vector<std::size_t> zero_rows;
  std::size_t constant_columns = 0;
  std::size_t duplicate_rows = 0;  // rows equal, bit for bit after widening (-0 = 0), to an earlier one
  bool all_rows_equal = false;
  double largest = 0;  // absolute value
};

// Looks at the values as they are; of the deferred operations only zero_rows takes notice. Rows with equal 64-bit hashes are compared value
// by value (streamed rows are read again for it), so the counts are exact.
Survey survey(const SampleMatrix& x, const Context& context = {});

enum class ZeroRows { error, drop };

// The decisions. Each throws InvalidArgument with the value found and what is allowed; `who` is the estimator's name.
void require_finite(const Survey& s, std::string_view who);
void require_rows(std::size_t n, std::size_t least, std::string_view who, std::string_view why = {});
// Products of samples need every square, and the square of its round-off, to be a normal float64: the largest absolute value must be 0 or
// in [1e-120, 1e140].
void require_scale(const Survey& s, std::string_view who);
void require_features(std::size_t d, std::string_view who);
// Row-normalising: an error naming the rows, or a view without them (the count goes to diagnostics as "zero_rows_dropped").
SampleMatrix resolve_zero_rows(const SampleMatrix& x, const Survey& s, ZeroRows policy, std::string_view who);

}  // namespace entrospect
