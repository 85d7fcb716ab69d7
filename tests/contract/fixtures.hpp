#pragma once
// Inputs for contract tests: data that suit every entry of the catalogue, built from nothing but its card and its field table.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "core/samples.hpp"
#include "entrospect/core/registry.hpp"

namespace entrospect::test {

// Values whose every element is k / 16 with |k| < 128: exact in f16, bf16, f32 and f64 alike.
inline std::vector<double> coarse_normals(std::size_t count, std::uint64_t seed) {
  std::vector<double> out = normals(count, seed);
  for (double& v : out) v = std::clamp(std::round(v * 16), -127.0, 127.0) / 16;
  return out;
}

// Sample matrices of a call under test: every name on the card, and one more where more may follow.
inline std::size_t matrices_of(const EstimatorCard& card) { return card.sample_names.size() + (card.more_samples ? 1 : 0); }

// Rows are probability distributions.
inline bool of_probabilities(const EstimatorCard& card) { return card.sample_names == std::vector<std::string>{"probabilities"}; }

// Rows of multiples of 1 / 128 with the sum 1: exact in f16, bf16, f32 and f64 alike.
inline std::vector<double> coarse_distributions(std::size_t n, std::size_t d, std::uint64_t seed) {
  std::vector<double> out(n * d);
  const std::vector<double> at = normals(n * 128, seed);
  for (std::size_t i = 0; i < n && d > 0; ++i)
    for (std::size_t k = 0; k < 128; ++k)
      out[i * d + static_cast<std::size_t>(std::abs(at[i * 128 + k]) * static_cast<double>(d)) % d] += 1.0 / 128;
  return out;
}

// The data of one call, owned: n x d samples for every sample matrix, and what else the card needs.
struct Data {
  std::size_t n = 0, d = 0;
  std::vector<std::vector<double>> samples;
  std::vector<std::int64_t> labels;
  bool with_labels = false, distributions = false;

  Data(const EstimatorCard& card, std::size_t rows, std::size_t columns, std::uint64_t seed = 1) : n(rows), d(columns) {
    distributions = of_probabilities(card);
    for (std::size_t s = 0; s < matrices_of(card); ++s)
      samples.push_back(distributions ? coarse_distributions(n, d, seed + s) : coarse_normals(n * d, seed + s));
    with_labels = card.labels == Need::required;
    const std::size_t classes = card.resampling == Resampling::groups ? 3 : 2;  // one of which a resampling may leave out
    for (std::size_t i = 0; i < n; ++i) labels.push_back(static_cast<std::int64_t>(i % classes));
  }

  double& at(std::size_t i, std::size_t j, std::size_t sample = 0) { return samples[sample][i * d + j]; }

  // A value that any row may have; of a distribution the first column makes up for it.
  void put(std::size_t i, std::size_t j, double value, std::size_t sample = 0) {
    if (distributions) {
      at(i, 0, sample) += at(i, j, sample);
      value = 0;
    }
    at(i, j, sample) = value;
  }

  // Row i of the result is row rows[i] of this.
  [[nodiscard]] Data picked(const std::vector<std::size_t>& rows) const {
    Data out = *this;
    out.n = rows.size();
    out.labels.clear();
    for (const std::size_t row : rows) out.labels.push_back(labels[row]);
    for (std::size_t s = 0; s < samples.size(); ++s) {
      out.samples[s].clear();
      for (const std::size_t row : rows) {
        const auto first = samples[s].begin() + static_cast<std::ptrdiff_t>(row * d);
        out.samples[s].insert(out.samples[s].end(), first, first + static_cast<std::ptrdiff_t>(d));
      }
    }
    return out;
  }

  // Inputs with every sample matrix as `view` gives it.
  template <class View>
  [[nodiscard]] Inputs inputs(View view) const {
    Inputs out;
    for (const auto& values : samples) out.samples.push_back(view(values));
    if (with_labels) out.labels = Labels(labels);
    return out;
  }
  [[nodiscard]] Inputs inputs() const {
    return inputs([this](const std::vector<double>& values) { return SampleMatrix(values.data(), n, d); });
  }
};

// Nearest-even narrowing of values that are exact in the target.
inline std::uint16_t narrow_bf16(double value) {
  return static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(static_cast<float>(value)) >> 16);
}
inline std::uint16_t narrow_f16(double value) {
  if (value == 0) return 0;
  int exponent = 0;
  const double fraction = std::frexp(std::abs(value), &exponent);  // in [1/2, 1)
  const auto bits = static_cast<std::uint16_t>(((exponent + 14) << 10) | (static_cast<int>(std::ldexp(fraction, 11)) & 0x3ff));
  return value < 0 ? static_cast<std::uint16_t>(bits | 0x8000) : bits;
}

template <class T, class Narrow>
SampleMatrix narrowed(const std::vector<double>& values, DType type, std::size_t n, std::size_t d, Narrow narrow) {
  const auto data = std::make_shared<std::vector<T>>(values.size());
  std::transform(values.begin(), values.end(), data->begin(), narrow);
  const auto size = static_cast<std::ptrdiff_t>(sizeof(T));
  return {data->data(), type, n, d, size * static_cast<std::ptrdiff_t>(d), size, data};
}

inline bool has_option(const EstimatorInfo& info, const std::string& name) {
  return std::any_of(info.fields.begin(), info.fields.end(), [&](const FieldInfo& field) { return field.name == name; });
}

inline bool has_choice(const EstimatorInfo& info, const std::string& name, const std::string& choice) {
  for (const FieldInfo& field : info.fields)
    if (field.name == name) return std::find(field.choices.begin(), field.choices.end(), choice) != field.choices.end();
  return false;
}

// The given options that the estimator has.
inline OptionMap known(const EstimatorInfo& info, const OptionMap& options) {
  OptionMap out;
  for (const auto& [name, value] : options)
    if (has_option(info, name)) out.emplace_back(name, value);
  return out;
}

}  // namespace entrospect::test
