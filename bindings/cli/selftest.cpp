#include "entrospect/bindings/cli/selftest.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <limits>
#include <nlohmann/json.hpp>
#include <numbers>
#include <optional>

#include "entrospect/bindings/cli/exit_code.hpp"
#include "entrospect/bindings/cli/terminal.hpp"
#include "entrospect/core/random.hpp"
#include "entrospect/estimators/catalogue.hpp"
#include "entrospect/spectral/spectrum.hpp"

namespace entrospect::cli {
namespace {

constexpr double rounding = 1e-10;       // answers known to all digits: a few hundred eps of work of order one
constexpr double printed_digits = 1e-6;  // answers published with six decimals
constexpr double pi = std::numbers::pi;

struct Samples {
  std::vector<double> values;
  std::size_t n = 0, d = 0;
};

Samples column(std::vector<double> values) {
  const std::size_t n = values.size();
  return {std::move(values), n, 1};
}

double value_of(const char* estimator, const Samples& x, const OptionMap& options, std::optional<Labels> labels = std::nullopt,
                unsigned threads = 0) {
  Context context;
  context.threads = threads;
  const Inputs inputs{{SampleMatrix(x.values.data(), x.n, x.d)}, std::move(labels), {}};
  return run(estimator, inputs, options, context).value;
}

KnownAnswer answer(std::string name, double expected, double tolerance, const char* estimator, Samples x, OptionMap options) {
  return {std::move(name), expected, tolerance,
          [estimator, x = std::move(x), options = std::move(options)] { return value_of(estimator, x, options); }};
}

// Both signs of every axis: uniform in every direction, as the sphere.
Samples signed_axes(std::size_t d) {
  Samples x{std::vector<double>(2 * d * d), 2 * d, d};
  for (std::size_t i = 0; i < d; ++i) {
    x.values[2 * i * d + i] = 1;
    x.values[(2 * i + 1) * d + i] = -1;
  }
  return x;
}

// n x d of rank r with r equal singular values: products of orthonormal cosine vectors.
Samples flat_rank(std::size_t n, std::size_t d, std::size_t r) {
  Samples x{std::vector<double>(n * d), n, d};
  const auto wave = [](std::size_t k, std::size_t i, std::size_t length) {
    const double scale = std::sqrt(2 / static_cast<double>(length));
    return scale * std::cos(pi * static_cast<double>(k) * (static_cast<double>(i) + 0.5) / static_cast<double>(length));
  };
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < d; ++j)
      for (std::size_t k = 1; k <= r; ++k) x.values[i * d + j] += wave(k, i, n) * wave(k, j, d);
  return x;
}

Samples circle(std::size_t n) {
  Samples x{{}, n, 2};
  for (std::size_t i = 0; i < n; ++i) {
    const double angle = 2 * pi * static_cast<double>(i) / static_cast<double>(n);
    x.values.push_back(std::cos(angle));
    x.values.push_back(std::sin(angle));
  }
  return x;
}

Samples gaussian(std::size_t n, std::size_t d, std::uint64_t seed) {
  Samples x{std::vector<double>(n * d), n, d};
  RandomStream stream(seed, 0);
  for (double& value : x.values) value = stream.normal();
  return x;
}

// Largest error of the spectrum of the cycle graph on n nodes, 2 cos(2 pi k / n): every inner eigenvalue is two-fold.
double cycle_graph_error(std::size_t n) {
  SymmetricMatrix<double> adjacency(n);
  std::fill(adjacency.data(), adjacency.data() + n * n, 0.0);
  std::vector<double> exact;
  for (std::size_t i = 0; i < n; ++i) {
    const std::size_t next = (i + 1) % n;
    adjacency(i, next) = adjacency(next, i) = 1;
    exact.push_back(2 * std::cos(2 * pi * static_cast<double>(i) / static_cast<double>(n)));
  }
  std::sort(exact.rbegin(), exact.rend());
  const Spectrum found = spectrum(std::move(adjacency));
  double error = found.values.size() == n ? 0 : std::nan("");
  for (std::size_t i = 0; i < std::min(n, found.values.size()); ++i) error = std::max(error, std::abs(found.values[i] - exact[i]));
  return error;
}

// Backward stable solvers are right to a small multiple of n eps |A|, and |A| = 2.
double cycle_tolerance(std::size_t n) { return 2 * static_cast<double>(n) * std::numeric_limits<double>::epsilon() * 2; }

double largest_difference_between_thread_counts() {
  const Samples x = gaussian(500, 70, 3);
  double difference = 0;
  for (const char* estimator : {"von_neumann_entropy", "matrix_entropy", "diffusion_spectral_entropy"}) {
    const double one = value_of(estimator, x, {}, std::nullopt, 1);
    for (const unsigned threads : {2U, 7U})
      difference = std::max(difference, std::abs(value_of(estimator, x, {}, std::nullopt, threads) - one));
  }
  return difference;
}

std::string formatted(const char* format, double value) {
  std::array<char, 48> text{};
  std::snprintf(text.data(), text.size(), format, value);
  return text.data();
}

}  // namespace

