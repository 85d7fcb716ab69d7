#include "entrospect/estimators/spectral_entropy/fourier_features.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>
#include <vector>

#include "entrospect/core/random.hpp"
#include "entrospect/core/row_loader.hpp"

namespace entrospect {
namespace {

class FeatureRows final : public RowReader {
 public:
  FeatureRows(const SampleMatrix& x, double bandwidth, std::size_t m, std::uint64_t seed, std::uint64_t set, const Context& context)
      : rows_(x, context), m_(m), frequencies_(x.d() * m) {
    RandomStream random(seed, set);
    for (double& w : frequencies_) w = random.normal() / bandwidth;
  }

  void read(std::size_t first, std::size_t count, std::byte* out) const override {
    const std::size_t d = rows_.d();
    std::vector<double> row(d), phase(m_), features(2 * m_);
    const double scale = 1 / std::sqrt(static_cast<double>(m_));
    for (std::size_t i = 0; i < count; ++i) {
      rows_.load(first + i, 1, row.data(), d);
      std::fill(phase.begin(), phase.end(), 0.0);
      for (std::size_t k = 0; k < d; ++k) {
        const double* w = frequencies_.data() + k * m_;
        for (std::size_t j = 0; j < m_; ++j) phase[j] += row[k] * w[j];
      }
      for (std::size_t j = 0; j < m_; ++j) {
        features[j] = std::cos(phase[j]) * scale;
        features[m_ + j] = std::sin(phase[j]) * scale;
      }
      std::memcpy(out + i * 2 * m_ * sizeof(double), features.data(), 2 * m_ * sizeof(double));
    }
  }

 private:
  RowLoader rows_;
  std::size_t m_;
  std::vector<double> frequencies_;  // d x m
};

}  // namespace

SampleMatrix fourier_features(const SampleMatrix& x, double bandwidth, std::size_t m, std::uint64_t seed, std::uint64_t set,
                              const Context& context) {
  return {std::make_shared<const FeatureRows>(x, bandwidth, m, seed, set, context), DType::f64, x.n(), 2 * m};
}

}  // namespace entrospect