std::vector<KnownAnswer> known_answers() {
  const OptionMap sigma_one{{"bandwidth", 1.0}};
  const auto with = [](OptionMap options, const char* name, OptionValue value) {
    options.emplace_back(name, std::move(value));
    return options;
  };
  const Samples three = column({0, 1, 3});
  const Samples kernel{{1, 0.9, 0, 0.9, 1, 0, 0, 0, 1}, 3, 3};
  const Samples blobs = column({0, 0, 100, 100});
  const OptionMap precomputed{{"kernel", "precomputed"}};
  const double half = 0.5;

  return {
      answer("sphere: both signs of 8 axes, von Neumann entropy ln 8", std::log(8.0), rounding, "von_neumann_entropy", signed_axes(8), {}),
      answer("three rows in the plane, von Neumann entropy", 0.0549477, printed_digits, "von_neumann_entropy", {{1, 2, 3, 4, 5, 6}, 3, 2},
             {}),
      // Page (1993): ln m - m / (2 M). One draw scatters with standard deviation 8.2e-4; five of them.
      answer("Gaussian 1000 x 256, von Neumann entropy near Page's mean", std::log(256.0) - 256.0 / 2000.0, 4.1e-3, "von_neumann_entropy",
             gaussian(1000, 256, 1), {}),
      answer("rank 8 of 96 x 80, effective rank", 8, 1e-6, "effective_rank", flat_rank(96, 80, 8), {{"convention", "singular-values"}}),
      answer("singular values 3 and 1, RankMe", 1.754765, printed_digits, "effective_rank", {{3, 0, 0, 1}, 2, 2},
             {{"convention", "singular-values"}}),
      answer("kernel .9, Vendi score of order 1", 2.157300, printed_digits, "vendi_score", kernel, precomputed),
      answer("kernel .9, Vendi score of order inf", 1.578947, printed_digits, "vendi_score", kernel, with(precomputed, "order", "inf")),
      answer("0, 1, 3, matrix entropy of order 1", 0.960299, printed_digits, "matrix_entropy", three, sigma_one),
      answer("0, 1, 3, matrix entropy of order 2", 0.869450, printed_digits, "matrix_entropy", three, with(sigma_one, "order", 2.0)),
      answer("degenerate circle of 60 points, matrix entropy", 2.110968157793448, rounding, "matrix_entropy", circle(60),
             {{"bandwidth", half}}),
      answer("degenerate circle of 60 points, order 2", 1.9418957445721872, rounding, "matrix_entropy", circle(60),
             {{"bandwidth", half}, {"order", 2.0}}),
      answer("0, 1, 3, diffusion spectral entropy in bits", 1.382646, printed_digits, "diffusion_spectral_entropy", three,
             with(sigma_one, "unit", "bits")),
      answer("0, 1, 3, diffusion spectral entropy at t = 5, anisotropy 0", 0.875115, printed_digits, "diffusion_spectral_entropy", three,
             {{"bandwidth", 1.0}, {"t", 5.0}, {"anisotropy", 0.0}, {"unit", "bits"}}),
      {"two pairs of equal points, diffusion information about the pair", 2.0 / 3.0, rounding,
       [blobs] {
         return value_of("diffusion_spectral_mutual_information", blobs, {{"bandwidth", 1.0}, {"repeats", "all"}, {"unit", "bits"}},
                         Labels(std::vector<std::int64_t>{0, 0, 1, 1}));
       }},
      {"cycle graph of 20 nodes, largest error of an eigenvalue", 0, cycle_tolerance(20), [] { return cycle_graph_error(20); }},
      {"cycle graph of 200 nodes, largest error of an eigenvalue", 0, cycle_tolerance(200), [] { return cycle_graph_error(200); }},
      {"same bits with 1, 2 and 7 threads, largest difference", 0, 0, largest_difference_between_thread_counts},
  };
}

int selftest(std::span<const KnownAnswer> answers, bool json) {
  const Style style = style_of(STDOUT_FILENO);
  nlohmann::ordered_json checks = nlohmann::ordered_json::array();
  std::size_t failed = 0;
  const auto begin = std::chrono::steady_clock::now();
  for (const KnownAnswer& check : answers) {
    double found = std::nan("");
    std::string problem;
    try {
      found = check.compute();
    } catch (const std::exception& error) {
      problem = error.what();
    }
    const bool passed = std::abs(found - check.expected) <= check.tolerance;  // false for NaN
    failed += passed ? 0 : 1;
    if (json) {
      checks.push_back({{"name", check.name}, {"expected", check.expected}, {"tolerance", check.tolerance}, {"passed", passed}});
      checks.back()["found"] = std::isfinite(found) ? nlohmann::ordered_json(found) : nlohmann::ordered_json();
      if (!problem.empty()) checks.back()["problem"] = problem;
    } else {
      print((passed ? "ok      " : inked("FAILED  ", Ink::red, style)) + check.name + ": " + formatted("%.10g", found) +
            (passed ? "" : ", expected " + formatted("%.10g", check.expected) + " +- " + formatted("%g", check.tolerance)) +
            (problem.empty() ? "" : " (" + problem + ")") + '\n');
    }
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  if (json) print(nlohmann::ordered_json{{"schema", 1}, {"passed", failed == 0}, {"seconds", seconds}, {"checks", checks}}.dump(1) + '\n');
  flush();
  note(std::to_string(answers.size() - failed) + " of " + std::to_string(answers.size()) + " known answers in " +
       formatted("%.1f s", seconds));
  return failed == 0 ? exit_code::ok : exit_code::selftest_failed;
}

}  // namespace entrospect::cli
